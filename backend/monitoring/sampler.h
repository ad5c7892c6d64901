// Takes a snapshot of the whole cluster once a second. Probes run on threads of their own (one per PostgreSQL
// node, one for the directory, one for all Redis nodes, one for the sweep of the timelines), so a node that
// hangs delays nothing: the snapshot takes what is known by then. Owned by the engine; started by the
// constructor, stopped by the destructor within one probe's deadline. snapshot() and history() from any
// thread, without waiting.
#pragma once

#include "backend/common/clock.h"
#include "backend/common/metrics.h"
#include "backend/domain/snapshot.h"
#include "backend/monitoring/directory_prober.h"
#include "backend/monitoring/engine_lanes.h"
#include "backend/monitoring/event_watch.h"
#include "backend/monitoring/history.h"
#include "backend/monitoring/history_store.h"
#include "backend/monitoring/own_cost.h"
#include "backend/monitoring/queue_watch.h"
#include "backend/monitoring/shard_history_keeper.h"
#include "backend/monitoring/snapshot_builder.h"
#include "backend/monitoring/timeline_sweeper.h"
#include "backend/store/shard_sql.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace backend {

struct SamplerSettings
{
    MonitorIdentity identity;
    ProbeTimes times;
    SweepSettings sweep;
    std::filesystem::path historyFile; // empty: history ends with the process
    std::string clusterId;             // whose history is in that file
    int sqlConnectionsPerNode = 0;     // what the engine's pools may open on one node, besides its workers'
};

// REQUIRES: all references outlive the sampler. `pools` must be the monitor's own (three connections per node
// are enough): shared with the feed, a busy feed would look like a dead node.
struct SamplerInputs
{
    const ShardMapSource& maps;
    const SqlPools& pools;
    const EngineMetrics& metrics;
    const WallClock& clock;
    std::function<std::vector<WorkerSnapshot>()> workers; // may be empty
    std::function<RestoreProgress()> restore;             // may be empty
    DirectoryProber::Publish publish;                     // may be empty: read-only
    std::function<int()> ownSlot; // of this engine's lease, -1 without one; may be empty: read-only
    std::function<std::optional<TimelineVerification>()> verification{}; // may be empty
};

class Sampler
{
public:
    Sampler(SamplerInputs inputs, SamplerSettings settings);
    ~Sampler();
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;

    SnapshotPtr snapshot() const; // never null
    std::vector<HistoryPoint> history(TimePoint since) const { return m_history.since(since); }
    EngineCounters engineCounters() const; // of all engines seen, since they started
    // See Monitor::historyRange.
    Result<HistoryRange> historyRange(TimePoint begin, TimePoint end, int most) const;
    const QueueWatch& queueWatch() const { return m_queueWatch; }
    const EngineLanes& engineLanes() const { return m_engineLanes; }
    const ShardHistoryKeeper& shardHistory() const { return m_shardHistory; }
    // See Monitor.
    std::vector<ProbedNode> probedNodes() const;
    OwnCost ownCost() const;
    // Where the monitor's Redis clients count; never null.
    const std::shared_ptr<RedisTraffic>& redisTraffic() const { return m_traffic; }
    // See Monitor::events.
    Result<EventPage> events(const EventQuery& query, Deadline deadline) const;

private:
    void startProbers();
    std::vector<ProbeRecord> probeRecords() const;
    void step();
    EngineStatus ownStatus() const;
    ProbeFindings findings();
    std::vector<EngineRow> engineRows(const DirectoryProber::View& view);
    void nameSelf(std::vector<EngineRow>& rows);
    void publish(ClusterSnapshot snapshot);
    void remember();
    void watchEvents(bool enginesKnown);
    void recall(const HistoryPoint& first);

    const SamplerInputs m_inputs;
    const SamplerSettings m_settings;
    const std::shared_ptr<RedisTraffic> m_traffic;
    OwnCostMeter m_cost;
    EngineTotals m_totals; // of the snapshot thread alone, like the window
    FlowWindow m_window;
    History m_history;
    QueueWatch m_queueWatch;
    EngineLanes m_engineLanes;
    ShardHistoryKeeper m_shardHistory;
    std::unique_ptr<HistoryStore> m_store; // null: nobody asked for it
    bool m_recalled = false;               // of the snapshot thread alone
    EventLog m_events;
    std::unique_ptr<EventWatch> m_watch; // of the snapshot thread alone, like the two below
    EngineRow m_own;                     // as the directory last listed this engine
    NodeHealth::Time m_ownHeartbeatAt;   // by that; before it did, the sampler's beginning

    mutable std::mutex m_mutex; // guards the two below
    SnapshotPtr m_snapshot;
    EngineCounters m_engineCounters;

    std::vector<std::unique_ptr<PostgresProber>> m_postgres;
    std::unique_ptr<DirectoryProber> m_directory;
    std::unique_ptr<RedisProber> m_redis;
    std::unique_ptr<TimelineSweeper> m_sweeper;
    std::unique_ptr<PeriodicThread> m_thread; // last: it uses all of the above
};

} // namespace backend
