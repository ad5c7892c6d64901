// The monitor on real servers: its figures against direct queries, nodes that hang, engines that die. Waits
// for conditions and for snapshots to follow each other, never for a wall time.
#include <QTest>

#include "backend/cache/timelines.h"
#include "backend/cluster/directory.h"
#include "backend/monitoring/monitor_service.h"
#include "tests/integration/monitor_cluster.h"
#include "tests/support/results.h"

#include <algorithm>
#include <atomic>
#include <functional>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

namespace {

constexpr int kOwnSlot = 7;
const EngineIdentity kOwn{"here:1", TimePoint(1'790'000'000'123'457us)};

SamplerSettings settings(const MonitorCluster& cluster)
{
    SamplerSettings out;
    out.identity.clusterName = "test";
    out.identity.environment = "staging";
    out.identity.own = kOwn;
    out.identity.ownRole = "test";
    out.identity.directoryNode = cluster.id("pg-2");
    out.times.interval = 200ms; // five snapshots a second: the test waits for snapshots, not for seconds
    out.times.sizesEvery = 400ms;
    out.times.shardsAtOnce = 20; // several statements for all,
    out.times.sizesWithin = 0ms; // one of each probe
    out.sweep.restAfterPass = 200ms;
    out.sweep.restAfterError = 500ms;
    return out;
}

// A sampler with what an engine would give it.
struct Watch
{
    explicit Watch(const MonitorCluster& cluster)
        : directory(cluster.pool("pg-2"))
        , sampler({cluster.maps,
                   *cluster.pools,
                   metrics,
                   clock,
                   [] { return std::vector<WorkerSnapshot>(2); },
                   {},
                   [this](const std::string& status) -> Result<void> {
                       ROOKERY_ASSIGN(const auto orders,
                                      directory.heartbeat(kOwnSlot, kOwn, status, Deadline::after(500ms)));
                       paused = orders.paused;
                       return {};
                   },
                   [] { return kOwnSlot; }},
                  settings(cluster))
        , ledger(*cluster.pools, cluster.maps)
        , shards(*cluster.pools, cluster.maps, metrics, cluster.id("pg-2"))
        , service(sampler, cluster.maps, ledger, shards, *cluster.pools, 800)
    {
    }

    EngineMetrics metrics;
    SystemWallClock clock;
    Directory directory;
    std::atomic<bool> paused{false};
    Sampler sampler;
    LedgerReader ledger;
    ShardInspector shards;
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
    void silentDirectoryDatesTheRates();
    void ordersAreObeyed();
    void hungNodeFallsAloneAndComesBack_data();
    void hungNodeFallsAloneAndComesBack();
    void aQueueThatCannotBeCountedIsNamed();
    void restartedNodeIsNoticed();
    void historyFollows();
    void manyNodesHungDoNotDelayTheEnd();

private:
    std::unique_ptr<MonitorCluster> m_cluster;
};

void MonitorTest::initTestCase()
{
    m_cluster = std::make_unique<MonitorCluster>(2);
    m_cluster->writeUsersAndPosts();
    EngineRecord engine;
    engine.slot = kOwnSlot;
    engine.name = kOwn.name;
    engine.role = "test";
    engine.startedAt = kOwn.startedAt;
    engine.workersWanted = 2;
    take(Directory(m_cluster->pool("pg-2")).registerEngine(engine, soon()));
}

void MonitorTest::cleanup()
{
    for (const auto& node : m_cluster->servers->nodes())
        (void)m_cluster->servers->servers().resumeNode(node.name);
}

// 40 users; user 0 follows the even ones; every user wrote two posts, the second of user 2 is deleted.
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
    QVERIFY((postgres->roles == std::vector{Role::Users}) && postgres->shards == kMonitorShards);
    QVERIFY((nodeOf(*snapshot, "pg-2")->roles == std::vector{Role::Directory, Role::Posts}));
    const auto* redis = nodeOf(*snapshot, "redis-2");
    QVERIFY(redis->memoryBytes > 100'000 && !redis->version.empty() && redis->evictedTotal == 0);
    QVERIFY((redis->roles == std::vector{Role::Timelines}) && redis->shards == 2);
}

void MonitorTest::timelinesAreCounted()
{
    RedisClient client(m_cluster->servers->endpoints());
    std::vector<std::int64_t> timelines(kMonitorShards), entries(kMonitorShards);
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
        const auto floor = floorValue(PostId{}, i == 39 ? std::string(40, '0') : runId);
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

// Before it is held to be down its engines' rates are said to be of before.
void MonitorTest::silentDirectoryDatesTheRates()
{
    Watch watch(*m_cluster);
    m_cluster->sql("pg-2", "INSERT INTO directory.engines (slot, name, role, started_at, heartbeat_at, "
                           "workers_wanted, status) VALUES (9, 'there:2', 'serve', '2026-01-01', "
                           "now() + interval '10 minutes', 3, '" +
                               encodeStatus(EngineStatus()) + "')");
    const auto current =
        await(watch.sampler, [](const auto& s) { return s.engines.size() == 2 && s.postsPerSecond == 0; });
    VERIFY_SNAPSHOT(current, watch.sampler);
    QVERIFY(!current->ratesReadAt);
    SnapshotPtr dated;
    for (int attempt = 0; attempt < 10 && (!dated || dated->health == Health::Down); ++attempt) {
        // On a busy machine the first one to tell may come too late; then once more.
        VERIFY_SNAPSHOT(await(watch.sampler, [](const auto& s) { return allOk(s) && !s.ratesReadAt; }),
                        watch.sampler);
        VERIFY_OK(m_cluster->servers->servers().pauseNode("pg-2"));
        dated = await(watch.sampler, [](const auto& s) { return s.ratesReadAt.has_value(); });
        VERIFY_OK(m_cluster->servers->servers().resumeNode("pg-2"));
        VERIFY_SNAPSHOT(dated, watch.sampler);
    }
    QVERIFY(dated->health != Health::Down);
    QVERIFY(dated->postsPerSecond == 0 && dated->shards[0].ratesOld);
    QVERIFY(*dated->ratesReadAt < dated->takenAt);
    VERIFY_SNAPSHOT(
        await(watch.sampler, [](const auto& s) { return !s.ratesReadAt && s.postsPerSecond == 0; }),
        watch.sampler);
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
    QCOMPARE(QString::fromStdString(nodeOf(*down, name)->message).count("/sockets"), 1); // its address
    QVERIFY(down->health == (name == "pg-2" ? Health::Down : Health::Degraded));
    QCOMPARE(down->queueNotCounted, name == "redis-1" ? std::vector<std::string>() : std::vector{name});
    QVERIFY(!down->message.empty());

    // Snapshots go on, and the others stay as they are.
    const auto later = await(watch.sampler, [&](const auto& s) { return s.sequence >= down->sequence + 10; });
    VERIFY_SNAPSHOT(later, watch.sampler);
    for (const auto& other : later->nodes)
        if (other.name != name) QVERIFY2(other.health != Health::Down, other.message.c_str());

    VERIFY_OK(m_cluster->servers->servers().resumeNode(name));
    VERIFY_SNAPSHOT(await(watch.sampler, allOk), watch.sampler);
}

// What could not be counted is not none.
void MonitorTest::aQueueThatCannotBeCountedIsNamed()
{
    Watch watch(*m_cluster);
    VERIFY_SNAPSHOT(await(watch.sampler, allOk), watch.sampler);
    QVERIFY(watch.sampler.snapshot()->queueNotCounted.empty());
    m_cluster->changeAsOwner("pg-1", "ALTER TABLE queue.dead_letters RENAME TO gone");
    const auto uncounted = await(watch.sampler, health("pg-1", Health::Degraded));
    m_cluster->changeAsOwner("pg-1", "ALTER TABLE queue.gone RENAME TO dead_letters");
    VERIFY_SNAPSHOT(uncounted, watch.sampler);
    QCOMPARE(uncounted->queueNotCounted, std::vector<std::string>{"pg-1"});
    QVERIFY2(nodeOf(*uncounted, "pg-1")->message.find("cannot be counted") != std::string::npos,
             nodeOf(*uncounted, "pg-1")->message.c_str());
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
