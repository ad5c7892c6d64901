// Puts what the probes found together into one snapshot. Pure functions on values; used by the sampler's
// thread.
#pragma once

#include "backend/monitoring/directory_prober.h"
#include "backend/monitoring/engine_totals.h"
#include "backend/monitoring/flow_window.h"
#include "backend/monitoring/postgres_prober.h"
#include "backend/monitoring/redis_prober.h"
#include "backend/monitoring/timeline_sweeper.h"

#include <memory>
#include <string>
#include <vector>

namespace backend {

// What does not change while the engine runs.
struct MonitorIdentity
{
    std::string clusterName, environment;
    bool readOnly = false;
    EngineIdentity own;
    std::string ownRole;   // "desktop", "serve", "demo"
    int directoryNode = 0; // the PostgreSQL node that holds the directory
};

struct ProbeFindings
{
    std::shared_ptr<const ShardMap> map;
    std::vector<std::pair<NodeEndpoint, PostgresProber::View>> postgres;
    std::vector<std::pair<NodeEndpoint, RedisProber::View>> redis;
    std::vector<ShardTimelines> timelines; // by logical shard
    NodeVerdict directory;
    std::optional<Error> publishError;
    // With ages as of now; this engine's with its own counters, also while the directory lists it no more.
    std::vector<EngineRow> engines;
    bool enginesKnown = false; // the directory told them just now
    // When it told them last, if its next answer failed to come or is overdue; empty: they are of now.
    std::optional<TimePoint> enginesReadAt{};
    TimePoint at;                // when all this was put together, by the wall clock
    NodeHealth::Time steadyAt{}; // and by the one that the probes go by
};

// Rows older than a minute are gone engines, but for this one.
inline constexpr double kGoneAfterSeconds = 60;

// The queue of all nodes by kind, in the order of kTaskKinds; empty while no node was counted.
std::vector<QueueKindSnapshot> queueOf(const ProbeFindings& findings, NodeHealth::Time now);

// Whether what engines count is of findings.enginesReadAt: there are other engines than this one, and the
// directory is silent.
bool countsAreOld(const ProbeFindings& findings);

ClusterSnapshot buildSnapshot(const MonitorIdentity& identity, const ProbeFindings& findings,
                              std::vector<QueueKindSnapshot> queue, const EngineTotals& totals,
                              const FlowWindow& window);

} // namespace backend
