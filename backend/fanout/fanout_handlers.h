// One worker's handlers with the connections they use: a SQL session and a Redis client of its own. Owned by
// the worker; one thread.
#pragma once

#include "backend/cache/away_nodes.h"
#include "backend/fanout/fanout_context.h"
#include "backend/queue/worker_pool.h"

#include <memory>

namespace backend {

// Shared by all workers of an engine; outlives them.
struct FanoutServices
{
    const SqlPools& pools;
    const ShardMapSource& maps;
    const Timelines& timelines;
    const Objects& objects;
    const WallClock& clock;
    EngineMetrics& metrics;
    PulledAuthors& pulled;
    AwayNodes& away;
    int directoryNode = 0;
    std::string connectionName; // of the workers' Redis clients
    std::string worker;         // workerName of the one that handles
    FanoutSettings settings;
};

std::unique_ptr<TaskHandlers> makeFanoutHandlers(const FanoutServices& services);

} // namespace backend
