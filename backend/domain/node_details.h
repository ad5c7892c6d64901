// One node in detail, as it was a moment ago: what it says about itself, and which operations are slow. Each
// part is there or says why not; lists and texts are bounded. Also what the monitor itself costs the nodes.
// Plain values.
#pragma once

#include "backend/domain/cluster.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace backend {

inline constexpr int kMostSlowCommands = 128;       // of a Redis slow log
inline constexpr int kMostStatements = 50;          // running, and of pg_stat_statements
inline constexpr int kMostTables = 20;              // with the most dead rows
inline constexpr int kMostReplicas = 32;            // and as many slots
inline constexpr std::size_t kMostTextBytes = 2048; // of a command or statement; longer ones end in …

// Numbers are -1 where the server does not tell them.
template <class T>
struct NodePart
{
    std::optional<T> value;
    std::string notRead; // why there is no value, and what to do about it
};

// --- Redis

struct RedisMemoryFigures
{
    std::int64_t usedBytes = -1, peakBytes = -1, residentBytes = -1, datasetBytes = -1;
    std::int64_t mostBytes = -1; // maxmemory; 0: no limit
    double fragmentation = -1;   // resident by used, as the server computes it
    std::string policy;          // maxmemory-policy
};

struct RedisPersistenceFigures
{
    bool loading = false, aofEnabled = false, saving = false, rewriting = false;
    std::string lastSaveStatus, lastAofWriteStatus; // "ok" or "err"
    bool everSaved = true;                          // since it started
    std::optional<TimePoint> lastSaveAt;            // by the server's clock
    std::int64_t changesSinceSave = -1;
    std::optional<std::string> savePoints; // CONFIG save; empty text: none; absent: not readable
};

struct RedisReplica
{
    std::string address, state;       // "10.0.0.7:6379", "online"
    std::int64_t lagBytes = -1;       // of the primary's offset
    std::int64_t lastAckSeconds = -1; // since its last acknowledgement
};

struct RedisReplicationFigures
{
    bool replica = false;
    std::string primary; // of a replica: "host:port"
    bool linkUp = false;
    std::int64_t silentSeconds = -1; // of a replica: since it last heard its primary
    std::int64_t offset = -1;
    std::vector<RedisReplica> replicas;
};

struct RedisClientFigures
{
    std::int64_t connected = -1, most = -1, blocked = -1;
    std::int64_t rejectedTotal = -1;                              // since the server started
    std::int64_t largestOutputBytes = -1, largestInputBytes = -1; // of recent clients' buffers
};

// Over `windowSeconds` before this reading; the totals are since the server started.
struct RedisKeyFigures
{
    double windowSeconds = 0; // 0: this was the first reading, so that there are no rates
    double hitRatio = -1;     // -1 without look-ups in the window
    double lookupsPerSecond = -1, commandsPerSecond = -1, evictedPerSecond = -1, expiredPerSecond = -1;
    double receivedBytesPerSecond = -1, sentBytesPerSecond = -1; // the server's, from and to all clients
    std::int64_t evictedTotal = -1, expiredTotal = -1;
};

struct RedisDatabase
{
    int number = 0;
    std::int64_t keys = -1, expiring = -1;
};

struct SlowCommand
{
    std::int64_t id = 0; // of the slow log; unique in one life of the server
    TimePoint at;        // by the server's clock
    std::int64_t microseconds = 0;
    std::string command; // as the slow log keeps it, which cuts long ones itself
    std::string client, clientName;
};

struct RedisSlowLog
{
    std::int64_t thresholdMicroseconds = -1; // slower ones are kept; negative: none; see thresholdKnown
    bool thresholdKnown = false;
    std::int64_t length = -1; // entries the server keeps now
    std::vector<SlowCommand> newestFirst;
};

// LATENCY LATEST: events that took longer than latency-monitor-threshold.
struct LatencyEvent
{
    std::string name;
    TimePoint at;
    std::int64_t latestMs = 0, worstMs = 0;
};

struct RedisLatency
{
    std::int64_t thresholdMs = -1; // 0: the server does not watch; -1: not known
    std::vector<LatencyEvent> events;
};

struct RedisDetails
{
    NodePart<RedisMemoryFigures> memory;
    NodePart<RedisPersistenceFigures> persistence;
    NodePart<RedisReplicationFigures> replication;
    NodePart<RedisClientFigures> clients;
    NodePart<RedisKeyFigures> keys;
    NodePart<std::vector<RedisDatabase>> keyspace;
    NodePart<RedisSlowLog> slowLog;
    NodePart<RedisLatency> latency;
};

