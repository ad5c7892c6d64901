#include "backend/queue/worker_status.h"

namespace backend {
namespace {

TimePoint now()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

} // namespace

WorkerStatus::WorkerStatus(int index, std::shared_ptr<WorkerLog> log)
    : m_log(std::move(log))
{
    m_snapshot.index = index;
    m_snapshot.since = now();
    m_log->came(m_snapshot.since);
}

void WorkerStatus::set(WorkerState state)
{
    const std::lock_guard lock(m_mutex);
    if (m_snapshot.state == state && m_snapshot.task.empty()) return;
    m_snapshot.state = state;
    m_snapshot.task.clear();
    m_snapshot.since = now();
    if (state == WorkerState::Paused || state == WorkerState::Waiting)
        m_log->begin({state, TaskKind::UserCreated, 0, {}}, m_snapshot.since);
    else if (state == WorkerState::Stopped)
        m_log->left(m_snapshot.since);
    else
        m_log->end(m_snapshot.since);
}

void WorkerStatus::running(TaskKind kind, std::size_t tasks, const std::string& node)
{
    auto task = std::string(toString(kind)) + " × " + std::to_string(tasks) + " on " + node;
    const std::lock_guard lock(m_mutex);
    const auto at = now();
    m_log->begin({WorkerState::Running, kind, std::int64_t(tasks), node}, at);
    if (m_snapshot.state == WorkerState::Running && m_snapshot.task == task) return;
    m_snapshot.state = WorkerState::Running;
    m_snapshot.task = std::move(task);
    m_snapshot.since = at;
}

void WorkerStatus::ran()
{
    m_log->end(now());
}

void WorkerStatus::count(std::int64_t done, std::int64_t failed)
{
    const std::lock_guard lock(m_mutex);
    m_snapshot.tasksDone += done;
    m_snapshot.tasksFailed += failed;
}

void WorkerStatus::setError(std::string error)
{
    const std::lock_guard lock(m_mutex);
    m_snapshot.error = std::move(error);
}

void WorkerStatus::nodeFailed(std::size_t node, std::string error)
{
    const std::lock_guard lock(m_mutex);
    m_nodeErrors[node] = std::move(error);
}

void WorkerStatus::nodeAnswered(std::size_t node)
{
    const std::lock_guard lock(m_mutex);
    m_nodeErrors.erase(node);
}

WorkerSnapshot WorkerStatus::snapshot() const
{
    const std::lock_guard lock(m_mutex);
    auto copy = m_snapshot;
    if (!m_nodeErrors.empty()) copy.error = m_nodeErrors.begin()->second; // the graver one
    copy.used = m_log->used(now());
    return copy;
}

} // namespace backend
