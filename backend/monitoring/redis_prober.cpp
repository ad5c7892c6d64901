#include "backend/monitoring/redis_prober.h"

#include <tuple>

namespace backend {
namespace {

using Clock = std::chrono::steady_clock;

double perSecond(std::int64_t before, std::int64_t now, double seconds)
{
    return before >= 0 && now >= before && seconds > 0 ? double(now - before) / seconds : -1;
}

} // namespace

RedisFigures redisFigures(const std::optional<RedisInfo>& before, const RedisInfo& now, double seconds)
{
    RedisFigures out;
    out.version = now.version;
    out.uptimeSeconds = now.uptimeSeconds;
    out.memoryBytes = now.usedMemoryBytes;
    out.connections = now.connectedClients;
    out.keys = now.keys;
    out.evictedTotal = now.evictedKeys;
    out.memoryMostBytes = now.maxMemoryBytes;
    out.connectionsMost = now.maxClients;
    if (now.evictsTimelines())
        out.policyError = "Its eviction policy " + now.maxmemoryPolicy +
                          " throws single timelines away unseen. Set maxmemory-policy to noeviction.";
    if (!before || before->runId != now.runId) return out;
    out.commandsPerSecond = perSecond(before->commandsProcessed, now.commandsProcessed, seconds);
    out.evictionsPerSecond = perSecond(before->evictedKeys, now.evictedKeys, seconds);
    const auto hits = now.keyspaceHits - before->keyspaceHits,
               misses = now.keyspaceMisses - before->keyspaceMisses;
    if (hits >= 0 && misses >= 0 && hits + misses > 0) out.hitRatio = double(hits) / double(hits + misses);
    return out;
}

RedisProber::RedisProber(std::vector<NodeEndpoint> nodes, ProbeTimes times,
                         std::shared_ptr<RedisTraffic> traffic)
    : m_times(times)
    , m_client(nodes, {.name = "rookery", .mayConnect = {}, .traffic = std::move(traffic)})
    , m_nodes([&nodes] {
        std::vector<Node> out;
        for (auto& node : nodes)
            out.push_back({std::move(node), NodeHealth(Clock::now()), {}, {}, {}, {}});
        return out;
    }())
    , m_thread("probe of the Redis nodes", times.interval, [this](const std::stop_token&) { step(); })
{
}

std::vector<std::pair<NodeEndpoint, RedisProber::View>> RedisProber::views() const
{
    const auto now = Clock::now();
    const std::lock_guard lock(m_mutex);
    std::vector<std::pair<NodeEndpoint, View>> out;
    out.reserve(m_nodes.size());
    for (const auto& node : m_nodes)
        out.emplace_back(node.endpoint, View{node.health.verdict(node.endpoint, now), node.figures});
    return out;
}

std::vector<ProbeRecord> RedisProber::records() const
{
    const auto now = Clock::now();
    const std::lock_guard lock(m_mutex);
    std::vector<ProbeRecord> out;
    for (const auto& node : m_nodes)
        out.push_back({node.endpoint, node.health.silentSince(now), node.figures.connectionsMost,
                       node.figures.memoryMostBytes, node.latencies.summary(now)});
    return out;
}

void RedisProber::step()
{
    RedisBatch batch(m_client);
    for (const auto& node : m_nodes) { // endpoints never change
        batch.add(node.endpoint.id, {"INFO"});
        batch.add(node.endpoint.id, {"DBSIZE"});
    }
    std::ignore = batch.run(Deadline::after(m_times.deadline)); // each node's own error is in its reply
    const auto now = Clock::now();
    const std::lock_guard lock(m_mutex);
    for (std::size_t i = 0; i < m_nodes.size(); ++i) {
        auto& node = m_nodes[i];
        take(node, batch.reply(2 * i), batch.reply(2 * i + 1), now);
        const auto roundTrip = batch.roundTrip(node.endpoint.id);
        node.figures.probeMilliseconds =
            roundTrip ? std::chrono::duration<double, std::milli>(*roundTrip).count() : -1;
        node.latencies.add(now, roundTrip ? std::optional(node.figures.probeMilliseconds) : std::nullopt);
    }
}

// The mutex is held.
void RedisProber::take(Node& node, const Result<RedisReply>& info, const Result<RedisReply>& keys,
                       NodeHealth::Time now)
{
    if (!info || !keys) return node.health.missed(info ? keys.error() : info.error());
    auto parsed = parseRedisInfo(info->text);
    parsed.keys = keys->integer;
    node.figures = redisFigures(node.last, parsed, std::chrono::duration<double>(now - node.lastAt).count());
    node.last = std::move(parsed);
    node.lastAt = now;
    node.health.answered(now);
}

} // namespace backend