// --- PostgreSQL

struct ConnectionState
{
    std::string state; // "active", "idle in transaction" …; "hidden": of others, which this role may not see
    std::int64_t connections = 0;
    double longestSeconds = -1; // in this state
};

struct PostgresConnectionFigures
{
    std::int64_t most = -1, reserved = -1, open = -1;
    std::vector<ConnectionState> states;
    bool seesOthers = true; // else states and statements of other roles are hidden
};

struct PostgresHorizonFigures
{
    double oldestTransactionSeconds = -1; // -1: none is open, or hidden
    std::string oldestTransaction;        // process, role and program
    std::int64_t xminAge = -1;            // transactions that dead rows must outlive; -1: nothing holds back
    std::string heldBy;                   // what holds the oldest one
    std::int64_t frozenAge = -1;          // of this database; wraps around at 2^31
};

struct PostgresReplica
{
    std::string name, state; // application name and address; "streaming"
    bool slot = false;       // a replication slot, else a connected replica
    bool active = true;
    std::int64_t lagBytes = -1; // of replay; of a slot: WAL that it keeps
    double lagSeconds = -1;
};

struct PostgresReplicationFigures
{
    bool inRecovery = false;
    double replayDelaySeconds = -1; // of a standby: since the last transaction replayed
    std::vector<PostgresReplica> replicas;
};

// Over `windowSeconds` before this reading; 0: this was the first one, so that there are no figures.
struct PostgresActivityFigures
{
    double windowSeconds = 0;
    double hitRatio = -1; // blocks found in shared_buffers; -1 without any in the window
    double blocksPerSecond = -1, transactionsPerSecond = -1, rollbacksPerSecond = -1, deadlocks = -1;
    double temporaryBytesPerSecond = -1;
};

struct PostgresTable
{
    std::string name; // schema.table
    std::int64_t deadRows = 0, liveRows = 0, bytes = -1;
    std::optional<TimePoint> lastVacuumAt, lastAnalyzeAt; // by hand or by autovacuum
    bool vacuumRuns = false;
};

struct RunningStatement
{
    int pid = 0;
    std::string role, application, state, waitsFor;
    TimePoint since;
    double seconds = 0;
    std::string text;
};

struct TopStatement
{
    std::string id, text;
    std::int64_t calls = 0, rows = 0;
    double totalMs = 0, meanMs = 0, worstMs = -1;
};

struct TopStatements
{
    std::optional<TimePoint> since; // statistics are since then; empty: the server does not tell
    std::vector<TopStatement> mostTimeFirst;
};

struct PostgresDetails
{
    NodePart<PostgresConnectionFigures> connections;
    NodePart<PostgresHorizonFigures> horizon;
    NodePart<PostgresReplicationFigures> replication;
    NodePart<PostgresActivityFigures> activity;
    NodePart<std::vector<PostgresTable>> tables;     // the most dead rows first
    NodePart<std::vector<RunningStatement>> running; // for longer than a second, the longest first
    NodePart<TopStatements> top;
};

struct NodeDetails
{
    int node = 0;
    std::string name;
    NodeKind kind = NodeKind::Postgres;
    TimePoint takenAt;        // by this process's clock
    RedisDetails redis;       // of a Redis node
    PostgresDetails postgres; // of a PostgreSQL node
};

// --- what the probes know besides the snapshot

struct ProbedNode
{
    int node = 0;
    std::int64_t connectionsMost = -1;    // Redis: maxclients; PostgreSQL: max_connections
    std::int64_t memoryMostBytes = -1;    // Redis: maxmemory, 0: no limit
    std::optional<TimePoint> silentSince; // the last probe that was answered; empty: it answers
};

// --- the monitor's own cost

// What the monitor's own connections sent to one node and how long its probes took.
struct NodeCost
{
    int node = 0;
    std::string name;
    NodeKind kind = NodeKind::Postgres;
    std::int64_t requestsTotal = 0; // Redis: commands; PostgreSQL: statements; since the engine started
    double requestsPerSecond = -1;
    double sentBytesPerSecond = -1;     // Redis: on the socket; PostgreSQL: the statements' text
    double receivedBytesPerSecond = -1; // Redis: on the socket; PostgreSQL: not measured
    double probeP50Ms = -1, probeP99Ms = -1;
    int probes = 0, missed = 0; // behind the percentiles, and those that were not answered
};

struct OwnCost
{
    double windowSeconds = 0;      // of the rates; 0: not known yet
    double probeWindowSeconds = 0; // of the percentiles: from the first of these probes until now
    std::vector<NodeCost> nodes;
};

} // namespace backend
