#include "ui/models/last_known.h"

#include "ui/models/shard_table.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>
#include <map>

namespace ui {
namespace {

constexpr qsizetype kNamed = 3; // nodes; more are counted only

struct LastKnown
{
    Q_DECLARE_TR_FUNCTIONS(ui::LastKnown)
};

struct DownNode
{
    int shards = 0, lastShard = -1;
    std::optional<backend::TimePoint> at; // of the oldest
};

QString clock(backend::TimePoint at)
{
    return QStringLiteral("%1 %2").arg(formatClock(at), zoneName());
}

} // namespace

QString lastKnownText(const QString& node, std::optional<backend::TimePoint> at)
{
    return at ? LastKnown::tr("as of %1; %2 is down").arg(clock(*at), node)
              : LastKnown::tr("last known; %1 is down").arg(node);
}

QString lastKnownText(const backend::ClusterSnapshot& snapshot, const backend::ShardSnapshot& shard,
                      backend::BalanceMetric metric)
{
    if (!backend::lastKnown(shard, metric)) return {};
    if (backend::countsEvents(metric)) return ratesDated(snapshot);
    return metric == backend::BalanceMetric::Posts
               ? lastKnownText(nodeName(snapshot, shard.postsNode), shard.postsReadAt)
               : lastKnownText(nodeName(snapshot, shard.timelinesNode), shard.sweptAt);
}

QString unknownSinceText(const QString& node, std::optional<backend::TimePoint> at)
{
    return at ? LastKnown::tr("nothing known since %1: %2 is down").arg(clock(*at), node)
              : LastKnown::tr("nothing known: %1 is down").arg(node);
}

QString missingText(const backend::ClusterSnapshot& snapshot, const backend::ShardSnapshot& shard,
                    backend::BalanceMetric metric)
{
    if (!std::isnan(backend::valueOf(shard, metric))) return {};
    const bool posts = metric == backend::BalanceMetric::Posts;
    if (posts ? !shard.postsDown : !shard.timelinesDown) return {};
    return unknownSinceText(nodeName(snapshot, posts ? shard.postsNode : shard.timelinesNode),
                            posts ? shard.postsReadAt : shard.sweptAt);
}

QString diskDated(const backend::NodeSnapshot& node)
{
    return node.health == backend::Health::Down && node.diskBytes >= 0
               ? lastKnownText(QString::fromStdString(node.name), node.diskReadAt)
               : QString();
}

QString ratesDated(const backend::ClusterSnapshot& snapshot)
{
    return snapshot.ratesReadAt
               ? LastKnown::tr("as of %1; the directory does not answer").arg(clock(*snapshot.ratesReadAt))
               : QString();
}

QString ratesDatedShort(const backend::ClusterSnapshot& snapshot)
{
    return snapshot.ratesReadAt ? LastKnown::tr("as of %1").arg(formatClock(*snapshot.ratesReadAt))
                                : QString();
}

QString lastKnownNote(const backend::ClusterSnapshot& snapshot)
{
    std::map<int, DownNode> nodes;
    const auto add = [&](int node, int shard, bool down, std::optional<backend::TimePoint> at) {
        if (!down || !at) return; // nothing of it was ever read
        auto& entry = nodes[node];
        if (entry.lastShard != shard) ++entry.shards; // once, whatever it holds of it
        entry.lastShard = shard;
        entry.at = entry.at ? std::min(*entry.at, *at) : at;
    };
    for (const auto& shard : snapshot.shards) {
        add(shard.usersNode, shard.shard, shard.usersDown, shard.usersReadAt);
        add(shard.postsNode, shard.shard, shard.postsDown, shard.postsReadAt);
        add(shard.timelinesNode, shard.shard, shard.timelinesDown, shard.sweptAt);
    }
    QStringList out;
    for (const auto& [node, entry] : nodes) {
        if (out.size() == kNamed) {
            out << LastKnown::tr("%1 more nodes are down").arg(qsizetype(nodes.size()) - kNamed);
            break;
        }
        out << (entry.shards == 1
                    ? LastKnown::tr("1 shard shows figures of %1: %2 is down")
                          .arg(clock(*entry.at), nodeName(snapshot, node))
                    : LastKnown::tr("%1 shards show figures of %2: %3 is down")
                          .arg(formatCount(entry.shards), clock(*entry.at), nodeName(snapshot, node)));
    }
    if (snapshot.ratesReadAt)
        out << LastKnown::tr("rates are of %1: the directory does not answer")
                   .arg(clock(*snapshot.ratesReadAt));
    return out.join(QStringLiteral("; "));
}

} // namespace ui
