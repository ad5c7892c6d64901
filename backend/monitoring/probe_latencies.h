// The round trips of one node's last probes, for percentiles over minutes; and what else a prober knows
// beside the snapshot. Owned by the prober, which guards it; plain value.
#pragma once

#include "backend/domain/cluster.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace backend {

struct LatencySummary
{
    double p50Ms = -1, p99Ms = -1; // of those that were answered; -1 without any
    int probes = 0, missed = 0;
    double windowSeconds = 0; // since the first of them
};

class ProbeLatencies
{
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t kKept = 300; // five minutes

    void add(Time at, std::optional<double> milliseconds); // empty: not answered
    LatencySummary summary(Time now) const;

private:
    struct Probe
    {
        Time at;
        std::optional<double> milliseconds;
    };
    std::deque<Probe> m_last; // ascending
};

struct ProbeRecord
{
    NodeEndpoint node;
    std::optional<ProbeLatencies::Time> silentSince; // empty: it answers
    std::int64_t connectionsMost = -1, memoryMostBytes = -1;
    LatencySummary latency;
};

} // namespace backend
