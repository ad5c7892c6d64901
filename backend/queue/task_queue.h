// The durable queue of one PostgreSQL node. Stateless: every call uses the caller's connection to that node,
// and joins the transaction that is open on it. Thread-safe. Leases are fenced: whatever ends, prolongs or
// puts back a task names the lease token of its claim and has no effect once that lease is gone.
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

// Of the tasks that wait for a Redis node; a task may wait for several.
struct ParkedCount
{
    int node = 0; // its id in the directory
    std::int64_t tasks = 0;
};

struct QueueCounts
{
    std::vector<QueueKindCounts> kinds; // one of each, in the order of kTaskKinds
    std::vector<ParkedCount> parked;    // of nodes that something waits for
};

// A failed run: back to wait for `wait`; countsAttempt false for an unreachable node. With nodes that it
// awaits it is parked: after `wait` as soon as one of them is named to unpark(), else after `parked` more.
struct TaskRetry
{
    Task task;
    Error error;
    Milliseconds wait{0};
    bool countsAttempt = true;
    std::vector<int> awaits{}; // Redis nodes
    Milliseconds parked{0};
};

struct Promotion
{
    int tasks = 0;              // that became ready
    std::vector<int> awaited{}; // Redis nodes that tasks are parked for
    std::vector<std::string>
        owners{}; // the others of lapsed leases: the application names they claimed under
};

struct ClaimOrder
{
    int limit = 1;           // tasks at most, and one in bulk on top where small work alone fills it
    Milliseconds lease{};    // how long they are the worker's
    std::string worker;      // workerName
    bool smallAlone = false; // nothing in bulk
};

class TaskQueue
{
public:
    virtual ~TaskQueue() = default;

    // The first ready tasks in fair order, leased under fresh tokens.
    [[nodiscard]] virtual Result<std::vector<Task>> claim(SqlConnection& connection, const ClaimOrder& order,
                                                          Deadline deadline) = 0;
    // Prolongs the leases that still stand. Returns the ids of the tasks whose lease does not.
    [[nodiscard]] virtual Result<std::vector<std::int64_t>>
    renew(SqlConnection& connection, std::span<const Task> tasks, Milliseconds lease, Deadline deadline) = 0;
    // Ends the tasks and enqueues their children. LeaseLost when any token no longer stands: the caller rolls
    // back.
    [[nodiscard]] virtual Result<void> complete(SqlConnection& connection, std::span<const Task> tasks,
                                                std::span<const NewTask> children, Deadline deadline) = 0;
    // The same and the tasks' own statements as one transaction in one round trip, outside any other: all or
    // nothing. A lost lease or a failing statement is an error of any code; complete() tells which.
    [[nodiscard]] virtual Result<void> completeAll(SqlConnection& connection, std::span<const Task> tasks,
                                                   std::span<const NewTask> children,
                                                   std::vector<SqlStatement> statements,
                                                   Deadline deadline) = 0;
    // LeaseLost when any lease is gone; the others are put back all the same.
    [[nodiscard]] virtual Result<void> retryLater(SqlConnection& connection,
                                                  std::span<const TaskRetry> retries, Deadline deadline) = 0;
    // Claimed but not begun: ready again at once, no attempt counted. Tasks whose lease is gone are left
    // alone.
    [[nodiscard]] virtual Result<void> release(SqlConnection& connection, std::span<const Task> tasks,
                                               Deadline deadline) = 0;
    // The task becomes a dead letter; LeaseLost when its lease is gone.
    [[nodiscard]] virtual Result<void> bury(SqlConnection& connection, const Task& task, const Error& error,
                                            Deadline deadline) = 0;

    // Retries whose time has come become ready, and lapsed leases of the owners whose connections were ended,
    // some thousands at once.
    [[nodiscard]] virtual Result<Promotion>
    promote(SqlConnection& connection, std::span<const std::string> ended, Deadline deadline) = 0;

    // What is parked for these Redis nodes is due, the oldest first, some thousands at once. Returns how
    // many.
    [[nodiscard]] virtual Result<int> unpark(SqlConnection& connection, std::span<const int> nodes,
                                             Deadline deadline) = 0;

    // Held tasks whose turn has come at so many units a second become ready, the oldest first. Returns how
    // many; 0 also while another engine is at it.
    [[nodiscard]] virtual Result<int> admit(SqlConnection& connection, double unitsPerSecond,
                                            Deadline deadline) = 0;

    // Exact up to 20,000 tasks per state. Where there are more, the figures of that state are estimated from
    // a sample of the table, the oldest age from the head of the queue, so that a look costs tens of
    // milliseconds however long the queue is. Dead letters are counted up to 100,000 per node, what waits for
    // a node up to kParkedCounted.
    [[nodiscard]] virtual Result<QueueCounts> counts(SqlConnection& connection, Deadline deadline) = 0;
    // Newest first. Of payloads the first 4,096 characters.
    [[nodiscard]] virtual Result<std::vector<DeadLetter>> deadLetters(SqlConnection& connection, int limit,
                                                                      Deadline deadline) = 0;
    // Dead letters become ready under their old ids, attempts and expiry begin anew. Exactly these ids;
    // returns how many there were.
    [[nodiscard]] virtual Result<int> reviveDead(SqlConnection& connection, std::span<const std::int64_t> ids,
                                                 Deadline deadline) = 0;
    [[nodiscard]] virtual Result<int> discardDead(SqlConnection& connection,
                                                  std::span<const std::int64_t> ids, Deadline deadline) = 0;
};

std::unique_ptr<TaskQueue> makePostgresTaskQueue(int node);

} // namespace backend
