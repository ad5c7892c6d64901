// PostgreSQL nodes with nothing but a queue, for the tests of queue and workers. Owned by the test; its
// thread.
#pragma once

#include "backend/queue/task_queue.h"
#include "backend/store/migrations.h"
#include "backend/store/postgres_pool.h"
#include "tests/support/private_cluster.h"

#include <stdexcept>

namespace tests {

inline backend::Deadline soon()
{
    return backend::Deadline::after(std::chrono::seconds(30));
}

// The value, or throws with the error's message, which Qt Test reports.
template <class T>
T take(backend::Result<T> result)
{
    if (!result) throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

struct QueueNodes
{
    explicit QueueNodes(int nodes)
        : servers(PrivateCluster::start(nodes, 0))
    {
        for (const auto& node : servers->nodes()) {
            auto owner = node;
            owner.address = node.ownerAddress;
            const auto pool = backend::makePostgresPool(owner, {});
            const auto connection = take(pool->lease(soon()));
            take(backend::migrate(*connection, {{"queue", "queue"}}, soon()));
            // What effects of tasks leave behind: one row per task that ran to its end, more when one ran
            // twice.
            take(connection->executeScript(
                "CREATE TABLE effect (task bigint, kind int); GRANT ALL ON effect TO rookery_engine",
                soon()));
            pools.push_back(backend::makePostgresPool(node, {40, 64, std::chrono::seconds(2)}));
            queues.push_back(backend::makePostgresTaskQueue(node.id));
        }
    }

    backend::SqlPool::Lease connect(std::size_t node = 0) const { return take(pools[node]->lease(soon())); }
    backend::SqlRows sql(const std::string& text, std::size_t node = 0) const
    {
        return take(connect(node)->execute(text, {}, soon()));
    }
    std::int64_t number(const std::string& text, std::size_t node = 0) const
    {
        return sql(text, node).integer(0, 0);
    }
    void enqueue(const std::vector<backend::NewTask>& tasks, std::size_t node = 0) const
    {
        const auto statement = backend::enqueueStatement(tasks);
        take(connect(node)->execute(statement.sql, statement.parameters, soon()));
    }
    void empty() const
    {
        for (std::size_t node = 0; node < pools.size(); ++node)
            take(connect(node)->executeScript("DELETE FROM queue.tasks; DELETE FROM queue.parked; DELETE "
                                              "FROM queue.dead_letters; DELETE FROM effect",
                                              soon()));
    }

    std::unique_ptr<PrivateCluster> servers;
    std::vector<std::unique_ptr<backend::SqlPool>> pools;
    std::vector<std::unique_ptr<backend::TaskQueue>> queues;
};

inline backend::NewTask newTask(backend::TaskKind kind = backend::TaskKind::PostCreated,
                                std::string payload = "{}")
{
    backend::NewTask task{};
    task.kind = kind;
    task.shard = 7;
    task.payload = std::move(payload);
    return task;
}

// One such node and what every test of its queue asks of it.
class OneQueue
{
protected:
    void start() { m_nodes = std::make_unique<QueueNodes>(1); }
    backend::TaskQueue& queue() { return *m_nodes->queues[0]; }
    std::vector<backend::Task> claim(backend::SqlConnection& connection, int limit = 10,
                                     backend::Milliseconds lease = std::chrono::seconds(10),
                                     bool smallAlone = false)
    {
        return take(queue().claim(connection, {limit, lease, "engine/1", smallAlone}, soon()));
    }
    int promoted(backend::SqlConnection& connection)
    {
        return take(queue().promote(connection, std::vector<std::string>{"rookery"}, soon())).tasks;
    }

    std::unique_ptr<QueueNodes> m_nodes;
};

} // namespace tests
