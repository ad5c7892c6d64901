// How long tasks of each kind took one worker lately, and so how many of them fit into a span of time: a
// claim counts tasks, but a chunk of a large audience costs a thousand times what a small task does. Owned by
// its worker; one thread.
#pragma once

#include "backend/domain/task.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <span>

namespace backend {

class TaskPace
{
public:
    using Seconds = std::chrono::duration<double>;

    // `most`: tasks claimed at once at most.
    TaskPace(Seconds target, int most);

    void aimFor(Seconds target) { m_target = target; }
    // What to claim next.
    int limit() const { return m_limit; }
    // How many of these, from the first on, fit into the target; at least one. Sets the next limit by it.
    std::size_t fitting(std::span<const Task> tasks);
    void ran(TaskKind kind, std::size_t tasks, Seconds took);
    Seconds perTask(TaskKind kind) const { return m_perTask[std::size_t(kind)]; }

private:
    Seconds m_target;
    int m_most, m_limit;
    std::array<Seconds, std::size_t(kTaskKinds.back()) + 1> m_perTask;
};

} // namespace backend
