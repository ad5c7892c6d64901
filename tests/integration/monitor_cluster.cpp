#include "tests/integration/monitor_cluster.h"

#include "backend/store/migrations.h"
#include "backend/store/postgres_pool.h"

namespace tests {

using namespace backend;

namespace {

ShardMap placement(const PrivateCluster& servers, int redisNodes)
{
    ShardMap map;
    map.epoch = 3;
    map.shardCount = kMonitorShards;
    map.nodes = servers.endpoints();
    map.usersNode.assign(kMonitorShards, servers.node("pg-1").id);
    map.postsNode.assign(kMonitorShards, servers.node("pg-2").id);
    for (int i = 0; i < kMonitorShards; ++i)
        map.timelinesNode.push_back(servers.node("redis-" + std::to_string(1 + i % redisNodes)).id);
    return map;
}

} // namespace

std::string schemaName(const char* role, int shard)
{
    return std::string(role) + "_000" + std::to_string(shard);
}

UserId userId(int number)
{
    return UserId{makeRawId(400'000'000'000 + number, number % kMonitorShards, 1)};
}

PostId postId(int number, UserId author)
{
    return PostId{makeRawId(450'000'000'000 + number, author.shard(), 1)};
}

MonitorCluster::MonitorCluster(int redisNodes)
    : servers(PrivateCluster::start(2, redisNodes))
    , maps(placement(*servers, redisNodes))
{
    std::map<int, std::unique_ptr<SqlPool>> made;
    for (const char* name : {"pg-1", "pg-2"}) {
        const bool users = name == std::string("pg-1");
        std::vector<SchemaTarget> targets{{"queue", "queue"}};
        if (!users) targets.push_back({"directory", "directory"});
        for (int shard = 0; shard < kMonitorShards; ++shard)
            targets.push_back({users ? "users" : "posts", schemaName(users ? "users" : "posts", shard)});
        addSchemas(name, targets);
        made.emplace(id(name), makePostgresPool(servers->node(name), {}));
    }
    pools = std::make_unique<SqlPools>(std::move(made));
}

std::unique_ptr<SqlPool> MonitorCluster::ownerPool(const char* node) const
{
    auto owner = servers->node(node);
    owner.address = owner.ownerAddress;
    return makePostgresPool(owner, {});
}

void MonitorCluster::addSchemas(const char* node, const std::vector<SchemaTarget>& targets) const
{
    const auto pool = ownerPool(node);
    take(migrate(*take(pool->lease(soon())), targets, soon()));
}

SqlRows MonitorCluster::sql(const char* node, const std::string& text) const
{
    return take(take(pool(node).lease(soon()))->execute(text, {}, soon()));
}

void MonitorCluster::changeAsOwner(const char* node, const std::string& text) const
{
    const auto pool = ownerPool(node);
    take(take(pool->lease(soon()))->execute(text, {}, soon()));
}

void MonitorCluster::writeUsersAndPosts() const
{
    const auto reader = std::to_string(userId(0).value);
    for (int i = 0; i < 40; ++i) {
        const auto id = std::to_string(userId(i).value);
        sql("pg-1", "INSERT INTO " + schemaName("users", userId(i).shard()) +
                        ".users (id, handle, display_name) VALUES (" + id + ", 'u" + std::to_string(i) +
                        "', 'U')");
        if (i % 2 == 0 && i > 0)
            sql("pg-1", "INSERT INTO " + schemaName("users", userId(0).shard()) +
                            ".follows (follower, followee, state, version) VALUES (" + reader + ", " + id +
                            ", 1, 1)");
    }
    writePosts("pg-2");
}

void MonitorCluster::writePosts(const char* node) const
{
    for (int i = 0; i < 40; ++i)
        for (const int n : {i, 100 + i})
            sql(node, "INSERT INTO " + schemaName("posts", userId(i).shard()) +
                          ".posts (id, author_id, body, deleted_at) VALUES (" +
                          std::to_string(postId(n, userId(i)).value) + ", " +
                          std::to_string(userId(i).value) + ", 'body', " + (n == 102 ? "now()" : "NULL") +
                          ")");
}

} // namespace tests
