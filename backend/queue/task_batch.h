// Runs what a worker claimed from one node at once: hands it to the handlers by kind, ends what succeeded,
// puts back or buries what failed. Owned and used by one worker's thread.
#pragma once

#include "backend/queue/held_tasks.h"
#include "backend/queue/node_connection.h"
#include "backend/queue/task_pace.h"
#include "backend/queue/worker_pool.h"
#include "backend/queue/worker_status.h"

#include <random>
#include <stop_token>

namespace backend {

// Where a batch comes from.
struct BatchSource
{
    std::size_t node = 0; // position in the pool's nodes
    const std::string& nodeName;
    TaskQueue& queue;
    NodeConnection& connection;
};

class TaskBatch
{
public:
    struct Surroundings
    {
        const WorkerPoolOptions& options;
        EngineMetrics& metrics;
        TaskHandlers& handlers;
        WorkerStatus& status;
        HeldTasks& held;
        std::mt19937_64& random;
        TaskPace& pace;
    };

    TaskBatch(const BatchSource& source, const Surroundings& surroundings, std::stop_token stop);

    // The tasks are in fair order; what does not fit into the pace is given back first. An error: the node
    // does not answer any more; leases of what is left lapse.
    Result<void> run(std::vector<Task> tasks);
    bool enqueued() const { return m_enqueued; } // children of what it ran

private:
    using Group = std::vector<Task>; // of one kind

    std::vector<Group> groups(std::vector<Task> tasks);
    Result<void> runGroup(const Group& group);
    std::vector<TaskOutcome> handle(const Group& group);
    Result<void> end(const Group& group, std::vector<TaskOutcome>& outcomes);
    Result<void> endTogether(SqlConnection& connection, const Group& group,
                             std::vector<TaskOutcome>& outcomes);
    Result<void> endAlone(SqlConnection& connection, const Task& task, const TaskOutcome& outcome);
    Result<void> putBack(const Group& group, const std::vector<TaskOutcome>& outcomes);
    Result<void> bury(SqlConnection& connection, const Task& task, Error error,
                      std::vector<TaskRetry>& retries);
    void recordWaits(const Group& group);
    void recordRun(const Group& group, std::chrono::steady_clock::duration took);
    void account(const Group& group, const std::vector<TaskOutcome>& outcomes);
    Result<void> release(std::span<const Group> groups);
    Result<void> giveBackWhatDoesNotFit(std::vector<Task>& tasks);
    std::optional<Error> doom(const Task& task) const;
    Milliseconds waitAfter(const Task& task, bool countsAttempt);
    Milliseconds parkedFor();
    Deadline deadline() const;

    const BatchSource m_source;
    const Surroundings m_around;
    const std::stop_token m_stop;
    bool m_enqueued = false;
    const std::chrono::steady_clock::time_point m_claimedAt = std::chrono::steady_clock::now();
};

} // namespace backend
