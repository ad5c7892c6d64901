#include "backend/queue/worker_pool.h"

#include "backend/queue/node_keeper.h"
#include "backend/queue/worker.h"

#include <algorithm>
#include <map>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr int kMostWorkers = 64;
// Of a stop's two seconds: what batches have to end by themselves, then handlers once they are interrupted.
constexpr auto kGrace = 800ms;
constexpr auto kGraceInterrupted = 400ms;

// Whether all are finished by then.
template <class Finished>
bool waitFor(std::chrono::milliseconds span, const Finished& finished)
{
    const auto until = std::chrono::steady_clock::now() + span;
    while (!finished()) {
        if (std::chrono::steady_clock::now() >= until) return false;
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

template <class Threads>
bool allFinished(const Threads& threads)
{
    return std::all_of(threads.begin(), threads.end(), [](const auto& thread) { return thread->finished(); });
}

} // namespace

struct WorkerPool::Impl
{
    Impl(std::vector<QueueNode> nodes, HandlerFactory factory, EngineMetrics& metrics,
         WorkerPoolOptions options)
        : shared{std::move(nodes), {}, std::move(factory), metrics, options, {}, {}, {}}
    {
        shared.wanted = std::clamp(options.workers, 0, kMostWorkers);
        for (const auto& node : shared.nodes)
            shared.queues.push_back(makePostgresTaskQueue(node.id));
    }

    void start();
    void stop();
    void resize(int count);
    bool active();
    void forEachWorker(const std::function<void(Worker&)>& visit);
    int freeIndex() const;
    std::unique_ptr<Worker> makeWorker(int index);

    WorkerShared shared;
    mutable std::mutex mutex;                     // guards all below; nothing waits while it is held
    std::vector<std::unique_ptr<Worker>> workers; // ascending by index
    std::vector<std::unique_ptr<Worker>> leaving; // end their batches
    std::vector<std::unique_ptr<NodeKeeper>> keepers;
    std::map<int, std::shared_ptr<WorkerLog>> logs; // by index; they stay when a worker goes
    bool running = false;
};

void WorkerPool::Impl::start()
{
    {
        const std::lock_guard lock(mutex);
        if (running) return;
        running = true;
    }
    std::vector<std::unique_ptr<NodeKeeper>> made;
    for (std::size_t node = 0; node < shared.nodes.size(); ++node)
        made.push_back(std::make_unique<NodeKeeper>(
            shared, node, [this] { return active(); },
            [this](const std::function<void(Worker&)>& visit) { forEachWorker(visit); }));
    int count = 0;
    {
        const std::lock_guard lock(mutex);
        if (!running) return; // stopped meanwhile
        keepers.swap(made);
        count = shared.wanted;
    }
    resize(count);
}

// The lowest index that no present worker has; those that are leaving keep theirs until they are gone.
int WorkerPool::Impl::freeIndex() const
{
    int index = 0;
    const auto taken = [&](const auto& list) {
        return std::any_of(list.begin(), list.end(),
                           [&](const auto& worker) { return worker->index() == index; });
    };
    while (taken(workers) || taken(leaving))
        ++index;
    return index;
}

std::unique_ptr<Worker> WorkerPool::Impl::makeWorker(int index)
{
    auto& log = logs[index];
    if (!log) log = std::make_shared<WorkerLog>();
    return std::make_unique<Worker>(shared, index, log);
}

void WorkerPool::Impl::resize(int count)
{
    {
        const std::lock_guard lock(mutex);
        const int wanted = std::clamp(count, 0, kMostWorkers);
        shared.wanted = wanted;
        while (int(workers.size()) > wanted) {
            workers.back()->requestStop();
            leaving.push_back(std::move(workers.back()));
            workers.pop_back();
        }
        while (running && int(workers.size()) < wanted)
            workers.push_back(makeWorker(freeIndex()));
        std::sort(workers.begin(), workers.end(),
                  [](const auto& a, const auto& b) { return a->index() < b->index(); });
    }
    active(); // takes leave of those that are done
}

// Whether anybody works here. Joins the workers that are done, which does not wait.
bool WorkerPool::Impl::active()
{
    std::vector<std::unique_ptr<Worker>> gone;
    const std::lock_guard lock(mutex);
    for (auto& worker : leaving)
        if (worker->finished()) gone.push_back(std::move(worker));
    std::erase(leaving, nullptr);
    return !workers.empty() || !leaving.empty();
}

void WorkerPool::Impl::forEachWorker(const std::function<void(Worker&)>& visit)
{
    const std::lock_guard lock(mutex);
    for (const auto& worker : workers)
        visit(*worker);
    for (const auto& worker : leaving)
        visit(*worker);
}

void WorkerPool::Impl::stop()
{
    std::vector<std::unique_ptr<Worker>> ending;
    std::vector<std::unique_ptr<NodeKeeper>> keeping;
    {
        const std::lock_guard lock(mutex);
        running = false;
        ending.swap(workers);
        for (auto& worker : leaving)
            ending.push_back(std::move(worker));
        leaving.clear();
        keeping.swap(keepers);
    }
    for (const auto& worker : ending)
        worker->requestStop();
    for (const auto& keeper : keeping)
        keeper->requestStop();
    if (!waitFor(kGrace, [&] { return allFinished(ending); })) {
        for (const auto& worker : ending)
            worker->interruptHandlers();
        if (!waitFor(kGraceInterrupted, [&] { return allFinished(ending); }))
            for (const auto& worker : ending)
                worker->interruptConnections();
    }
    if (!allFinished(keeping))
        for (const auto& keeper : keeping)
            keeper->interrupt();
}

WorkerPool::WorkerPool(std::vector<QueueNode> nodes, HandlerFactory factory, EngineMetrics& metrics,
                       WorkerPoolOptions options)
    : m_impl(std::make_unique<Impl>(std::move(nodes), std::move(factory), metrics, options))
{
}

WorkerPool::~WorkerPool()
{
    stop();
}
void WorkerPool::start()
{
    m_impl->start();
}
void WorkerPool::stop()
{
    m_impl->stop();
}

void WorkerPool::setPaused(bool paused)
{
    if (m_impl->shared.paused.exchange(paused) != paused) m_impl->shared.wake.wakeAll();
}

bool WorkerPool::paused() const
{
    return m_impl->shared.paused;
}
void WorkerPool::setWorkers(int count)
{
    m_impl->resize(count);
}

int WorkerPool::workers() const
{
    return m_impl->shared.wanted;
}

void WorkerPool::wake()
{
    m_impl->shared.wake.wakeOne();
}

std::vector<WorkerSnapshot> WorkerPool::snapshot() const
{
    std::vector<WorkerSnapshot> out;
    m_impl->forEachWorker([&](Worker& worker) { out.push_back(worker.snapshot()); });
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
    return out;
}

WorkerSpans WorkerPool::spans(TimePoint begin, TimePoint end, std::size_t most) const
{
    std::map<int, std::shared_ptr<WorkerLog>> logs;
    {
        const std::lock_guard lock(m_impl->mutex);
        logs = m_impl->logs;
    }
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    WorkerSpans out{begin, std::min(end, now), {}};
    for (const auto& [index, log] : logs) {
        auto lane = log->lane(begin, end, now, most);
        lane.index = index;
        if (!lane.until || *lane.until >= begin) out.lanes.push_back(std::move(lane));
    }
    return out;
}

} // namespace backend
