// The last ten seconds of flow and backlog: fan-out percentiles, arrivals, drain and the time to drain, calls
// that fail. A task is known to have arrived because it was done or still waits: arrivals = drain + change of
// what is unfinished or dead. Owned by the sampler; one thread.
#pragma once

#include "backend/domain/snapshot.h"
#include "backend/monitoring/backlog_watch.h"
#include "backend/monitoring/call_watch.h"
#include "backend/monitoring/status.h"

#include <array>
#include <chrono>
#include <deque>
#include <vector>

namespace backend {

struct FanoutDelays
{
    double p50Ms = -1, p95Ms = -1, p99Ms = -1;
    std::int64_t count = 0;
};

class FlowWindow
{
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds kLength{10};

    // flow: EngineTotals::flow(). queue: one entry per kind as counted on all nodes; empty while not counted
    // yet.
    void add(Time at, const EngineCounters& flow, const std::vector<QueueKindSnapshot>& queue);

    FanoutDelays fanout() const;
    // Fills the rates of each kind and of the whole; -1 before there are two points.
    void fillRates(ClusterSnapshot& snapshot) const;
    const CallWatch& calls() const { return m_calls; }
    const BacklogWatch& backlog() const { return m_backlog; }

private:
    struct Point
    {
        Time at;
        std::vector<std::int64_t> fanoutDelay;
        std::array<std::int64_t, kTaskKinds.size() + 1> done{}, failed{}, backlog{};
        bool counted = false;
    };
    std::deque<Point> m_points;
    double donePerSecond() const; // of all kinds

    CallWatch m_calls;
    BacklogWatch m_backlog;
};

} // namespace backend
