#include "backend/monitoring/monitor_service.h"

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

} // namespace backend
