// What one engine publishes once a second into directory.engines.status, as compact JSON with a version: its
// cumulative counters, its workers, and by its own steady clock when that was. Every monitor of the cluster
// reads all of them. Plain values and pure functions; any thread.
#pragma once

#include "backend/common/metrics.h"
#include "backend/common/result.h"
#include "backend/domain/snapshot.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

inline constexpr int kStatusVersion = 1;

// A copy of EngineMetrics. All are counts since the engine started.
struct EngineCounters
{
    std::vector<std::int64_t> deliveries, reads; // by logical shard
    std::array<std::int64_t, kCacheKindNames.size()> cacheHits{}, cacheMisses{}, flightsLed{},
        flightsJoined{};
    std::int64_t posts = 0, deletes = 0, follows = 0, unfollows = 0, pages = 0, rebuilds = 0,
                 readThroughs = 0, publicPages = 0, partialPages = 0, writes = 0;
    FailureCounts failedReads{}, failedWrites{};                                // calls of the Feed
    std::array<std::int64_t, kTaskKinds.size() + 1> tasksDone{}, tasksFailed{}; // index = int(TaskKind)
    std::vector<std::int64_t> fanoutDelay; // buckets of common/histogram.h, like the next two
    std::array<std::vector<std::int64_t>, kTaskKinds.size() + 1> taskWaits, taskRuns; // index = int(TaskKind)

    bool operator==(const EngineCounters&) const = default;
};

EngineCounters copyCounters(const EngineMetrics& metrics, int shardCount);
void addCounters(EngineCounters& sum, const EngineCounters& more);
// What came on top between two copies; empty when any counter went down: then the engine started anew in
// between.
std::optional<EngineCounters> increase(const EngineCounters& before, const EngineCounters& after);

struct EngineStatus
{
    Milliseconds publishedAt{0}; // by the engine's steady clock; differences are the intervals of rates
    EngineCounters counters;
    double borrowedIdMilliseconds = 0;
    int sqlConnectionsPerNode =
        0; // its pools may open so many on one node, besides its workers'; read by the doctor
    std::optional<RestoreProgress> restore;           // while it is at it
    std::optional<TimelineVerification> verification; // of an engine that may do it
    std::vector<WorkerSnapshot> workers; // engineSlot and engineName are not published: the row has them
};

std::string encodeStatus(const EngineStatus& status);
// Unknown fields are ignored, missing ones are zero; a newer version or malformed text is an error.
[[nodiscard]] Result<EngineStatus> decodeStatus(std::string_view json);

} // namespace backend
