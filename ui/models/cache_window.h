// Hits and misses of each cache over a window, from the cumulative counts in the history. Pure functions.
#pragma once

#include "ui/bridge/history_view.h"

#include <QtGlobal>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ui {

struct CacheWindow
{
    std::string name;
    std::int64_t hits = 0, misses = 0;

    std::int64_t lookups() const { return hits + misses; }
    // 0 … 1; empty without traffic.
    std::optional<double> hitRatio() const
    {
        return lookups() > 0 ? std::optional(double(hits) / double(lookups())) : std::nullopt;
    }
};

// One per cache, in the order in which the newest point names them. The counts are sums over the engines
// alive: when one restarts or leaves, a sum goes down. Such a step counts as nothing, for hits and misses
// alike, so that no figure is negative and no ratio lies above 1; so does a step over a gap, whose time is
// not known time either.
std::vector<CacheWindow> cacheWindows(const HistoryView& history);
// What these counts are of: from the first point to the last, without gaps.
double knownSeconds(const HistoryView& history);

// Those that the newest point names, in its order.
std::vector<std::string> cacheNames(std::span<const backend::HistoryPoint> history);

// The hit ratio of some caches together over time, in at most `buckets` equal spans of the history; NaN
// without traffic. The spans are the same for every cache.
struct RatioSeries
{
    std::vector<double> atSeconds; // end of each span, seconds since the Unix epoch
    std::vector<double> percent;   // 0 … 100
};
RatioSeries hitRatioOverTime(std::span<const backend::HistoryPoint> history,
                             const std::vector<std::string>& caches, int buckets);

// Seconds between the first and the last point; 0 with fewer than two.
double coveredSeconds(std::span<const backend::HistoryPoint> history);

} // namespace ui
