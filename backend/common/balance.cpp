#include "backend/domain/balance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace backend {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

template <class Number>
double known(Number value)
{
    return value < 0 ? kUnknown : double(value);
}

int nodeOf(const ShardSnapshot& shard, BalanceMetric metric)
{
    return metric == BalanceMetric::Posts ? shard.postsNode : shard.timelinesNode;
}

} // namespace

double valueOf(const ShardSnapshot& shard, BalanceMetric metric)
{
    switch (metric) {
    case BalanceMetric::Timelines:
        return known(shard.timelines);
    case BalanceMetric::Entries:
        return known(shard.entries);
    case BalanceMetric::Bytes:
        return known(shard.bytes);
    case BalanceMetric::Posts:
        return known(shard.posts);
    case BalanceMetric::Deliveries:
        return known(shard.deliveriesPerSecond);
    case BalanceMetric::Reads:
        return known(shard.readsPerSecond);
    }
    return kUnknown;
}

bool lastKnown(const ShardSnapshot& shard, BalanceMetric metric)
{
    if (std::isnan(valueOf(shard, metric))) return false;
    if (countsEvents(metric)) return shard.ratesOld;
    return metric == BalanceMetric::Posts ? shard.postsDown : shard.timelinesDown;
}

bool nobodyThere(const ClusterSnapshot& snapshot)
{
    return !snapshot.shards.empty() && std::all_of(snapshot.shards.begin(), snapshot.shards.end(),
                                                   [](const auto& shard) { return shard.users == 0; });
}

std::int64_t usersOf(const ClusterSnapshot& snapshot)
{
    std::int64_t users = 0;
    for (const auto& shard : snapshot.shards) {
        if (shard.users < 0) return 0;
        users += shard.users;
    }
    return users;
}

BalanceSummary summarize(const std::vector<double>& values, std::int64_t users, double eventSeconds)
{
    BalanceSummary out;
    double squares = 0;
    for (const double v : values) {
        if (std::isnan(v)) continue;
        out.min = out.known == 0 ? v : std::min(out.min, v);
        out.max = out.known == 0 ? v : std::max(out.max, v);
        out.total += v;
        ++out.known;
    }
    if (out.known == 0) return out;
    out.mean = out.total / out.known;
    for (const double v : values)
        if (!std::isnan(v)) squares += (v - out.mean) * (v - out.mean);
    if (out.mean > 0) {
        out.maxOverMean = out.max / out.mean;
        out.coefficientOfVariation = std::sqrt(squares / out.known) / out.mean;
    }
    if (users > 0) {
        const double events = out.total * eventSeconds;
        const double rare = events > 0 ? 1 / events : 0;
        out.chanceCoefficientOfVariation = std::sqrt((out.known - 1) * (1 / double(users) + rare));
    }
    return out;
}

std::vector<NodeLoad> loadByNode(const ClusterSnapshot& snapshot, BalanceMetric metric)
{
    std::map<int, NodeLoad> loads;
    for (const auto& shard : snapshot.shards) {
        auto& load = loads[nodeOf(shard, metric)];
        const double value = valueOf(shard, metric);
        if (load.shards++ == 0) load.value = kUnknown;
        load.lastKnown = load.lastKnown || lastKnown(shard, metric);
        if (!std::isnan(value)) load.value = std::isnan(load.value) ? value : load.value + value;
    }
    std::vector<NodeLoad> out;
    for (auto& [node, load] : loads) {
        load.node = node;
        const auto found = std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                                        [id = node](const NodeSnapshot& n) { return n.id == id; });
        load.name = found != snapshot.nodes.end() ? found->name : std::to_string(node);
        out.push_back(load);
    }
    const auto rank = [](const NodeLoad& l) { return std::isnan(l.value) ? -1.0 : l.value; };
    std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) { return rank(a) > rank(b); });
    return out;
}

BalanceSummary shardBalance(const ClusterSnapshot& snapshot, BalanceMetric metric, double seconds)
{
    std::vector<double> values;
    for (const auto& shard : snapshot.shards)
        values.push_back(valueOf(shard, metric));
    return summarize(values, usersOf(snapshot), countsEvents(metric) ? seconds : 0);
}

BalanceSummary nodeBalance(const ClusterSnapshot& snapshot, BalanceMetric metric, double seconds)
{
    std::vector<double> values;
    for (const auto& load : loadByNode(snapshot, metric))
        values.push_back(load.value);
    return summarize(values, usersOf(snapshot), countsEvents(metric) ? seconds : 0);
}

} // namespace backend
