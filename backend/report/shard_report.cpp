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

ShardReportBalance balanceOf(const ClusterSnapshot& snapshot, BalanceMetric metric)
{
    ShardReportBalance out;
    out.metric = metric;
    out.byShard = shardBalance(snapshot, metric);
    out.nodes = loadByNode(snapshot, metric);
    out.byNode = nodeBalance(snapshot, metric);
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
    out.readsPerSecond = snapshot.readsPerSecond;
    out.failedReadsPerSecond = snapshot.failedReadsPerSecond;
    out.failedWritesPerSecond = snapshot.failedWritesPerSecond;
    out.partialPagesPerSecond = snapshot.partialPagesPerSecond;
    out.nodes = snapshot.nodes;
    for (const auto& shard : snapshot.shards)
        out.rows.push_back({shard, nodeName(snapshot, shard.usersNode), nodeName(snapshot, shard.postsNode),
                            nodeName(snapshot, shard.timelinesNode)});
    std::sort(out.rows.begin(), out.rows.end(),
              [](const auto& a, const auto& b) { return a.shard.shard < b.shard.shard; });
    for (const auto metric : kBalanceMetrics)
        out.balance.push_back(balanceOf(snapshot, metric));
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
