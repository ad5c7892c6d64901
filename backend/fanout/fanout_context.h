// What every handler of one worker works with. Made by the engine, one per worker thread.
#pragma once

#include "backend/cache/objects.h"
#include "backend/cache/timelines.h"
#include "backend/common/clock.h"
#include "backend/common/metrics.h"
#include "backend/store/pulled_authors.h"
#include "backend/store/shard_sql.h"

namespace backend {

struct FanoutSettings
{
    int chunk = 1000;                 // followers delivered by one task
    Milliseconds accountDelay{2'000}; // virtual time an account's deletion stands back behind other work
    int reclaimPerSecond = 10'000;    // entries of deleted posts taken out of timelines, in the whole cluster
    int accountEdges = 25; // of a deleted account in one task: each costs a removal from a timeline
    int accountPosts = 200;
    Milliseconds accountPause{100}; // between two of its steps: the account's rate
    int pulledReaders = 100;        // who get what was pulled by one task, when its author is pushed again
    Milliseconds pulledPause{100};  // between two of an author's such tasks
};

// What was read from PostgreSQL is acted on in Redis for so long, which is less than a lease: a process that
// was stopped for longer lost its tasks, and may die before it looks whether what it wrote too late still
// holds.
inline constexpr Milliseconds kReadingsHold{8'000};

// Between the clocks of two nodes, and from a transaction's begin to its end.
inline constexpr std::chrono::minutes kClockMargin{2};

struct FanoutContext
{
    const std::string& worker; // workerName, for the ledger
    SqlSession& sql;
    RedisClient& redis;
    const Timelines& timelines;
    const Objects& objects;
    const ShardMapSource& maps;
    const WallClock& clock;
    EngineMetrics& metrics;
    PulledAuthors& pulled;
    int directoryNode;
    FanoutSettings settings;
};

} // namespace backend
