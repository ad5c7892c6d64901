#include "backend/monitoring/monitor_service.h"

#include "backend/monitoring/capacity.h"
#include "backend/monitoring/locate.h"
#include "backend/report/shard_report.h"

namespace backend {

Result<UserLocation> MonitorService::locate(UserId user) const
{
    return locateUser(*m_maps.current(), user);
}

ShardReport MonitorService::shardReport(const ClusterSnapshot& snapshot) const
{
    return buildShardReport(snapshot);
}

std::string MonitorService::render(const ShardReport& report, ReportFormat format) const
{
    return renderShardReport(report, format);
}

Result<Capacity> MonitorService::capacity(std::span<const int> caps, Deadline deadline)
{
    for (const int cap : caps)
        if (cap < 1)
            return fail(ErrorCode::InvalidArgument,
                        "a timeline's cap is at least 1, not " + std::to_string(cap));
    const auto redis = redisNodes();
    auto out = judgeCapacity(sampleNodes(redis, kReadersSampledPerNode, deadline), m_timelineCap, caps);
    countMachines(out, redis);
    const auto snapshot = m_sampler.snapshot();
    out.takenAt = SystemWallClock().now();
    addGrowth(out, *snapshot, m_sampler.history(out.takenAt - std::chrono::hours(1)));
    return out;
}

Result<CacheDetails> MonitorService::cacheDetails(Deadline deadline)
{
    auto out = m_cacheLook.look(redisNodes(), m_sampler.engineCounters(), deadline);
    out.takenAt = SystemWallClock().now();
    return out;
}

std::vector<NodeEndpoint> MonitorService::redisNodes() const
{
    std::vector<NodeEndpoint> out;
    for (const auto& node : m_maps.current()->nodes)
        if (node.kind == NodeKind::Redis) out.push_back(node);
    return out;
}

Result<QueueDetails> MonitorService::queueDetails(Deadline)
{
    return m_sampler.queueWatch().details();
}

Result<QueueHistory> MonitorService::queueHistory(TimePoint begin, TimePoint end, int most, Deadline)
{
    if (most < 1) return fail(ErrorCode::InvalidArgument, "at least one point is to be asked for");
    return m_sampler.queueWatch().history(begin, end, most);
}

Result<WorkerSpans> MonitorService::workerSpans(TimePoint begin, TimePoint end, int most, Deadline)
{
    if (most < 1) return fail(ErrorCode::InvalidArgument, "at least one span is to be asked for");
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    auto out = m_workerSpans ? m_workerSpans(begin, end, std::size_t(most))
                             : WorkerSpans{begin, std::min(end, now), {}};
    m_sampler.engineLanes().addTo(out, begin, end, std::size_t(most), now);
    return out;
}

} // namespace backend
