// What the tests of backend/cache share: private Redis nodes with a fixed placement, clients, ids by hand.
// Owned by one test; its thread.
#pragma once

#include "backend/cache/timelines.h"
#include "tests/support/private_cluster.h"

#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace tests {

class RedisFixture : public backend::ShardMapSource
{
public:
    // Logical shards go round the nodes: shard 0 to redis-1, 1 to redis-2 …
    RedisFixture(int redisNodes, int shardCount)
        : m_cluster(PrivateCluster::start(1, redisNodes))
    {
        auto map = std::make_shared<backend::ShardMap>();
        map->shardCount = shardCount;
        for (const auto& endpoint : m_cluster->endpoints())
            if (endpoint.kind == backend::NodeKind::Redis) map->nodes.push_back(endpoint);
        for (int shard = 0; shard < shardCount; ++shard)
            map->timelinesNode.push_back(map->nodes[std::size_t(shard % redisNodes)].id);
        m_map = std::move(map);
    }

    std::shared_ptr<const backend::ShardMap> current() const override { return m_map; }
    const std::vector<backend::NodeEndpoint>& nodes() const { return m_map->nodes; }
    int node(const std::string& name) const { return m_cluster->node(name).id; }
    backend::EmbeddedServers& servers() { return m_cluster->servers(); }
    static backend::Deadline soon() { return backend::Deadline::after(std::chrono::seconds(20)); }

    // The reply's text (integers too; empty for nil). Throws on errors: a test's own commands must work.
    std::string redis(int node, std::initializer_list<std::string_view> words)
    {
        const auto reply = m_own->command(node, words, soon());
        if (!reply) throw std::runtime_error(reply.error().message);
        return reply->type == backend::RedisReply::Type::Integer ? std::to_string(reply->integer)
                                                                 : reply->text;
    }
    bool exists(int node, const std::string& key) { return redis(node, {"EXISTS", key}) == "1"; }

    // Everything as after a fresh start, whatever the test did to the nodes.
    void reset()
    {
        for (const auto& node : m_cluster->nodes()) {
            if (node.kind != backend::NodeKind::Redis) continue;
            if (node.pid == 0 && !m_cluster->servers().restartNode(node.name))
                throw std::runtime_error("no restart");
            std::ignore = m_cluster->servers().resumeNode(node.name);
            redis(node.id, {"FLUSHALL"});
        }
    }

private:
    std::unique_ptr<PrivateCluster> m_cluster;
    std::shared_ptr<const backend::ShardMap> m_map;
    std::unique_ptr<backend::RedisClient> m_own = std::make_unique<backend::RedisClient>(redisNodes());

    std::vector<backend::NodeEndpoint> redisNodes() const
    {
        std::vector<backend::NodeEndpoint> out;
        for (const auto& endpoint : m_cluster->endpoints())
            if (endpoint.kind == backend::NodeKind::Redis) out.push_back(endpoint);
        return out;
    }
};

// Two nodes with a logical shard each. Base of a test of clients; its thread.
class TwoRedisNodes
{
protected:
    void start() { m_redis = std::make_unique<RedisFixture>(2, 2); }
    void begin() { m_redis->reset(); } // before each test
    int node(const char* name) const { return m_redis->node(name); }
    static backend::Deadline soon() { return RedisFixture::soon(); }
    const std::vector<backend::NodeEndpoint>& nodes() const { return m_redis->nodes(); }

    std::unique_ptr<RedisFixture> m_redis;
};

// A post's id of the given millisecond since 2010, logical shard and slot.
inline backend::PostId postAt(std::int64_t ms, int shard = 0, int slot = 0)
{
    return backend::PostId{backend::makeRawId(ms, shard, slot)};
}
inline backend::UserId userOf(int shard, int slot = 0, std::int64_t ms = 1)
{
    return backend::UserId{backend::makeRawId(ms, shard, slot)};
}

} // namespace tests
