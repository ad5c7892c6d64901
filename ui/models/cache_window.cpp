#include "ui/models/cache_window.h"

#include "ui/widgets/formatting.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {
namespace {

constexpr double kPauseSeconds = 3.5; // between two points: nothing was missed; more is a gap

const backend::CacheCounts* countsOf(const backend::HistoryPoint& point, const std::string& name)
{
    const auto found = std::find_if(point.caches.begin(), point.caches.end(),
                                    [&](const backend::CacheCounts& c) { return c.name == name; });
    return found == point.caches.end() ? nullptr : &*found;
}

// Calls visit(point, hits, misses) for each step between two points that know the cache, but for longer ones.
template <class Visit>
void eachStep(std::span<const backend::HistoryPoint> history, const std::string& name,
              backend::TimePoint::duration longest, Visit visit)
{
    const backend::CacheCounts* previous = nullptr;
    backend::TimePoint before;
    for (const auto& point : history) {
        const auto* counts = countsOf(point, name);
        if (!counts) continue;
        if (previous && point.at - before <= longest && counts->hits >= previous->hits &&
            counts->misses >= previous->misses)
            visit(point, counts->hits - previous->hits, counts->misses - previous->misses);
        previous = counts;
        before = point.at;
    }
}

} // namespace

std::vector<std::string> cacheNames(std::span<const backend::HistoryPoint> history)
{
    std::vector<std::string> names;
    for (auto point = history.rbegin(); point != history.rend() && names.empty(); ++point)
        for (const auto& counts : point->caches)
            names.push_back(counts.name);
    return names;
}

std::vector<CacheWindow> cacheWindows(const HistoryView& history)
{
    std::vector<CacheWindow> out;
    for (const auto& name : cacheNames(history)) {
        CacheWindow window{name, 0, 0};
        eachStep(history, name, history.step + kLateness,
                 [&](const auto&, std::int64_t hits, std::int64_t misses) {
                     window.hits += hits;
                     window.misses += misses;
                 });
        out.push_back(std::move(window));
    }
    return out;
}

RatioSeries hitRatioOverTime(std::span<const backend::HistoryPoint> history,
                             const std::vector<std::string>& caches, int buckets)
{
    RatioSeries out;
    if (coveredSeconds(history) <= 0 || buckets < 1) return out;
    const double start = secondsOf(history.front().at);
    const double span = std::max(1.0, coveredSeconds(history) / buckets);
    const auto count = std::size_t(std::ceil(coveredSeconds(history) / span));
    std::vector<CacheWindow> sums(count);
    std::vector<bool> known(
        count); // whether any point ends a step there: else the pause was only one in the sampling
    const auto bucketOf = [&](const backend::HistoryPoint& point) {
        // A step ends at its point, so that one on the border belongs to the span before it.
        const double position = std::ceil((secondsOf(point.at) - start) / span) - 1;
        return std::size_t(std::clamp(position, 0.0, double(count) - 1));
    };
    for (const auto& point : history.subspan(1))
        known[bucketOf(point)] = true;
    for (const auto& cache : caches)
        eachStep(history, cache, backend::TimePoint::duration::max(),
                 [&](const backend::HistoryPoint& point, std::int64_t hits, std::int64_t misses) {
                     auto& sum = sums[bucketOf(point)];
                     sum.hits += hits;
                     sum.misses += misses;
                 });
    double last = start;
    for (std::size_t i = 0; i < count; ++i) {
        const double at = start + double(i + 1) * span;
        if (!known[i] && at - last < span + kPauseSeconds) continue;
        last = at;
        out.atSeconds.push_back(at);
        const auto ratio = sums[i].hitRatio();
        out.percent.push_back(ratio ? *ratio * 100 : std::numeric_limits<double>::quiet_NaN());
    }
    return out;
}

double knownSeconds(const HistoryView& history)
{
    double seconds = coveredSeconds(history);
    for (const auto& gap : gapsOf(history)) // those at either end lie outside the points
        if (!history.empty() && gap.end > history.front().at && gap.end <= history.back().at)
            seconds -= secondsOf(gap.end) - secondsOf(gap.begin - history.step);
    return seconds;
}

double coveredSeconds(std::span<const backend::HistoryPoint> history)
{
    return history.size() < 2 ? 0 : secondsOf(history.back().at) - secondsOf(history.front().at);
}

} // namespace ui
