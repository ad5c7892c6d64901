// Ends what an engine that lost its leases may still send. Its connections bear one name, to PostgreSQL as
// application_name, to Redis by CLIENT SETNAME. Stateless; any thread.
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/domain/cluster.h"
#include "backend/store/shard_sql.h"

#include <string>

namespace backend {

struct EndedConnections
{
    std::int64_t postgres = 0, redis = 0;
    std::vector<std::string> unreachable; // what went wrong, a node each
};

// Ends all connections of that name, of the caller's own PostgreSQL role, to every node that answers by the
// deadline.
EndedConnections endConnectionsNamed(const std::string& name, const SqlPools& pools, RedisClientPool& redis,
                                     const ShardMap& map, Deadline deadline);

} // namespace backend
