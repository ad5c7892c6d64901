// The facade's Monitor: snapshots and history from the sampler, ledgers and delays from PostgreSQL, where a
// user's data lies, the shard report. Owned by the engine; thread-safe.
#pragma once

#include "backend/engine.h"
#include "backend/monitoring/ledger_reader.h"
#include "backend/monitoring/sampler.h"

namespace backend {

class MonitorService final : public Monitor
{
public:
    // REQUIRES: all references outlive the service. The ledger reader's pools may be the feed's or the
    // monitor's.
    MonitorService(const Sampler& sampler, const ShardMapSource& maps, const LedgerReader& ledger,
                   int timelineCap)
        : m_sampler(sampler)
        , m_maps(maps)
        , m_ledger(ledger)
        , m_timelineCap(timelineCap)
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
    Result<std::vector<std::optional<Milliseconds>>>
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
    Result<EventPage> events(const EventQuery& query, Deadline deadline) override
    {
        return m_sampler.events(query, deadline);
    }

private:
    const Sampler& m_sampler;
    const ShardMapSource& m_maps;
    const LedgerReader& m_ledger;
    const int m_timelineCap;
};

} // namespace backend
