#include "backend/queue/worker_pool.h"

#include "backend/common/log.h"
#include "backend/queue/worker.h"

#include <algorithm>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr int kMostWorkers = 64;
constexpr auto kMaintenance = 200ms;

} // namespace

// Beside the workers runs one maintenance thread: it makes due retries and lapsed leases ready and prolongs the leases of
// batches that take long.
struct WorkerPool::Impl
{
    Impl(std::vector<QueueNode> nodes, HandlerFactory factory, EngineMetrics& metrics, WorkerPoolOptions options)
        : shared{std::move(nodes), {}, std::move(factory), metrics, options, {}, {}}, wanted(options.workers)
    {
        for (const auto& node : shared.nodes) shared.queues.push_back(makePostgresTaskQueue(node.id));
    }

    void resize()
    {
        std::vector<std::unique_ptr<Worker>> leaving;
        {
            const std::lock_guard lock(mutex);
            while (int(workers.size()) > wanted) {
                workers.back()->requestStop();
                leaving.push_back(std::move(workers.back()));
                workers.pop_back();
            }
            while (running && int(workers.size()) < wanted)
                workers.push_back(std::make_unique<Worker>(shared, int(workers.size())));
        }
        shared.wake.raise();
        leaving.clear(); // joins outside the lock
    }

    void maintain(std::stop_token stop)
    {
        auto renewAt = std::chrono::steady_clock::now() + shared.options.lease / 3;
        while (!stop.stop_requested()) {
            const bool renew = std::chrono::steady_clock::now() >= renewAt;
            if (renew) renewAt += shared.options.lease / 3;
            for (std::size_t node = 0; node < shared.nodes.size() && !stop.stop_requested(); ++node)
                maintainNode(node, renew);
            std::unique_lock lock(sleepMutex);
            sleeper.wait_for(lock, stop, kMaintenance, [] { return false; });
        }
    }

    void maintainNode(std::size_t node, bool renew)
    {
        if (wantedNow() == 0) return; // who works here looks after it
        try {
            auto lease = shared.nodes[node].pool->lease(Deadline::after(1s));
            if (!lease) return; // the workers report a node that is down
            const auto promoted = shared.queues[node]->promote(**lease, Deadline::after(2s));
            if (promoted && *promoted > 0) shared.wake.raise();
            if (renew) {
                const std::lock_guard lock(mutex);
                for (const auto& worker : workers) worker->renewLeases(node, **lease, Deadline::after(2s));
            }
        } catch (const std::exception& e) {
            log::error(std::string("queue maintenance failed and goes on: ") + e.what());
        }
    }

    int wantedNow()
    {
        const std::lock_guard lock(mutex);
        return wanted;
    }

    WorkerShared shared;
    std::mutex mutex; // guards all below
    std::vector<std::unique_ptr<Worker>> workers;
    int wanted = 0;
    bool running = false;

    std::mutex sleepMutex;
    std::condition_variable_any sleeper;
    std::jthread maintenance; // last: it uses all of the above
};

WorkerPool::WorkerPool(std::vector<QueueNode> nodes, HandlerFactory factory, EngineMetrics& metrics, WorkerPoolOptions options)
    : m_impl(std::make_unique<Impl>(std::move(nodes), std::move(factory), metrics, options))
{
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::start()
{
    {
        const std::lock_guard lock(m_impl->mutex);
        if (m_impl->running) return;
        m_impl->running = true;
    }
    m_impl->resize();
    m_impl->maintenance = std::jthread([impl = m_impl.get()](std::stop_token stop) { impl->maintain(stop); });
}

void WorkerPool::stop()
{
    m_impl->maintenance.request_stop();
    if (m_impl->maintenance.joinable()) m_impl->maintenance.join();
    std::vector<std::unique_ptr<Worker>> leaving;
    {
        const std::lock_guard lock(m_impl->mutex);
        m_impl->running = false;
        leaving.swap(m_impl->workers);
    }
    for (const auto& worker : leaving) worker->requestStop();
    m_impl->shared.wake.raise();
}

void WorkerPool::setPaused(bool paused)
{
    if (m_impl->shared.paused.exchange(paused) != paused) m_impl->shared.wake.raise();
}

bool WorkerPool::paused() const { return m_impl->shared.paused; }

void WorkerPool::setWorkers(int count)
{
    {
        const std::lock_guard lock(m_impl->mutex);
        m_impl->wanted = std::clamp(count, 0, kMostWorkers);
    }
    m_impl->resize();
}

int WorkerPool::workers() const
{
    const std::lock_guard lock(m_impl->mutex);
    return m_impl->wanted;
}

void WorkerPool::wake() { m_impl->shared.wake.raise(); }

std::vector<WorkerSnapshot> WorkerPool::snapshot() const
{
    const std::lock_guard lock(m_impl->mutex);
    std::vector<WorkerSnapshot> out;
    for (const auto& worker : m_impl->workers) out.push_back(worker->snapshot());
    return out;
}

} // namespace backend
