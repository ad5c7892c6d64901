// Probes one PostgreSQL node: whether it answers, its own statistics, its queue, the sizes of its logical
// shards. Each has its own cadence; those of counting adapt, so that each costs at most a twentieth of the
// time. Sizes are read some shards at a time, over several probes where there are many, and after the first
// probe: a start has more urgent questions. Owned by the sampler; a thread of its own, so that a hung
// node delays nobody. view() from any thread.
#pragma once

#include "backend/common/periodic_thread.h"
#include "backend/common/sql.h"
#include "backend/monitoring/node_health.h"
#include "backend/monitoring/probe_latencies.h"
#include "backend/queue/task_queue.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace backend {

struct ProbeTimes
{
    Milliseconds interval{1000}; // of probes and snapshots
    Milliseconds deadline{500};  // of one probe
    Milliseconds sizesEvery{5000};
    int shardsAtOnce = 32;         // of which the sizes are asked in one statement
    Milliseconds sizesWithin{125}; // of one probe; the next goes on
    int share = 20; // what is counted is counted no more often than every so many times its cost
};

struct SchemaSize // of one logical shard in one role
{
    std::int64_t rows = 0;  // live rows of `users` or `posts`, by PostgreSQL's statistics
    std::int64_t bytes = 0; // all its tables with indexes
};

struct PostgresFigures
{
    std::string version;
    double uptimeSeconds = -1, probeMilliseconds = -1, transactionsPerSecond = -1;
    std::int64_t connections = -1, connectionsMost = -1, databaseBytes = -1;
    std::map<std::string, SchemaSize> schemas; // "users_0017"; empty until first read
    NodeHealth::Time sizesAt{};                // when their reading began, databaseBytes too; zero: never
    QueueCounts queue;
    NodeHealth::Time queueAt{}; // when it was counted; zero: never
    std::string queueError;     // why the last count failed
};

class PostgresProber
{
public:
    struct View
    {
        NodeVerdict verdict;
        PostgresFigures figures;
    };

    PostgresProber(NodeEndpoint node, SqlPool& pool, std::unique_ptr<TaskQueue> queue, ProbeTimes times);

    const NodeEndpoint& node() const { return m_node; }
    View view() const;
    ProbeRecord record() const;
    void requestStop() { m_thread.requestStop(); }

private:
    using Time = NodeHealth::Time;
    void step();
    Result<void> probe();
    Result<void> readStatistics(SqlConnection& connection);
    void readSizes(SqlConnection& connection);
    Result<bool> readSomeSizes(SqlConnection& connection, Deadline deadline); // whether there are more
    void countQueue(SqlConnection& connection);
    Deadline deadline() const { return Deadline::after(m_times.deadline); }

    const NodeEndpoint m_node;
    SqlPool& m_pool;
    const std::unique_ptr<TaskQueue> m_queue;
    const ProbeTimes m_times;

    // Of the prober's thread alone.
    std::int64_t m_transactions = -1;
    Time m_transactionsAt{}, m_nextSizes, m_nextQueue{};
    std::map<std::string, SchemaSize> m_sizes; // so far, of the pass that is not at its end
    Time m_sizesBegun{};
    Time::duration m_sizesCost{}; // of that pass, so far

    mutable std::mutex m_mutex; // guards the three below
    PostgresFigures m_figures;
    NodeHealth m_health;
    ProbeLatencies m_latencies;

    PeriodicThread m_thread; // last: it uses all of the above
};

} // namespace backend
