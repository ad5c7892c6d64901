// Audit and repair of timelines and counters, and orphan keys, as operations: refused where they change
// something on a read-only engine, and recorded: as begun before the first change, so that a kill in between
// leaves a trace, and again with what was done.
#include "backend/operations/operations_service.h"

#include "backend/operations/counter_auditor.h"
#include "backend/operations/orphan_keys.h"
#include "backend/operations/timeline_auditor.h"
#include "backend/operations/timeline_comparer.h"

#include <algorithm>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr auto kOneBuild = 10s;
constexpr std::size_t kRepairsListed = 1'000; // repairs in a report
constexpr std::size_t kRecorded = 100;        // readers in the record
constexpr std::size_t kRecordedBytes = 2'000; // of users in one

std::string scopeText(const TimelineAuditQuery& query)
{
    using Scope = TimelineAuditQuery::Scope;
    switch (query.scope) {
    case Scope::Reader:
        return "\"reader\":" + std::to_string(query.reader.value);
    case Scope::Shard:
        return "\"shard\":" + std::to_string(query.shard);
    case Scope::Sample:
        return "\"sample\":" + std::to_string(query.sample) + ",\"seed\":" + std::to_string(query.seed);
    case Scope::All:
        break;
    }
    return "\"all\":true";
}

std::string argumentsOf(const TimelineAuditQuery& query, const TimelineRepairReport& report)
{
    std::string readers;
    for (std::size_t i = 0; i < std::min(report.repairs.size(), kRecorded); ++i)
        readers += (i ? "," : "") + std::to_string(report.repairs[i].reader.value);
    return "{" + scopeText(query) + ",\"repaired\":" + std::to_string(report.repaired) +
           ",\"not_repaired\":" + std::to_string(report.notRepaired) + ",\"readers\":[" + readers + "]}";
}

} // namespace

Result<TimelineAuditReport> OperationsService::auditTimelines(const TimelineAuditQuery& query,
                                                              Deadline deadline)
{
    return TimelineAuditor(m_services).audit(query, {}, deadline);
}

// Page by page: a timeline is built again as soon as it is known to differ, and looked at with the others of
// its page.
Result<TimelineRepairReport> OperationsService::repairTimelines(const TimelineAuditQuery& query,
                                                                Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    const TimelineAuditor auditor(m_services);
    const auto until = leavingTimeToRecord(deadline);
    TimelineRepairReport report;
    const auto begin = beginning("repair_timelines", "{" + scopeText(query) + "}", until);
    const auto repair = [&](const TimelineAuditor::Findings& findings) -> Result<void> {
        auto readers = findings.differing;
        readers.insert(readers.end(), findings.cold.begin(), findings.cold.end());
        if (readers.empty()) return {};
        ROOKERY_TRY(begin());
        std::vector<TimelineRepair> repairs;
        for (const auto reader : readers) {
            const auto built = rebuildNow(reader, until.earlier(kOneBuild));
            repairs.push_back({reader, built.has_value(), built ? "" : built.error().message});
        }
        TimelineAuditReport again;
        const auto left = auditor.look(readers, again, until);
        for (auto& one : repairs) {
            const auto among = [&](const std::vector<UserId>& some) {
                return std::find(some.begin(), some.end(), one.reader) != some.end();
            };
            if (one.repaired && !left)
                one = {one.reader, false, "built again, but not looked at: " + left.error().message};
            else if (one.repaired && (among(left->differing) || among(left->cold)))
                one = {one.reader, false, "built again, and it differs again"};
            ++(one.repaired ? report.repaired : report.notRepaired);
            if (report.repairs.size() < kRepairsListed) report.repairs.push_back(std::move(one));
        }
        return {};
    };
    auto found = auditor.audit(query, repair, until);
    Result<void> outcome;
    if (!found)
        outcome = fail(found.error());
    else if (report.notRepaired > 0)
        outcome =
            fail(ErrorCode::Internal, std::to_string(report.notRepaired) + " timelines were not repaired");
    const bool changed = report.repaired + report.notRepaired > 0;
    if (changed || !found) {
        const auto written = recorded("repair_timelines", argumentsOf(query, report), outcome, deadline);
        if (outcome && !written) return fail(written.error());
    }
    if (!found) return fail(found.error());
    report.found = std::move(*found);
    return report;
}

Result<CounterAuditReport> OperationsService::auditCounters(const CounterAuditQuery& query, Deadline deadline)
{
    CounterAuditReport report;
    ROOKERY_TRY(CounterAuditor(m_services).audit(query, {}, report, deadline));
    return report;
}

Result<CounterAuditReport> OperationsService::reconcileCounters(const CounterAuditQuery& query,
                                                                Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    const auto scope = query.user.value > 0 ? "\"user\":" + std::to_string(query.user.value)
                       : query.shard >= 0   ? "\"shard\":" + std::to_string(query.shard)
                                            : "\"all\":true";
    const auto until = leavingTimeToRecord(deadline);
    const auto begin = beginning("reconcile_counters", "{" + scope + "}", until);
    CounterAuditReport report;
    const auto audited = CounterAuditor(m_services).audit(query, begin, report, until);
    if (audited && report.drifted == 0) return report; // nothing was changed
    std::string users;
    for (const auto& drift : report.drifts)
        if (drift.reconciled && users.size() < kRecordedBytes)
            users += (users.empty() ? "" : ",") + std::to_string(drift.user.value);
    auto outcome = audited;
    if (outcome && !report.clean())
        outcome = fail(ErrorCode::Internal, std::to_string(report.drifted - report.reconciled) +
                                                " users' counters were not reconciled");
    const auto written = recorded("reconcile_counters",
                                  "{" + scope + ",\"reconciled\":" + std::to_string(report.reconciled) +
                                      ",\"users\":[" + users + "]}",
                                  outcome, deadline);
    if (m_services.enqueued) m_services.enqueued();
    if (!audited) return fail(audited.error());
    if (outcome && !written) return fail(written.error());
    return report;
}

Result<TimelineComparison> OperationsService::compareTimeline(UserId reader, Deadline deadline)
{
    return TimelineComparer(m_services, deadline).compare(reader);
}

Result<OrphanReport> OperationsService::findOrphanKeys(const OrphanQuery& query, Deadline deadline)
{
    OrphanReport report;
    ROOKERY_TRY(walkOrphanKeys(m_services, m_directory, query, {}, deadline, report));
    return report;
}

Result<OrphanReport> OperationsService::removeOrphanKeys(const OrphanQuery& query, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    OrphanReport report;
    const auto until = leavingTimeToRecord(deadline);
    const auto begin = beginning("remove_orphan_keys", "{}", until);
    const auto done = walkOrphanKeys(m_services, m_directory, query, begin, until, report);
    ROOKERY_TRY(recorded("remove_orphan_keys",
                         "{\"found\":" + std::to_string(report.orphans) +
                             ",\"removed\":" + std::to_string(report.removed) + "}",
                         done, deadline));
    return report;
}

} // namespace backend
