#include "backend/queue/held_tasks.h"

#include <algorithm>

namespace backend {

void HeldTasks::hold(std::size_t node, std::span<const Task> tasks)
{
    const std::lock_guard lock(m_mutex);
    m_node = node;
    m_lost.clear();
    m_tasks.assign(tasks.begin(), tasks.end());
    for (auto& task : m_tasks)
        task.payload.clear();
}

void HeldTasks::drop(std::span<const Task> tasks)
{
    std::set<std::int64_t> ids;
    for (const auto& task : tasks)
        ids.insert(task.ref.id);
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_tasks, [&](const Task& task) { return ids.contains(task.ref.id); });
}

void HeldTasks::clear()
{
    const std::lock_guard lock(m_mutex);
    m_tasks.clear();
    m_lost.clear();
}

std::vector<Task> HeldTasks::of(std::size_t node) const
{
    const std::lock_guard lock(m_mutex);
    return m_node == node ? m_tasks : std::vector<Task>{};
}

void HeldTasks::lose(std::size_t node, std::span<const Task> tasks)
{
    const std::lock_guard lock(m_mutex);
    if (m_node != node) return;
    for (const auto& task : tasks)
        m_lost.insert(task.leaseToken);
    std::erase_if(m_tasks, [&](const Task& task) { return m_lost.contains(task.leaseToken); });
}

bool HeldTasks::lost(const Task& task) const
{
    const std::lock_guard lock(m_mutex);
    return m_lost.contains(task.leaseToken);
}

} // namespace backend
