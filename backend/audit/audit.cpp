#include "backend/audit/audit.h"

#include "backend/audit/audit_checks.h"
#include "backend/audit/audit_data.h"

#include <set>
#include <thread>

namespace backend {
namespace {

constexpr int kPasses = 3; // a difference must stand in each of them
constexpr Milliseconds kBetweenPasses{1'000};

TimePoint now()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

using Subjects = std::set<std::pair<std::string, std::int64_t>>;

// Only what differed before as well.
void keepOnly(const Subjects& before, AuditReport& report)
{
    std::erase_if(report.differences, [&](const AuditDifference& d) {
        return !before.contains({d.subject, d.id});
    });
    report.differencesTotal = std::int64_t(report.differences.size());
}

} // namespace

Result<AuditReport> runAudit(const AuditInputs& inputs, const AuditProgress& progress, Deadline deadline)
{
    std::vector<NodeEndpoint> redisNodes;
    for (const auto& node : inputs.map->nodes)
        if (node.kind == NodeKind::Redis) redisNodes.push_back(node);
    RedisClient redis(redisNodes);

    const TimePoint startedAt = now();
    AuditReport report;
    Subjects before;
    for (int pass = 0; pass < kPasses; ++pass) {
        if (pass > 0) std::this_thread::sleep_for(kBetweenPasses);
        report = {};
        report.startedAt = startedAt;
        ROOKERY_ASSIGN(const auto data, loadAuditData(inputs, progress, deadline));
        report.unfinishedTasks = data.unfinishedTasks;
        report.deadTasks = data.deadTasks;
        report.horizon = data.quiet ? 0 : data.judgedUpTo;
        ROOKERY_TRY(AuditChecks(inputs, data, redis, report).run(progress, deadline));
        const bool tooManyToCompare = report.differencesTotal > std::int64_t(report.differences.size());
        if (pass > 0 && !tooManyToCompare) keepOnly(before, report);
        if (report.clean()) break;
        before.clear();
        for (const auto& difference : report.differences)
            before.emplace(difference.subject, difference.id);
    }
    report.finishedAt = now();
    return report;
}

} // namespace backend
