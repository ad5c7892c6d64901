#include "backend/monitoring/timeline_sweeper.h"

#include <algorithm>

namespace backend {
namespace {

using Clock = std::chrono::steady_clock;

} // namespace

TimelineSweeper::TimelineSweeper(const ShardMapSource& maps, std::vector<NodeEndpoint> redisNodes,
                                 const WallClock& clock, SweepSettings settings,
                                 std::shared_ptr<RedisTraffic> traffic)
    : m_maps(maps)
    , m_clock(clock)
    , m_settings(settings)
    , m_client(redisNodes, {.name = "rookery", .mayConnect = {}, .traffic = std::move(traffic)})
    , m_nodes([&] {
        std::vector<Node> out;
        for (const auto& node : redisNodes)
            out.push_back({node.id, TimelineSweep(node.id, maps.current()->shardCount)});
        return out;
    }())
    , m_shards(std::size_t(maps.current()->shardCount))
    , m_thread("sweep of the timelines", settings.interval, [this](const std::stop_token&) { step(); })
{
}

std::vector<ShardTimelines> TimelineSweeper::view() const
{
    const std::lock_guard lock(m_mutex);
    return m_shards;
}

// The next in turn that does not rest; null when all do.
TimelineSweeper::Node* TimelineSweeper::nextNode(Time now)
{
    for (std::size_t i = 0; i < m_nodes.size(); ++i) {
        auto& node = m_nodes[m_turn++ % m_nodes.size()];
        if (node.restUntil <= now) return &node;
    }
    return nullptr;
}

void TimelineSweeper::step()
{
    const auto begin = Clock::now();
    auto* node = nextNode(begin);
    if (!node) return;
    if (node->passBegan == Time()) node->passBegan = begin;
    const auto ended =
        node->sweep.step(m_client, m_settings.keysPerStep, Deadline::after(m_settings.deadline));
    const auto now = Clock::now();
    if (!ended) {
        node->restUntil = now + m_settings.restAfterError;
    } else if (*ended) {
        take(*node);
        node->restUntil = now + std::max<Clock::duration>(m_settings.restAfterPass, now - node->passBegan);
        node->passBegan = Time();
    }
}

void TimelineSweeper::take(const Node& node)
{
    const auto map = m_maps.current();
    const auto& swept = node.sweep.shards();
    const auto at = m_clock.now();
    const std::lock_guard lock(m_mutex);
    for (std::size_t i = 0; i < m_shards.size() && i < swept.size() && i < map->timelinesNode.size(); ++i)
        if (map->timelinesNode[i] == node.id) // what another node still holds of it is a leftover
            m_shards[i] = {swept[i].timelines, swept[i].entries, swept[i].bytes, at};
}

} // namespace backend
