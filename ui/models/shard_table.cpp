#include "ui/models/shard_table.h"

#include "ui/models/last_known.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

struct ShardTable
{
    Q_DECLARE_TR_FUNCTIONS(ui::ShardTable)

public:
    using Column = ShardTableModel::Column;
    using Shard = backend::ShardSnapshot;

    static Column number()
    {
        return {tr("Shard"),
                tr("Logical shard"),
                Qt::AlignRight,
                [](const ShardRow& r) { return QString::number(r.shard.shard); },
                [](const ShardRow& r) { return QVariant(r.shard.shard); },
                {},
                {}};
    }

    using Missing = QString ShardRow::*;

    static Column count(const QString& title, const QString& explanation, std::int64_t Shard::*value,
                        Missing missing)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value](const ShardRow& r) { return formatCount(r.shard.*value); },
                [value](const ShardRow& r) { return known(r.shard.*value); },
                [value, missing](const ShardRow& r) { return r.shard.*value < 0 ? r.*missing : QString(); },
                {}};
    }

    static Column bytes(const QString& title, const QString& explanation, std::int64_t Shard::*value,
                        Missing missing)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value](const ShardRow& r) { return formatBytes(r.shard.*value); },
                [value](const ShardRow& r) { return known(r.shard.*value); },
                [value, missing](const ShardRow& r) {
                    if (r.shard.*value >= 0) return tr("%1 bytes").arg(formatCount(r.shard.*value));
                    const auto why = r.*missing;
                    return why.isEmpty() ? tr("not known yet") : why;
                },
                {}};
    }

    static Column rate(const QString& title, const QString& explanation, double Shard::*value)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value](const ShardRow& r) { return formatRate(r.shard.*value); },
                [value](const ShardRow& r) {
                    return r.shard.*value >= 0 ? QVariant(r.shard.*value) : QVariant();
                },
                [value](const ShardRow& r) { return r.shard.*value < 0 ? r.timelinesMissing : QString(); },
                {}};
    }

    static Column node(const QString& title, const QString& explanation, QString ShardRow::*name)
    {
        return {title, explanation, Qt::AlignLeft, [name](const ShardRow& r) { return r.*name; }, {}, {}, {}};
    }

    static Column swept()
    {
        return {tr("Counted"),
                tr("How long ago the timelines of the shard were last counted"),
                Qt::AlignRight,
                [](const ShardRow& r) {
                    const auto age = sweepAge(r);
                    if (!age) return unknownText();
                    return *age < 1 ? tr("just now") : tr("%1 ago").arg(formatDuration(std::floor(*age)));
                },
                [](const ShardRow& r) {
                    const auto age = sweepAge(r);
                    return age ? QVariant(*age) : QVariant();
                },
                [](const ShardRow& r) {
                    return r.shard.sweptAt ? formatTime(*r.shard.sweptAt) : tr("not counted yet");
                },
                {}};
    }

    // For exports above all: on the screen the figures themselves are set apart.
    static Column lastKnown()
    {
        return {
            tr("Last known"),
            tr("Which figures are not of now: those of nodes that are down, and rates while the directory "
               "is silent, as last read"),
            Qt::AlignLeft,
            [](const ShardRow& r) {
                QStringList out;
                if (!r.usersDated.isEmpty()) out << tr("users %1").arg(r.usersDated);
                if (!r.postsDated.isEmpty()) out << tr("posts %1").arg(r.postsDated);
                if (!r.timelinesDated.isEmpty()) out << tr("timelines %1").arg(r.timelinesDated);
                if (!r.ratesDated.isEmpty()) out << tr("rates %1").arg(r.ratesDated);
                return out.isEmpty() ? tr("none") : out.join(QStringLiteral(", "));
            },
            {},
            {},
            {}};
    }
    static QString postgresDated(const ShardRow& r)
    {
        return r.usersDated.isEmpty() ? r.postsDated : r.usersDated;
    }

private:
    static QVariant known(std::int64_t value) { return value >= 0 ? QVariant(qint64(value)) : QVariant(); }

    static std::optional<double> sweepAge(const ShardRow& row)
    {
        if (!row.shard.sweptAt) return std::nullopt;
        return std::max(0.0, std::chrono::duration<double>(row.now - *row.shard.sweptAt).count());
    }
};

} // namespace

