#include "backend/operations/operations_service.h"

#include "backend/common/log.h"
#include "backend/operations/doctor.h"
#include "backend/operations/explain.h"
#include "backend/operations/fanout_costs.h"
#include "backend/operations/fanout_planner.h"
#include "backend/store/account_store.h"

#include <algorithm>

namespace backend {

OperationsService::OperationsService(const FeedServices& services, Directory& directory,
                                     TimelineBuilder& builder, std::vector<QueueNode> queues,
                                     NodeEndpoint directoryEndpoint, OperationsIdentity identity,
                                     FanoutPlannerSettings planner)
    : m_services(services)
    , m_directory(directory)
    , m_builder(builder)
    , m_bulk(services)
    , m_directoryEndpoint(std::move(directoryEndpoint))
    , m_identity(std::move(identity))
    , m_planner(planner)
{
    for (auto& node : queues) {
        const int id = node.id;
        m_queues.emplace(id, NodeQueue{std::move(node), makePostgresTaskQueue(id)});
    }
}

Result<void> OperationsService::requireWritable() const
{
    if (m_services.readOnly)
        return fail(ErrorCode::ReadOnly, "this engine is read-only; start it without --read-only to operate");
    return {};
}

std::function<Result<void>()>
OperationsService::beginning(const std::string& action, const std::string& argumentsJson, Deadline deadline)
{
    return [this, row = AuditEntry{m_identity.engineName, m_identity.who, action, argumentsJson, "begun", {}},
            deadline, said = std::optional<Result<void>>()]() mutable {
        if (!said) said = m_directory.appendAudit(row, deadline);
        return *said;
    };
}

// The record is written after the deed; a deed that cannot be recorded is reported as such, since it cannot
// be undone.
Result<void> OperationsService::recorded(const std::string& action, const std::string& argumentsJson,
                                         Result<void> outcome, Deadline deadline)
{
    const auto written = m_directory.appendAudit({m_identity.engineName,
                                                  m_identity.who,
                                                  action,
                                                  argumentsJson,
                                                  outcome ? "ok" : outcome.error().message,
                                                  {}},
                                                 deadline);
    if (!written)
        log::error("not in the audit log: " + action + " " + argumentsJson + ": " + written.error().message);
    if (outcome && !written)
        return fail(written.error().code, action + " was done, but could not be written to the audit log: " +
                                              written.error().message);
    return outcome;
}

Result<void> OperationsService::order(const std::string& action, int engineSlot,
                                      const std::string& argumentsJson,
                                      const std::function<Result<int>(Deadline)>& call, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    const auto until = leavingTimeToRecord(deadline);
    Result<void> outcome;
    if (const auto heard = call(until); !heard) {
        outcome = fail(heard.error());
        if (heard.error().code == ErrorCode::NotFound)
            outcome =
                fail(ErrorCode::NotFound,
                     engineSlot < 0
                         ? "no engine with workers runs on this cluster; start one with rookeryctl serve"
                         : "engine " + std::to_string(engineSlot) + " is gone");
    }
    if (outcome && ordersChanged) ordersChanged(until);
    return recorded(action, argumentsJson, std::move(outcome), deadline);
}

Result<void> OperationsService::pauseWorkers(int engineSlot, Deadline deadline)
{
    return order(
        "pause_workers", engineSlot, "{\"engine\":" + std::to_string(engineSlot) + "}",
        [&](Deadline until) { return m_directory.setPaused(engineSlot, true, until); }, deadline);
}

Result<void> OperationsService::resumeWorkers(int engineSlot, Deadline deadline)
{
    return order(
        "resume_workers", engineSlot, "{\"engine\":" + std::to_string(engineSlot) + "}",
        [&](Deadline until) { return m_directory.setPaused(engineSlot, false, until); }, deadline);
}

Result<void> OperationsService::setWorkerCount(int engineSlot, int count, Deadline deadline)
{
    if (count < 0 || count > 64) return fail(ErrorCode::InvalidArgument, "an engine has 0 to 64 workers");
    return order(
        "set_worker_count", engineSlot,
        "{\"engine\":" + std::to_string(engineSlot) + ",\"workers\":" + std::to_string(count) + "}",
        [&](Deadline until) { return m_directory.setWorkersWanted(engineSlot, count, until); }, deadline);
}

Result<std::vector<DeadLetter>> OperationsService::deadLetters(int limit, Deadline deadline)
{
    if (limit < 1 || limit > 10'000)
        return fail(ErrorCode::InvalidArgument, "between 1 and 10,000 dead letters can be listed");
    std::vector<DeadLetter> letters;
    for (const auto& [id, entry] : m_queues) {
        ROOKERY_ASSIGN(auto connection, entry.node.pool->lease(deadline));
        ROOKERY_ASSIGN(auto some, entry.queue->deadLetters(*connection, limit, deadline));
        letters.insert(letters.end(), std::make_move_iterator(some.begin()),
                       std::make_move_iterator(some.end()));
    }
    std::stable_sort(letters.begin(), letters.end(),
                     [](const auto& a, const auto& b) { return a.diedAt > b.diedAt; });
    if (letters.size() > std::size_t(limit)) letters.resize(std::size_t(limit));
    return letters;
}

Result<int> OperationsService::onDeadLetters(
    const std::string& action, std::span<const TaskRef> tasks, Deadline deadline,
    Result<int> (TaskQueue::*call)(SqlConnection&, std::span<const std::int64_t>, Deadline))
{
    ROOKERY_TRY(requireWritable());
    std::map<int, std::vector<std::int64_t>> byNode;
    std::string listed;
    for (const auto& task : tasks) {
        byNode[task.node].push_back(task.id);
        listed +=
            (listed.empty() ? "[" : ",[") + std::to_string(task.node) + "," + std::to_string(task.id) + "]";
    }
    const auto until = leavingTimeToRecord(deadline);
    int done = 0;
    Result<void> outcome;
    for (const auto& [node, ids] : byNode) {
        const auto entry = m_queues.find(node);
        if (entry == m_queues.end()) {
            outcome = fail(ErrorCode::NotFound, "node " + std::to_string(node) + " has no queue");
            break;
        }
        auto connection = entry->second.node.pool->lease(until);
        if (!connection) {
            outcome = fail(connection.error());
            break;
        }
        const auto count = (entry->second.queue.get()->*call)(**connection, ids, until);
        if (!count) {
            outcome = fail(count.error());
            break;
        }
        done += *count;
    }
    ROOKERY_TRY(recorded(action, "{\"tasks\":[" + listed + "]}", outcome, deadline));
    m_services.enqueued();
    return done;
}

Result<int> OperationsService::retryDeadLetters(std::span<const TaskRef> tasks, Deadline deadline)
{
    return onDeadLetters("retry_dead_letters", tasks, deadline, &TaskQueue::reviveDead);
}

Result<int> OperationsService::discardDeadLetters(std::span<const TaskRef> tasks, Deadline deadline)
{
    return onDeadLetters("discard_dead_letters", tasks, deadline, &TaskQueue::discardDead);
}

Result<Explanation> OperationsService::explain(PostId post, UserId reader, Deadline deadline)
{
    return explainPost(m_services, post, reader, deadline);
}

Result<Checkup> OperationsService::doctor(Deadline deadline, const CheckupSink& soFar)
{
    DoctorInputs inputs;
    inputs.directory = m_directoryEndpoint;
    inputs.known = KnownCluster{m_identity.environment, *m_services.maps.current(), m_services.directoryNode};
    return examineCluster(inputs, SystemWallClock(), deadline, soFar);
}

Result<FanoutPolicy> OperationsService::fanoutPolicy(Deadline deadline)
{
    return readFanoutPolicy(m_directory, deadline);
}

Result<FanoutCosts> OperationsService::fanoutCosts(Deadline deadline)
{
    return readFanoutCosts(m_services, m_directory, m_planner, deadline);
}

Result<void> OperationsService::setPushThreshold(const PushThreshold& threshold, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    return recorded("set_push_threshold", "{\"threshold\":\"" + toString(threshold) + "\"}",
                    savePushThreshold(m_directory, threshold, leavingTimeToRecord(deadline)), deadline);
}

Result<void> OperationsService::deleteAccount(UserId user, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    return recorded("delete_account", "{\"user\":" + std::to_string(user.value) + "}",
                    deleteUser(user, leavingTimeToRecord(deadline)), deadline);
}

Result<std::vector<AccountDeletion>> OperationsService::accountDeletions(int limit, Deadline deadline)
{
    if (limit < 1 || limit > 1'000)
        return fail(ErrorCode::InvalidArgument, "between 1 and 1,000 deletions can be asked for");
    SqlSession sql(m_services.pools, m_services.maps);
    return AccountStore::deletions(sql, m_services.directoryNode, limit, deadline);
}

Result<void> OperationsService::rebuildTimeline(UserId reader, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    return recorded("rebuild_timeline", "{\"reader\":" + std::to_string(reader.value) + "}",
                    rebuildNow(reader, leavingTimeToRecord(deadline)), deadline);
}

Result<void> OperationsService::rebuildNow(UserId reader, Deadline deadline)
{
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_ASSIGN(auto redis, m_services.redis.lease(deadline));
    ROOKERY_TRY(m_services.timelines.drop(*redis, TimelineFamily::Home, reader, deadline));
    return m_builder.build(sql, *redis, TimelineFamily::Home, reader, deadline, BuildFor::Upkeep);
}

Result<BulkResult> OperationsService::bulkCreateUsers(std::span<const BulkUser> users, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    return m_bulk.createUsers(users, deadline);
}

Result<BulkResult> OperationsService::bulkFollow(std::span<const BulkFollow> follows, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    return m_bulk.follow(follows, deadline);
}

Result<BulkResult> OperationsService::bulkPost(std::span<const Post> posts, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    return m_bulk.post(posts, deadline);
}

Result<ImportRecord> OperationsService::openImport(const std::string& fileHash, int slots,
                                                   std::int64_t timeShiftMs, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    if (slots < 1 || slots > 64) return fail(ErrorCode::InvalidArgument, "an import holds 1 to 64 id slots");
    ROOKERY_ASSIGN(const auto stored,
                   m_directory.openImport(fileHash, slots, timeShiftMs, leavingTimeToRecord(deadline)));
    if (stored.created)
        ROOKERY_TRY(recorded("open_import",
                             "{\"file_sha256\":\"" + fileHash +
                                 "\",\"time_shift_ms\":" + std::to_string(timeShiftMs) + "}",
                             {}, deadline));
    return stored;
}

Result<void> OperationsService::setAgeShift(Milliseconds shift, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    const auto until = leavingTimeToRecord(deadline);
    auto outcome = m_directory.saveSetting("age_shift_ms", std::to_string(shift.count()), until);
    if (outcome && ordersChanged) ordersChanged(until);
    return recorded("set_age_shift", "{\"milliseconds\":" + std::to_string(shift.count()) + "}",
                    std::move(outcome), deadline);
}

Result<void> OperationsService::saveImport(const ImportRecord& record, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    return m_directory.saveImport(record, deadline);
}

} // namespace backend
