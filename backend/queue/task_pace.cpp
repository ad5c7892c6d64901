#include "backend/queue/task_pace.h"

#include <algorithm>

namespace backend {
namespace {

constexpr int kLeast = 4;       // claimed at once: a claim costs about as much as a small task
constexpr double kWeight = 0.3; // of the newest batch
constexpr TaskPace::Seconds kFirstGuess{0.0003}, kFirstGuessOfChunks{0.004};

} // namespace

TaskPace::TaskPace(Seconds target, int most)
    : m_target(target)
    , m_most(std::max(most, 1))
    , m_limit(m_most)
{
    m_perTask.fill(kFirstGuess);
    m_perTask[std::size_t(TaskKind::DeliverChunk)] = kFirstGuessOfChunks;
}

std::size_t TaskPace::fitting(std::span<const Task> tasks)
{
    Seconds sum{0};
    std::size_t count = 0;
    while (count < tasks.size() && (count == 0 || sum + perTask(tasks[count].kind) <= m_target))
        sum += perTask(tasks[count++].kind);
    const int wanted = count < tasks.size() ? int(count) + int(count) / 2 : m_limit * 2;
    m_limit = std::clamp(wanted, std::min(kLeast, m_most), m_most);
    return count;
}

void TaskPace::ran(TaskKind kind, std::size_t tasks, Seconds took)
{
    if (tasks == 0) return;
    auto& perTask = m_perTask[std::size_t(kind)];
    perTask += kWeight * (took / double(tasks) - perTask);
}

} // namespace backend
