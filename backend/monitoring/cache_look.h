// Makes CacheDetails: a sample of keys on every node, each on a thread of its own, and rates since an earlier
// look, which it remembers. The judgements are pure functions. Owned by the monitor; thread-safe.
#pragma once

#include "backend/cache/key_sample.h"
#include "backend/cache/redis_info.h"
#include "backend/domain/cache_details.h"
#include "backend/domain/cluster.h"
#include "backend/monitoring/status.h"

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <span>

namespace backend {

inline constexpr int kKeysSampledPerNode = 500, kKeysPerSecondAndNode = 2'000;

struct LookedNode
{
    int id = 0;
    std::string name;
    Result<KeySample> sample;
    RedisInfo info; // where the sample was taken
};

// Memory, times to live and counts; no rates yet.
CacheDetails judgeKeys(const std::vector<LookedNode>& nodes);

class CacheLook
{
public:
    using Time = std::chrono::steady_clock::time_point;

    [[nodiscard]] CacheDetails look(const std::vector<NodeEndpoint>& redisNodes,
                                    const EngineCounters& engines, Deadline deadline);
    // Fills in what came on top since the oldest look of the last minutes, then remembers this one.
    void compare(CacheDetails& details, const std::vector<LookedNode>& nodes, const EngineCounters& engines,
                 Time now);

private:
    struct Look
    {
        Time at;
        std::map<int, RedisInfo> nodes;
        EngineCounters engines;
    };

    std::mutex m_mutex;
    std::deque<Look> m_looks; // ascending
};

} // namespace backend
