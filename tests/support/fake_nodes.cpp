// The values of fakeNodeDetails.
#include "tests/support/fake_engine.h"

namespace tests {
namespace {

using namespace std::chrono_literals;

backend::RedisDetails redisDetails(const backend::NodeSnapshot& node, backend::TimePoint now)
{
    backend::RedisDetails out;
    out.memory.value = backend::RedisMemoryFigures{
        node.memoryBytes, node.memoryBytes + 4096, 2 * node.memoryBytes, node.memoryBytes / 2, 64 << 20, 2.0,
        "noeviction"};
    backend::RedisPersistenceFigures persistence;
    persistence.lastSaveStatus = persistence.lastAofWriteStatus = "ok";
    persistence.lastSaveAt = now - 90s;
    persistence.changesSinceSave = 12;
    persistence.savePoints = "3600 1";
    out.persistence.value = persistence;
    backend::RedisReplicationFigures replication;
    replication.offset = 5000;
    replication.replicas.push_back({"10.0.0.7:6379", "online", 120, 1});
    out.replication.value = replication;
    out.clients.value = backend::RedisClientFigures{node.connections, 10'000, 1, 0, 20'480, 512};
    backend::RedisKeyFigures keys;
    keys.windowSeconds = 30;
    keys.hitRatio = 0.9;
    keys.lookupsPerSecond = 40;
    keys.commandsPerSecond = 100;
    keys.evictedPerSecond = 0;
    keys.expiredPerSecond = 1.5;
    keys.receivedBytesPerSecond = 4'000;
    keys.sentBytesPerSecond = 9'000;
    keys.evictedTotal = 0;
    keys.expiredTotal = 321;
    out.keys.value = keys;
    out.keyspace.value = std::vector<backend::RedisDatabase>{{0, node.keys, 17}};
    backend::RedisSlowLog slow;
    slow.thresholdMicroseconds = 10'000;
    slow.thresholdKnown = true;
    slow.length = 2;
    slow.newestFirst = {{8, now - 5s, 25'000, "ZRANGE {3}:home:42 0 -1", "10.0.0.9:51000", "rookery"},
                        {7, now - 65s, 1'500'000, "KEYS *", "10.0.0.8:50000", ""}};
    out.slowLog.value = slow;
    out.latency.value = backend::RedisLatency{100, {{"command", now - 5s, 150, 1'500}}};
    return out;
}

backend::PostgresDetails postgresDetails(const backend::NodeSnapshot& node, backend::TimePoint now)
{
    backend::PostgresDetails out;
    backend::PostgresConnectionFigures connections;
    connections.most = 200;
    connections.reserved = 3;
    connections.open = node.connections;
    connections.states = {
        {"idle", node.connections - 2, 40}, {"active", 1, 2.5}, {"idle in transaction", 1, 8}};
    out.connections.value = connections;
    out.horizon.value = backend::PostgresHorizonFigures{12.5, "process 4711 of rookery_engine (rookery)", 345,
                                                        "process 4711 of rookery_engine (rookery)", 90'000};
    backend::PostgresReplicationFigures replication;
    replication.replicas.push_back({"standby at 10.0.0.5", "streaming", false, true, 2048, 0.3});
    replication.replicas.push_back({"old_standby", "physical", true, false, 5LL << 30, -1});
    out.replication.value = replication;
    backend::PostgresActivityFigures activity;
    activity.windowSeconds = 30;
    activity.hitRatio = 0.98;
    activity.blocksPerSecond = 2'000;
    activity.transactionsPerSecond = 120;
    activity.rollbacksPerSecond = 0.5;
    activity.deadlocks = 0;
    activity.temporaryBytesPerSecond = 0;
    out.activity.value = activity;
    out.tables.value = std::vector<backend::PostgresTable>{
        {"users_0003.follows", 900, 1'000, 1 << 20, now - 600s, now - 600s, false},
        {"queue.tasks", 20, 5, 1 << 16, std::nullopt, std::nullopt, true}};
    out.running.value =
        std::vector<backend::RunningStatement>{{4711, "rookery_engine", "rookery", "active",
                                                "Timeout: PgSleep", now - 12s, 12.5, "SELECT pg_sleep(60)"}};
    backend::TopStatements top;
    top.since = now - 3600s;
    top.mostTimeFirst = {{"77", "SELECT id FROM posts WHERE author_id = $1", 500, 5'000, 9'000, 18, 120}};
    out.top.value = top;
    return out;
}

} // namespace

backend::NodeDetails fakeNodeDetails(const backend::NodeSnapshot& node,
                                     std::optional<backend::TimePoint> takenAt)
{
    backend::NodeDetails out;
    out.node = node.id;
    out.name = node.name;
    out.kind = node.kind;
    out.takenAt = takenAt.value_or(
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()));
    if (node.kind == backend::NodeKind::Redis)
        out.redis = redisDetails(node, out.takenAt);
    else
        out.postgres = postgresDetails(node, out.takenAt);
    return out;
}

} // namespace tests
