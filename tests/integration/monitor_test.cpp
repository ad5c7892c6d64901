// The monitor on real servers: its figures against direct queries, nodes that hang, engines that die,
// ledgers, and commands that work when pasted. Waits for conditions and for snapshots to follow each other,
// never for a wall time.
#include <QProcess>
#include <QTest>

#include "backend/cache/timelines.h"
#include "backend/cluster/directory.h"
#include "backend/monitoring/locate.h"
#include "backend/monitoring/monitor_service.h"
#include "backend/store/postgres_pool.h"
#include "tests/support/private_cluster.h"
#include "tests/support/results.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

namespace {

constexpr int kShards = 4;
constexpr int kOwnSlot = 7;

Deadline soon()
{
    return Deadline::after(20s);
}

template <class T>
T take(Result<T> result)
{
    if (!result) throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class FixedMap final : public ShardMapSource
{
public:
    explicit FixedMap(ShardMap map)
        : m_map(std::make_shared<const ShardMap>(std::move(map)))
    {
    }
    std::shared_ptr<const ShardMap> current() const override { return m_map; }

private:
    std::shared_ptr<const ShardMap> m_map;
};

std::string migration(const std::string& name, const std::string& schema = {})
{
    std::ifstream in(std::string(ROOKERY_SOURCE_DIR "/backend/store/migrations/") + name);
    std::ostringstream text;
    text << in.rdbuf();
    std::string out = text.str();
    if (out.empty()) throw std::runtime_error("no migration " + name);
    for (auto at = out.find("{schema}"); at != std::string::npos; at = out.find("{schema}"))
        out.replace(at, 8, schema);
    return out;
}

std::string schemaName(const char* role, int shard)
{
    return std::string(role) + "_000" + std::to_string(shard);
}

UserId userId(int number)
{
    return UserId{makeRawId(400'000'000'000 + number, number % kShards, 1)};
}
PostId postId(int number, UserId author)
{
    return PostId{makeRawId(450'000'000'000 + number, author.shard(), 1)};
}

// Servers with schemas: users on pg-1, posts and directory on pg-2, and pools of the engine's role.
struct Cluster
{
    explicit Cluster(int redisNodes)
        : servers(PrivateCluster::start(2, redisNodes))
        , maps(placement(*servers, redisNodes))
    {
        std::map<int, std::unique_ptr<SqlPool>> made;
        for (const auto& node : servers->nodes()) {
            if (node.kind != NodeKind::Postgres) continue;
            auto owner = node;
            owner.address = node.ownerAddress;
            auto pool = makePostgresPool(owner, {});
            auto connection = take(pool->lease(soon()));
            take(connection->executeScript(migration("queue.0001.sql"), soon()));
            if (node.name == "pg-2") take(connection->executeScript(migration("directory.0001.sql"), soon()));
            for (int shard = 0; shard < kShards; ++shard) {
                const char* role = node.name == "pg-1" ? "users" : "posts";
                take(connection->executeScript(
                    migration(std::string(role) + ".0001.sql", schemaName(role, shard)), soon()));
            }
            made.emplace(node.id, makePostgresPool(node, {}));
        }
        pools = std::make_unique<SqlPools>(std::move(made));
    }

    static ShardMap placement(const PrivateCluster& servers, int redisNodes)
    {
        ShardMap map;
        map.epoch = 3;
        map.shardCount = kShards;
        map.nodes = servers.endpoints();
        map.usersNode.assign(kShards, servers.node("pg-1").id);
        map.postsNode.assign(kShards, servers.node("pg-2").id);
        for (int i = 0; i < kShards; ++i)
            map.timelinesNode.push_back(servers.node("redis-" + std::to_string(1 + i % redisNodes)).id);
        return map;
    }

    int id(const char* name) const { return servers->node(name).id; }
    SqlPool& pool(const char* node) const { return *take(pools->pool(id(node))); }
    SqlRows sql(const char* node, const std::string& text) const
    {
        return take(take(pool(node).lease(soon()))->execute(text, {}, soon()));
    }

    std::unique_ptr<PrivateCluster> servers;
    FixedMap maps;
    std::unique_ptr<SqlPools> pools;
};

SamplerSettings settings(const Cluster& cluster)
{
    SamplerSettings out;
    out.identity.clusterName = "test";
    out.identity.environment = "staging";
    out.identity.ownSlot = kOwnSlot;
    out.identity.ownEngineName = "here:1";
    out.identity.directoryNode = cluster.id("pg-2");
    out.times.interval = 200ms; // five snapshots a second: the test waits for snapshots, not for seconds
    out.times.sizesEvery = 400ms;
    out.sweep.restAfterPass = 200ms;
    out.sweep.restAfterError = 500ms;
    return out;
}

// A sampler with what an engine would give it.
struct Watch
{
    explicit Watch(const Cluster& cluster)
        : directory(cluster.pool("pg-2"))
        , sampler({cluster.maps, *cluster.pools, metrics, clock,
                   [] { return std::vector<WorkerSnapshot>(2); },
                   [this](const std::string& status) {
                       return directory.heartbeat(kOwnSlot, status, Deadline::after(500ms));
                   },
                   [this](const EngineOrders& orders) { paused = orders.paused; }},
                  settings(cluster))
        , ledger(*cluster.pools, cluster.maps)
        , service(sampler, cluster.maps, ledger)
    {
    }

    EngineMetrics metrics;
    SystemWallClock clock;
    Directory directory;
    std::atomic<bool> paused{false};
    Sampler sampler;
    LedgerReader ledger;
    MonitorService service;
};

using Condition = std::function<bool(const ClusterSnapshot&)>;

// The first snapshot that fits, or null after a time that no healthy machine needs.
SnapshotPtr await(const Sampler& sampler, const Condition& fits)
{
    for (int i = 0; i < 1'200; ++i) {
        auto snapshot = sampler.snapshot();
        if (fits(*snapshot)) return snapshot;
        QTest::qWait(50);
    }
    return nullptr;
}

const NodeSnapshot* nodeOf(const ClusterSnapshot& snapshot, const std::string& name)
{
    const auto found = std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                                    [&](const auto& n) { return n.name == name; });
    return found == snapshot.nodes.end() ? nullptr : &*found;
}

Condition health(const char* node, Health wanted)
{
    return [=](const ClusterSnapshot& s) { return nodeOf(s, node)->health == wanted; };
}

bool allOk(const ClusterSnapshot& s)
{
    return std::all_of(s.nodes.begin(), s.nodes.end(), [](const auto& n) { return n.health == Health::Ok; });
}

std::string describe(const ClusterSnapshot& s)
{
    std::string out = "snapshot " + std::to_string(s.sequence) + ": " + s.message;
    for (const auto& node : s.nodes)
        out += "\n  " + node.name + " " + std::to_string(int(node.health)) + " " + node.message;
    return out;
}

} // namespace

#define VERIFY_SNAPSHOT(found, from) QVERIFY2(found, describe(*(from).snapshot()).c_str())

class MonitorTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup();
    void figuresMatchDirectQueries();
    void timelinesAreCounted();
    void queueIsCounted();
    void enginesAreAddedUp();
    void ordersAreObeyed();
    void hungNodeFallsAloneAndComesBack_data();
    void hungNodeFallsAloneAndComesBack();
    void restartedNodeIsNoticed();
    void historyFollows();
    void ledgerIsReadWhole();
    void delaysComeFromTheCoveringChunk();
    void homeSqlWorks_data();
    void homeSqlWorks();
    void pastedRedisCommandWorks();
    void manyNodesHungDoNotDelayTheEnd();

private:
    void writeUsersAndPosts();
    std::unique_ptr<Cluster> m_cluster;
};

void MonitorTest::initTestCase()
{
    m_cluster = std::make_unique<Cluster>(2);
    writeUsersAndPosts();
    EngineRecord engine;
    engine.slot = kOwnSlot;
    engine.name = "here:1";
    engine.role = "test";
    engine.startedAt = SystemWallClock().now();
    engine.workersWanted = 2;
    take(Directory(m_cluster->pool("pg-2")).registerEngine(engine, soon()));
}

void MonitorTest::cleanup()
{
    for (const auto& node : m_cluster->servers->nodes())
        (void)m_cluster->servers->servers().resumeNode(node.name);
}

// 40 users; user 0 follows the even ones; every user wrote two posts, the second of user 2 is deleted.
void MonitorTest::writeUsersAndPosts()
{
    for (int i = 0; i < 40; ++i) {
        const auto user = userId(i);
        const auto id = std::to_string(user.value);
        m_cluster->sql("pg-1", "INSERT INTO " + schemaName("users", user.shard()) +
                                   ".users (id, handle, display_name) VALUES (" + id + ", 'u" +
                                   std::to_string(i) + "', 'U')");
        if (i % 2 == 0 && i > 0)
            m_cluster->sql("pg-1", "INSERT INTO " + schemaName("users", userId(0).shard()) +
                                       ".follows (follower, followee, state, version) VALUES (" +
                                       std::to_string(userId(0).value) + ", " + id + ", 1, 1)");
        for (const int n : {i, 100 + i})
            m_cluster->sql("pg-2", "INSERT INTO " + schemaName("posts", user.shard()) +
                                       ".posts (id, author_id, body, deleted_at)"
                                       " VALUES (" +
                                       std::to_string(postId(n, user).value) + ", " + id + ", 'body', " +
                                       (n == 102 ? "now()" : "NULL") + ")");
    }
}

void MonitorTest::figuresMatchDirectQueries()
{
    Watch watch(*m_cluster);
    QVERIFY(watch.sampler.snapshot() != nullptr); // at once
    QCOMPARE(watch.sampler.snapshot()->nodes.size(), std::size_t(4));
    const auto snapshot = await(watch.sampler, [](const ClusterSnapshot& s) {
        return allOk(s) && s.shards[0].users == 10 && s.shards[0].posts == 20 &&
               nodeOf(s, "pg-1")->commandsPerSecond >= 0 && nodeOf(s, "redis-1")->commandsPerSecond >= 0;
    });
    VERIFY_SNAPSHOT(snapshot, watch.sampler);
    QCOMPARE(snapshot->epoch, std::int64_t(3));
    for (const auto& shard : snapshot->shards) {
        const auto rows =
            m_cluster->sql("pg-1", "SELECT count(*) FROM " + schemaName("users", shard.shard) + ".users");
        QCOMPARE(shard.users, rows.integer(0, 0));
        const auto size = [&](const char* node, const char* role) {
            return m_cluster
                ->sql(node, "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n"
                            " ON n.oid = relnamespace WHERE relkind = 'r' AND nspname = '" +
                                schemaName(role, shard.shard) + "'")
                .integer(0, 0);
        };
        QCOMPARE(shard.postgresBytes, size("pg-1", "users") + size("pg-2", "posts"));
    }
    const auto* postgres = nodeOf(*snapshot, "pg-1");
    const auto version = m_cluster->sql("pg-1", "SHOW server_version");
    QVERIFY(std::string(version.text(0, 0)).starts_with(postgres->version) && !postgres->version.empty());
    QVERIFY(postgres->uptimeSeconds > 0 && postgres->connections >= 1 && postgres->probeMilliseconds > 0);
    QVERIFY(std::abs(postgres->diskBytes -
                     m_cluster->sql("pg-1", "SELECT pg_database_size(current_database())").integer(0, 0)) <
            2'000'000);
    QVERIFY((postgres->roles == std::vector{Role::Users}) && postgres->shards == kShards);
    QVERIFY((nodeOf(*snapshot, "pg-2")->roles == std::vector{Role::Directory, Role::Posts}));
    const auto* redis = nodeOf(*snapshot, "redis-2");
    QVERIFY(redis->memoryBytes > 100'000 && !redis->version.empty() && redis->evictedTotal == 0);
    QVERIFY((redis->roles == std::vector{Role::Timelines}) && redis->shards == 2);
}

void MonitorTest::timelinesAreCounted()
{
    RedisClient client(m_cluster->servers->endpoints());
    std::vector<std::int64_t> timelines(kShards), entries(kShards);
    for (int i = 0; i < 40; ++i) {
        const auto user = userId(i);
        const int node = m_cluster->maps.current()->timelinesNode[std::size_t(user.shard())];
        for (int n = 0; n <= i; ++n)
            VERIFY_OK(client.command(node,
                                     {"ZADD", timelineKey(TimelineFamily::Home, user), std::to_string(n),
                                      memberOf(PostId{1000 + n})},
                                     soon()));
        TAKE(runId, client.runId(node, soon()));
        // The last reader's floor is of another life: its timeline counts as absent, its entries still lie
        // there.
        const auto floor = "0 " + (i == 39 ? std::string(40, '0') : runId);
        VERIFY_OK(client.command(node, {"SET", timelineFloorKey(TimelineFamily::Home, user), floor}, soon()));
        VERIFY_OK(client.command(node, {"SET", "{0}:other:" + std::to_string(i), "x"}, soon()));
        if (i != 39) ++timelines[std::size_t(user.shard())];
        entries[std::size_t(user.shard())] += i + 1;
    }
    Watch watch(*m_cluster);
    const auto snapshot = await(watch.sampler, [&](const ClusterSnapshot& s) {
        return std::all_of(s.shards.begin(), s.shards.end(), [&](const ShardSnapshot& shard) {
            return shard.sweptAt && shard.timelines == timelines[std::size_t(shard.shard)] &&
                   shard.entries == entries[std::size_t(shard.shard)] && shard.bytes > 0;
        });
    });
    QVERIFY2(snapshot, qPrintable(QString("%1 timelines, %2 entries in shard 0")
                                      .arg(watch.sampler.snapshot()->shards[0].timelines)
                                      .arg(watch.sampler.snapshot()->shards[0].entries)));
    for (const char* name : {"redis-1", "redis-2"}) {
        const auto size = client.command(m_cluster->id(name), {"DBSIZE"}, soon());
        VERIFY_OK(size);
        VERIFY_SNAPSHOT(
            await(watch.sampler, [&](const auto& s) { return nodeOf(s, name)->keys == size->integer; }),
            watch.sampler);
    }
}

void MonitorTest::queueIsCounted()
{
    Watch watch(*m_cluster);
    const auto enqueue = [&](const char* node, TaskKind kind, int times) {
        std::vector<NewTask> tasks(std::size_t(times), NewTask{kind, 1, "{}", {}, {}});
        const auto statement = enqueueStatement(tasks);
        take(take(m_cluster->pool(node).lease(soon()))->execute(statement.sql, statement.parameters, soon()));
    };
    enqueue("pg-1", TaskKind::EdgeChanged, 3);
    enqueue("pg-2", TaskKind::PostCreated, 5);
    enqueue("pg-2", TaskKind::EdgeChanged, 2);
    m_cluster->sql(
        "pg-2",
        "INSERT INTO queue.dead_letters (id, kind, shard, payload, error, signature, attempts, created_at)"
        " VALUES (900, 2, 1, '{}', 'x', 'x', 8, now())");
    const auto kindOf = [](const ClusterSnapshot& s, TaskKind kind) {
        for (const auto& entry : s.queue)
            if (entry.kind == kind) return entry;
        return QueueKindSnapshot{};
    };
    const auto snapshot = await(watch.sampler, [&](const ClusterSnapshot& s) {
        return kindOf(s, TaskKind::EdgeChanged).ready == 5 && kindOf(s, TaskKind::PostCreated).ready == 5 &&
               s.queueDead == 1;
    });
    VERIFY_SNAPSHOT(snapshot, watch.sampler);
    QCOMPARE(snapshot->queueUnfinished, std::int64_t(10));
    QVERIFY(snapshot->queueOldestAgeSeconds > 0);
    TAKE(unfinished, watch.service.unfinishedTasks(soon()));
    QCOMPARE(unfinished, std::int64_t(10));
    for (const char* node : {"pg-1", "pg-2"})
        m_cluster->sql(node, "DELETE FROM queue.tasks");
    m_cluster->sql("pg-2", "DELETE FROM queue.dead_letters");
    VERIFY_SNAPSHOT(
        await(watch.sampler, [](const auto& s) { return s.queueUnfinished == 0 && s.queueDead == 0; }),
        watch.sampler);
}

void MonitorTest::enginesAreAddedUp()
{
    Watch watch(*m_cluster);
    EngineStatus other;
    other.publishedAt = 1000ms;
    other.counters.deliveries = {5, 0, 0, 0};
    other.counters.cacheHits[std::size_t(CacheKind::PostObject)] = 40;
    other.workers.resize(3);
    const auto publish = [&](const std::string& heartbeat) {
        m_cluster->sql("pg-2", "INSERT INTO directory.engines (slot, name, role, started_at, heartbeat_at, "
                               "workers_wanted, status)"
                               " VALUES (9, 'there:2', 'serve', '2026-01-01', " +
                                   heartbeat + ", 3, '" + encodeStatus(other) +
                                   "') ON CONFLICT (slot) DO UPDATE SET heartbeat_at = "
                                   "excluded.heartbeat_at, status = excluded.status");
    };
    publish("now() + interval '10 minutes'"); // stays alive for this test
    watch.metrics.deliveries[2].add(100);
    watch.metrics.hit(CacheKind::PostObject, 2);
    const auto deliveries = [](std::int64_t wanted) {
        return [wanted](const ClusterSnapshot& s) {
            return s.deliveriesTotal == wanted && s.workers.size() == 5;
        };
    };
    const auto both = await(watch.sampler, deliveries(105));
    VERIFY_SNAPSHOT(both, watch.sampler);
    QCOMPARE(both->engines.size(), std::size_t(2));
    QVERIFY(both->engines[0].self && !both->engines[1].self);
    QCOMPARE(both->engines[1].name, std::string("there:2"));
    QCOMPARE(both->workers.back().engineSlot, 9);
    QCOMPARE(both->caches[std::size_t(CacheKind::PostObject)].hits, std::int64_t(42));

    other.publishedAt = 2000ms; // a second of its own clock, whenever this test reads it
    other.counters.deliveries = {55, 0, 0, 0};
    publish("now() + interval '10 minutes'");
    VERIFY_SNAPSHOT(
        await(watch.sampler, [](const auto& s) { return s.shards[0].deliveriesPerSecond == 50.0; }),
        watch.sampler);

    publish("now() - interval '10 seconds'"); // it died: still counted, no longer a rate
    VERIFY_SNAPSHOT(
        await(watch.sampler, [](const auto& s) { return s.shards[0].deliveriesPerSecond == 0.0; }),
        watch.sampler);
    QCOMPARE(watch.sampler.snapshot()->deliveriesTotal, std::int64_t(155));
    QCOMPARE(watch.sampler.snapshot()->engines.size(), std::size_t(2));
    publish("now() - interval '61 seconds'"); // and is forgotten
    const auto alone = await(watch.sampler, [](const auto& s) { return s.engines.size() == 1; });
    VERIFY_SNAPSHOT(alone, watch.sampler);
    QCOMPARE(alone->deliveriesTotal, std::int64_t(155));
    QCOMPARE(alone->workers.size(), std::size_t(2));
    m_cluster->sql("pg-2", "DELETE FROM directory.engines WHERE slot = 9");
}

void MonitorTest::ordersAreObeyed()
{
    Watch watch(*m_cluster);
    VERIFY_OK(watch.directory.setPaused(kOwnSlot, true, soon()));
    QTRY_VERIFY_WITH_TIMEOUT(watch.paused, 60'000);
    VERIFY_SNAPSHOT(
        await(watch.sampler, [](const auto& s) { return s.engines.size() == 1 && s.engines[0].paused; }),
        watch.sampler);
    VERIFY_OK(watch.directory.setPaused(kOwnSlot, false, soon()));
    QTRY_VERIFY_WITH_TIMEOUT(!watch.paused, 60'000);
}

void MonitorTest::hungNodeFallsAloneAndComesBack_data()
{
    QTest::addColumn<QString>("node");
    for (const char* node : {"redis-1", "pg-1", "pg-2"})
        QTest::newRow(node) << node;
}

void MonitorTest::hungNodeFallsAloneAndComesBack()
{
    QFETCH(QString, node);
    const auto name = node.toStdString();
    Watch watch(*m_cluster);
    VERIFY_SNAPSHOT(await(watch.sampler, allOk), watch.sampler);

    const auto before = watch.sampler.snapshot()->sequence;
    VERIFY_OK(m_cluster->servers->servers().pauseNode(name));
    const auto down = await(watch.sampler, health(name.c_str(), Health::Down));
    VERIFY_SNAPSHOT(down, watch.sampler);
    QVERIFY2(down->sequence >= before + 3, "snapshots stood still while the node hung");
    QVERIFY2(down->sequence <= before + 100, "a hung node must be noticed within a few seconds");
    QVERIFY2(nodeOf(*down, name)->message.find(name) != std::string::npos,
             nodeOf(*down, name)->message.c_str());
    QVERIFY(down->health == (name == "pg-2" ? Health::Down : Health::Degraded));
    QVERIFY(!down->message.empty());

    // Snapshots go on, and the others stay as they are.
    const auto later = await(watch.sampler, [&](const auto& s) { return s.sequence >= down->sequence + 10; });
    VERIFY_SNAPSHOT(later, watch.sampler);
    for (const auto& other : later->nodes)
        if (other.name != name) QVERIFY2(other.health != Health::Down, other.message.c_str());

    VERIFY_OK(m_cluster->servers->servers().resumeNode(name));
    VERIFY_SNAPSHOT(await(watch.sampler, allOk), watch.sampler);
}

void MonitorTest::restartedNodeIsNoticed()
{
    Watch watch(*m_cluster);
    VERIFY_SNAPSHOT(await(watch.sampler, allOk), watch.sampler);
    VERIFY_OK(m_cluster->servers->servers().killNode("redis-2"));
    const auto down = await(watch.sampler, health("redis-2", Health::Down));
    VERIFY_SNAPSHOT(down, watch.sampler);
    VERIFY_OK(m_cluster->servers->servers().restartNode("redis-2"));
    const auto again = await(watch.sampler, [](const auto& s) {
        return allOk(s) && nodeOf(s, "redis-2")->commandsPerSecond >= 0;
    });
    VERIFY_SNAPSHOT(again, watch.sampler);
    // Its shards come back empty, and the sweep finds that out.
    VERIFY_SNAPSHOT(
        await(watch.sampler, [](const auto& s) { return s.shards[1].sweptAt && s.shards[1].timelines == 0; }),
        watch.sampler);
}

void MonitorTest::historyFollows()
{
    Watch watch(*m_cluster);
    VERIFY_SNAPSHOT(await(watch.sampler, [](const auto& s) { return s.sequence >= 8; }), watch.sampler);
    const auto points = watch.service.history(TimePoint());
    QVERIFY(points.size() >= 7);
    for (std::size_t i = 1; i < points.size(); ++i)
        QVERIFY(points[i - 1].at < points[i].at);
    QCOMPARE(points.back().nodeMemoryBytes.size(), std::size_t(4));
    QVERIFY(watch.service.history(points.back().at).size() >= 1);
}

void MonitorTest::ledgerIsReadWhole()
{
    const LedgerReader reader(*m_cluster->pools, m_cluster->maps);
    const auto post = postId(1, userId(1));
    const auto id = std::to_string(post.value);
    const auto table = schemaName("posts", post.shard()) + ".deliveries";
    TAKE(unplanned, reader.ledger(post, soon()));
    QVERIFY(!unplanned.complete() && unplanned.chunks.empty() && unplanned.committedAt == post.time());

    m_cluster->sql("pg-2", "INSERT INTO " + table +
                               " (post_id, chunk, mode, chunks, audience, dormant, pushed, last_reader,"
                               " committed_at, first_at, last_at) VALUES (" +
                               id +
                               ", 0, 0, 3, 1000, 100, 1, 0, '2026-01-01 10:00:00Z',"
                               " '2026-01-01 10:00:00.01Z', '2026-01-01 10:00:00.01Z')");
    m_cluster->sql("pg-2", "INSERT INTO " + table +
                               " (post_id, chunk, mode, chunks, audience, pushed, unfollowed, last_reader,"
                               " committed_at, first_at, last_at) VALUES (" +
                               id +
                               ", 1, 0, 0, 0, 490, 9, 500, '2026-01-01 10:00:00Z',"
                               " '2026-01-01 10:00:00.2Z', '2026-01-01 10:00:00.25Z')");
    TAKE(half, reader.ledger(post, soon()));
    QCOMPARE(half.chunksPlanned, 3);
    QCOMPARE(half.chunksDone, 2);
    QVERIFY(!half.complete());
    QCOMPARE(half.audience, std::int64_t(1000));
    QCOMPARE(half.pushed, std::int64_t(491));
    QCOMPARE(half.accounted(), std::int64_t(600));
    QVERIFY(half.firstDeliveryAt && half.lastDeliveryAt &&
            *half.lastDeliveryAt - *half.firstDeliveryAt == 240ms);
    QVERIFY(half.lastDeliveryAt.value() - half.committedAt == 250ms);
    QCOMPARE(half.chunks[1].lastReader.value, std::int64_t(500));
    VERIFY_ERROR(reader.ledger(PostId{makeRawId(1, 0, 0)}, soon()), ErrorCode::NotFound);
    VERIFY_ERROR(reader.ledger(PostId{makeRawId(1, 3000, 0)}, soon()),
                 ErrorCode::NotFound); // a shard that is not there
}

void MonitorTest::delaysComeFromTheCoveringChunk()
{
    const LedgerReader reader(*m_cluster->pools, m_cluster->maps);
    const auto insert = [&](PostId post, int chunk, int chunks, std::int64_t lastReader, const char* lastAt) {
        m_cluster->sql("pg-2", "INSERT INTO " + schemaName("posts", post.shard()) +
                                   ".deliveries (post_id, chunk, mode, chunks,"
                                   " audience, last_reader, committed_at, last_at) VALUES (" +
                                   std::to_string(post.value) + ", " + std::to_string(chunk) + ", 0, " +
                                   std::to_string(chunks) + ", 0, " + std::to_string(lastReader) +
                                   ", '2026-01-01 10:00:00Z', " + lastAt + ")");
    };
    const auto author = userId(3);
    const auto small = postId(2, userId(2)), large = postId(3, author), holed = postId(103, author),
               idle = postId(4, userId(4));
    insert(small, 0, 1, 0, "'2026-01-01 10:00:00.03Z'");
    insert(large, 0, 4, 0, "'2026-01-01 10:00:00.005Z'");
    insert(large, 1, 0, 500, "'2026-01-01 10:00:01Z'");
    insert(large, 2, 0, 1000, "'2026-01-01 10:00:02Z'");
    insert(large, 3, 0, 1500, "NULL"); // nobody in it was there any more
    insert(holed, 0, 3, 0, "NULL");
    insert(holed, 2, 0, 1000, "'2026-01-01 10:00:02Z'"); // chunk 1 is still to come
    insert(idle, 0, 1, 0, "NULL");
    const std::vector<PostId> posts{
        large, small, holed, idle, PostId{makeRawId(1, 0, 0)}, PostId{makeRawId(1, 999, 0)}};
    const auto delays = [&](std::int64_t user) {
        auto result = reader.delays(UserId{user}, posts, soon());
        std::vector<std::int64_t> out;
        for (const auto& delay : take(std::move(result)))
            out.push_back(delay ? delay->count() : -1);
        return out;
    };
    QCOMPARE(delays(500), (std::vector<std::int64_t>{1000, 30, -1, -1, -1, -1}));
    QCOMPARE(delays(501), (std::vector<std::int64_t>{2000, 30, -1, -1, -1, -1}));
    QCOMPARE(delays(1200), (std::vector<std::int64_t>{-1, 30, -1, -1, -1, -1}));
    QCOMPARE(delays(author.value), (std::vector<std::int64_t>{5, 30, -1, -1, -1, -1}));
    QVERIFY(take(reader.delays(UserId{1}, {}, soon())).empty());
}

void MonitorTest::homeSqlWorks_data()
{
    QTest::addColumn<bool>("together");
    QTest::newRow("two nodes: the first statement writes the second") << false;
    QTest::newRow("one node: one statement") << true;
}

void MonitorTest::homeSqlWorks()
{
    QFETCH(bool, together);
    std::vector<std::int64_t> expected; // the newest 20 undeleted of user 0 and the even users
    for (int i = 0; i < 40; i += 2)
        for (const int n : {i, 100 + i})
            if (n != 102) expected.push_back(postId(n, userId(i)).value);
    std::sort(expected.rbegin(), expected.rend());
    expected.resize(20);

    auto map = *m_cluster->maps.current();
    if (together) { // the same rows, beside the users
        map.postsNode = map.usersNode;
        const auto owner = [&] {
            auto node = NodeEndpoint(m_cluster->servers->node("pg-1"));
            node.address = m_cluster->servers->node("pg-1").ownerAddress;
            return makePostgresPool(node, {});
        }();
        auto connection = take(owner->lease(soon()));
        for (int shard = 0; shard < kShards; ++shard)
            take(connection->executeScript(migration("posts.0001.sql", schemaName("posts", shard)), soon()));
        for (int i = 0; i < 40; ++i)
            for (const int n : {i, 100 + i})
                m_cluster->sql("pg-1", "INSERT INTO " + schemaName("posts", userId(i).shard()) +
                                           ".posts VALUES (" + std::to_string(postId(n, userId(i)).value) +
                                           ", " + std::to_string(userId(i).value) + ", 'body', " +
                                           (n == 102 ? "now()" : "NULL") + ")");
    }
    TAKE(location, locateUser(map, userId(0)));
    std::vector<std::int64_t> found;
    const auto collect = [&](const SqlRows& rows) {
        for (std::size_t i = 0; i < rows.size(); ++i)
            found.push_back(rows.integer(i, 0));
    };
    const auto first = m_cluster->sql("pg-1", location.homeSql);
    if (together)
        collect(first);
    else
        for (std::size_t i = 0; i < first.size(); ++i) {
            QCOMPARE(int(first.integer(i, 0)), m_cluster->id("pg-2"));
            collect(m_cluster->sql("pg-2", std::string(first.text(i, 1))));
        }
    QCOMPARE(found, expected);
    const auto author = m_cluster->sql(together ? "pg-1" : "pg-2", location.authorSql);
    QCOMPARE(author.size(), std::size_t(2));
    QCOMPARE(author.integer(0, 0), postId(100, userId(0)).value);
}

void MonitorTest::pastedRedisCommandWorks()
{
    RedisClient client(m_cluster->servers->endpoints());
    const auto user = userId(0);
    const int node = m_cluster->maps.current()->timelinesNode[std::size_t(user.shard())];
    VERIFY_OK(client.command(node, {"DEL", timelineKey(TimelineFamily::Home, user)}, soon()));
    for (int n = 0; n < 30; ++n)
        VERIFY_OK(client.command(
            node,
            {"ZADD", timelineKey(TimelineFamily::Home, user), std::to_string(n), memberOf(PostId{5000 + n})},
            soon()));
    TAKE(location, locateUser(*m_cluster->maps.current(), user));
    QProcess shell;
    shell.start("sh", QStringList{"-c", QString::fromStdString(location.homeRedisCommand)});
    QVERIFY(shell.waitForFinished());
    const auto lines = QString::fromUtf8(shell.readAllStandardOutput()).split('\n', Qt::SkipEmptyParts);
    QVERIFY2(lines.size() == 20, shell.readAllStandardError().constData());
    QCOMPARE(lines.first().toStdString(), memberOf(PostId{5029}));
}

void MonitorTest::manyNodesHungDoNotDelayTheEnd()
{
    auto watch = std::make_unique<Watch>(*m_cluster);
    VERIFY_SNAPSHOT(await(watch->sampler, allOk), watch->sampler);
    for (const char* name : {"redis-1", "redis-2", "pg-1", "pg-2"})
        VERIFY_OK(m_cluster->servers->servers().pauseNode(name));
    VERIFY_SNAPSHOT(await(watch->sampler, health("redis-1", Health::Down)), watch->sampler);
    watch.reset(); // ends although nothing answers: the test's own time limit would show it if not
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::MonitorTest)
#include "monitor_test.moc"
