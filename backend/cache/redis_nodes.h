// The connections of one client, by node. Owned by its RedisClient; one thread at a time.
#pragma once

#include "backend/cache/redis_connection.h"
#include "backend/cache/redis_pipeline.h"

#include <memory>
#include <unordered_map>
#include <vector>

namespace backend {

inline constexpr Milliseconds kLongestConnect{3'000};

class RedisNodes
{
public:
    // The options outlive it.
    RedisNodes(std::vector<NodeEndpoint> endpoints, const RedisClientOptions& options)
    {
        for (auto& endpoint : endpoints) {
            m_places.emplace(endpoint.id, m_connections.size());
            m_connections.push_back(std::make_unique<RedisConnection>(std::move(endpoint), options));
        }
    }

    static constexpr std::size_t npos = std::size_t(-1);
    std::size_t size() const { return m_connections.size(); }
    std::size_t placeOf(int node) const
    {
        const auto found = m_places.find(node);
        return found == m_places.end() ? npos : found->second;
    }
    RedisConnection& at(std::size_t place) const { return *m_connections[place]; }

    static Error unknown(int node)
    {
        return {ErrorCode::StaleShardMap,
                "Redis node " + std::to_string(node) +
                    " has no address here: refresh the shard map, then try again",
                true};
    }

private:
    std::vector<std::unique_ptr<RedisConnection>> m_connections;
    std::unordered_map<int, std::size_t> m_places;
};

} // namespace backend
