// What a RedisClient holds, shared with its batches. Private to backend/cache.
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/cache/redis_nodes.h"

namespace backend {

struct RedisClient::Impl
{
    Impl(std::vector<NodeEndpoint> endpoints, RedisClientOptions given)
        : options(std::move(given))
        , nodes(std::move(endpoints), options)
    {
    }
    RedisClientOptions options; // its connections read it
    RedisNodes nodes;
};

} // namespace backend
