// Small clusters for tests of the monitor's reckoning.
#pragma once

#include "backend/monitoring/node_health.h"
#include "backend/monitoring/snapshot_builder.h"

#include <chrono>
#include <memory>
#include <string>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

using Clock = std::chrono::steady_clock;

inline ShardMap map(bool together)
{
    ShardMap out;
    out.shardCount = 4;
    out.nodes = {{1, "pg-1", NodeKind::Postgres, "host=/run/a b dbname=rookery"},
                 {2, "pg-2", NodeKind::Postgres, "host=/run/c dbname=rookery"},
                 {3, "redis-1", NodeKind::Redis, "unix:///run/it's/redis.sock"}};
    out.usersNode = {1, 1, 1, 1};
    out.postsNode = together ? out.usersNode : std::vector{2, 2, 1, 2};
    out.timelinesNode = {3, 3, 3, 3};
    return out;
}

inline NodeSnapshot node(const char* name, NodeKind kind, Health health)
{
    NodeSnapshot out;
    out.name = name;
    out.kind = kind;
    out.health = health;
    out.message = health == Health::Ok ? "" : std::string(name) + " is in trouble.";
    return out;
}

inline ClusterSnapshot healthyCluster()
{
    ClusterSnapshot out;
    out.nodes = {node("pg-1", NodeKind::Postgres, Health::Ok), node("redis-1", NodeKind::Redis, Health::Ok),
                 node("redis-2", NodeKind::Redis, Health::Ok)};
    EngineSnapshot engine;
    engine.workers = 4;
    out.engines.push_back(engine);
    return out;
}

inline const NodeVerdict kFine{Health::Ok, {}};

// Of a moment when the directory answers.
inline ProbeFindings findingsOf(bool together)
{
    ProbeFindings findings;
    findings.map = std::make_shared<const ShardMap>(map(together));
    findings.directory = kFine;
    findings.at = TimePoint(1'000s);
    findings.steadyAt = Clock::time_point(500s);
    return findings;
}

} // namespace tests
