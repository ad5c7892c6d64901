// What the monitor sees, as immutable values, taken once a second. Rates are per second over the interval
// since the previous snapshot unless said otherwise; -1 (or empty) means "not known yet", never zero.
#pragma once

#include "backend/domain/cluster.h"
#include "backend/domain/feed_failures.h"
#include "backend/domain/restore.h"
#include "backend/domain/task.h"
#include "backend/domain/verification.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace backend {

enum class Health { Unknown, Ok, Degraded, Down };

struct NodeSnapshot
{
    int id = 0;
    std::string name;
    NodeKind kind = NodeKind::Postgres;
    std::vector<Role> roles;
    int shards = 0; // logical shards placed here, all roles together
    Health health = Health::Unknown;
    std::string message; // why not Ok, and what to do
    std::string version;
    double uptimeSeconds = -1;
    double probeMilliseconds = -1;      // round trip of the probe
    std::int64_t memoryBytes = -1;      // Redis: used_memory; PostgreSQL: unknown
    std::int64_t memoryLimitBytes = -1; // Redis: maxmemory, 0 without one
    std::int64_t diskBytes = -1;        // PostgreSQL: database size; of a node that is down the last known
    std::optional<TimePoint> diskReadAt;
    std::int64_t connections = -1;
    double commandsPerSecond = -1;  // Redis commands, PostgreSQL transactions
    double evictionsPerSecond = -1; // Redis
    std::int64_t evictedTotal = -1;
    double keyspaceHitRatio = -1; // Redis, this interval; -1 without look-ups
    std::int64_t keys = -1;       // Redis
    // Tasks that wait for it: tried when it does a write again, or after some hours. Up to kParkedCounted are
    // counted in each queue.
    std::int64_t parkedTasks = 0;
};

struct ShardSnapshot
{
    int shard = 0;
    int usersNode = 0, postsNode = 0, timelinesNode = 0; // node ids
    std::int64_t users = -1, posts = -1;                 // PostgreSQL's own statistics
    std::int64_t postgresBytes = -1;
    std::int64_t timelines = -1, entries = -1,
                 bytes = -1;                           // Redis, from the sweep; bytes estimated from a sample
    std::optional<TimePoint> sweptAt;                  // when the sweep last finished this shard
    std::optional<TimePoint> usersReadAt, postsReadAt; // when PostgreSQL's figures of the role were read
    // Its node in that role is down: what it holds is what was last known, as of the times above.
    bool usersDown = false, postsDown = false, timelinesDown = false;
    double deliveriesPerSecond = 0; // -1 while its Redis node is down
    double readsPerSecond = 0;
    bool ratesOld = false; // they are of ClusterSnapshot::ratesReadAt, not of now
};

struct QueueKindSnapshot
{
    TaskKind kind = TaskKind::UserCreated;
    std::int64_t ready = 0, running = 0, retry = 0, dead = 0;
    double oldestAgeSeconds = 0; // of unfinished tasks; 0 with none
    double arrivalsPerSecond = -1, drainPerSecond = -1, failuresPerSecond = -1;
    std::int64_t unfinished() const { return ready + running + retry; }
};

enum class WorkerState {
    Starting,
    Idle,
    Running,
    Paused,
    Waiting /* backing off: a node is down */,
    Stopped
};

struct WorkerSnapshot
{
    int engineSlot = 0;
    std::string engineName; // "host:pid"
    int index = 0;
    WorkerState state = WorkerState::Starting;
    std::string task;  // "post_created × 64 on pg-2", empty when idle
    std::string error; // the last one, empty after success
    TimePoint since;   // in this state
    std::int64_t tasksDone = 0, tasksFailed = 0;
    // Microseconds since it began, by what it did: each of kTaskKinds, paused, waiting for a node. Idle is
    // the rest.
    std::array<std::int64_t, kTaskKinds.size() + 2> used{};
};

struct EngineSnapshot
{
    int slot = 0;     // -1: this program's engine has lost its own and has no other yet
    std::string name; // "host:pid"
    std::string role; // "desktop", "serve", "demo"
    TimePoint startedAt;
    double heartbeatAgeSeconds = 0;
    bool paused = false;
    int workers = 0, workersWanted = 0;
    double borrowedIdMilliseconds = 0; // how far ahead of the clock its ids are
    bool self = false;                 // this program's; there also while the directory lists it no more
};

// Cumulative since the engines started, summed over the engines alive; differences give windows.
struct CacheCounts
{
    std::string name; // "home timeline", "post object", "user object", "counters", "author timeline", "public
                      // timeline"
    std::int64_t hits = 0, misses = 0;
};

