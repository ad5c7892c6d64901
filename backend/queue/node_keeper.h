// Keeps the queue of one node moving, on a thread and a connection of its own: makes due retries and lapsed
// leases ready, after ending their owners' connections, and what waited for a Redis node that answers again;
// lets held tasks go at their pace, and prolongs the leases of batches at work. One per node, so that a node
// that hangs delays no other. Owned by the pool.
#pragma once

#include "backend/queue/node_connection.h"
#include "backend/queue/worker.h"

#include <functional>
#include <thread>

namespace backend {

class NodeKeeper
{
public:
    // Calls `visit` with every worker of the pool, under the pool's lock: whatever it is given must not wait.
    using ForEachWorker = std::function<void(const std::function<void(Worker&)>& visit)>;

    // `active` is asked before every round: without workers there are no queries. It may join workers that
    // are done.
    NodeKeeper(WorkerShared& shared, std::size_t node, std::function<bool()> active,
               ForEachWorker forEachWorker);
    ~NodeKeeper(); // stops and joins

    void requestStop() { m_thread.request_stop(); }
    void interrupt() noexcept { m_connection.interrupt(); }
    bool finished() const { return m_finished; }

private:
    void run(const std::stop_token& stop);
    Result<void> round();
    Result<void> renewLeases(SqlConnection& connection);
    Result<void> promote(SqlConnection& connection);
    Result<void> unpark(SqlConnection& connection);
    Result<void> admit(SqlConnection& connection);

    WorkerShared& m_shared;
    const std::size_t m_node;
    const std::function<bool()> m_active;
    const ForEachWorker m_forEachWorker;
    const std::chrono::milliseconds m_renewEvery;
    NodeConnection m_connection;
    std::chrono::steady_clock::time_point m_renewAt{};
    std::vector<int> m_awaited; // Redis nodes that tasks are parked for, by the last look
    std::atomic<bool> m_finished{false};
    std::jthread m_thread; // last: it uses all of the above
};

} // namespace backend
