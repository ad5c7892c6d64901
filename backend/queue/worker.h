// One worker thread: claims a batch from one node at a time, hands it to its handlers by kind, ends what succeeded, puts
// back what failed. Owned by the pool. stop, state and snapshot from any thread; the rest runs on the worker's own.
#pragma once

#include "backend/queue/worker_pool.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stop_token>
#include <thread>

namespace backend {

// Wakes sleeping workers: by work enqueued in this process, or by a change of orders. Thread-safe.
class WakeSignal
{
public:
    void raise();
    // Waits for a raise after `seen`, the time, or stop. Returns the number of raises.
    std::uint64_t wait(std::uint64_t seen, std::chrono::milliseconds longest, std::stop_token stop);

private:
    std::mutex m_mutex;
    std::condition_variable_any m_raised;
    std::uint64_t m_raises = 0;
};

// What all workers of a pool share.
struct WorkerShared
{
    std::vector<QueueNode> nodes;
    std::vector<std::unique_ptr<TaskQueue>> queues; // beside nodes
    WorkerPool::HandlerFactory factory;
    EngineMetrics& metrics;
    WorkerPoolOptions options;
    WakeSignal wake;
    std::atomic<bool> paused{false};
};

class Worker
{
public:
    Worker(WorkerShared& shared, int index);
    ~Worker(); // stops and joins

    void requestStop() { m_thread.request_stop(); }
    WorkerSnapshot snapshot() const;
    // Prolongs the leases at hand on a connection of the caller's; the pool's heartbeat calls it.
    void renewLeases(std::size_t node, SqlConnection& connection, Deadline deadline);

private:
    struct Held
    {
        std::size_t node = 0;
        std::vector<Task> tasks;
    };

    void run(std::stop_token stop);
    bool serve(std::size_t node, std::stop_token stop); // true when there was work
    Result<SqlConnection*> connection(std::size_t node, Deadline deadline);
    void handleGroup(std::size_t node, SqlConnection& connection, std::span<const Task> tasks, std::stop_token stop);
    Result<void> finish(std::size_t node, SqlConnection& connection, std::span<const Task> tasks,
                        std::span<TaskOutcome> outcomes, Deadline deadline);
    void finishOneByOne(std::size_t node, SqlConnection& connection, std::span<const Task> tasks,
                        std::span<TaskOutcome> outcomes, Deadline deadline);
    void putBack(std::size_t node, SqlConnection& connection, const Task& task, const Error& error, Deadline deadline);
    void nodeFailed(std::size_t node, const Error& error);
    void set(WorkerState state, std::string task = {});
    void failed(const std::string& error);
    void hold(std::size_t node, std::vector<Task> tasks);

    WorkerShared& m_shared;
    const int m_index;
    std::unique_ptr<TaskHandlers> m_handlers;
    std::vector<SqlPool::Lease> m_connections; // beside nodes
    std::vector<std::chrono::steady_clock::time_point> m_notBefore; // a node that failed is left alone until then
    std::vector<int> m_nodeFailures;
    std::mt19937_64 m_random;

    mutable std::mutex m_mutex; // guards m_snapshot and m_held
    WorkerSnapshot m_snapshot;
    Held m_held;

    std::jthread m_thread; // last: it uses all of the above
};

} // namespace backend
