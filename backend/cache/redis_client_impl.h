// What a RedisClient holds, shared with its batches. Private to backend/cache.
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/cache/redis_nodes.h"

namespace backend {

struct RedisClient::Impl
{
    explicit Impl(std::vector<NodeEndpoint> endpoints)
        : nodes(std::move(endpoints))
    {
    }
    RedisNodes nodes;
};

} // namespace backend
