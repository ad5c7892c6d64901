// Monitor::nodeDetails: looks at one node in detail over the monitor's own connections. A node that hangs
// costs only its own callers, each until its deadline. Owned by the monitor; thread-safe.
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/domain/node_details.h"
#include "backend/monitoring/postgres_inspection.h"
#include "backend/monitoring/redis_inspection.h"
#include "backend/store/shard_sql.h"

#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace backend {

class NodeInspector
{
public:
    // REQUIRES: the pools outlive the inspector.
    NodeInspector(const std::vector<NodeEndpoint>& nodes, const SqlPools& pools,
                  const std::shared_ptr<RedisTraffic>& traffic);

    [[nodiscard]] Result<NodeDetails> inspect(int node, Deadline deadline);

private:
    struct Node
    {
        NodeEndpoint endpoint;
        std::timed_mutex busy;               // one look at a time
        std::unique_ptr<RedisClient> client; // of a Redis node
        RedisWindow redisWindow;
        PostgresWindow postgresWindow;
    };

    const SqlPools& m_pools;
    std::map<int, Node> m_nodes; // never changes after construction
};

} // namespace backend
