#include "backend/monitoring/capacity.h"

#include "backend/cache/redis_address.h"
#include "backend/cache/redis_client.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <map>
#include <random>

namespace backend {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;
constexpr Milliseconds kNodePatience{3'000};  // with a node that says nothing at all
constexpr double kNearly = 0.125;             // a timeline so close to a size stands for it
constexpr std::size_t kEnoughNearly = 5;      // and so many of them are a measurement
constexpr double kShortestGrowthSeconds = 60; // below it buffers and connections say more than timelines

Spread spreadOf(std::vector<double> values)
{
    Spread out;
    out.samples = std::int64_t(values.size());
    if (values.empty()) return out;
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
        return values[std::size_t(std::llround(share * double(values.size() - 1)))];
    };
    double sum = 0, squares = 0;
    for (const double value : values)
        sum += value;
    out.mean = sum / double(values.size());
    for (const double value : values)
        squares += (value - out.mean) * (value - out.mean);
    out.p10 = at(0.1);
    out.p50 = at(0.5);
    out.p90 = at(0.9);
    out.most = values.back();
    if (values.size() > 1)
        out.standardError = std::sqrt(squares / double(values.size() - 1) / double(values.size()));
    return out;
}

// One weighed timeline, and how many of the cluster's it stands for: nodes differ in size.
struct Weighted
{
    double entries = 0, bytes = 0, weight = 1;
};

// What timelines of a size weigh, from those that were weighed: the mean of those close to it, or a line
// between the nearest smaller and larger sizes; an empty timeline weighs what its floor does.
class SizePrices
{
public:
    explicit SizePrices(const std::vector<Weighted>& timelines)
        : m_sorted(timelines)
    {
        std::sort(m_sorted.begin(), m_sorted.end(),
                  [](const auto& a, const auto& b) { return a.entries < b.entries; });
    }

    double largest() const { return m_sorted.empty() ? 0 : m_sorted.back().entries; }

    struct Price
    {
        double bytes = 0;
        bool weighed = false;
    };
    std::optional<Price> at(double entries) const
    {
        if (const auto near = meanNear(entries); near) return Price{*near, true};
        const auto above =
            std::lower_bound(m_sorted.begin(), m_sorted.end(), entries,
                             [](const auto& timeline, double size) { return timeline.entries < size; });
        if (above == m_sorted.end()) return std::nullopt;
        const double high = meanNear(above->entries, 1).value_or(above->bytes);
        const Weighted below = above == m_sorted.begin() ? Weighted{} : *std::prev(above);
        const double low = above == m_sorted.begin() ? 0 : meanNear(below.entries, 1).value_or(below.bytes);
        const double span = above->entries - below.entries;
        return Price{span > 0 ? low + (high - low) * (entries - below.entries) / span : high, false};
    }

private:
    std::optional<double> meanNear(double entries, std::size_t enough = kEnoughNearly) const
    {
        double perEntry = 0;
        std::size_t count = 0;
        const auto from =
            std::lower_bound(m_sorted.begin(), m_sorted.end(), entries * (1 - kNearly),
                             [](const auto& timeline, double size) { return timeline.entries < size; });
        for (auto it = from; it != m_sorted.end() && it->entries <= entries * (1 + kNearly); ++it) {
            if (it->entries <= 0) continue;
            perEntry += it->bytes / it->entries;
            ++count;
        }
        if (count < enough || entries <= 0) return std::nullopt;
        return perEntry / double(count) * entries;
    }

