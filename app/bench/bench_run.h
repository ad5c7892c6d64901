// What the measurements of one bench share: the private cluster and ways into it, sizes, the report they
// write to. Owned by runBench(); its thread, except where a measurement starts threads of its own on feed().
#pragma once

#include "app/bench/bench.h"
#include "app/session/session_factory.h"
#include "backend/cache/bare_pipeline.h"
#include "backend/cache/timelines.h"
#include "backend/store/shard_sql.h"

#include <chrono>
#include <memory>
#include <vector>

namespace app {

inline backend::Deadline callDeadline()
{
    return backend::Deadline::after(std::chrono::seconds(20));
}
inline backend::Deadline bulkDeadline()
{
    return backend::Deadline::after(std::chrono::seconds(120));
}

class Stopwatch
{
public:
    double seconds() const
    {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_from).count();
    }
    double milliseconds() const { return seconds() * 1e3; }

private:
    std::chrono::steady_clock::time_point m_from = std::chrono::steady_clock::now();
};

class BenchRun
{
public:
    [[nodiscard]] static backend::Result<std::unique_ptr<BenchRun>>
    open(const BenchOptions& options, const BenchProgress& progress, std::stop_token stop);

    backend::Feed& feed() { return m_session->engine().feed(); }
    backend::Operations& operations() { return m_session->engine().operations(); }
    backend::Monitor& monitor() { return m_session->engine().monitor(); }
    backend::AuditInputs inputs() { return m_session->auditInputs(); }
    backend::RedisClient& redis() { return *m_redis; }
    backend::BarePipeline& bare() { return *m_bare; }
    const backend::Timelines& timelines() const { return *m_timelines; }
    const backend::ShardMap& map() const { return *m_map; }
    backend::SqlSession sql() { return {*inputs().pools, *m_maps}; } // as the engine's role
    std::vector<backend::NodeEndpoint> nodes(backend::NodeKind kind) const;
    int timelinesNode(int shard) const { return m_map->timelinesNode[std::size_t(shard)]; }

    const BenchSizes& sizes() const { return m_sizes; }
    BenchReport& report() { return m_report; }
    void step(const std::string& what) const { m_progress(what); }
    const std::stop_token& stop() const { return m_stop; }
    // Cancelled once somebody wants the bench to end.
    [[nodiscard]] backend::Result<void> goOn() const;

    // Waits until no task is unfinished.
    [[nodiscard]] backend::Result<void> drain();
    [[nodiscard]] backend::Result<void> requireNoDeadLetters();
    [[nodiscard]] backend::Result<std::int64_t> redisBytes(); // used_memory of all nodes

private:
    struct FixedMap;
    BenchRun(const BenchOptions& options, const BenchProgress& progress, std::stop_token stop);

    BenchSizes m_sizes;
    BenchProgress m_progress;
    std::stop_token m_stop;
    BenchReport m_report;
    std::shared_ptr<OpenedSession> m_session;
    std::shared_ptr<const backend::ShardMap> m_map;
    std::unique_ptr<backend::ShardMapSource> m_maps;
    std::unique_ptr<backend::Timelines> m_timelines;
    std::unique_ptr<backend::RedisClient> m_redis;
    std::unique_ptr<backend::BarePipeline> m_bare;
};

} // namespace app
