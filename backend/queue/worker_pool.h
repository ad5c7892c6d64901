// Worker threads over the queues of all PostgreSQL nodes: claim in batches, hand to handlers, complete,
// retry, bury. Owned by the engine. start/stop/pause/resize from any thread. Every worker has a handler set
// of its own, with connections of its own.
#pragma once

#include "backend/common/backoff.h"
#include "backend/common/metrics.h"
#include "backend/common/sql.h"
#include "backend/domain/queue_details.h"
#include "backend/domain/snapshot.h"
#include "backend/queue/task_queue.h"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace backend {

// What became of one task. On success `completion` runs on the task's node in the same transaction that ends
// the task and enqueues `children`.
struct TaskOutcome
{
    Result<void> status;
    std::vector<int> awaits{}; // when it failed: Redis nodes without one of which nothing is left to be done
    std::vector<NewTask> children;
    std::vector<SqlStatement> completion;
};

// Handles batches of one kind from one node. One thread. Must be idempotent: a batch may run again after a
// crash.
class TaskHandlers
{
public:
    virtual ~TaskHandlers() = default;
    // One outcome per task, in order. Returns by the deadline.
    virtual std::vector<TaskOutcome> handle(TaskKind kind, std::span<const Task> tasks,
                                            Deadline deadline) = 0;
    // Called before a task is buried; an error keeps it waiting instead (it is tried again later).
    virtual Result<void> beforeBury(const Task& task, Deadline deadline) = 0;
    // From another thread, when the pool stops and a batch has not ended within a second: what handle() or
    // beforeBury() waits for fails now. Without it a stop may have to wait for the batch's deadline.
    virtual void interrupt() noexcept {}
};

struct WorkerPoolOptions
{
    int workers = 4;
    int batch = 128;               // tasks claimed at once, at most, and no more than take
    Milliseconds batchTarget{300}; // about so long; the first of several workers keeps to
    Milliseconds quickTarget{
        15};          // this, and of three or more takes nothing in bulk: what is small finds it free
    int attempts = 8; // then a dead letter
    Milliseconds lease{10'000}; // renewed while a batch is at work; what a killed engine's tasks wait at most
    Milliseconds batchTime{30'000}; // a batch that takes longer fails and is run again
    Milliseconds idlePoll{
        250}; // at most between two looks for work of other processes; wake() tells of our own
    Backoff backoff;
    double unitsPerSecond = 10'000; // on each node: the pace of held tasks; 0: this pool lets none go
    std::string engine;             // what its workers are named by, see workerName
    std::string owner;              // of this pool's leases: the application name of its nodes' connections
    // Of the Redis nodes that tasks are parked for, those that answer again. Empty: nobody looks.
    std::function<std::vector<int>(std::span<const int> awaited)> answering;
    // Before the lapsed leases of another owner are taken over: ends the connections under that name, as far
    // as their servers can be reached by the deadline. From one thread per node.
    std::function<void(const std::string& owner, Deadline deadline)> endConnections;
};

struct QueueNode
{
    int id = 0;
    std::string name;
    SqlPool* pool = nullptr; // for claiming and completing; a worker keeps one lease of it per node
};

class WorkerPool
{
public:
    using HandlerFactory = std::function<std::unique_ptr<TaskHandlers>(int worker)>;

    WorkerPool(std::vector<QueueNode> nodes, HandlerFactory factory, EngineMetrics& metrics,
               WorkerPoolOptions options);
    ~WorkerPool(); // stops
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    void start();
    // Ends the groups at hand, gives the rest back, joins; under two seconds, unless handlers go on though
    // interrupted.
    void stop();
    void setPaused(bool paused);
    bool paused() const;
    void setWorkers(int count); // 0 … 64; returns at once, those that are too many end their group first
    int workers() const;
    void wake();                                  // work was enqueued by this process
    std::vector<WorkerSnapshot> snapshot() const; // engineSlot and engineName are left to the monitor
    // What each did when; of workers that are gone, too, for an hour. See Monitor::workerSpans.
    WorkerSpans spans(TimePoint begin, TimePoint end, std::size_t most) const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace backend