    std::vector<Weighted> m_sorted;
};

CapPrice priceOf(int cap, int presentCap, const std::vector<Weighted>& timelines, double population)
{
    CapPrice out;
    out.cap = cap;
    const SizePrices prices(timelines);
    if (cap > presentCap) {
        out.notMeasured = "timelines are cut at " + std::to_string(presentCap) +
                          " entries now: how many readers have more to show cannot be seen in Redis";
        return out;
    }
    double bytes = 0, weights = 0;
    bool weighed = true, cuts = false;
    for (const auto& timeline : timelines) {
        double weighs = timeline.bytes;
        if (timeline.entries > double(cap)) {
            const auto price = prices.at(double(cap));
            if (!price) continue; // cannot be: this one is larger
            weighs = std::min(price->bytes, timeline.bytes);
            weighed = weighed && price->weighed;
            cuts = true;
            out.cutReaders += timeline.weight;
        }
        bytes += weighs * timeline.weight;
        weights += timeline.weight;
    }
    out.basis = !cuts ? "uncut" : weighed ? "weighed" : "between";
    out.bytesPerTimeline = bytes / weights;
    out.bytes = out.bytesPerTimeline * population;
    out.readersPerGiB = kGiB / out.bytesPerTimeline;
    return out;
}

NodeCapacity nodeOf(const SampledNode& node)
{
    NodeCapacity out;
    out.node = node.id;
    out.name = node.name;
    if (!node.sample) {
        out.notMeasured = node.sample.error().message;
        return out;
    }
    const auto& sample = *node.sample;
    out.usedMemoryBytes = sample.usedMemoryBytes;
    out.maxMemoryBytes = sample.maxMemoryBytes;
    out.machineMemoryBytes = sample.machineMemoryBytes;
    out.keys = sample.keys;
    std::vector<double> bytes;
    std::int64_t withFloor = 0;
    for (const auto& timeline : sample.weighed) {
        out.orphans += !timeline.hasFloor;
        withFloor += timeline.hasFloor;
        out.notValid += timeline.hasFloor && !timeline.valid;
        if (timeline.valid) bytes.push_back(double(timeline.bytes));
    }
    out.sampled = std::int64_t(bytes.size());
    // All of them, unless floors are void: then as large a share as in the sample.
    out.timelines =
        withFloor > 0 ? std::llround(double(sample.timelines) * double(out.sampled) / double(withFloor)) : 0;
    out.bytesPerTimeline = spreadOf(std::move(bytes));
    // What was weighed needs no guess: of all timelines there is no error left.
    if (out.timelines > 1)
        out.bytesPerTimeline.standardError *= std::sqrt(
            double(std::max<std::int64_t>(out.timelines - out.sampled, 0)) / double(out.timelines - 1));
    if (out.sampled == 0)
        out.notMeasured = "it holds no home timeline that counts";
    else
        out.timelinesBytes = out.bytesPerTimeline.mean * double(out.timelines);
    return out;
}

std::vector<int> capsOf(std::span<const int> caps, int presentCap)
{
    if (!caps.empty()) return {caps.begin(), caps.end()};
    return {std::max(1, presentCap / 4), std::max(1, presentCap / 2), presentCap};
}

// Of all nodes together: each node's sample stands for its timelines.
double weightedError(const Capacity& capacity)
{
    double variance = 0;
    for (const auto& node : capacity.nodes) {
        if (node.timelines <= 0) continue;
        const double share = double(node.timelines) / double(capacity.timelines);
        variance += share * share * node.bytesPerTimeline.standardError * node.bytesPerTimeline.standardError;
    }
    return std::sqrt(variance);
}

} // namespace

std::vector<SampledNode> sampleNodes(const std::vector<NodeEndpoint>& redisNodes, int readersPerNode,
                                     Deadline deadline)
{
    const std::uint64_t seed = (std::uint64_t(std::random_device{}()) << 32) | std::random_device{}();
    std::vector<std::future<SampledNode>> running;
    for (const auto& node : redisNodes)
        running.push_back(std::async(std::launch::async, [&node, readersPerNode, seed, deadline] {
            RedisClient client({node});
            // A silent one is known at once; one that answers may take its time.
            if (auto answer = client.command(node.id, {"PING"}, deadline.earlier(kNodePatience)); !answer)
                return SampledNode{node.id, node.name, fail(std::move(answer.error()))};
            return SampledNode{node.id, node.name,
                               sampleTimelineMemory(client, node.id, readersPerNode, seed, deadline)};
        }));
    std::vector<SampledNode> out;
    for (auto& one : running)
        out.push_back(one.get());
    return out;
}

