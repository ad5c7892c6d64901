#include "backend/monitoring/history_series.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace backend {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

struct Field
{
    std::string_view name;
    double HistoryPoint::*value;
};
constexpr std::array kFields{
    Field{"deliveries_per_s", &HistoryPoint::deliveriesPerSecond},
    Field{"posts_per_s", &HistoryPoint::postsPerSecond},
    Field{"reads_per_s", &HistoryPoint::readsPerSecond},
    Field{"failed_reads_per_s", &HistoryPoint::failedReadsPerSecond},
    Field{"failed_writes_per_s", &HistoryPoint::failedWritesPerSecond},
    Field{"partial_pages_per_s", &HistoryPoint::partialPagesPerSecond},
    Field{"fanout_p50_ms", &HistoryPoint::fanoutP50Ms},
    Field{"fanout_p95_ms", &HistoryPoint::fanoutP95Ms},
    Field{"fanout_p99_ms", &HistoryPoint::fanoutP99Ms},
    Field{"queue_unfinished", &HistoryPoint::queueUnfinished},
    Field{"queue_oldest_age_s", &HistoryPoint::queueOldestAgeSeconds},
    Field{"queue_dead", &HistoryPoint::queueDead},
    Field{"arrivals_per_s", &HistoryPoint::arrivalsPerSecond},
    Field{"drain_per_s", &HistoryPoint::drainPerSecond},
    Field{"imbalance", &HistoryPoint::imbalance},
};
constexpr std::string_view kHits = "cache_hits/", kMisses = "cache_misses/", kMemory = "node_memory_bytes/",
                           kCommands = "node_commands_per_s/", kDisk = "node_disk_bytes/";

void add(SeriesValues& out, std::string_view prefix, const std::string& name, double value)
{
    if (!std::isnan(value)) out.emplace_back(std::string(prefix) + name, value);
}

void addNodes(SeriesValues& out, std::string_view prefix, const std::vector<std::string>& names,
              const std::vector<double>& values)
{
    for (std::size_t i = 0; i < std::min(names.size(), values.size()); ++i)
        add(out, prefix, names[i], values[i]);
}

void addCaches(SeriesValues& out, const HistoryPoint& point, const HistoryPoint& before)
{
    for (const auto& cache : point.caches) {
        const auto old = std::find_if(before.caches.begin(), before.caches.end(),
                                      [&](const auto& c) { return c.name == cache.name; });
        if (old == before.caches.end() || old->hits > cache.hits || old->misses > cache.misses) continue;
        add(out, kHits, cache.name, double(cache.hits - old->hits));
        add(out, kMisses, cache.name, double(cache.misses - old->misses));
    }
}

using Values = std::map<std::string, double>;

double valueOf(const Values& values, std::string_view prefix, std::string_view name)
{
    const auto found = values.find(std::string(prefix) + std::string(name));
    return found == values.end() ? kUnknown : found->second;
}

// What lies below a prefix, added to what was counted before.
void sumUp(const Values& values, std::string_view prefix, double seconds, std::map<std::string, double>& sums)
{
    for (auto it = values.lower_bound(std::string(prefix));
         it != values.end() && it->first.starts_with(prefix); ++it)
        sums[it->first.substr(prefix.size())] += it->second * seconds;
}

} // namespace

SeriesValues seriesOf(const HistoryPoint& point, const std::vector<std::string>& nodeNames,
                      const HistoryPoint* before)
{
    SeriesValues out;
    for (const auto& field : kFields)
        add(out, field.name, {}, point.*field.value);
    if (before) addCaches(out, point, *before);
    addNodes(out, kMemory, nodeNames, point.nodeMemoryBytes);
    addNodes(out, kCommands, nodeNames, point.nodeCommandsPerSecond);
    addNodes(out, kDisk, nodeNames, point.nodeDiskBytes);
    return out;
}

std::vector<HistoryPoint> pointsOf(const std::map<TimePoint, std::map<std::string, double>>& values,
                                   const std::vector<std::string>& nodeNames, double seconds)
{
    std::vector<HistoryPoint> out;
    std::map<std::string, double> hits, misses;
    for (const auto& [at, known] : values) {
        HistoryPoint point{};
        point.at = at;
        for (const auto& field : kFields)
            point.*field.value = valueOf(known, field.name, {});
        sumUp(known, kHits, seconds, hits);
        sumUp(known, kMisses, seconds, misses);
        for (const auto& [name, sum] : hits)
            point.caches.push_back({name, std::llround(sum), std::llround(misses[name])});
        for (const auto& name : nodeNames) {
            point.nodeMemoryBytes.push_back(valueOf(known, kMemory, name));
            point.nodeCommandsPerSecond.push_back(valueOf(known, kCommands, name));
            point.nodeDiskBytes.push_back(valueOf(known, kDisk, name));
        }
        out.push_back(std::move(point));
    }
    return out;
}

} // namespace backend
