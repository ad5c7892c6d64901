// What home timelines cost in memory, measured on this cluster's Redis nodes, and what another cap would cost
// the readers there are. Nothing here is assumed: what was not measured is empty and says why. Plain values.
#pragma once

#include "backend/domain/ids.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace backend {

// Of a sample; all zero when it is empty.
struct Spread
{
    std::int64_t samples = 0;
    double mean = 0, p10 = 0, p50 = 0, p90 = 0, most = 0;
    double standardError = 0; // of the mean
};

struct NodeCapacity
{
    int node = 0;
    std::string name;
    std::string notMeasured; // why there are no figures of its timelines; empty when there are
    std::int64_t usedMemoryBytes = -1, maxMemoryBytes = -1; // max 0: no limit is set
    std::int64_t machineMemoryBytes = -1; // of the machine it runs on
    int nodesOnMachine = 1;               // Redis nodes of this cluster there, this one included
    std::int64_t keys = -1;
    std::int64_t timelines = -1; // home timelines that are there, counted
    std::int64_t sampled = 0;    // of them, weighed
    std::int64_t notValid = 0;   // of the sampled: their floor is void or of an earlier life of the node
    std::int64_t orphans =
        0; // readers with entries but without a floor, counted apart: nobody reads those entries
    Spread bytesPerTimeline;                  // all keys of one timeline together
    double timelinesBytes = -1;               // of all timelines, scaled from the sample
    std::optional<double> growthBytesPerHour; // of used memory
};

// What a cap of so many entries would cost the readers there are.
struct CapPrice
{
    int cap = 0;
    std::string notMeasured; // why there is no price; empty when there is
    std::string basis; // "uncut": no reader has so many; "weighed": timelines of that size were; "between":
                       // lies between sizes that were
    double bytesPerTimeline = 0, bytes = 0, readersPerGiB = 0;
    double cutReaders = 0; // readers who have more than so many entries now
};

struct Capacity
{
    TimePoint takenAt;
    int cap = 0;             // at present
    std::string notMeasured; // why the figures below are missing; empty when they are there
    std::int64_t timelines = 0, sampled = 0;
    Spread bytesPerTimeline, entriesPerTimeline;
    Spread bytesPerEntry; // its mean: all bytes by all entries; the rest by timeline
    double readersPerGiB = 0, readersPerGiBError = 0; // with two standard errors
    double timelinesBytes = 0, otherBytes = 0;        // of used memory: home timelines, and everything else
    std::vector<CapPrice> caps;
    double growthWindowSeconds = 0; // over which growth was measured; 0: not yet
    std::vector<NodeCapacity> nodes;
};

} // namespace backend
