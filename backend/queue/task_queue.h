// The durable queue of one PostgreSQL node. Stateless: every call uses the caller's connection to that node, and joins
// the transaction that is open on it. Thread-safe.
#pragma once

#include "backend/common/sql.h"
#include "backend/domain/task.h"

#include <span>
#include <vector>

namespace backend {

// A statement that enqueues tasks inside the caller's transaction, for whoever writes the causing row.
SqlStatement enqueueStatement(std::span<const NewTask> tasks);

struct QueueKindCounts
{
    TaskKind kind = TaskKind::UserCreated;
    std::int64_t ready = 0, running = 0, retry = 0, dead = 0;
    double oldestAgeSeconds = 0;
};

class TaskQueue
{
public:
    virtual ~TaskQueue() = default;

    // The first `limit` ready tasks in fair order, leased to the caller under fresh tokens for `lease`.
    [[nodiscard]] virtual Result<std::vector<Task>> claim(SqlConnection& connection, int limit, Milliseconds lease,
                                                          Deadline deadline) = 0;
    // Prolongs leases that still stand; LeaseLost when one does not.
    [[nodiscard]] virtual Result<void> renew(SqlConnection& connection, std::span<const Task> tasks, Milliseconds lease,
                                             Deadline deadline) = 0;
    // Ends the tasks and enqueues their children. LeaseLost when any token no longer stands: the caller rolls back.
    [[nodiscard]] virtual Result<void> complete(SqlConnection& connection, std::span<const Task> tasks,
                                                std::span<const NewTask> children, Deadline deadline) = 0;
    // Back to wait; countsAttempt false for an unreachable node.
    [[nodiscard]] virtual Result<void> retryLater(SqlConnection& connection, const Task& task, const Error& error,
                                                  Milliseconds wait, bool countsAttempt, Deadline deadline) = 0;
    // Claimed but not begun: ready again at once, no attempt counted.
    [[nodiscard]] virtual Result<void> release(SqlConnection& connection, std::span<const Task> tasks,
                                               Deadline deadline) = 0;
    [[nodiscard]] virtual Result<void> bury(SqlConnection& connection, const Task& task, const Error& error,
                                            Deadline deadline) = 0;

    // Retries whose time has come and lapsed leases become ready. Returns how many.
    [[nodiscard]] virtual Result<int> promote(SqlConnection& connection, Deadline deadline) = 0;

    [[nodiscard]] virtual Result<std::vector<QueueKindCounts>> counts(SqlConnection& connection, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<std::vector<DeadLetter>> deadLetters(SqlConnection& connection, int limit,
                                                                      Deadline deadline) = 0;
    [[nodiscard]] virtual Result<int> reviveDead(SqlConnection& connection, std::span<const std::int64_t> ids,
                                                 Deadline deadline) = 0;
    [[nodiscard]] virtual Result<int> discardDead(SqlConnection& connection, std::span<const std::int64_t> ids,
                                                  Deadline deadline) = 0;
};

std::unique_ptr<TaskQueue> makePostgresTaskQueue(int node);

} // namespace backend
