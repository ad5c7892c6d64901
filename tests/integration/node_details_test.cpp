// Monitor::nodeDetails and what else the Nodes page asks, on real servers: slow operations that were really
// made slow, figures against the servers' own words, nodes that hang, and the monitor's own counters.
#include <QTest>

#include "backend/monitoring/monitor_service.h"
#include "backend/store/postgres_pool.h"
#include "tests/integration/monitor_cluster.h"
#include "tests/support/lateness.h"
#include "tests/support/results.h"

#include <atomic>
#include <future>
#include <thread>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class NodeDetailsTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup();
    void redisTellsItsFigures();
    void ratioIsOfTheWindow();
    void slowCommandIsShown();
    void longCommandsAreBounded();
    void refusedCommandsCostTheirPartOnly();
    void replicaIsShown();
    void postgresTellsItsFigures();
    void longStatementIsShown();
    void openTransactionHoldsTheHorizon();
    void deadRowsAreShown();
    void topStatementsNeedTheExtension();
    void stoppedRedisReturnsByTheDeadline();
    void stoppedPostgresReturnsByTheDeadline();
    void aLookWithoutTimeIsNoLook();
    void deadNodeIsAnError();
    void unknownNodeIsNotFound();
    void probesTellLimitsAndSilence();
    void ownCostIsCounted();

private:
    NodeDetails details(const char* node)
    {
        return take(m_service->nodeDetails(m_cluster->id(node), tests::soon()));
    }
    std::string redis(const char* node, std::initializer_list<std::string_view> words)
    {
        const auto endpoint = NodeEndpoint(m_cluster->servers->node(node));
        RedisClient client({endpoint});
        const auto reply = take(client.command(endpoint.id, words, tests::soon()));
        return reply.type == RedisReply::Type::Integer ? std::to_string(reply.integer) : reply.text;
    }

    std::string setting(const char* node, std::string_view name)
    {
        const auto endpoint = NodeEndpoint(m_cluster->servers->node(node));
        RedisClient client({endpoint});
        return take(client.command(endpoint.id, {"CONFIG", "GET", name}, tests::soon())).elements[1].text;
    }

    std::unique_ptr<MonitorCluster> m_cluster;
    EngineMetrics m_metrics;
    SystemWallClock m_clock;
    std::unique_ptr<SqlPools> m_monitorPools;
    std::unique_ptr<Sampler> m_sampler;
    std::unique_ptr<LedgerReader> m_ledger;
    std::unique_ptr<ShardInspector> m_shards;
    std::unique_ptr<MonitorService> m_service;
};

void NodeDetailsTest::initTestCase()
{
    m_cluster = std::make_unique<MonitorCluster>(2);
    m_cluster->writeUsersAndPosts();
    std::map<int, std::unique_ptr<SqlPool>> pools;
    for (const char* name : {"pg-1", "pg-2"})
        pools.emplace(m_cluster->id(name), makePostgresPool(m_cluster->servers->node(name), {}));
    m_monitorPools = std::make_unique<SqlPools>(std::move(pools));
    SamplerSettings settings;
    settings.identity.directoryNode = m_cluster->id("pg-2");
    m_sampler = std::make_unique<Sampler>(
        SamplerInputs{m_cluster->maps, *m_monitorPools, m_metrics, m_clock, {}, {}, {}, {}}, settings);
    m_ledger = std::make_unique<LedgerReader>(*m_cluster->pools, m_cluster->maps);
    m_shards = std::make_unique<ShardInspector>(*m_cluster->pools, m_cluster->maps, m_metrics,
                                                m_cluster->id("pg-2"));
    m_service = std::make_unique<MonitorService>(*m_sampler, m_cluster->maps, *m_ledger, *m_shards,
                                                 *m_monitorPools, 800);
}

void NodeDetailsTest::cleanup()
{
    for (const char* name : {"pg-1", "pg-2", "redis-1", "redis-2"}) {
        std::ignore = m_cluster->servers->servers().resumeNode(name);
        if (m_cluster->servers->node(name).pid == 0) take(m_cluster->servers->servers().restartNode(name));
    }
}