Capacity judgeCapacity(const std::vector<SampledNode>& nodes, int presentCap, std::span<const int> caps)
{
    Capacity out;
    out.cap = presentCap;
    std::vector<Weighted> timelines;
    std::vector<double> bytes, perEntry, entries;
    double usedBytes = 0;
    for (const auto& sampled : nodes) {
        auto node = nodeOf(sampled);
        if (node.sampled > 0) {
            out.timelines += node.timelines;
            out.sampled += node.sampled;
            out.timelinesBytes += node.timelinesBytes;
            usedBytes += double(node.usedMemoryBytes);
            for (const auto& timeline : sampled.sample->weighed) {
                if (!timeline.valid) continue;
                timelines.push_back({double(timeline.entries), double(timeline.bytes),
                                     double(node.timelines) / double(node.sampled)});
                bytes.push_back(double(timeline.bytes));
                entries.push_back(double(timeline.entries));
                if (timeline.entries > 0)
                    perEntry.push_back(double(timeline.bytes) / double(timeline.entries));
            }
        }
        out.nodes.push_back(std::move(node));
    }
    if (out.sampled == 0) {
        out.notMeasured = "no Redis node has a home timeline that could be weighed";
        return out;
    }
    out.bytesPerTimeline = spreadOf(std::move(bytes));
    out.bytesPerEntry = spreadOf(std::move(perEntry));
    out.entriesPerTimeline = spreadOf(std::move(entries));
    double allEntries = 0;
    for (const auto& timeline : timelines)
        allEntries += timeline.entries * timeline.weight;
    if (allEntries > 0)
        out.bytesPerEntry.mean = out.timelinesBytes / allEntries; // not the mean of each one's
    out.bytesPerTimeline.mean = out.timelinesBytes / double(out.timelines);
    out.bytesPerTimeline.standardError = weightedError(out);
    out.readersPerGiB = kGiB / out.bytesPerTimeline.mean;
    out.readersPerGiBError =
        2 * out.readersPerGiB * out.bytesPerTimeline.standardError / out.bytesPerTimeline.mean;
    out.otherBytes = std::max(0.0, usedBytes - out.timelinesBytes);
    for (const int cap : capsOf(caps, presentCap))
        out.caps.push_back(priceOf(cap, presentCap, timelines, double(out.timelines)));
    return out;
}

void countMachines(Capacity& capacity, const std::vector<NodeEndpoint>& redisNodes)
{
    std::map<std::string, int> onHost;
    std::map<int, std::string> hostOf;
    for (const auto& node : redisNodes) {
        const auto address = parseRedisAddress(node.address);
        hostOf[node.id] = address ? address->host : node.address; // empty: this machine, by a socket
        ++onHost[hostOf[node.id]];
    }
    for (auto& node : capacity.nodes)
        if (const auto host = hostOf.find(node.node); host != hostOf.end())
            node.nodesOnMachine = onHost[host->second];
}

void addGrowth(Capacity& capacity, const ClusterSnapshot& snapshot, const std::vector<HistoryPoint>& history)
{
    for (std::size_t place = 0; place < snapshot.nodes.size(); ++place) {
        const HistoryPoint *first = nullptr, *last = nullptr;
        for (const auto& point : history) {
            if (place >= point.nodeMemoryBytes.size() || std::isnan(point.nodeMemoryBytes[place])) continue;
            if (!first) first = &point;
            last = &point;
        }
        if (!first) continue;
        const double seconds = std::chrono::duration<double>(last->at - first->at).count();
        if (seconds < kShortestGrowthSeconds) continue;
        for (auto& node : capacity.nodes) {
            if (node.node != snapshot.nodes[place].id) continue;
            node.growthBytesPerHour =
                (last->nodeMemoryBytes[place] - first->nodeMemoryBytes[place]) / seconds * 3'600;
            capacity.growthWindowSeconds = std::max(capacity.growthWindowSeconds, seconds);
        }
    }
}

} // namespace backend
