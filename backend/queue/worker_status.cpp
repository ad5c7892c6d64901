#include "backend/queue/worker_status.h"

namespace backend {
namespace {

TimePoint now()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

} // namespace

WorkerStatus::WorkerStatus(int index)
{
    m_snapshot.index = index;
    m_snapshot.since = now();
}

void WorkerStatus::set(WorkerState state, std::string task)
{
    const std::lock_guard lock(m_mutex);
    if (m_snapshot.state == state && m_snapshot.task == task) return;
    m_snapshot.state = state;
    m_snapshot.task = std::move(task);
    m_snapshot.since = now();
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
    return copy;
}

} // namespace backend