ShardTableModel* makeShardTable(QObject* parent)
{
    using T = ShardTable;
    using S = backend::ShardSnapshot;
    const auto timelines = [](const ShardRow& r) { return r.timelinesDated; };
    const auto rates = [](const ShardRow& r) { return r.ratesDated; };
    std::vector<T::Column> columns{
        T::number(),
        T::count(T::tr("Timelines"), T::tr("Home timelines kept in Redis"), &S::timelines,
                 &ShardRow::timelinesMissing)
            .datedBy(timelines),
        T::count(T::tr("Entries"), T::tr("Entries of all home timelines in Redis"), &S::entries,
                 &ShardRow::timelinesMissing)
            .datedBy(timelines),
        T::bytes(T::tr("Redis"),
                 T::tr("Memory of all keys of the shard in Redis, timelines, objects and marks, estimated "
                       "from a sample"),
                 &S::bytes, &ShardRow::timelinesMissing)
            .in(T::tr("bytes"))
            .datedBy(timelines),
        T::count(T::tr("Users"), T::tr("Rows, from PostgreSQL's own statistics"), &S::users,
                 &ShardRow::usersMissing)
            .datedBy([](const ShardRow& r) { return r.usersDated; }),
        T::count(T::tr("Posts"), T::tr("Rows, from PostgreSQL's own statistics"), &S::posts,
                 &ShardRow::postsMissing)
            .datedBy([](const ShardRow& r) { return r.postsDated; }),
        T::bytes(T::tr("PostgreSQL"), T::tr("Size of tables and indexes of the shard"), &S::postgresBytes,
                 &ShardRow::rowsMissing)
            .in(T::tr("bytes"))
            .datedBy(&T::postgresDated),
        T::rate(T::tr("Deliveries/s"),
                T::tr("Deliveries into the shard's home timelines, mean of the last ten seconds"),
                &S::deliveriesPerSecond)
            .datedBy(rates),
        T::rate(T::tr("Reads/s"),
                T::tr("Pages read of the shard's home timelines, mean of the last ten seconds"),
                &S::readsPerSecond)
            .datedBy(rates),
        T::node(T::tr("Timelines on"), T::tr("Redis node of the home timelines"), &ShardRow::timelinesNode),
        T::node(T::tr("Users on"), T::tr("PostgreSQL node of users, follows and counters"),
                &ShardRow::usersNode),
        T::node(T::tr("Posts on"), T::tr("PostgreSQL node of posts and ledgers"), &ShardRow::postsNode),
        T::swept().in(T::tr("s ago")),
        T::lastKnown(),
    };
    return new ShardTableModel(
        std::move(columns), [](const ShardRow& row) { return row.shard.shard; }, parent);
}

ShardRow shardRow(const backend::ClusterSnapshot& snapshot, const backend::ShardSnapshot& shard,
                  bool ofWindow)
{
    ShardRow row{shard, nodeName(snapshot, shard.usersNode), nodeName(snapshot, shard.postsNode),
                 nodeName(snapshot, shard.timelinesNode), snapshot.takenAt};
    if (shard.usersDown && shard.users >= 0) row.usersDated = lastKnownText(row.usersNode, shard.usersReadAt);
    if (shard.usersDown) row.usersMissing = unknownSinceText(row.usersNode, shard.usersReadAt);
    if (shard.postsDown) row.postsMissing = unknownSinceText(row.postsNode, shard.postsReadAt);
    row.rowsMissing = shard.usersDown ? row.usersMissing : row.postsMissing;
    if (ofWindow) return row;
    if (shard.timelinesDown) row.timelinesMissing = unknownSinceText(row.timelinesNode, shard.sweptAt);
    row.postsDated = lastKnownText(snapshot, shard, backend::BalanceMetric::Posts);
    row.timelinesDated = lastKnownText(snapshot, shard, backend::BalanceMetric::Timelines);
    row.ratesDated = lastKnownText(snapshot, shard, backend::BalanceMetric::Reads);
    return row;
}

std::vector<ShardRow> shardRows(const backend::ClusterSnapshot& snapshot, bool ofWindow)
{
    std::vector<ShardRow> rows;
    rows.reserve(snapshot.shards.size());
    for (const auto& shard : snapshot.shards)
        rows.push_back(shardRow(snapshot, shard, ofWindow));
    return rows;
}

QString nodeName(const backend::ClusterSnapshot& snapshot, int node)
{
    const auto found = std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                                    [node](const backend::NodeSnapshot& n) { return n.id == node; });
    return found == snapshot.nodes.end() ? QStringLiteral("#%1").arg(node)
                                         : QString::fromStdString(found->name);
}

} // namespace ui
