#include "tests/integration/degraded_cluster.h"

#include "backend/cache/timelines.h"
#include "backend/common/config.h"

using namespace backend;

namespace tests {

DegradedCluster::DegradedCluster()
{
    m_cluster = PrivateCluster::start(3, 4);
    const auto made = makeCluster(m_cluster->servers());
    ClusterConfig toml;
    toml.name = "degradation";
    toml.environment = "demo";
    toml.shards = kTestShards;
    toml.directoryAddress = made.address;
    config = m_place.filePath("cluster.toml").toStdString();
    take(writeClusterToml(toml, config));
    session = connectTo(config, 2);

    m_broken = std::make_unique<BrokenNodes>(*m_cluster);

    const auto settle = [this] {
        if (!drained()) throw std::runtime_error("the queue did not drain");
    };
    // Users, posts and the directory on a node of their own each.
    auto& monitor = engine().monitor();
    const auto directory = [&](const std::string& node) { return node == "pg-3"; };
    UserId elsewhere; // with its posts on another node than the author's
    for (int i = 0; !author || !elsewhere; ++i) {
        const auto user = take(feed().createUser({"u_" + std::to_string(i), "User"}, soon())).id;
        const auto at = take(monitor.locate(user));
        if (directory(at.postsNode)) {
            elsewhere = user;
        } else if (!author && at.usersNode != at.postsNode) {
            author = user;
            m_at = at;
        }
    }
    if (made.name != "pg-3") throw std::runtime_error("the directory is on " + made.name);
    reader = userThere("reader");
    shortReader = userThere("short_reader");
    settle();
    take(feed().follow(reader, author, soon()));
    take(feed().follow(shortReader, author, soon()));
    settle();
    for (int i = 0; i < 40; ++i)
        posts.push_back(post());
    for (int i = 0; i < kElsewhere; ++i)
        take(feed().post(elsewhere, "a post", soon()));
    settle();
    makeFloor(shortReader, posts[20]);
}

std::vector<std::string> DegradedCluster::nodesOf(int broken) const
{
    switch (broken) {
    case Users:
        return {m_at.usersNode};
    case Posts:
        return {m_at.postsNode};
    case Directory:
        return {"pg-3"};
    case TimelineNode:
        return {m_at.timelinesNode};
    default:
        return {"redis-1", "redis-2", "redis-3", "redis-4"};
    }
}

UserId DegradedCluster::userThere(const std::string& handle)
{
    for (int i = 0;; ++i) {
        const auto user = take(feed().createUser({handle + "_" + std::to_string(i), "User"}, soon())).id;
        const auto at = take(engine().monitor().locate(user));
        if (at.usersNode == m_at.usersNode && at.postsNode == m_at.postsNode &&
            at.timelinesNode == m_at.timelinesNode)
            return user;
    }
}

void DegradedCluster::makeFloor(UserId owner, PostId floor)
{
    const auto node = m_cluster->node(m_at.timelinesNode);
    RedisClient client({node});
    const auto runId = take(client.runId(node.id, soon()));
    RedisBatch batch(client);
    batch.add(node.id, {"SET", timelineFloorKey(TimelineFamily::Home, owner), floorValue(floor, runId)});
    take(batch.run(soon()));
}

void DegradedCluster::forgetBodies()
{
    for (const auto& node : m_cluster->endpoints()) {
        if (node.kind != NodeKind::Redis) continue;
        RedisClient client({node});
        RedisBatch batch(client);
        for (const auto id : posts)
            batch.add(node.id,
                      {"UNLINK", "{" + std::to_string(id.shard()) + "}:post:" + std::to_string(id.value)});
        take(batch.run(soon()));
    }
}

} // namespace tests
