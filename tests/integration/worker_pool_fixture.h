// Worker pools on PostgreSQL nodes with nothing but a queue, with handlers that do what a test tells them.
// Base of the test; its thread.
#pragma once

#include "backend/queue/worker_pool.h"
#include "tests/integration/queue_fixture.h"

#include <functional>
#include <memory>
#include <mutex>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

inline constexpr int kPatience = 30'000; // of QTRY: for a busy machine; nothing waits that long in vain

// What a test's handlers do with one task. Shared by all workers of the pools.
struct Script
{
    std::function<TaskOutcome(const Task&)> run;
    std::function<void(std::span<const Task>)> begin = [](std::span<const Task>) {};
    std::function<Result<void>(const Task&)> beforeBury = [](const Task&) { return Result<void>(); };
    std::function<void()> interrupt = [] {};
};

// Leaves one row per task in the transaction that ends it.
inline TaskOutcome leaveEffect(const Task& task)
{
    TaskOutcome outcome;
    outcome.completion.push_back({"INSERT INTO effect VALUES ($1::bigint, $2::int)",
                                  {sqlParameter(task.ref.id), sqlParameter(int(task.kind))}});
    return outcome;
}

inline TaskOutcome failure(ErrorCode code, std::string message)
{
    TaskOutcome outcome;
    outcome.status = fail(code, std::move(message), true);
    return outcome;
}

class ScriptedHandlers final : public TaskHandlers
{
public:
    explicit ScriptedHandlers(const Script& script)
        : m_script(script)
    {
    }
    std::vector<TaskOutcome> handle(TaskKind, std::span<const Task> tasks, Deadline) override
    {
        m_script.begin(tasks);
        std::vector<TaskOutcome> outcomes;
        for (const auto& task : tasks)
            outcomes.push_back(m_script.run(task));
        return outcomes;
    }
    Result<void> beforeBury(const Task& task, Deadline) override { return m_script.beforeBury(task); }
    void interrupt() noexcept override { m_script.interrupt(); }

private:
    const Script& m_script;
};

struct WorkerPoolFixture
{
    // Before each test.
    void begin()
    {
        m_nodes->empty();
        m_script = {leaveEffect};
        m_options = {};
        m_options.workers = 3;
        m_options.batch = 16;
        m_options.attempts = 3;
        m_options.backoff = {5ms, 20ms};
    }
    std::unique_ptr<WorkerPool> pool()
    {
        std::vector<QueueNode> nodes;
        for (const char* name : {"pg-1", "pg-2"}) {
            const auto node = m_nodes->servers->node(name);
            nodes.push_back({node.id, name, m_nodes->pools[nodes.size()].get()});
        }
        return std::make_unique<WorkerPool>(
            std::move(nodes), [this](int) { return std::make_unique<ScriptedHandlers>(m_script); }, m_metrics,
            m_options);
    }
    std::unique_ptr<WorkerPool> started()
    {
        auto made = pool();
        made->start();
        return made;
    }
    void enqueue(int count, TaskKind kind = TaskKind::PostCreated, std::size_t node = 0)
    {
        m_nodes->enqueue(std::vector<NewTask>(std::size_t(count), newTask(kind)), node);
    }
    void enqueueBulk(int count, std::int64_t flow = 11)
    {
        std::vector<NewTask> chunks(std::size_t(count), newTask(TaskKind::DeliverChunk));
        for (auto& chunk : chunks)
            chunk.flow = flow;
        m_nodes->enqueue(chunks);
    }
    std::int64_t unfinished(std::size_t node = 0)
    {
        return m_nodes->number("SELECT count(*) FROM queue.tasks", node);
    }
    std::int64_t effects(std::size_t node = 0)
    {
        return m_nodes->number("SELECT count(*) FROM effect", node);
    }
    std::int64_t different(std::size_t node = 0)
    {
        return m_nodes->number("SELECT count(DISTINCT task) FROM effect", node);
    }
    std::int64_t dead() { return m_nodes->number("SELECT count(*) FROM queue.dead_letters"); }
    std::int64_t running(std::size_t node = 0)
    {
        return m_nodes->number("SELECT count(*) FROM queue.tasks WHERE state = 1", node);
    }
    std::unique_ptr<QueueNodes> m_nodes;
    EngineMetrics m_metrics;
    Script m_script;
    WorkerPoolOptions m_options;
};

} // namespace tests
