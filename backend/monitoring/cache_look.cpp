#include "backend/monitoring/cache_look.h"

#include <algorithm>
#include <atomic>
#include <future>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr auto kWindow = 5min; // rates are over no more, if somebody looks often enough
constexpr std::size_t kThreads = 8;
constexpr auto kLeastApart = 5s; // looks closer together are one
constexpr std::array kObjects{std::size_t(4), std::size_t(5), std::size_t(6)}; // of kSampledFamilies
// The caches whose misses go through single flight.
constexpr std::array kFlights{CacheKind::HomeTimeline, CacheKind::AuthorTimeline, CacheKind::PublicTimeline,
                              CacheKind::PostObject};

LookedNode lookAtOne(const NodeEndpoint& node, Deadline deadline)
{
    RedisClient client({node});
    LookedNode out{node.id, node.name, KeySample{}, {}};
    auto info = redisInfo(client, node.id, deadline);
    if (!info) {
        out.sample = fail(info.error());
        return out;
    }
    out.info = std::move(*info);
    out.sample = sampleKeys(client, node.id, kKeysSampledPerNode, kKeysPerSecondAndNode, deadline);
    return out;
}

// However many nodes there are, by a few threads: each takes the next one that nobody has.
std::vector<LookedNode> lookAt(const std::vector<NodeEndpoint>& redisNodes, Deadline deadline)
{
    std::vector<LookedNode> out(redisNodes.size(), LookedNode{0, {}, KeySample{}, {}});
    std::atomic<std::size_t> next = 0;
    std::vector<std::future<void>> running;
    for (std::size_t i = 0; i < std::min(kThreads, redisNodes.size()); ++i)
        running.push_back(std::async(std::launch::async, [&] {
            for (auto at = next++; at < redisNodes.size(); at = next++)
                out[at] = lookAtOne(redisNodes[at], deadline);
        }));
    for (auto& one : running)
        one.get();
    return out;
}

std::size_t ttlBucket(std::int64_t ttlMs)
{
    const auto at = std::find_if(kTtlBounds.begin(), kTtlBounds.end(),
                                 [ttlMs](int seconds) { return ttlMs <= std::int64_t(seconds) * 1'000; });
    return std::size_t(at - kTtlBounds.begin());
}

void take(CacheDetails& out, const LookedNode& node)
{
    const auto& sample = *node.sample;
    out.keys += sample.keys;
    out.sampled += std::int64_t(sample.sampled.size());
    if (sample.sampled.empty()) return;
    const double standsFor = double(sample.keys) / double(sample.sampled.size());
    for (const auto& key : sample.sampled) {
        auto& family = out.families[key.family];
        ++family.sampled;
        family.keys += standsFor;
        family.bytes += double(key.bytes) * standsFor;
        const auto object = std::find(kObjects.begin(), kObjects.end(), key.family);
        if (object == kObjects.end()) continue;
        auto& spread = out.ttls[std::size_t(object - kObjects.begin())];
        ++spread.sampled;
        if (key.ttlMs < 0)
            ++spread.withoutTtl;
        else
            ++spread.buckets[ttlBucket(key.ttlMs)];
    }
}

NodeKeyCounts countsOf(const LookedNode& node)
{
    NodeKeyCounts out;
    out.node = node.id;
    out.name = node.name;
    if (!node.sample) {
        out.notMeasured = node.sample.error().message;
        return out;
    }
    out.keys = node.sample->keys;
    out.sampled = std::int64_t(node.sample->sampled.size());
    out.evictedTotal = node.info.evictedKeys;
    out.expiredTotal = node.info.expiredKeys;
    return out;
}

std::optional<double> maybePerSecond(std::int64_t before, std::int64_t now, double seconds)
{
    if (before < 0 || now < before || seconds <= 0) return std::nullopt;
    return double(now - before) / seconds;
}

} // namespace

CacheDetails judgeKeys(const std::vector<LookedNode>& nodes)
{
    CacheDetails out;
    for (const auto family : kSampledFamilies)
        out.families.push_back({std::string(family), 0, 0, 0});
    for (const auto family : kObjects)
        out.ttls.push_back({std::string(kSampledFamilies[family]), 0, 0, {}});
    for (const auto& node : nodes) {
        if (node.sample) take(out, node);
        out.nodes.push_back(countsOf(node));
    }
    return out;
}

CacheDetails CacheLook::look(const std::vector<NodeEndpoint>& redisNodes, const EngineCounters& engines,
                             Deadline deadline)
{
    const auto nodes = lookAt(redisNodes, deadline);
    auto out = judgeKeys(nodes);
    compare(out, nodes, engines, std::chrono::steady_clock::now());
    return out;
}

void CacheLook::compare(CacheDetails& details, const std::vector<LookedNode>& nodes,
                        const EngineCounters& engines, Time now)
{
    const std::lock_guard lock(m_mutex);
    // The newest of those that are older than the window may stay: it is better than none.
    while (m_looks.size() > 1 && now - m_looks[1].at >= kWindow)
        m_looks.pop_front();
    const Look* before = m_looks.empty() ? nullptr : &m_looks.front();
    const double seconds = before ? std::chrono::duration<double>(now - before->at).count() : 0;
    for (std::size_t i = 0; i < nodes.size() && before; ++i) {
        const auto known = before->nodes.find(nodes[i].id);
        if (!nodes[i].sample || known == before->nodes.end() || known->second.runId != nodes[i].info.runId)
            continue;
        auto& counts = details.nodes[i];
        counts.windowSeconds = seconds;
        counts.evictionsPerSecond = maybePerSecond(known->second.evictedKeys, counts.evictedTotal, seconds);
        counts.expirationsPerSecond = maybePerSecond(known->second.expiredKeys, counts.expiredTotal, seconds);
    }
    for (const auto kind : kFlights) {
        const auto at = std::size_t(kind);
        FlightCounts flight{kCacheKindNames[at], engines.flightsLed[at], engines.flightsJoined[at], {}, {}};
        if (before) {
            flight.ledInWindow = std::max<std::int64_t>(0, flight.led - before->engines.flightsLed[at]);
            flight.joinedInWindow =
                std::max<std::int64_t>(0, flight.joined - before->engines.flightsJoined[at]);
        }
        details.flights.push_back(std::move(flight));
    }
    details.flightsWindowSeconds = seconds;
    if (!m_looks.empty() && now - m_looks.back().at < kLeastApart) return;
    Look look{now, {}, engines};
    for (const auto& node : nodes)
        if (node.sample) look.nodes[node.id] = node.info;
    m_looks.push_back(std::move(look));
}

} // namespace backend
