#include "backend/queue/worker.h"

#include "backend/common/fault_points.h"
#include "backend/common/log.h"
#include "backend/queue/task_batch.h"

#include <algorithm>
#include <sys/resource.h>
#include <tuple>
#include <unistd.h>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr auto kClaimSpan = 1'500ms;
constexpr auto kIdleShortest = 2ms; // first wait without work; doubles up to the pool's idlePoll
constexpr auto kAfterDefect = 1s;
constexpr Backoff kNodeBackoff{100ms, 3'000ms};
constexpr int kNiceness = 10; // added to the program's own

// Those who deliver large audiences give way to callers and to what is small, where a processor is short.
void lowerOwnPriority()
{
    const auto thread = id_t(gettid());
    const int niceness = getpriority(PRIO_PROCESS, thread) + kNiceness;
    std::ignore = setpriority(PRIO_PROCESS, thread, niceness); // more than 19 is 19; never fails downwards
}

} // namespace

Worker::Worker(WorkerShared& shared, int index, std::shared_ptr<WorkerLog> log)
    : m_shared(shared)
    , m_index(index)
    , m_random(std::random_device{}())
    , m_status(index, std::move(log))
    , m_pace(shared.options.batchTarget, shared.options.batch)
    , m_idle(kIdleShortest)
    , m_first(std::size_t(index))
{
    for (const auto& node : shared.nodes)
        m_nodes.push_back(std::make_unique<Node>(*node.pool));
    m_thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Worker::~Worker() = default; // the thread's own destructor stops and joins it first

void Worker::interruptHandlers() noexcept
{
    const std::lock_guard lock(m_handlersMutex);
    if (m_handlers) m_handlers->interrupt();
}

void Worker::interruptConnections() noexcept
{
    for (const auto& node : m_nodes)
        node->connection.interrupt();
}

// Large audiences keep the others busy for as long as they last; this one is there for what is small.
bool Worker::smallAlone() const
{
    return m_index == 0 && m_shared.wanted > 2;
}

void Worker::run(const std::stop_token& stop)
{
    if (m_index > 0) lowerOwnPriority();
    while (!stop.stop_requested()) {
        std::string defect;
        try {
            turn(stop);
            continue;
        } catch (const std::exception& e) {
            defect = e.what();
        } catch (...) {
            defect = "an exception of unknown type";
        }
        m_held.clear();
        log::error("worker " + std::to_string(m_index) + " goes on after a defect: " + defect);
        m_status.setError(defect);
        m_shared.wake.sleep(m_shared.wake.orders(), kAfterDefect, stop);
    }
    {
        const std::lock_guard lock(m_handlersMutex);
        m_handlers.reset();
    }
    for (const auto& node : m_nodes)
        node->connection.giveBack();
    m_status.set(WorkerState::Stopped);
    m_finished = true;
}

void Worker::turn(const std::stop_token& stop)
{
    const auto orders = m_shared.wake.orders();
    if (m_shared.paused) {
        m_status.set(WorkerState::Paused);
        for (const auto& node : m_nodes)
            node->connection.giveBack();
        m_shared.wake.sleep(orders, 1h, stop);
        return;
    }
    if (!m_handlers) {
        auto handlers = m_shared.factory(m_index);
        const std::lock_guard lock(m_handlersMutex);
        m_handlers = std::move(handlers);
    }
    if (serveAll(stop))
        m_idle = kIdleShortest;
    else
        rest(orders, stop);
}

void Worker::rest(std::uint64_t orders, const std::stop_token& stop)
{
    const auto now = std::chrono::steady_clock::now();
    const bool waiting =
        std::any_of(m_nodes.begin(), m_nodes.end(), [&](const auto& node) { return node->notBefore > now; });
    m_status.set(waiting ? WorkerState::Waiting : WorkerState::Idle);
    const std::chrono::milliseconds longest = m_shared.options.idlePoll;
    // Uneven, so that idle workers do not ask all at once.
    const std::chrono::milliseconds wait(std::uniform_int_distribution<std::int64_t>(
        std::max<std::int64_t>(1, m_idle.count() / 2), m_idle.count())(m_random));
    if (m_woken && smallAlone()) m_shared.wake.wakeSleeper(); // it may be for work in bulk
    m_woken = m_shared.wake.sleep(orders, wait, stop);
    m_idle = m_woken ? kIdleShortest
                     : std::min(m_idle * 2, std::max<std::chrono::milliseconds>(longest, kIdleShortest));
}

bool Worker::serveAll(const std::stop_token& stop)
{
    bool worked = false;
    const auto first = m_first++;
    for (std::size_t i = 0; i < m_nodes.size() && !stop.stop_requested() && !m_shared.paused; ++i)
        worked = serve((first + i) % m_nodes.size(), stop) || worked;
    return worked;
}

Result<std::vector<Task>> Worker::claim(std::size_t node, int limit)
{
    auto& connection = m_nodes[node]->connection;
    const auto soon = Deadline::after(kClaimSpan);
    const bool kept = connection.usable();
    const auto once = [&]() -> Result<std::vector<Task>> {
        ROOKERY_ASSIGN(auto* sql, connection.get(soon));
        return m_shared.queues[node]->claim(
            *sql, {limit, m_shared.options.lease, workerName(m_shared.options.engine, m_index), smallAlone()},
            soon);
    };
    auto claimed = once();
    // A kept connection may have died unnoticed, with a server that was restarted: that is worth a second
    // try.
    if (!claimed && kept && !connection.usable() && !soon.expired()) claimed = once();
    return claimed;
}

bool Worker::serve(std::size_t node, const std::stop_token& stop)
{
    auto& state = *m_nodes[node];
    if (state.notBefore > std::chrono::steady_clock::now()) return false;
    m_pace.aimFor(m_index == 0 && m_shared.wanted > 1 ? m_shared.options.quickTarget
                                                      : m_shared.options.batchTarget);
    const int limit = m_pace.limit();
    ROOKERY_FAULT_POINT("claim.before");
    auto claimed = claim(node, limit);
    if (!claimed) {
        nodeFailed(node, claimed.error());
        return false;
    }
    state.failures = 0;
    m_status.nodeAnswered(node);
    if (claimed->empty()) return false;
    ROOKERY_FAULT_POINT("claim.after");
    if (claimed->size() >= std::size_t(limit)) m_shared.wake.wakeOne(); // there is probably more

    TaskBatch batch({node, m_shared.nodes[node].name, *m_shared.queues[node], state.connection},
                    {m_shared.options, m_shared.metrics, *m_handlers, m_status, m_held, m_random, m_pace},
                    stop);
    if (const auto done = batch.run(std::move(*claimed)); !done) nodeFailed(node, done.error());
    if (batch.enqueued() && smallAlone()) m_shared.wake.wakeOne();
    return true;
}

void Worker::nodeFailed(std::size_t node, const Error& error)
{
    auto& state = *m_nodes[node];
    state.notBefore = std::chrono::steady_clock::now() + kNodeBackoff.wait(++state.failures, m_random);
    state.connection.giveBack();
    m_status.nodeFailed(node, error.message);
    m_status.set(WorkerState::Waiting);
}

} // namespace backend
