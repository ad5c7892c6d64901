// What every handler of one worker works with. Made by the engine, one per worker thread.
#pragma once

#include "backend/cache/objects.h"
#include "backend/cache/timelines.h"
#include "backend/common/clock.h"
#include "backend/common/metrics.h"
#include "backend/store/shard_sql.h"

namespace backend {

struct FanoutSettings
{
    int chunk = 1000;            // followers delivered by one task
    Milliseconds chunkSpacing{3}; // virtual time between one post's chunks: what lets small posts pass a big one
    Milliseconds reclaimDelay{2'000}; // virtual time a deleted post's reclaiming stands back behind other work
    int reclaimSpacingMs = 50;
};

struct FanoutContext
{
    SqlSession& sql;
    RedisClient& redis;
    const Timelines& timelines;
    const Objects& objects;
    const ShardMapSource& maps;
    const WallClock& clock;
    EngineMetrics& metrics;
    FanoutSettings settings;
};

} // namespace backend
