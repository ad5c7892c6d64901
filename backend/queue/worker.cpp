#include "backend/queue/worker.h"

#include "backend/common/log.h"

#include <algorithm>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr auto kCallSpan = 5s;       // of one queue statement
constexpr auto kIdleShortest = 2ms;  // first wait without work; doubles
constexpr auto kIdleLongest = 100ms; // for work enqueued by other processes

TimePoint now() { return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()); }

Deadline callDeadline() { return Deadline::after(kCallSpan); }

} // namespace

void WakeSignal::raise()
{
    {
        const std::lock_guard lock(m_mutex);
        ++m_raises;
    }
    m_raised.notify_all();
}

std::uint64_t WakeSignal::wait(std::uint64_t seen, std::chrono::milliseconds longest, std::stop_token stop)
{
    std::unique_lock lock(m_mutex);
    m_raised.wait_for(lock, stop, longest, [&] { return m_raises != seen; });
    return m_raises;
}

Worker::Worker(WorkerShared& shared, int index)
    : m_shared(shared), m_index(index), m_notBefore(shared.nodes.size()), m_nodeFailures(shared.nodes.size(), 0),
      m_random(std::random_device{}())
{
    m_connections.resize(shared.nodes.size());
    m_snapshot.index = index;
    m_snapshot.since = now();
    m_thread = std::jthread([this](std::stop_token stop) { run(stop); });
}

Worker::~Worker()
{
    m_thread.request_stop();
    m_shared.wake.raise();
}

void Worker::run(std::stop_token stop)
{
    auto seen = m_shared.wake.wait(0, 0ms, stop);
    std::chrono::milliseconds idle = kIdleShortest;
    while (!stop.stop_requested()) {
        try {
            if (m_shared.paused) {
                set(WorkerState::Paused);
                seen = m_shared.wake.wait(seen, 1s, stop);
                continue;
            }
            if (!m_handlers) m_handlers = m_shared.factory(m_index);
            bool worked = false;
            for (std::size_t i = 0; i < m_shared.nodes.size() && !stop.stop_requested() && !m_shared.paused; ++i)
                worked = serve((std::size_t(m_index) + i) % m_shared.nodes.size(), stop) || worked;
            if (worked) {
                idle = kIdleShortest;
                continue;
            }
            const bool waiting = std::any_of(m_notBefore.begin(), m_notBefore.end(),
                                             [](auto at) { return at > std::chrono::steady_clock::now(); });
            set(waiting ? WorkerState::Waiting : WorkerState::Idle);
            const auto raises = m_shared.wake.wait(seen, idle, stop);
            idle = raises != seen ? kIdleShortest : std::min<std::chrono::milliseconds>(idle * 2, kIdleLongest);
            seen = raises;
        } catch (const std::exception& e) {
            log::error(std::string("a worker's loop failed and goes on: ") + e.what());
            failed(e.what());
            seen = m_shared.wake.wait(seen, 1s, stop);
        }
    }
    set(WorkerState::Stopped);
}

Result<SqlConnection*> Worker::connection(std::size_t node, Deadline deadline)
{
    auto& held = m_connections[node];
    if (held && held->usable()) return held.get();
    held.reset();
    ROOKERY_ASSIGN(held, m_shared.nodes[node].pool->lease(deadline));
    return held.get();
}

bool Worker::serve(std::size_t node, std::stop_token stop)
{
    if (m_notBefore[node] > std::chrono::steady_clock::now()) return false;
    const auto held = connection(node, callDeadline());
    if (!held) {
        nodeFailed(node, held.error());
        return false;
    }
    auto& queue = *m_shared.queues[node];
    auto claimed = queue.claim(**held, m_shared.options.batch, m_shared.options.lease, callDeadline());
    if (!claimed) {
        nodeFailed(node, claimed.error());
        return false;
    }
    m_nodeFailures[node] = 0;
    if (claimed->empty()) return false;

    auto& tasks = *claimed;
    std::stable_sort(tasks.begin(), tasks.end(), [](const Task& a, const Task& b) { return a.kind < b.kind; });
    hold(node, tasks);
    for (auto first = tasks.begin(); first != tasks.end();) {
        const auto last = std::find_if(first, tasks.end(), [&](const Task& t) { return t.kind != first->kind; });
        if (stop.stop_requested()) {
            std::ignore = queue.release(**held, {first, tasks.end()}, Deadline::after(1s));
            break;
        }
        handleGroup(node, **held, {first, last}, stop);
        if (!(*held)->usable()) break; // the rest goes back when its lease lapses
        first = last;
    }
    hold(node, {});
    return true;
}

