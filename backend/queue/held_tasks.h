// The claimed tasks a worker has at hand. The worker fills and empties it; the node's keeper prolongs their
// leases and tells which are lost. Thread-safe.
#pragma once

#include "backend/domain/task.h"

#include <mutex>
#include <set>
#include <span>
#include <vector>

namespace backend {

class HeldTasks
{
public:
    void hold(std::size_t node, std::span<const Task> tasks);
    void drop(std::span<const Task> tasks); // ended or put back
    void clear();
    // What is held of this node, without payloads.
    std::vector<Task> of(std::size_t node) const;
    void lose(std::size_t node, std::span<const Task> tasks);
    bool lost(const Task& task) const;

private:
    mutable std::mutex m_mutex;
    std::size_t m_node = 0;
    std::vector<Task> m_tasks;
    std::set<std::int64_t> m_lost; // lease tokens: a task may have been claimed anew meanwhile
};

} // namespace backend
