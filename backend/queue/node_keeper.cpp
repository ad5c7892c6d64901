#include "backend/queue/node_keeper.h"

#include "backend/common/log.h"

#include <algorithm>
#include <condition_variable>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr auto kEvery = 250ms;
constexpr auto kKeeperCallSpan = 2s;
constexpr auto kEndingSpan = 1'500ms; // a server that cannot be reached must not keep the tasks for long

// Sleeps that end with a stop.
void sleep(std::chrono::milliseconds span, const std::stop_token& stop)
{
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, span, [] { return false; });
}

} // namespace

NodeKeeper::NodeKeeper(WorkerShared& shared, std::size_t node, std::function<bool()> active,
                       ForEachWorker forEachWorker)
    : m_shared(shared)
    , m_node(node)
    , m_active(std::move(active))
    , m_forEachWorker(std::move(forEachWorker))
    , m_renewEvery(std::max<std::chrono::milliseconds>(shared.options.lease / 3, 10ms))
    , m_connection(*shared.nodes[node].pool)
{
    m_thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

NodeKeeper::~NodeKeeper() = default; // the thread's own destructor stops and joins it first

void NodeKeeper::run(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        try {
            if (!m_active())
                m_connection.giveBack();
            else if (!round())
                m_connection.giveBack(); // the workers tell of a node that is down
        } catch (const std::exception& e) {
            log::error("keeping the queue of " + m_shared.nodes[m_node].name +
                       " goes on after a defect: " + e.what());
        } catch (...) {
            log::error("keeping the queue of " + m_shared.nodes[m_node].name +
                       " goes on after an unknown defect");
        }
        sleep(std::min<std::chrono::milliseconds>(kEvery, m_renewEvery), stop);
    }
    m_connection.giveBack();
    m_finished = true;
}

Result<void> NodeKeeper::round()
{
    ROOKERY_ASSIGN(auto* connection, m_connection.get(Deadline::after(kKeeperCallSpan)));
    if (std::chrono::steady_clock::now() >= m_renewAt) {
        ROOKERY_TRY(renewLeases(*connection));
        m_renewAt = std::chrono::steady_clock::now() + m_renewEvery;
    }
    const auto unparked = unpark(*connection); // whatever became of it, the others' time has come
    ROOKERY_TRY(promote(*connection));
    ROOKERY_TRY(admit(*connection));
    return unparked;
}

// What waits for a Redis node that answers again is due.
Result<void> NodeKeeper::unpark(SqlConnection& connection)
{
    if (m_awaited.empty() || !m_shared.options.answering) return {};
    const auto answering = m_shared.options.answering(m_awaited);
    ROOKERY_TRY(m_shared.queues[m_node]->unpark(connection, answering, Deadline::after(kKeeperCallSpan)));
    return {};
}

Result<void> NodeKeeper::admit(SqlConnection& connection)
{
    if (m_shared.options.unitsPerSecond <= 0) return {};
    ROOKERY_ASSIGN(const int tasks,
                   m_shared.queues[m_node]->admit(connection, m_shared.options.unitsPerSecond,
                                                  Deadline::after(kKeeperCallSpan)));
    if (tasks > 0) m_shared.wake.wakeOne();
    return {};
}

// What lapsed under this pool's own name is simply taken back: its workers know that they lost it.
Result<void> NodeKeeper::promote(SqlConnection& connection)
{
    auto& queue = *m_shared.queues[m_node];
    std::vector<std::string> ended{m_shared.options.owner};
    ROOKERY_ASSIGN(auto promotion, queue.promote(connection, ended, Deadline::after(kKeeperCallSpan)));
    int tasks = promotion.tasks;
    m_awaited = promotion.awaited;
    if (!promotion.owners.empty()) {
        const auto soon = Deadline::after(kEndingSpan);
        for (const auto& owner : promotion.owners) {
            if (m_shared.options.endConnections) m_shared.options.endConnections(owner, soon);
            ended.push_back(owner);
        }
        ROOKERY_ASSIGN(promotion, queue.promote(connection, ended, Deadline::after(kKeeperCallSpan)));
        tasks += promotion.tasks;
    }
    if (tasks > 0) m_shared.wake.wakeOne();
    return {};
}

Result<void> NodeKeeper::renewLeases(SqlConnection& connection)
{
    std::vector<Task> tasks;
    m_forEachWorker([&](Worker& worker) {
        const auto held = worker.held().of(m_node);
        tasks.insert(tasks.end(), held.begin(), held.end());
    });
    ROOKERY_ASSIGN(const auto lost, m_shared.queues[m_node]->renew(connection, tasks, m_shared.options.lease,
                                                                   Deadline::after(kKeeperCallSpan)));
    std::erase_if(tasks, [&](const Task& task) {
        return std::find(lost.begin(), lost.end(), task.ref.id) == lost.end();
    });
    // Most of these a worker has just ended itself; the others it abandons.
    if (!tasks.empty()) m_forEachWorker([&](Worker& worker) { worker.held().lose(m_node, tasks); });
    return {};
}

} // namespace backend