void Worker::handleGroup(std::size_t node, SqlConnection& connection, std::span<const Task> tasks, std::stop_token stop)
{
    set(WorkerState::Running, std::string(toString(tasks[0].kind)) + " × " + std::to_string(tasks.size()) + " on "
                                  + m_shared.nodes[node].name);
    // A stop waits for the batch at hand; what takes longer than that ends by its deadline and is run again.
    const auto deadline = Deadline::after(stop.stop_requested() ? std::chrono::milliseconds(1s) : m_shared.options.batchTime);
    std::vector<TaskOutcome> outcomes;
    try {
        outcomes = m_handlers->handle(tasks[0].kind, tasks, deadline);
    } catch (const std::exception& e) {
        outcomes.clear();
        log::error(std::string("a task handler threw: ") + e.what());
    }
    if (outcomes.size() != tasks.size()) {
        outcomes = std::vector<TaskOutcome>(tasks.size());
        for (auto& outcome : outcomes) outcome.status = fail(ErrorCode::Internal, "the task's handler failed");
    }
    if (const auto done = finish(node, connection, tasks, outcomes, deadline); !done)
        finishOneByOne(node, connection, tasks, outcomes, deadline);

    const auto kind = std::size_t(tasks[0].kind);
    std::int64_t succeeded = 0;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (outcomes[i].status) {
            ++succeeded;
        } else {
            failed(outcomes[i].status.error().message);
            if (outcomes[i].status.error().code != ErrorCode::LeaseLost)
                putBack(node, connection, tasks[i], outcomes[i].status.error(), callDeadline());
        }
    }
    if (kind < m_shared.metrics.tasksDone.size()) {
        m_shared.metrics.tasksDone[kind].add(succeeded);
        m_shared.metrics.tasksFailed[kind].add(std::int64_t(tasks.size()) - succeeded);
    }
    const std::lock_guard lock(m_mutex);
    m_snapshot.tasksDone += succeeded;
    m_snapshot.tasksFailed += std::int64_t(tasks.size()) - succeeded;
    if (succeeded == std::int64_t(tasks.size())) m_snapshot.error.clear();
}

// One transaction: what the tasks leave behind, their children, and their end.
Result<void> Worker::finish(std::size_t node, SqlConnection& connection, std::span<const Task> tasks,
                            std::span<TaskOutcome> outcomes, Deadline deadline)
{
    std::vector<Task> done;
    std::vector<NewTask> children;
    std::vector<SqlStatement> completion;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (!outcomes[i].status) continue;
        done.push_back(tasks[i]);
        children.insert(children.end(), outcomes[i].children.begin(), outcomes[i].children.end());
        completion.insert(completion.end(), outcomes[i].completion.begin(), outcomes[i].completion.end());
    }
    if (done.empty()) return {};
    ROOKERY_ASSIGN(auto transaction, SqlTransaction::begin(connection, deadline));
    if (!completion.empty()) ROOKERY_TRY(connection.executeAll(completion, deadline));
    ROOKERY_TRY(m_shared.queues[node]->complete(connection, done, children, deadline));
    return transaction.commit(deadline);
}

void Worker::finishOneByOne(std::size_t node, SqlConnection& connection, std::span<const Task> tasks,
                            std::span<TaskOutcome> outcomes, Deadline deadline)
{
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (!outcomes[i].status) continue;
        if (auto done = finish(node, connection, tasks.subspan(i, 1), outcomes.subspan(i, 1), deadline); !done)
            outcomes[i].status = fail(std::move(done.error()));
    }
}

void Worker::putBack(std::size_t node, SqlConnection& connection, const Task& task, const Error& error, Deadline deadline)
{
    auto& queue = *m_shared.queues[node];
    const bool countsAttempt = error.code != ErrorCode::Unavailable && error.code != ErrorCode::StaleShardMap;
    const auto wait = m_shared.options.backoff.wait(std::max(1, task.attempts), m_random);
    const bool last = countsAttempt && task.attempts >= m_shared.options.attempts;
    Result<void> put;
    if (!last) {
        put = queue.retryLater(connection, task, error, wait, countsAttempt, deadline);
    } else if (const auto ready = m_handlers->beforeBury(task, deadline); ready) {
        log::error("a task became a dead letter: " + std::string(toString(task.kind)) + " " + std::to_string(task.ref.id)
                   + " on " + m_shared.nodes[node].name + ": " + error.message);
        put = queue.bury(connection, task, error, deadline);
    } else {
        put = queue.retryLater(connection, task, ready.error(), wait, false, deadline);
    }
    if (!put) log::warning("a failed task waits for its lease to lapse: " + put.error().message);
}

void Worker::nodeFailed(std::size_t node, const Error& error)
{
    failed(m_shared.nodes[node].name + ": " + error.message);
    Backoff backoff{100ms, 3'000ms};
    m_notBefore[node] = std::chrono::steady_clock::now() + backoff.wait(++m_nodeFailures[node], m_random);
    m_connections[node].reset();
}

void Worker::set(WorkerState state, std::string task)
{
    const std::lock_guard lock(m_mutex);
    if (m_snapshot.state == state && m_snapshot.task == task) return;
    m_snapshot.state = state;
    m_snapshot.task = std::move(task);
    m_snapshot.since = now();
}

void Worker::failed(const std::string& error)
{
    const std::lock_guard lock(m_mutex);
    m_snapshot.error = error;
}

void Worker::hold(std::size_t node, std::vector<Task> tasks)
{
    const std::lock_guard lock(m_mutex);
    m_held = {node, std::move(tasks)};
}

void Worker::renewLeases(std::size_t node, SqlConnection& connection, Deadline deadline)
{
    std::vector<Task> tasks;
    {
        const std::lock_guard lock(m_mutex);
        if (m_held.node == node) tasks = m_held.tasks;
    }
    // Tasks of the batch that are done meanwhile have no lease left to renew; the others are renewed all the same.
    if (!tasks.empty()) std::ignore = m_shared.queues[node]->renew(connection, tasks, m_shared.options.lease, deadline);
}

WorkerSnapshot Worker::snapshot() const
{
    const std::lock_guard lock(m_mutex);
    return m_snapshot;
}

} // namespace backend
