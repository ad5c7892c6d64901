// The Operations: what an operator does. A read-only engine refuses every change here; every change is
// recorded in the directory's audit log with its exact arguments and outcome. Owned by the engine;
// thread-safe.
#pragma once

#include "backend/cluster/directory.h"
#include "backend/engine.h"
#include "backend/feed/timeline_builder.h"
#include "backend/operations/bulk_writer.h"
#include "backend/operations/fanout_planner_settings.h"
#include "backend/queue/worker_pool.h"

#include <functional>
#include <map>
#include <optional>

namespace backend {

struct OperationsIdentity
{
    std::string engineName, who;
    std::string environment; // of the cluster
};

class OperationsService final : public Operations
{
public:
    OperationsService(const FeedServices& services, Directory& directory, TimelineBuilder& builder,
                      std::vector<QueueNode> queues, NodeEndpoint directoryEndpoint,
                      OperationsIdentity identity, FanoutPlannerSettings planner);

    Result<void> pauseWorkers(int engineSlot, Deadline deadline) override;
    Result<void> resumeWorkers(int engineSlot, Deadline deadline) override;
    Result<void> setWorkerCount(int engineSlot, int count, Deadline deadline) override;

    Result<std::vector<DeadLetter>> deadLetters(int limit, Deadline deadline) override;
    Result<int> retryDeadLetters(std::span<const TaskRef> tasks, Deadline deadline) override;
    Result<int> discardDeadLetters(std::span<const TaskRef> tasks, Deadline deadline) override;
    Result<Explanation> explain(PostId post, UserId reader, Deadline deadline) override;
    Result<Checkup> doctor(Deadline deadline, const CheckupSink& soFar) override;
    Result<FanoutPolicy> fanoutPolicy(Deadline deadline) override;
    Result<void> setPushThreshold(const PushThreshold& threshold, Deadline deadline) override;
    Result<FanoutCosts> fanoutCosts(Deadline deadline) override;
    Result<void> deleteAccount(UserId user, Deadline deadline) override;
    Result<std::vector<AccountDeletion>> accountDeletions(int limit, Deadline deadline) override;
    Result<void> rebuildTimeline(UserId reader, Deadline deadline) override;
    Result<TimelineAuditReport> auditTimelines(const TimelineAuditQuery& query, Deadline deadline) override;
    Result<TimelineRepairReport> repairTimelines(const TimelineAuditQuery& query, Deadline deadline) override;
    Result<CounterAuditReport> auditCounters(const CounterAuditQuery& query, Deadline deadline) override;
    Result<CounterAuditReport> reconcileCounters(const CounterAuditQuery& query, Deadline deadline) override;
    Result<TimelineComparison> compareTimeline(UserId reader, Deadline deadline) override;
    Result<OrphanReport> findOrphanKeys(const OrphanQuery& query, Deadline deadline) override;
    Result<OrphanReport> removeOrphanKeys(const OrphanQuery& query, Deadline deadline) override;

    Result<BulkResult> bulkCreateUsers(std::span<const BulkUser> users, Deadline deadline) override;
    Result<BulkResult> bulkFollow(std::span<const BulkFollow> follows, Deadline deadline) override;
    Result<BulkResult> bulkPost(std::span<const Post> posts, Deadline deadline) override;
    Result<ImportRecord> openImport(const std::string& fileHash, int slots, std::int64_t timeShiftMs,
                                    Deadline deadline) override;
    Result<void> setAgeShift(Milliseconds shift, Deadline deadline) override;
    Result<void> saveImport(const ImportRecord& record, Deadline deadline) override;

    Result<DeadLetterGroups> deadLetterGroups(Deadline deadline) override;
    Result<DeadLetterPage> deadLetterPage(const DeadLetterQuery& query, Deadline deadline) override;
    Result<DeadLetterSet> deadLetterSet(const std::string& signature, TimePoint until,
                                        Deadline deadline) override;
    Result<DeadLetterPayload> deadLetterPayload(TaskRef task, Deadline deadline) override;

    // Orders take effect in this engine at once, in the others with their next heartbeat.
    std::function<void(Deadline)> ordersChanged;
    std::function<Result<void>(UserId user, Deadline deadline)> deleteUser; // the Feed's

private:
    struct NodeQueue
    {
        QueueNode node;
        std::unique_ptr<TaskQueue> queue;
    };

    Result<void> requireWritable() const;
    // For the deed itself: what is left of the caller's time then is for the record of it.
    static Deadline leavingTimeToRecord(Deadline deadline)
    {
        return deadline.keepingBack(std::chrono::seconds(2));
    }
    Result<void> rebuildNow(UserId reader, Deadline deadline);
    // Of a deed that changes much piece by piece, so that a kill in between leaves a trace: to be called
    // before each change. The first call records that the action was begun; all get what came of that.
    std::function<Result<void>()> beginning(const std::string& action, const std::string& argumentsJson,
                                            Deadline deadline);
    Result<void> recorded(const std::string& action, const std::string& argumentsJson, Result<void> outcome,
                          Deadline deadline);
    Result<int> onDeadLetters(const std::string& action, std::span<const TaskRef> tasks, Deadline deadline,
                              Result<int> (TaskQueue::*call)(SqlConnection&, std::span<const std::int64_t>,
                                                             Deadline));
    Result<void> order(const std::string& action, int engineSlot, const std::string& argumentsJson,
                       const std::function<Result<int>(Deadline)>& call, Deadline deadline);

    const FeedServices& m_services;
    Directory& m_directory;
    TimelineBuilder& m_builder;
    BulkWriter m_bulk;
    std::map<int, NodeQueue> m_queues;
    NodeEndpoint m_directoryEndpoint;
    OperationsIdentity m_identity;
    const FanoutPlannerSettings m_planner; // as this engine would plan
};

} // namespace backend