// Delays from commit to delivery, log-spaced buckets: bucket i counts delays in
// [kDelayBucketBase^i, kDelayBucketBase^(i+1)) × 0.1 ms. See common/histogram.h.
struct DelayHistogram
{
    std::vector<std::int64_t> buckets;
    std::int64_t count() const
    {
        std::int64_t sum = 0;
        for (auto b : buckets)
            sum += b;
        return sum;
    }
};

// Tasks wait for long, more of them than is done within seconds: readers see posts late.
struct Backlog
{
    enum class Cause {
        NobodyWorks,   // no engine has workers that are not paused
        NodeInTrouble, // one that is down or degraded
        AllBusy,       // nearly all workers run tasks
        Retrying,      // most of what waits has failed before
        Unknown
    };
    Cause cause = Cause::Unknown;
    std::int64_t waiting = 0; // ready tasks
    TimePoint since;

    bool operator==(const Backlog&) const = default;
};

struct ClusterSnapshot
{
    std::uint64_t sequence = 0;
    TimePoint takenAt;                    // by this process's clock
    std::string clusterName, environment; // environment: "demo", "staging", "production" …
    bool readOnly = false;
    std::int64_t epoch = 0;
    int shardCount = 0;
    Health health = Health::Unknown;
    std::string message;

    // Reads: pages and profiles that were answered, with public pages, which are no shard's.
    double deliveriesPerSecond = 0, postsPerSecond = 0, readsPerSecond = 0;
    // Calls that let their caller down, and pages that were answered without all that belongs on them.
    double failedReadsPerSecond = 0, failedWritesPerSecond = 0, partialPagesPerSecond = 0;
    // So much of it, over the last ten seconds, that somebody should look; empty: not so, or not known.
    std::optional<CallTrouble> readsFail, writesFail, pagesPartial;
    double fanoutP50Ms = -1, fanoutP95Ms = -1, fanoutP99Ms = -1;      // last 10 s; -1 with no delivery
    std::int64_t deliveriesTotal = 0, postsTotal = 0, readsTotal = 0; // since the engines started
    FailureCounts failedReadsTotal{}, failedWritesTotal{};            // likewise, by reason
    std::int64_t partialPagesTotal = 0;
    std::int64_t fanoutCount = 0; // deliveries behind the percentiles
    std::int64_t queueUnfinished = 0, queueDead = 0;
    double queueOldestAgeSeconds = 0;
    std::vector<std::string>
        queueNotCounted; // PostgreSQL nodes that are down or refuse it: of theirs the last count stands
    double arrivalsPerSecond = -1, drainPerSecond = -1;
    std::optional<double> secondsToDrain; // empty when the queue grows or stands
    std::optional<Backlog> backlog;       // empty: the workers keep up, or nothing is known
    // What other engines count is told by the directory. While its answer is overdue, rates and percentiles
    // of engines are those of its last one, from then; empty: they are of now, or not known.
    std::optional<TimePoint> ratesReadAt;

    std::vector<NodeSnapshot> nodes;
    std::vector<ShardSnapshot> shards; // index = logical shard
    std::vector<QueueKindSnapshot> queue;
    std::vector<WorkerSnapshot> workers;
    std::vector<EngineSnapshot> engines;
    std::vector<CacheCounts> caches;
    std::optional<RestoreProgress> restore; // while an engine builds again what Redis nodes have lost
    std::string
        historyProblem; // why history is not kept on disk, or why it began anew there; empty: all is well
    std::optional<TimelineVerification> verification; // of all engines; empty: none verifies timelines
};

using SnapshotPtr = std::shared_ptr<const ClusterSnapshot>;

// One second of history, for charts. NaN where the monitor had no value (a gap).
struct HistoryPoint
{
    TimePoint at;
    double deliveriesPerSecond, postsPerSecond, readsPerSecond;
    double failedReadsPerSecond, failedWritesPerSecond, partialPagesPerSecond;
    double fanoutP50Ms, fanoutP95Ms, fanoutP99Ms;
    double queueUnfinished, queueOldestAgeSeconds, queueDead;
    double arrivalsPerSecond, drainPerSecond;
    double imbalance;                    // max/mean of deliveries/s over nodes
    std::vector<CacheCounts> caches;     // cumulative, as in the snapshot
    std::vector<double> nodeMemoryBytes; // by position in snapshot.nodes; NaN where unknown
    std::vector<double> nodeCommandsPerSecond;
    std::vector<double> nodeDiskBytes; // likewise
};

} // namespace backend