void NodeDetailsTest::redisTellsItsFigures()
{
    redis("redis-1", {"FLUSHALL"});
    redis("redis-1", {"SET", "a", "1"});
    redis("redis-1", {"SET", "b", "1", "EX", "1000"});
    const auto first = details("redis-1");
    QCOMPARE(first.node, m_cluster->id("redis-1"));
    QCOMPARE(first.name, std::string("redis-1"));
    QVERIFY(first.kind == NodeKind::Redis);
    const auto& memory = first.redis.memory.value.value();
    QVERIFY(memory.usedBytes > 100'000 && memory.peakBytes >= memory.usedBytes && memory.residentBytes > 0);
    QCOMPARE(memory.mostBytes, std::int64_t(0));
    QCOMPARE(memory.policy, std::string("noeviction"));
    const auto& databases = first.redis.keyspace.value.value();
    QCOMPARE(databases.size(), std::size_t(1));
    QCOMPARE(databases[0].keys, std::int64_t(2));
    QCOMPARE(databases[0].expiring, std::int64_t(1));
    const auto& clients = first.redis.clients.value.value();
    QVERIFY(clients.connected >= 1);
    QVERIFY(clients.most > 100);
    QVERIFY(!first.redis.persistence.value->aofEnabled);
    QVERIFY(first.redis.persistence.value->savePoints.has_value());
    QVERIFY(!first.redis.replication.value->replica);

    QCOMPARE(std::to_string(clients.most), setting("redis-1", "maxclients"));
}

// Of what came between two looks, not of the server's life.
void NodeDetailsTest::ratioIsOfTheWindow()
{
    redis("redis-2", {"SET", "a", "1"});
    for (int i = 0; i < 500; ++i)
        redis("redis-2", {"GET", "absent"});
    QCOMPARE(details("redis-2").redis.keys.value->windowSeconds, 0.0); // the first look
    for (int i = 0; i < 40; ++i)
        redis("redis-2", {"GET", "a"});
    const auto later = details("redis-2").redis.keys.value.value();
    QVERIFY(later.windowSeconds > 0 && later.windowSeconds < 130);
    QVERIFY2(later.hitRatio > 0.9 && later.hitRatio <= 1, qPrintable(QString::number(later.hitRatio)));
    QVERIFY(later.lookupsPerSecond * later.windowSeconds >= 40 - 1e-6);
    QVERIFY(later.commandsPerSecond > 0 && later.receivedBytesPerSecond > 0 && later.sentBytesPerSecond > 0);
}

void NodeDetailsTest::slowCommandIsShown()
{
    redis("redis-1", {"SLOWLOG", "RESET"});
    redis("redis-1", {"CONFIG", "SET", "slowlog-log-slower-than", "20000"});
    redis("redis-1", {"CONFIG", "SET", "latency-monitor-threshold", "20"});
    redis("redis-1", {"EVAL", "local sum = 0; for i = 1, 3e7 do sum = sum + i end", "0"}); // some 0.2 s
    const auto found = details("redis-1").redis;
    redis("redis-1", {"CONFIG", "SET", "slowlog-log-slower-than", "10000"});
    const auto& slow = found.slowLog.value.value();
    QCOMPARE(slow.thresholdMicroseconds, std::int64_t(20'000));
    const auto entry =
        std::find_if(slow.newestFirst.begin(), slow.newestFirst.end(), [](const auto& command) {
            return command.command.starts_with("EVAL \"local sum = 0; for i = 1, 3e7");
        });
    QVERIFY(entry != slow.newestFirst.end());
    QVERIFY(entry->microseconds >= 20'000);
    QVERIFY(!entry->client.empty());
    QVERIFY(std::chrono::abs(entry->at - m_clock.now()) < 60s);
    QVERIFY(!found.latency.value->events.empty());
    QCOMPARE(found.latency.value->thresholdMs, std::int64_t(20));
    QVERIFY(found.latency.value->events[0].worstMs >= 20);
}

void NodeDetailsTest::longCommandsAreBounded()
{
    redis("redis-1", {"SLOWLOG", "RESET"});
    redis("redis-1", {"CONFIG", "SET", "slowlog-log-slower-than", "0"});
    const std::string value(200'000, 'x');
    for (int i = 0; i < 300; ++i)
        redis("redis-1", {"MSET", "a", value, "b", value, "c", value, "d\n\x01", "tail of \xC3\xA4"});
    const auto found = details("redis-1").redis.slowLog.value.value();
    redis("redis-1", {"CONFIG", "SET", "slowlog-log-slower-than", "10000"});
    QVERIFY(!found.newestFirst.empty() && found.newestFirst.size() <= std::size_t(kMostSlowCommands));
    bool seen = false;
    for (const auto& entry : found.newestFirst) {
        QVERIFY(entry.command.size() <= kMostTextBytes + 3);
        QVERIFY(entry.command.find('\n') == std::string::npos);
        seen = seen || (entry.command.starts_with("MSET a \"x") &&
                        entry.command.find("d\\x0a\\x01") != std::string::npos);
    }
    QVERIFY(seen);
    QCOMPARE(boundedText("ä", 1), std::string("…")); // never half a character
    QCOMPARE(boundedText(std::string("a\xC3\xA4"), 3), std::string("aä"));
}

void NodeDetailsTest::refusedCommandsCostTheirPartOnly()
{
    redis("redis-1", {"ACL", "SETUSER", "default", "-slowlog", "-config"});
    const auto found = m_service->nodeDetails(m_cluster->id("redis-1"), tests::soon());
    redis("redis-1", {"ACL", "SETUSER", "default", "+@all"});
    QVERIFY2(found.has_value(), found ? "" : found.error().message.c_str());
    QVERIFY(found->redis.memory.value.has_value());
    QVERIFY(!found->redis.slowLog.value.has_value());
    QVERIFY2(!found->redis.slowLog.notRead.empty(), found->redis.slowLog.notRead.c_str());
    QVERIFY(!found->redis.persistence.value->savePoints.has_value());
}

void NodeDetailsTest::replicaIsShown()
{
    const auto replication = details("redis-1").redis.replication.value.value();
    QVERIFY(!replication.replica && replication.replicas.empty() && replication.offset >= 0);
    // Servers on unix sockets alone have no port to follow: a primary that nobody answers at.
    redis("redis-2", {"REPLICAOF", "127.0.0.1", "1"});
    const auto follower = details("redis-2").redis.replication.value.value();
    redis("redis-2", {"REPLICAOF", "NO", "ONE"});
    QVERIFY(follower.replica);
    QCOMPARE(follower.primary, std::string("127.0.0.1:1"));
    QVERIFY(!follower.linkUp);
}

void NodeDetailsTest::postgresTellsItsFigures()
{
    const auto first = details("pg-1");
    const auto& connections = first.postgres.connections.value.value();
    QCOMPARE(std::to_string(connections.most),
             std::string(m_cluster->sql("pg-1", "SHOW max_connections").text(0, 0)));
    QVERIFY(connections.open >= 1 && connections.open <= connections.most);
    QVERIFY(!connections.seesOthers); // the engine's role may not
    std::int64_t counted = 0;
    for (const auto& state : connections.states)
        counted += state.connections;
    QVERIFY(counted >= 1 && counted <= connections.most);
    QVERIFY(!first.postgres.replication.value->inRecovery);
    QVERIFY(first.postgres.horizon.value->frozenAge >= 0);

    // Differences, not the life time of the statistics.
    details("pg-1");
    for (int i = 0; i < 20; ++i)
        m_cluster->sql("pg-1", "SELECT count(*) FROM users_0000.users");
    PostgresActivityFigures later;
    QTRY_VERIFY_WITH_TIMEOUT( // the server publishes its counters now and then
        (later = details("pg-1").postgres.activity.value.value(), later.blocksPerSecond > 0), 60'000);
    QVERIFY(later.windowSeconds > 0 && later.windowSeconds < 130);
    QVERIFY(later.hitRatio > 0 && later.hitRatio <= 1);
}

void NodeDetailsTest::longStatementIsShown()
{
    auto other = m_cluster->pool("pg-1").lease(tests::soon());
    QVERIFY(other.has_value());
    const int pid = (*other)->backendPid();
    auto sleeping = std::async(std::launch::async, [&] {
        // A script goes to the server as it is; others show as EXECUTE of a prepared statement.
        return (*other)->executeScript("SELECT pg_sleep(600), '" + std::string(5'000, 'y') + "'",
                                       tests::soon());
    });
    std::vector<RunningStatement> running;
    const auto found = [&] {
        running = details("pg-1").postgres.running.value.value();
        for (const auto& statement : running)
            if (statement.pid == pid) return true;
        return false;
    };
    const bool seen = QTest::qWaitFor(found, 15'000);
    (*other)->interrupt();
    sleeping.wait();
    QVERIFY(seen);
    const auto& statement =
        *std::find_if(running.begin(), running.end(), [&](const auto& one) { return one.pid == pid; });
    QVERIFY(statement.seconds >= 1);
    QVERIFY(statement.text.find("pg_sleep(600)") != std::string::npos);
    QVERIFY(statement.text.size() <= kMostTextBytes + 3);
    QCOMPARE(statement.state, std::string("active"));
    QCOMPARE(statement.waitsFor, std::string("Timeout: PgSleep"));
    QCOMPARE(statement.role, std::string("rookery_engine"));
}

void NodeDetailsTest::openTransactionHoldsTheHorizon()
{
    auto other = m_cluster->pool("pg-2").lease(tests::soon());
    QVERIFY(other.has_value());
    auto& connection = **other;
    take(connection.begin(tests::soon()));
    take(connection.execute("SELECT pg_current_xact_id()", {}, tests::soon()));
    const auto horizon = details("pg-2").postgres.horizon.value.value();
    connection.rollback();
    const auto name = "process " + std::to_string(connection.backendPid()) + " of rookery_engine";
    QVERIFY2(horizon.oldestTransaction.starts_with(name), horizon.oldestTransaction.c_str());
    QVERIFY(horizon.oldestTransactionSeconds >= 0);
    QVERIFY2(horizon.heldBy.starts_with(name), horizon.heldBy.c_str());
    QVERIFY(horizon.xminAge >= 0);
}

void NodeDetailsTest::deadRowsAreShown()
{
    m_cluster->sql("pg-2", "UPDATE posts_0001.posts SET body = 'changed'");
    const auto first = [&] {
        const auto tables = details("pg-2").postgres.tables.value.value();
        return tables.empty() ? PostgresTable{} : tables.front();
    };
    QTRY_COMPARE_WITH_TIMEOUT(first().name, std::string("posts_0001.posts"), 60'000);
    QCOMPARE(first().deadRows, std::int64_t(20));
    QVERIFY(first().bytes > 0);
    QVERIFY(details("pg-2").postgres.tables.value->size() <= std::size_t(kMostTables));
}

void NodeDetailsTest::topStatementsNeedTheExtension()
{
    const auto without = details("pg-2").postgres.top;
    QVERIFY(!without.value.has_value());
    QVERIFY(QString::fromStdString(without.notRead).contains("CREATE EXTENSION pg_stat_statements"));
}

void NodeDetailsTest::stoppedRedisReturnsByTheDeadline()
{
    take(m_cluster->servers->servers().pauseNode("redis-1"));
    const Lateness lateness;
    const auto hanging = m_service->nodeDetails(m_cluster->id("redis-1"), Deadline::after(400ms));
    VERIFY_IN_TIME(lateness, 400ms);
    VERIFY_ERROR(hanging, ErrorCode::DeadlineExceeded);
    // The other one is not behind it.
    QVERIFY(details("redis-2").redis.memory.value.has_value());
    take(m_cluster->servers->servers().resumeNode("redis-1"));
    QVERIFY(details("redis-1").redis.memory.value.has_value());
}

void NodeDetailsTest::stoppedPostgresReturnsByTheDeadline()
{
    details("pg-1"); // connected already
    take(m_cluster->servers->servers().pauseNode("pg-1"));
    const Lateness lateness;
    const auto deadline = Deadline::after(400ms);
    auto second = std::async(std::launch::async, [&] { // one look at a time, and this one waits no longer
        return m_service->nodeDetails(m_cluster->id("pg-1"), deadline);
    });
    const auto hanging = m_service->nodeDetails(m_cluster->id("pg-1"), deadline);
    const auto other = second.get();
    VERIFY_IN_TIME(lateness, 400ms);
    for (const auto* one : {&hanging, &other}) {
        VERIFY_ERROR(*one, ErrorCode::DeadlineExceeded);
        QVERIFY(one->error().retryable);
        QVERIFY2(one->error().message.find("pg-1") != std::string::npos, one->error().message.c_str());
    }
    QVERIFY(details("pg-2").postgres.connections.value.has_value());
    take(m_cluster->servers->servers().resumeNode("pg-1"));
    QVERIFY(details("pg-1").postgres.connections.value.has_value());
}

// The caller got a processor only when the time was up: not a node of which nothing can be read.
void NodeDetailsTest::aLookWithoutTimeIsNoLook()
{
    for (const char* node : {"pg-1", "redis-1"}) {
        details(node); // connected already
        const auto late = m_service->nodeDetails(m_cluster->id(node), Deadline::after(0ms));
        VERIFY_ERROR(late, ErrorCode::DeadlineExceeded);
        QVERIFY(late.error().retryable);
        QVERIFY2(late.error().message.find(node) != std::string::npos, late.error().message.c_str());
        details(node); // the next one has its time
    }
}

void NodeDetailsTest::deadNodeIsAnError()
{
    take(m_cluster->servers->servers().killNode("redis-2"));
    const auto dead = m_service->nodeDetails(m_cluster->id("redis-2"), Deadline::after(2s));
    QVERIFY(!dead && dead.error().code == ErrorCode::Unavailable);
    QVERIFY(QString::fromStdString(dead.error().message).contains("redis-2"));
}

void NodeDetailsTest::unknownNodeIsNotFound()
{
    const auto unknown = m_service->nodeDetails(4711, tests::soon());
    QVERIFY(!unknown && unknown.error().code == ErrorCode::NotFound);
}

void NodeDetailsTest::probesTellLimitsAndSilence()
{
    redis("redis-1", {"CONFIG", "SET", "maxmemory", "104857600"});
    const auto probed = [&](const char* node) {
        for (const auto& one : m_service->probedNodes())
            if (one.node == m_cluster->id(node)) return one;
        throw std::runtime_error("the node is not told");
    };
    QTRY_COMPARE_WITH_TIMEOUT(probed("redis-1").memoryMostBytes, std::int64_t(104'857'600), 60'000);
    redis("redis-1", {"CONFIG", "SET", "maxmemory", "0"});
    QCOMPARE(std::to_string(probed("pg-1").connectionsMost),
             std::string(m_cluster->sql("pg-1", "SHOW max_connections").text(0, 0)));
    QTRY_VERIFY_WITH_TIMEOUT(!probed("redis-2").silentSince, 60'000);
    const auto before = m_clock.now();
    take(m_cluster->servers->servers().pauseNode("redis-2"));
    QTRY_VERIFY_WITH_TIMEOUT(probed("redis-2").silentSince.has_value(), 60'000);
    const auto since = *probed("redis-2").silentSince;
    QVERIFY(since > before - 10s && since <= m_clock.now());
    take(m_cluster->servers->servers().resumeNode("redis-2"));
    QTRY_VERIFY_WITH_TIMEOUT(!probed("redis-2").silentSince, 60'000);
}

void NodeDetailsTest::ownCostIsCounted()
{
    const auto cost = [&](const char* name) {
        for (const auto& node : m_service->ownCost().nodes)
            if (node.name == name) return node;
        throw std::runtime_error("the node is not told");
    };
    QTRY_VERIFY_WITH_TIMEOUT(m_service->ownCost().windowSeconds > 0, 60'000);
    // What others send is not counted: the server sees far more than the monitor's own.
    QTRY_VERIFY_WITH_TIMEOUT(cost("redis-1").probes > 0, 60'000);
    const auto before = cost("redis-1").requestsTotal;
    for (int i = 0; i < 3'000; ++i)
        redis("redis-1", {"PING"});
    QVERIFY(cost("redis-1").requestsTotal - before < 2'000);
    // And what the monitor sends is: a look is nine commands, or more with a new connection.
    const auto looked = cost("redis-1").requestsTotal;
    for (int i = 0; i < 20; ++i)
        details("redis-1");
    QTRY_VERIFY_WITH_TIMEOUT(cost("redis-1").requestsTotal >= looked + 20 * 8, 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(cost("redis-1").receivedBytesPerSecond > cost("redis-1").sentBytesPerSecond,
                             60'000);
    const auto statements = cost("pg-1").requestsTotal;
    for (int i = 0; i < 5; ++i)
        details("pg-1");
    QTRY_VERIFY_WITH_TIMEOUT(cost("pg-1").requestsTotal >= statements + 5 * 10, 60'000);
    QVERIFY(cost("pg-1").sentBytesPerSecond > 0);
    QCOMPARE(cost("pg-1").receivedBytesPerSecond, -1.0); // libpq does not tell
    QVERIFY(cost("pg-1").probeP50Ms > 0 && cost("pg-1").probeP99Ms >= cost("pg-1").probeP50Ms);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::NodeDetailsTest)
#include "node_details_test.moc"
