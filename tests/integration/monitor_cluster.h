// A cluster for the monitor's tests: users on pg-1, posts and the directory on pg-2, Redis nodes, the schemas
// of a few logical shards and pools of the engine's role, with users and posts that are known. Owned by the
// test; its thread.
#pragma once

#include "backend/common/sql.h"
#include "backend/domain/ids.h"
#include "backend/store/shard_sql.h"
#include "tests/support/private_cluster.h"

#include <stdexcept>

namespace tests {

inline constexpr int kMonitorShards = 4;

inline backend::Deadline soon()
{
    return backend::Deadline::after(std::chrono::seconds(20));
}

// The value, or throws with the error's message, which Qt Test reports.
template <class T>
T take(backend::Result<T> result)
{
    if (!result) throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class FixedMap final : public backend::ShardMapSource
{
public:
    explicit FixedMap(backend::ShardMap map)
        : m_map(std::make_shared<const backend::ShardMap>(std::move(map)))
    {
    }
    std::shared_ptr<const backend::ShardMap> current() const override { return m_map; }

private:
    std::shared_ptr<const backend::ShardMap> m_map;
};

std::string schemaName(const char* role, int shard); // users_0002
backend::UserId userId(int number);                  // in shard number % 4
backend::PostId postId(int number, backend::UserId author);

struct MonitorCluster
{
    explicit MonitorCluster(int redisNodes);

    // 40 users; user 0 follows the even ones; every user i wrote posts i and 100 + i; post 102 is deleted.
    void writeUsersAndPosts() const;
    void writePosts(const char* node) const;
    // Schemas on a node, as its owner.
    void addSchemas(const char* node, const std::vector<backend::SchemaTarget>& targets) const;

    int id(const char* node) const { return servers->node(node).id; }
    backend::SqlPool& pool(const char* node) const { return *take(pools->pool(id(node))); }
    backend::SqlRows sql(const char* node, const std::string& text) const;
    std::unique_ptr<backend::SqlPool> ownerPool(const char* node) const;
    void changeAsOwner(const char* node, const std::string& text) const;

    std::unique_ptr<PrivateCluster> servers;
    FixedMap maps;
    std::unique_ptr<backend::SqlPools> pools;
};

} // namespace tests
