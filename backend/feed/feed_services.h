// What the feed stands on. Owned by the engine, shared by its threads, outlives every call.
#pragma once

#include "backend/cache/objects.h"
#include "backend/cache/timelines.h"
#include "backend/common/clock.h"
#include "backend/common/metrics.h"
#include "backend/store/pulled_authors.h"
#include "backend/store/shard_sql.h"

#include <functional>

namespace backend {

struct FeedServices
{
    const SqlPools& pools;
    RedisClientPool& redis;
    const ShardMapSource& maps;
    const Timelines& timelines;
    const Objects& objects;
    const WallClock& ageClock; // what entries' age is counted from
    EngineMetrics& metrics;
    PulledAuthors& pulled;
    int directoryNode = 0;
    std::function<Result<std::int64_t>(int shard, PostId above)> nextId;
    std::function<void()> enqueued; // work was committed: wake the workers
    bool readOnly = false;
    bool keepPast = false;             // who unfollows keeps what was posted before
    Milliseconds publicPageAge{1'000}; // how long the newest public page is kept; 0: not at all
};

} // namespace backend
