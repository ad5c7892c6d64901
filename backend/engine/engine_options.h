// How an engine is opened. Plain values; made by app/.
#pragma once

#include "backend/cache/objects.h"
#include "backend/cache/timelines.h"
#include "backend/domain/cluster.h"
#include "backend/fanout/fanout_context.h"
#include "backend/operations/fanout_planner_settings.h"

#include <filesystem>
#include <string>

namespace backend {

struct EngineOptions
{
    NodeEndpoint directory;       // the PostgreSQL node that holds the directory
    std::string role = "desktop"; // as listed among the engines
    std::string who;              // in the audit log: the person or service
    bool readOnly = false;
    int workers = 4;          // 0: this engine only looks and writes, others do the work
    int feedConnections = 16; // per PostgreSQL node, and Redis clients
    int feedWaiters = 64;
    Milliseconds connectTimeout{3'000};
    TimelineLimits timelines;
    ObjectTimes objects;
    int restorePerSecond = 500; // readers whose lost timelines are built again in the background; 0: none
    int auditPerSecond = 5;     // timelines held against PostgreSQL in the background; 0: none
    bool repairFound =
        false;             // build again what that finds; off: it is counted and logged, an operator repairs
    bool keepPast = false; // who unfollows keeps what was posted before in the home timeline
    std::chrono::hours dormantAfter{24 * 30}; // readers unseen for so long keep no timeline; 0: all do
    Milliseconds dormancyEvery{600'000};      // between two looks for them
    Milliseconds publicPageAge{1'000};        // how long the newest public page is kept; 0: not at all
    FanoutSettings fanout;
    FanoutPlannerSettings planner;     // of engines with workers
    std::filesystem::path historyFile; // charts' history across restarts; empty: it is not kept
};

} // namespace backend
