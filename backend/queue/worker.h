// One worker thread: claims a batch from one node at a time and runs it (TaskBatch), going round the nodes.
// Owned by the pool. requestStop, interrupt, finished, snapshot and held from any thread; the rest is the
// worker's own.
#pragma once

#include "backend/queue/held_tasks.h"
#include "backend/queue/node_connection.h"
#include "backend/queue/task_pace.h"
#include "backend/queue/wake_signal.h"
#include "backend/queue/worker_pool.h"
#include "backend/queue/worker_status.h"

#include <atomic>
#include <random>
#include <stop_token>
#include <thread>

namespace backend {

// What all threads of a pool share.
struct WorkerShared
{
    std::vector<QueueNode> nodes;
    std::vector<std::unique_ptr<TaskQueue>> queues; // beside nodes
    WorkerPool::HandlerFactory factory;
    EngineMetrics& metrics;
    WorkerPoolOptions options;
    WakeSignal wake;
    std::atomic<bool> paused{false};
    std::atomic<int> wanted{0}; // workers
};

class Worker
{
public:
    // log: what the worker of this index did so far; it goes on with it.
    Worker(WorkerShared& shared, int index, std::shared_ptr<WorkerLog> log);
    ~Worker(); // stops and joins

    int index() const { return m_index; }
    void requestStop() { m_thread.request_stop(); }
    bool finished() const { return m_finished; } // joining does not wait
    // For a stop that cannot wait: first the handlers, and when that does not help the queue's connections.
    void interruptHandlers() noexcept;
    void interruptConnections() noexcept;
    WorkerSnapshot snapshot() const { return m_status.snapshot(); }
    HeldTasks& held() { return m_held; }

private:
    struct Node
    {
        explicit Node(SqlPool& pool)
            : connection(pool)
        {
        }
        NodeConnection connection;
        std::chrono::steady_clock::time_point notBefore{}; // a node that failed is left alone until then
        int failures = 0;
    };

    void run(const std::stop_token& stop);
    void turn(const std::stop_token& stop);
    void rest(std::uint64_t orders, const std::stop_token& stop);
    bool serveAll(const std::stop_token& stop); // true when there was work
    bool serve(std::size_t node, const std::stop_token& stop);
    bool smallAlone() const;
    Result<std::vector<Task>> claim(std::size_t node, int limit);
    void nodeFailed(std::size_t node, const Error& error);

    WorkerShared& m_shared;
    const int m_index;
    std::vector<std::unique_ptr<Node>> m_nodes; // beside the pool's
    std::mt19937_64 m_random;
    WorkerStatus m_status;
    HeldTasks m_held;
    TaskPace m_pace;
    std::chrono::milliseconds m_idle;
    bool m_woken = false; // by somebody, when it slept last
    std::size_t m_first;  // the node whose turn is first

    std::mutex m_handlersMutex; // held while m_handlers changes and while they are interrupted
    std::unique_ptr<TaskHandlers> m_handlers;

    std::atomic<bool> m_finished{false};
    std::jthread m_thread; // last: it uses all of the above
};

} // namespace backend
