#include "backend/monitoring/own_cost.h"

#include <algorithm>

namespace backend {

OwnCostMeter::OwnCostMeter(std::vector<NodeEndpoint> nodes, const SqlPools& pools,
                           std::shared_ptr<RedisTraffic> traffic)
    : m_nodes(std::move(nodes))
    , m_pools(pools)
    , m_traffic(std::move(traffic))
{
}

OwnCostMeter::Counts OwnCostMeter::countsOf(const NodeEndpoint& node) const
{
    Counts out;
    if (node.kind == NodeKind::Redis) {
        if (const auto* counted = m_traffic->of(node.id))
            out = {counted->commands.load(), counted->sentBytes.load(), counted->receivedBytes.load()};
    } else if (const auto pool = m_pools.pool(node.id)) {
        const auto statistics = (*pool)->statistics();
        out.requests = statistics.statements;
        out.sentBytes = statistics.sentTextBytes;
    }
    return out;
}

void OwnCostMeter::read(Time now)
{
    Reading reading{now, {}};
    for (const auto& node : m_nodes)
        reading.nodes.push_back(countsOf(node));
    const std::lock_guard lock(m_mutex);
    m_readings.push_back(std::move(reading));
    while (m_readings.size() > 2 && now - m_readings.front().at > kWindow)
        m_readings.pop_front();
}

OwnCost OwnCostMeter::cost(const std::vector<ProbeRecord>& probes) const
{
    OwnCost out;
    const std::lock_guard lock(m_mutex);
    if (m_readings.size() >= 2)
        out.windowSeconds =
            std::chrono::duration<double>(m_readings.back().at - m_readings.front().at).count();
    for (std::size_t i = 0; i < m_nodes.size(); ++i) {
        NodeCost node;
        node.node = m_nodes[i].id;
        node.name = m_nodes[i].name;
        node.kind = m_nodes[i].kind;
        if (!m_readings.empty()) node.requestsTotal = m_readings.back().nodes[i].requests;
        if (out.windowSeconds > 0) {
            const auto &first = m_readings.front().nodes[i], &last = m_readings.back().nodes[i];
            const auto rate = [&](std::int64_t Counts::*count) {
                return double(last.*count - first.*count) / out.windowSeconds;
            };
            node.requestsPerSecond = rate(&Counts::requests);
            node.sentBytesPerSecond = rate(&Counts::sentBytes);
            if (node.kind == NodeKind::Redis) node.receivedBytesPerSecond = rate(&Counts::receivedBytes);
        }
        const auto probe = std::find_if(probes.begin(), probes.end(),
                                        [&](const auto& record) { return record.node.id == node.node; });
        if (probe != probes.end()) {
            node.probeP50Ms = probe->latency.p50Ms;
            node.probeP99Ms = probe->latency.p99Ms;
            node.probes = probe->latency.probes;
            node.missed = probe->latency.missed;
            out.probeWindowSeconds = std::max(out.probeWindowSeconds, probe->latency.windowSeconds);
        }
        out.nodes.push_back(std::move(node));
    }
    return out;
}

} // namespace backend
