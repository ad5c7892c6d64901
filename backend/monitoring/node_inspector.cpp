#include "backend/monitoring/node_inspector.h"

#include "backend/common/clock.h"

namespace backend {

NodeInspector::NodeInspector(const std::vector<NodeEndpoint>& nodes, const SqlPools& pools,
                             const std::shared_ptr<RedisTraffic>& traffic)
    : m_pools(pools)
{
    for (const auto& endpoint : nodes) {
        auto& node = m_nodes[endpoint.id];
        node.endpoint = endpoint;
        if (endpoint.kind == NodeKind::Redis)
            node.client = std::make_unique<RedisClient>(
                std::vector{endpoint},
                RedisClientOptions{.name = "rookery", .mayConnect = {}, .traffic = traffic});
    }
}

Result<NodeDetails> NodeInspector::inspect(int id, Deadline deadline)
{
    const auto found = m_nodes.find(id);
    if (found == m_nodes.end())
        return fail(ErrorCode::NotFound, "there is no node " + std::to_string(id) + " in this cluster");
    auto& node = found->second;
    const std::unique_lock lock(node.busy, deadline.at());
    if (!lock)
        return fail(ErrorCode::DeadlineExceeded,
                    "an earlier look at " + node.endpoint.name + " is still waiting for its answer", true);
    NodeDetails out;
    out.node = id;
    out.name = node.endpoint.name;
    out.kind = node.endpoint.kind;
    if (node.client) {
        ROOKERY_ASSIGN(out.redis, inspectRedis(*node.client, id, node.redisWindow, deadline));
    } else {
        ROOKERY_ASSIGN(auto* pool, m_pools.pool(id));
        ROOKERY_ASSIGN(out.postgres, inspectPostgres(*pool, node.postgresWindow, deadline));
    }
    out.takenAt = SystemWallClock().now();
    return out;
}

} // namespace backend
