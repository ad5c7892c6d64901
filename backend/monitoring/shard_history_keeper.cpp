#include "backend/monitoring/shard_history_keeper.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace backend {
namespace {

constexpr std::chrono::milliseconds kFillsWithin{2'500};
constexpr float kUnknownValue = std::numeric_limits<float>::quiet_NaN();

template <class Step>
std::int64_t slotOf(TimePoint at, Step step)
{
    return std::chrono::floor<std::chrono::microseconds>(at.time_since_epoch()) / step;
}

} // namespace

void ShardHistoryKeeper::Tier::add(TimePoint at, const std::vector<float>& values)
{
    const auto slot = slotOf(at, m_step);
    while (!m_columns.empty() && slot < m_columns.back().slot)
        m_columns.pop_back(); // the clock was set back: what it said of later is void
    if (m_columns.empty() || slot > m_columns.back().slot || m_columns.back().means.size() != values.size()) {
        m_columns.push_back({slot, std::vector<float>(values.size(), kUnknownValue)});
        m_counts.assign(values.size(), 0);
        if (m_columns.size() > m_capacity) m_columns.pop_front();
    }
    auto& means = m_columns.back().means;
    for (std::size_t shard = 0; shard < values.size(); ++shard) {
        if (std::isnan(values[shard])) continue;
        const auto count = ++m_counts[shard];
        means[shard] =
            count == 1 ? values[shard] : means[shard] + (values[shard] - means[shard]) / float(count);
    }
}

void ShardHistoryKeeper::Tier::addTo(ShardHistory& out, TimePoint begin, TimePoint end) const
{
    std::vector<std::uint16_t> counts(out.values.size(), 0);
    const auto from = slotOf(begin, m_step);
    const auto first =
        std::lower_bound(m_columns.begin(), m_columns.end(), from,
                         [](const Column& column, std::int64_t slot) { return column.slot < slot; });
    for (auto column = first; column != m_columns.end(); ++column) {
        const TimePoint at(column->slot * m_step);
        if (at >= end) break;
        if (column->means.size() != std::size_t(out.shards)) continue;
        const auto into = std::size_t((std::max(at, out.at.front()) - out.at.front()) / out.step);
        if (into >= out.at.size()) break;
        for (std::size_t shard = 0; shard < column->means.size(); ++shard) {
            const float value = column->means[shard];
            if (std::isnan(value)) continue;
            const auto place = into * column->means.size() + shard;
            const auto count = ++counts[place];
            auto& mean = out.values[place];
            mean = count == 1 ? value : mean + (value - mean) / float(count);
        }
    }
}

void ShardHistoryKeeper::add(const ClusterSnapshot& snapshot)
{
    const std::lock_guard lock(m_mutex);
    m_shards = int(snapshot.shards.size());
    // A rate is of the time since the snapshot before. Where that was a little more than a second it may fill
    // one that no snapshot fell into.
    const auto skipped = snapshot.takenAt - kFineStep;
    const bool fills = snapshot.takenAt - m_newest < kFillsWithin &&
                       slotOf(snapshot.takenAt, kFineStep) - slotOf(m_newest, kFineStep) == 2;
    m_newest = std::max(m_newest, snapshot.takenAt);
    std::vector<float> values(snapshot.shards.size());
    for (const auto metric : kBalanceMetrics) {
        std::transform(snapshot.shards.begin(), snapshot.shards.end(), values.begin(),
                       [metric](const ShardSnapshot& shard) {
                           // What was known before its node fell is no measurement of this second.
                           return lastKnown(shard, metric) ? kUnknownValue : float(valueOf(shard, metric));
                       });
        auto& kept = m_metrics[std::size_t(metric)];
        // What a shard holds is counted every few seconds only.
        if (countsEvents(metric) && fills) kept.fine.add(skipped, values);
        if (countsEvents(metric)) kept.fine.add(snapshot.takenAt, values);
        kept.coarse.add(snapshot.takenAt, values);
    }
}

// By the second as long as that reaches back as far as was asked for, or as anything does.
const ShardHistoryKeeper::Tier& ShardHistoryKeeper::tierFor(const Metric& metric, TimePoint begin) const
{
    if (metric.fine.empty()) return metric.coarse;
    const auto fineBegin = metric.fine.begin();
    return begin >= fineBegin || metric.coarse.begin() + kCoarseStep > fineBegin ? metric.fine
                                                                                 : metric.coarse;
}

Result<ShardHistory> ShardHistoryKeeper::range(BalanceMetric metric, TimePoint begin, TimePoint end,
                                               int most) const
{
    if (begin >= end || most < 2)
        return fail(ErrorCode::InvalidArgument,
                    "a history of shards needs a begin before its end and at least 2 columns");
    const std::lock_guard lock(m_mutex);
    const auto& tier = tierFor(m_metrics[std::size_t(metric)], begin);
    ShardHistory out;
    out.metric = metric;
    out.shards = m_shards;
    out.step = tier.step();
    const auto last = end - std::chrono::microseconds(1);
    while (slotOf(last, out.step) - slotOf(begin, out.step) + 1 > most)
        out.step += tier.step();
    for (auto slot = slotOf(begin, out.step); slot <= slotOf(last, out.step); ++slot)
        out.at.push_back(TimePoint(slot * out.step));
    out.values.assign(out.at.size() * std::size_t(m_shards), kUnknownValue);
    tier.addTo(out, begin, end);
    return out;
}

} // namespace backend
