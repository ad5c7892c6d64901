// Counts the home timelines, their entries and their bytes by walking the Redis nodes' keys in small steps,
// round and round: so many keys a second that a cluster of 300,000 is through in under a minute, so few at
// once that no node notices. Owned by the sampler; a thread and a client of its own. view() from any thread.
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/cache/timeline_sweep.h"
#include "backend/common/clock.h"
#include "backend/common/periodic_thread.h"

#include <chrono>
#include <mutex>
#include <optional>
#include <vector>

namespace backend {

struct SweepSettings
{
    Milliseconds interval{100};         // between steps; a step visits one node
    int keysPerStep = 1'000;            // 10,000 a second over all nodes
    Milliseconds deadline{500};         // of one step
    Milliseconds restAfterError{5'000}; // for a node that did not answer
    Milliseconds restAfterPass{
        5'000}; // for a node that is counted through, and at least as long as that took
};

struct ShardTimelines // of one logical shard
{
    std::int64_t timelines = 0, entries = 0, bytes = 0;
    std::optional<TimePoint> sweptAt; // empty: not counted yet
};

class TimelineSweeper
{
public:
    TimelineSweeper(const ShardMapSource& maps, std::vector<NodeEndpoint> redisNodes, const WallClock& clock,
                    SweepSettings settings, std::shared_ptr<RedisTraffic> traffic = {});

    std::vector<ShardTimelines> view() const; // by logical shard
    void requestStop() { m_thread.requestStop(); }

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Node
    {
        int id = 0;
        TimelineSweep sweep;
        Time passBegan{}, restUntil{}; // passBegan zero: between passes
    };
    void step();
    Node* nextNode(Time now);
    void take(const Node& node);

    const ShardMapSource& m_maps;
    const WallClock& m_clock;
    const SweepSettings m_settings;
    RedisClient m_client; // of the thread alone, like the nodes
    std::vector<Node> m_nodes;
    std::size_t m_turn = 0;

    mutable std::mutex m_mutex; // guards m_shards
    std::vector<ShardTimelines> m_shards;

    PeriodicThread m_thread; // last: it uses all of the above
};

} // namespace backend
