#include "backend/fanout/awaited_nodes.h"

#include <algorithm>

namespace backend {
namespace {

constexpr std::size_t kMost = 100'000; // beyond it all are tried once more

} // namespace

void AwaitedNodes::await(const TaskRef& task, std::vector<int> nodes, std::int64_t epoch, Error error)
{
    const std::lock_guard lock(m_mutex);
    if (m_tasks.size() >= kMost) m_tasks.clear();
    m_tasks.insert_or_assign(task, Awaited{std::move(nodes), epoch, std::move(error), Clock::now()});
}

std::optional<Error> AwaitedNodes::reason(const TaskRef& task, std::int64_t epoch, RedisClient& redis)
{
    std::optional<Awaited> awaited;
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_tasks.find(task);
        if (found == m_tasks.end()) return std::nullopt;
        awaited = found->second;
    }
    const auto answering = [&](int node) { return answers(node, redis); };
    const bool due = awaited->epoch != epoch || Clock::now() - awaited->since >= m_anywayAfter ||
                     std::any_of(awaited->nodes.begin(), awaited->nodes.end(), answering);
    if (!due) return std::move(awaited->error);
    const std::lock_guard lock(m_mutex);
    m_tasks.erase(task);
    return std::nullopt;
}

// While one worker looks, the others take it for silent: what the look before said may be of long ago.
bool AwaitedNodes::answers(int node, RedisClient& redis)
{
    const auto now = Clock::now();
    {
        const std::lock_guard lock(m_mutex);
        auto& look = m_looks[node];
        if (now - look.at < kLookEvery) return look.answered;
        look = {now, false};
    }
    const bool answered = redis.command(node, {"PING"}, Deadline::after(kLook)).has_value();
    const std::lock_guard lock(m_mutex);
    m_looks[node].answered = answered;
    return answered;
}

} // namespace backend
