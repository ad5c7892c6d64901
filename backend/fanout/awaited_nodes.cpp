#include "backend/fanout/awaited_nodes.h"

#include <algorithm>

namespace backend {
namespace {

constexpr std::size_t kMost = 200'000; // further ones are tried in full each time

} // namespace

void AwaitedNodes::await(const TaskRef& task, std::set<int> nodes, std::int64_t epoch, Error error)
{
    if (nodes.empty()) return;
    const auto now = Clock::now();
    const std::lock_guard lock(m_mutex);
    makeRoom(now);
    if (m_tasks.size() < kMost || m_tasks.contains(task))
        m_tasks.insert_or_assign(task, Awaited{std::move(nodes), epoch, std::move(error), now});
}

// Those that other engines have done meanwhile are never asked for again.
void AwaitedNodes::makeRoom(Clock::time_point now)
{
    if (m_tasks.size() >= kMost)
        std::erase_if(m_tasks, [&](const auto& one) { return now - one.second.since >= m_anywayAfter; });
}

std::vector<std::optional<Error>> AwaitedNodes::reasons(std::span<const Task> tasks, std::int64_t epoch,
                                                        RedisClient& redis, Deadline deadline)
{
    std::vector<std::optional<Error>> out(tasks.size());
    std::vector<std::optional<std::set<int>>> nodes(tasks.size());
    std::set<int> stale;
    {
        const auto now = Clock::now();
        const std::lock_guard lock(m_mutex);
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            const auto found = m_tasks.find(tasks[i].ref);
            if (found == m_tasks.end()) continue;
            if (found->second.epoch != epoch || now - found->second.since >= m_anywayAfter) {
                m_tasks.erase(found);
                continue;
            }
            nodes[i] = found->second.nodes;
            out[i] = found->second.error;
            for (const int node : found->second.nodes)
                if (auto& look = m_looks[node]; now - look.at >= kLookEvery) {
                    look = {now, false};
                    stale.insert(node);
                }
        }
    }
    look(stale, redis, deadline);
    const std::lock_guard lock(m_mutex);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        const auto answers = [&](int node) { return m_looks[node].answered; };
        if (!nodes[i] || std::none_of(nodes[i]->begin(), nodes[i]->end(), answers)) continue;
        out[i].reset();
        m_tasks.erase(tasks[i].ref);
    }
    return out;
}

void AwaitedNodes::look(const std::set<int>& nodes, RedisClient& redis, Deadline deadline)
{
    if (nodes.empty()) return;
    RedisBatch batch(redis);
    for (const int node : nodes)
        batch.add(node, {"PING"});
    std::ignore = batch.run(deadline.earlier(kLook)); // judged reply by reply
    const auto now = Clock::now();
    const std::lock_guard lock(m_mutex);
    std::size_t index = 0;
    for (const int node : nodes)
        m_looks[node] = {now, batch.reply(index++).has_value()};
}

} // namespace backend
