#include "backend/report/shard_report.h"

#include <algorithm>

namespace backend {
namespace {

std::string nodeName(const ClusterSnapshot& snapshot, int id)
{
    const auto found = std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                                    [id](const auto& n) { return n.id == id; });
    return found != snapshot.nodes.end() ? found->name : std::to_string(id);
}

// The n of the chance band; a sum with a gap would draw too wide a band, so it then counts as not known.
std::int64_t usersOf(const ClusterSnapshot& snapshot)
{
    std::int64_t users = 0;
    for (const auto& shard : snapshot.shards) {
        if (shard.users < 0) return 0;
        users += shard.users;
    }
    return users;
}

ShardReportBalance balanceOf(const ClusterSnapshot& snapshot, BalanceMetric metric, std::int64_t users)
{
    ShardReportBalance out;
    out.metric = metric;
    std::vector<double> shards, nodes;
    for (const auto& shard : snapshot.shards)
        shards.push_back(valueOf(shard, metric));
    out.byShard = summarize(shards, users);
    out.nodes = loadByNode(snapshot, metric);
    for (const auto& load : out.nodes)
        nodes.push_back(load.value);
    out.byNode = summarize(nodes, users);
    return out;
}

} // namespace

ShardReport buildShardReport(const ClusterSnapshot& snapshot)
{
    ShardReport out;
    out.clusterName = snapshot.clusterName;
    out.environment = snapshot.environment;
    out.takenAt = snapshot.takenAt;
    out.epoch = snapshot.epoch;
    out.shardCount = snapshot.shardCount;
    out.users = usersOf(snapshot);
    out.nodes = snapshot.nodes;
    for (const auto& shard : snapshot.shards)
        out.rows.push_back({shard, nodeName(snapshot, shard.usersNode), nodeName(snapshot, shard.postsNode),
                            nodeName(snapshot, shard.timelinesNode)});
    std::sort(out.rows.begin(), out.rows.end(),
              [](const auto& a, const auto& b) { return a.shard.shard < b.shard.shard; });
    for (const auto metric : kBalanceMetrics)
        out.balance.push_back(balanceOf(snapshot, metric, out.users));
    return out;
}

std::string renderShardReport(const ShardReport& report, ReportFormat format)
{
    switch (format) {
    case ReportFormat::Csv:
        return renderCsv(report);
    case ReportFormat::Json:
        return renderJson(report);
    case ReportFormat::Html:
        return renderHtml(report);
    }
    return {};
}

} // namespace backend
