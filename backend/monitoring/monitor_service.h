// The facade's Monitor: snapshots and history from the sampler, ledgers and delays from PostgreSQL, where a
// user's data lies, the shard report. Owned by the engine; thread-safe.
#pragma once

#include "backend/engine.h"
#include "backend/monitoring/cache_look.h"
#include "backend/monitoring/ledger_reader.h"
#include "backend/monitoring/node_inspector.h"
#include "backend/monitoring/sampler.h"
#include "backend/monitoring/shard_inspector.h"

namespace backend {

class MonitorService final : public Monitor
{
public:
    using WorkerSpansSource = std::function<WorkerSpans(TimePoint begin, TimePoint end, std::size_t most)>;

    // REQUIRES: all references outlive the service. The ledger reader's pools may be the feed's or the
    // monitor's; `pools` are the sampler's.
    MonitorService(const Sampler& sampler, const ShardMapSource& maps, const LedgerReader& ledger,
                   const ShardInspector& shards, const SqlPools& pools, int timelineCap,
                   WorkerSpansSource workerSpans = {})
        : m_sampler(sampler)
        , m_maps(maps)
        , m_ledger(ledger)
        , m_shards(shards)
        , m_timelineCap(timelineCap)
        , m_workerSpans(std::move(workerSpans))
        , m_inspector(maps.current()->nodes, pools, sampler.redisTraffic())
    {
    }

    SnapshotPtr snapshot() const override { return m_sampler.snapshot(); }
    std::vector<HistoryPoint> history(TimePoint since) const override { return m_sampler.history(since); }
    Result<HistoryRange> historyRange(TimePoint begin, TimePoint end, int most) const override
    {
        return m_sampler.historyRange(begin, end, most);
    }
    Result<DeliveryLedger> ledger(PostId post, Deadline deadline) override
    {
        return m_ledger.ledger(post, deadline);
    }
    Result<std::vector<std::optional<DeliveryDelay>>>
    deliveryDelays(UserId reader, std::span<const PostId> posts, Deadline deadline) override
    {
        return m_ledger.delays(reader, posts, deadline);
    }
    Result<UserLocation> locate(UserId user) const override;
    ShardReport shardReport(const ClusterSnapshot& snapshot) const override;
    std::string render(const ShardReport& report, ReportFormat format) const override;
    Result<std::int64_t> unfinishedTasks(Deadline deadline) override
    {
        return m_ledger.unfinishedTasks(deadline);
    }
    Result<Capacity> capacity(std::span<const int> caps, Deadline deadline) override;
    Result<CacheDetails> cacheDetails(Deadline deadline) override;
    Result<QueueDetails> queueDetails(Deadline deadline) override;
    Result<QueueHistory> queueHistory(TimePoint begin, TimePoint end, int most, Deadline deadline) override;
    Result<WorkerSpans> workerSpans(TimePoint begin, TimePoint end, int most, Deadline deadline) override;
    Result<ShardHistory> shardHistory(BalanceMetric metric, TimePoint begin, TimePoint end,
                                      int most) const override
    {
        return m_sampler.shardHistory().range(metric, begin, end, most);
    }
    Result<ShardDetails> shardDetails(int shard, Deadline deadline, const ShardDetailsSink& soFar) override
    {
        return m_shards.details(shard, deadline, soFar);
    }
    Result<NodeDetails> nodeDetails(int node, Deadline deadline) override
    {
        return m_inspector.inspect(node, deadline);
    }
    std::vector<ProbedNode> probedNodes() const override { return m_sampler.probedNodes(); }
    OwnCost ownCost() const override { return m_sampler.ownCost(); }
    Result<EventPage> events(const EventQuery& query, Deadline deadline) override
    {
        return m_sampler.events(query, deadline);
    }

private:
    std::vector<NodeEndpoint> redisNodes() const;

    CacheLook m_cacheLook;
    const Sampler& m_sampler;
    const ShardMapSource& m_maps;
    const LedgerReader& m_ledger;
    const ShardInspector& m_shards;
    const int m_timelineCap;
    const WorkerSpansSource m_workerSpans; // may be empty: no workers here
    NodeInspector m_inspector;
};

} // namespace backend
