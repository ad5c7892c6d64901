#include "ui/models/window_figures.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {
namespace {

using backend::BalanceMetric;

constexpr double kUnknownFigure = std::numeric_limits<double>::quiet_NaN();

std::int64_t wholeOf(double mean)
{
    return std::isnan(mean) ? -1 : std::llround(mean);
}

void setMean(backend::ShardSnapshot& shard, BalanceMetric metric, double mean)
{
    switch (metric) {
    case BalanceMetric::Timelines:
        shard.timelines = wholeOf(mean);
        break;
    case BalanceMetric::Entries:
        shard.entries = wholeOf(mean);
        break;
    case BalanceMetric::Bytes:
        shard.bytes = wholeOf(mean);
        break;
    case BalanceMetric::Posts:
        shard.posts = wholeOf(mean);
        break;
    case BalanceMetric::Deliveries:
        shard.deliveriesPerSecond = std::isnan(mean) ? -1 : mean;
        shard.ratesOld = false;
        break;
    case BalanceMetric::Reads:
        shard.readsPerSecond = std::isnan(mean) ? -1 : mean;
        shard.ratesOld = false;
        break;
    }
}

} // namespace

WindowFigure windowFigure(const HistoryView& history, double backend::HistoryPoint::*value)
{
    WindowFigure out{kUnknownFigure, kUnknownFigure, kUnknownFigure};
    double sum = 0;
    int count = 0;
    for (const auto& point : history) {
        const double one = point.*value;
        if (!(one >= 0)) continue; // NaN, too
        sum += one;
        ++count;
        out.last = one;
        out.greatest = std::fmax(out.greatest, one);
    }
    for (const auto& point : history.greatest)
        if (point.*value >= 0) out.greatest = std::fmax(out.greatest, point.*value);
    if (count > 0) out.mean = sum / count;
    return out;
}

double WindowShards::knownPart() const
{
    double out = 0;
    for (const auto& means : byMetric)
        out = std::max(out, means.columns > 0 ? double(means.known) / means.columns : 0);
    return out;
}

double WindowShards::knownSeconds() const
{
    int columns = 0;
    for (const auto& means : byMetric)
        columns = std::max(columns, means.known);
    return columns * std::chrono::duration<double>(step).count();
}

WindowShards windowShards(const std::vector<backend::ShardHistory>& histories)
{
    WindowShards out;
    for (std::size_t i = 0; i < std::min(histories.size(), out.byMetric.size()); ++i) {
        out.byMetric[i] = shardMeans(histories[i]);
        out.step = histories[i].step;
    }
    return out;
}

backend::ClusterSnapshot overWindow(backend::ClusterSnapshot snapshot, const WindowShards& window)
{
    for (std::size_t m = 0; m < backend::kBalanceMetrics.size(); ++m) {
        const auto& means = window.byMetric[m].byShard;
        for (std::size_t s = 0; s < snapshot.shards.size(); ++s)
            setMean(snapshot.shards[s], backend::kBalanceMetrics[m],
                    s < means.size() ? means[s] : kUnknownFigure);
    }
    return snapshot;
}

} // namespace ui
