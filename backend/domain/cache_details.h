// What the caches hold and spare, looked at on demand: memory by family of keys and times to live from a fair
// sample of keys, evictions and expirations from the nodes' own counts, misses that single flight spared.
// Plain values; what was not measured says why.
#pragma once

#include "backend/domain/ids.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace backend {

// Of one kind of keys on all nodes that answered, scaled from the sample by each node's number of keys.
struct KeyFamilyMemory
{
    std::string name; // "home timeline" … "other"
    std::int64_t sampled = 0;
    double keys = 0, bytes = 0;
};

// Upper ends of the buckets of times to live, in seconds; the last bucket is of what lives longer.
inline constexpr std::array<int, 9> kTtlBounds{30, 60, 120, 180, 240, 300, 900, 1'800, 3'600};

struct TtlSpread
{
    std::string name; // "post", "user", "counters"
    std::int64_t sampled = 0, withoutTtl = 0;
    std::array<std::int64_t, kTtlBounds.size() + 1> buckets{}; // keys of the sample
};

struct NodeKeyCounts
{
    int node = 0;
    std::string name;
    std::string notMeasured; // why this look has no figures of it; empty when it has
    std::int64_t keys = -1, sampled = 0;
    std::int64_t evictedTotal = -1, expiredTotal = -1; // since the server started
    // Since an earlier look; empty: there was none yet, or the server started anew since.
    std::optional<double> evictionsPerSecond, expirationsPerSecond;
    double windowSeconds = 0; // of these two
};

// Look-ups that missed and found somebody else at the same work: they waited for that instead of asking
// PostgreSQL once more. Of all engines.
struct FlightCounts
{
    std::string name;                                        // of the cache, as in CacheCounts
    std::int64_t led = 0, joined = 0;                        // since the engines started; joined: spared
    std::optional<std::int64_t> ledInWindow, joinedInWindow; // empty: this is the first look
};

struct CacheDetails
{
    TimePoint takenAt;
    std::int64_t keys = 0, sampled = 0; // on the nodes that answered
    std::vector<KeyFamilyMemory> families;
    std::vector<TtlSpread> ttls;
    std::vector<NodeKeyCounts> nodes;
    std::vector<FlightCounts> flights;
    double flightsWindowSeconds = 0; // 0: not yet
};

} // namespace backend
