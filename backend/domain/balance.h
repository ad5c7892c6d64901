// Shard balance, said honestly: spread measures and what chance alone would give. Pure functions.
#pragma once

#include "backend/domain/snapshot.h"

#include <string_view>
#include <vector>

namespace backend {

enum class BalanceMetric { Timelines, Entries, Bytes, Posts, Deliveries, Reads };
inline constexpr std::array kBalanceMetrics{BalanceMetric::Timelines,  BalanceMetric::Entries,
                                            BalanceMetric::Bytes,      BalanceMetric::Posts,
                                            BalanceMetric::Deliveries, BalanceMetric::Reads};
std::string_view toString(BalanceMetric metric); // "timelines" … "deliveries/s" "reads/s"

// The metric of one shard; NaN where unknown.
double valueOf(const ShardSnapshot& shard, BalanceMetric metric);
// Whether that value is not of now, but the last known: of a node that is down, or, of rates, before the
// directory fell silent.
bool lastKnown(const ShardSnapshot& shard, BalanceMetric metric);
// Whether its values count single events, those of the last second in a snapshot.
constexpr bool countsEvents(BalanceMetric metric)
{
    return metric == BalanceMetric::Deliveries || metric == BalanceMetric::Reads;
}
// All of them are known, and there is none.
bool nobodyThere(const ClusterSnapshot& snapshot);
// Of all shards; 0 while those of any shard are not known: a part of them would draw too wide a band of
// chance.
std::int64_t usersOf(const ClusterSnapshot& snapshot);

struct BalanceSummary
{
    double total = 0, mean = 0, max = 0, min = 0; // over the shards (or nodes) with a known value
    double maxOverMean = 0;                       // 0 when the mean is 0
    double coefficientOfVariation = 0;            // standard deviation (population) over mean
    // What uniform hashing of n equal users over S shards gives by chance: sqrt((S-1)/n). Where the values
    // count m single events, few of them vary by themselves as well: sqrt((S-1)(1/n + 1/m)).
    double chanceCoefficientOfVariation = 0;
    int known = 0;
};
// users: how many independent users are spread over the bins (n in the formula); 0 when unknown.
// eventSeconds: the values are single events a second, counted over so many seconds; 0: they count no events.
BalanceSummary summarize(const std::vector<double>& values, std::int64_t users, double eventSeconds = 0);

// The band around the mean in which chance alone puts most bins, on either side, as a part of the mean: the
// same wherever it is drawn or named.
inline constexpr double kChanceDeviations = 2; // standard deviations, "2 σ"
inline double chanceBand(const BalanceSummary& summary)
{
    return kChanceDeviations * summary.chanceCoefficientOfVariation;
}

struct NodeLoad
{
    int node = 0;
    std::string name;
    int shards = 0;
    double value = 0;       // NaN where no shard of it is known
    bool lastKnown = false; // of before: see lastKnown()
};
// Sums by the node that holds the shards in the role the metric belongs to, highest first.
std::vector<NodeLoad> loadByNode(const ClusterSnapshot& snapshot, BalanceMetric metric);

// Over the logical shards, and over the nodes that hold them. seconds: that rates are means of.
BalanceSummary shardBalance(const ClusterSnapshot& snapshot, BalanceMetric metric, double seconds = 1);
BalanceSummary nodeBalance(const ClusterSnapshot& snapshot, BalanceMetric metric, double seconds = 1);

} // namespace backend
