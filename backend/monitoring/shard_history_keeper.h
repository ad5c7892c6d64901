// The last hour of every logical shard: rates by the second for five minutes, everything by ten seconds for
// an hour. Floats: 45 MB with 4096 shards, 0.7 MB with 64 (shards × 4 B × (2 rates × 300 + 6 metrics × 361)).
// It begins with the process. Written by the sampler, read by anyone: thread-safe.
#pragma once

#include "backend/common/result.h"
#include "backend/domain/shard_history.h"

#include <array>
#include <deque>
#include <mutex>
#include <vector>

namespace backend {

class ShardHistoryKeeper
{
public:
    static constexpr std::chrono::seconds kFineStep{1}, kCoarseStep{10};
    static constexpr std::size_t kFineColumns = 300, kCoarseColumns = 361;

    void add(const ClusterSnapshot& snapshot);
    // See Monitor::shardHistory.
    Result<ShardHistory> range(BalanceMetric metric, TimePoint begin, TimePoint end, int most) const;

private:
    struct Column
    {
        std::int64_t slot = 0; // times the step: seconds since the Unix epoch
        std::vector<float> means;
    };
    class Tier
    {
    public:
        Tier(std::chrono::seconds step, std::size_t capacity)
            : m_step(step)
            , m_capacity(capacity)
        {
        }
        void add(TimePoint at, const std::vector<float>& values);
        void addTo(ShardHistory& out, TimePoint begin, TimePoint end) const; // means, NaN where unknown
        bool empty() const { return m_columns.empty(); }
        TimePoint begin() const { return TimePoint(m_columns.front().slot * m_step); } // REQUIRES: not empty
        std::chrono::seconds step() const { return m_step; }

    private:
        std::chrono::seconds m_step;
        std::size_t m_capacity;
        std::deque<Column> m_columns;        // ascending
        std::vector<std::uint16_t> m_counts; // behind the newest column's means
    };
    struct Metric
    {
        Tier fine{kFineStep, kFineColumns}, coarse{kCoarseStep, kCoarseColumns};
    };
    const Tier& tierFor(const Metric& metric, TimePoint begin) const;

    mutable std::mutex m_mutex;
    std::array<Metric, kBalanceMetrics.size()> m_metrics; // by BalanceMetric
    int m_shards = 0;
    TimePoint m_newest; // snapshot
};

} // namespace backend
