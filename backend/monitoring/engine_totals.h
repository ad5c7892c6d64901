// Adds up what all engines of the cluster published. Totals never go down: what an engine counted stays
// counted when it dies, restarts or leaves. Rates are taken between two publications of one engine and summed
// over the engines alive, as of when the directory told of them. Owned by the sampler; one thread.
#pragma once

#include "backend/monitoring/status.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace backend {

// A row of directory.engines.
struct EngineRow
{
    int slot = 0; // -1: this engine, without one
    std::string name, role;
    TimePoint startedAt;
    double heartbeatAgeSeconds = 0;
    double readSecondsAgo = 0; // as much of that age came after the directory's last answer
    int workersWanted = 0;
    bool paused = false;
    bool self = false;                  // this engine: alive, whatever its heartbeat
    std::optional<EngineStatus> status; // empty: not published yet, or not readable
};

struct EngineRates // per second
{
    std::vector<double> deliveries, reads; // by logical shard
    double posts = 0, publicPages = 0;
    double failedReads = 0, failedWrites = 0, partialPages = 0;

    double deliveriesPerSecond() const;
    double readsPerSecond() const; // with public pages, which are no shard's
};

class EngineTotals
{
public:
    static constexpr double kDeadAfterSeconds = 5;

    void update(const std::vector<EngineRow>& rows);

    const EngineCounters& totals() const { return m_totals; } // of every engine seen, since it started
    // Only what was counted while this monitor looked, so that an engine seen for the first time brings no
    // burst.
    const EngineCounters& flow() const { return m_flow; }
    EngineRates rates() const;
    bool ratesKnown() const { return m_updates >= 2; }

private:
    struct Instance
    {
        EngineStatus last;
        EngineRates rates;
        bool alive = false;
        int missing = 0; // updates since its row was last there
    };
    void take(Instance& instance, const EngineStatus& status);

    // By name and start: a slot is used again, and an engine may move to another one.
    std::map<std::pair<std::string, TimePoint>, Instance> m_instances;
    EngineCounters m_totals, m_flow;
    int m_updates = 0;
};

} // namespace backend
