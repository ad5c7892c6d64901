// The doctor on real servers: everything is fine, then one thing at a time is broken on purpose, is found
// where it is, and is no longer found once it is put right.
#include <QTest>

#include "backend/operations/doctor.h"
#include "backend/operations/examination.h"

#include "app/session/demo_cluster.h"
#include "backend/common/config.h"
#include "backend/store/postgres_pool.h"
#include "tests/integration/helper_process.h"
#include "tests/support/demo_session.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>

#include <algorithm>
#include <fstream>

using namespace backend;
using namespace std::chrono_literals;

namespace tests {
namespace {

class ShiftedClock final : public WallClock
{
public:
    explicit ShiftedClock(Milliseconds shift)
        : m_shift(shift)
    {
    }
    TimePoint now() const override { return m_system.now() + m_shift; }

private:
    SystemWallClock m_system;
    Milliseconds m_shift;
};

// psql with an open transaction.
class OpenTransaction
{
public:
    OpenTransaction(const QString& address, const QByteArray& statements)
    {
        m_psql.setProcessChannelMode(QProcess::MergedChannels);
        m_psql.start(QStringLiteral("psql"), {QStringLiteral("-XAtq"), QStringLiteral("-d"), address});
        m_psql.write("BEGIN;\n" + statements + "\n\\echo open\n");
        while (!m_said.contains("open") && m_psql.waitForReadyRead(20'000))
            m_said += m_psql.readAll();
    }
    ~OpenTransaction()
    {
        m_psql.closeWriteChannel();
        m_psql.waitForFinished(20'000);
    }
    bool isOpen() const { return m_said.contains("open"); }

private:
    QProcess m_psql;
    QByteArray m_said;
};

} // namespace

class DoctorTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanupTestCase() { m_session.reset(); }

    void healthyClusterHasNothingToComplainOf();
    void oneThingBroken_data();
    void oneThingBroken();
    void whatADemoMayDoIsAnErrorInProduction();
    void oldTransactionIsNamedWithItsProcess();
    void oldTransactionIsNamedWithoutTheRightToSeeItsAge();
    void idleTransactionIsNamed();
    void preparedTransactionAndUnusedSlotsAreNamed();
    void deadRowsAreCounted();
    void clocksAreHeldAgainstThisMachines();
    void roundTripBoundsTheSkew();
    void pausedNodeCostsOnlyItsOwnFindings_data();
    void pausedNodeCostsOnlyItsOwnFindings();
    void pausedDirectoryLeavesTheNodesOfTheFile();
    void engineTellsNodeByNode_data();
    void engineTellsNodeByNode();
    void kernelSettingsOfThisMachine();
    void fewConnectionsAndAStandbyWithoutAnyEngine();
    void commandLineSaysTheSame();

private:
    QString owner(const QString& node) const;
    QString address(const QString& node) const;
    void run(const QString& node, const QString& command) const;
    Checkup examine(const WallClock& clock = SystemWallClock()) const
    {
        return examineCluster(m_inputs, clock, Deadline::after(60s));
    }
    static const CheckFinding* find(const Checkup& checkup, const std::string& node,
                                    const std::string& check);
    static QString texts(const Checkup& checkup);

    std::shared_ptr<app::OpenedSession> m_session;
    DoctorInputs m_inputs;
};

void DoctorTest::initTestCase()
{
    m_session = openDemo();
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->engine().monitor().snapshot()->engines.empty(), 20'000);
}

void DoctorTest::init()
{
    m_inputs.limits = {};
    m_inputs.limits.nodePatience = m_inputs.limits.nodeTime = 20s; // a busy machine is no finding
    m_inputs.directory = {0, "directory", NodeKind::Postgres,
                          take(readClusterToml(m_session->configFile())).directoryAddress};
    m_inputs.knownNodes.clear();
    m_inputs.hostRoot = "/nowhere";
}

QString DoctorTest::owner(const QString& name) const
{
    for (const auto& node : m_session->servers()->nodes())
        if (node.name == name.toStdString()) return QString::fromStdString(node.ownerAddress);
    return {};
}

QString DoctorTest::address(const QString& name) const
{
    for (const auto& node : m_session->servers()->nodes())
        if (node.name == name.toStdString()) return QString::fromStdString(node.address);
    return {};
}

// SQL as the owner, or Redis commands; several, one a line.
void DoctorTest::run(const QString& node, const QString& commands) const
{
    for (const auto& command : commands.split(QLatin1Char('\n'))) {
        const auto answer = node.startsWith(QStringLiteral("pg")) ? sql(owner(node), command)
                                                                  : redis(address(node), command.toLatin1());
        QVERIFY2(!answer.startsWith(QStringLiteral("error")) && !answer.startsWith(QLatin1Char('-')),
                 qPrintable(command + ": " + answer));
    }
}

const CheckFinding* DoctorTest::find(const Checkup& checkup, const std::string& node,
                                     const std::string& check)
{
    const auto found = std::find_if(checkup.findings.begin(), checkup.findings.end(),
                                    [&](const auto& f) { return f.node == node && f.check == check; });
    return found == checkup.findings.end() ? nullptr : &*found;
}

QString DoctorTest::texts(const Checkup& checkup)
{
    QString out;
    for (const auto& f : checkup.findings)
        out += QString::fromStdString(std::string(toString(f.severity)) + " " + f.node + " " + f.check +
                                      ": " + f.measured + "\n");
    return out;
}

void DoctorTest::healthyClusterHasNothingToComplainOf()
{
    const auto checkup = examine();
    QVERIFY2(checkup.healthy(), qPrintable(texts(checkup)));
    QCOMPARE(checkup.clusterName, std::string("demo"));
    QCOMPARE(checkup.nodes.size(), std::size_t(10));
    for (const auto& node : checkup.nodes) {
        QVERIFY(node.answered && !node.version.empty());
        QVERIFY(node.roundTripMs > 0 && node.clockUncertaintyMs > 0);
    }
    const auto asked = take(m_session->engine().operations().doctor(Deadline::after(60s), {}));
    QCOMPARE(asked.nodes.size(), checkup.nodes.size());
    QCOMPARE(asked.clusterName, checkup.clusterName);
}

void DoctorTest::oneThingBroken_data()
{
    QTest::addColumn<QString>("node"); // where it is broken
    QTest::addColumn<QString>("breaking");
    QTest::addColumn<QString>("mending");
    QTest::addColumn<QString>("check");
    QTest::addColumn<int>("severity");
    QTest::addColumn<QString>("said");  // part of what was measured
    QTest::addColumn<QString>("where"); // the finding's node
    const auto row = [](const char* name, const char* node, const char* breaking, const char* mending,
                        const char* check, Severity severity, const char* said, const char* where = nullptr) {
        QTest::newRow(name) << node << breaking << mending << check << int(severity) << said
                            << (where ? where : node);
    };
    const auto error = Severity::Error, warning = Severity::Warning, note = Severity::Note;
    row("policy", "redis-1", "CONFIG SET maxmemory-policy allkeys-lru",
        "CONFIG SET maxmemory-policy noeviction", "redis.maxmemory_policy", error, "allkeys-lru");
    row("memory", "redis-2", "CONFIG SET maxmemory 1100000", "CONFIG SET maxmemory 0", "redis.memory", error,
        "MiB (maxmemory)");
    row("listpack entries", "redis-3", "CONFIG SET zset-max-listpack-entries 127",
        "CONFIG SET zset-max-listpack-entries 128", "redis.zset-max-listpack-entries", warning, "is 127");
    row("listpack value", "redis-3", "CONFIG SET zset-max-listpack-value 16",
        "CONFIG SET zset-max-listpack-value 64", "redis.zset-max-listpack-value", warning, "is 16");
    row("appendfsync", "redis-4", "CONFIG SET appendonly yes\nCONFIG SET appendfsync always",
        "CONFIG SET appendfsync everysec\nCONFIG SET appendonly no", "redis.appendfsync", warning, "always");
    row("rights", "redis-5", "ACL SETUSER default -zadd", "ACL SETUSER default +@all", "redis.rights", error,
        "needs ZADD");
    row("settings hidden", "redis-5", "ACL SETUSER default -config", "ACL SETUSER default +@all",
        "redis.config", note, "cannot be read");
    row("clock hidden", "redis-5", "ACL SETUSER default -time", "ACL SETUSER default +@all", "redis.clock",
        warning, "could not be checked");
    row("replica", "redis-6", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "redis.replica", error,
        "127.0.0.1");
    row("autovacuum", "pg-1", "ALTER SYSTEM SET autovacuum = off\nSELECT pg_reload_conf()",
        "ALTER SYSTEM RESET autovacuum\nSELECT pg_reload_conf()", "postgres.autovacuum", error,
        "autovacuum is off");
    row("track_counts", "pg-1", "ALTER SYSTEM SET track_counts = off\nSELECT pg_reload_conf()",
        "ALTER SYSTEM RESET track_counts\nSELECT pg_reload_conf()", "postgres.track_counts", error,
        "track_counts is off");
    row("naptime", "pg-1", "ALTER SYSTEM SET autovacuum_naptime = '20min'\nSELECT pg_reload_conf()",
        "ALTER SYSTEM RESET autovacuum_naptime\nSELECT pg_reload_conf()", "postgres.autovacuum_naptime",
        warning, "20 min");
    row("read only", "pg-1", "ALTER ROLE rookery_engine SET default_transaction_read_only = on",
        "ALTER ROLE rookery_engine RESET default_transaction_read_only", "postgres.read_only", error,
        "refused");
    row("superuser", "pg-2", "ALTER ROLE rookery_engine SUPERUSER", "ALTER ROLE rookery_engine NOSUPERUSER",
        "postgres.role_superuser", error, "a superuser");
    row("powers", "pg-2", "ALTER ROLE rookery_engine CREATEDB CREATEROLE",
        "ALTER ROLE rookery_engine NOCREATEDB NOCREATEROLE", "postgres.role_powers", warning,
        "CREATEROLE, CREATEDB");
    row("owner's role", "pg-2", "GRANT rookery_owner TO rookery_engine",
        "REVOKE rookery_owner FROM rookery_engine", "postgres.role_owner", error, "belongs to its owner");
    row("owns a table", "pg-1", "ALTER TABLE users_0003.follows OWNER TO rookery_engine",
        "ALTER TABLE users_0003.follows OWNER TO rookery_owner\nGRANT SELECT, INSERT, UPDATE, DELETE ON "
        "users_0003.follows TO rookery_engine",
        "postgres.rights_owned", error, "users_0003.follows");
    row("right taken", "pg-1", "REVOKE UPDATE ON users_0005.counters FROM rookery_engine",
        "GRANT UPDATE ON users_0005.counters TO rookery_engine", "postgres.rights_missing", error,
        "GRANT UPDATE ON users_0005.counters");
    row("schema closed", "pg-2", "REVOKE USAGE ON SCHEMA posts_0009 FROM rookery_engine",
        "GRANT USAGE ON SCHEMA posts_0009 TO rookery_engine", "postgres.rights_missing", error, "posts_0009");
    row("function closed", "pg-1",
        "REVOKE EXECUTE ON FUNCTION queue.claim(int, bigint, text, boolean) FROM rookery_engine, PUBLIC",
        "GRANT EXECUTE ON FUNCTION queue.claim(int, bigint, text, boolean) TO rookery_engine, PUBLIC",
        "postgres.rights_missing", error, "queue.claim");
    row("few connections", "pg-2", "ALTER ROLE rookery_engine CONNECTION LIMIT 33",
        "ALTER ROLE rookery_engine CONNECTION LIMIT -1", "postgres.connections_wanted", warning,
        "may ask for 36 connections, and it has 33");
    row("schema missing", "pg-1", "UPDATE rookery.migrations SET scope = 'gone' WHERE schema = 'users_0004'",
        "UPDATE rookery.migrations SET scope = 'users' WHERE schema = 'users_0004'", "postgres.schema", error,
        "users_0004 is missing");
    row("schema newer", "pg-2",
        "INSERT INTO rookery.migrations (scope, schema, number) VALUES ('posts', 'posts_0004', 99)",
        "DELETE FROM rookery.migrations WHERE number = 99", "postgres.schema", error, "has version 99");
    row("directory newer", "pg-2",
        "INSERT INTO rookery.migrations (scope, schema, number) VALUES ('directory', 'directory', 99)",
        "DELETE FROM rookery.migrations WHERE number = 99", "directory.schema", error, "has version 99",
        "directory");
    row("table not vacuumed", "pg-2", "ALTER TABLE queue.tasks SET (autovacuum_enabled = off)",
        "ALTER TABLE queue.tasks RESET (autovacuum_enabled)", "postgres.table_autovacuum", error,
        "queue.tasks");
    row("dead letter", "pg-1",
        "INSERT INTO queue.dead_letters (id, kind, shard, payload, error, signature, attempts, created_at) "
        "VALUES (-1, 1, 0, '', '', '', 8, now())",
        "DELETE FROM queue.dead_letters", "queue.dead_letters", warning, "1 dead letters");
    row("old task", "pg-1",
        "INSERT INTO queue.tasks (kind, shard, state, rank, run_at, created_at, expires_at, payload) VALUES "
        "(1, 0, 2, 0, now() + interval '1 day', now() - interval '1 hour', now() + interval '1 day', '')",
        "DELETE FROM queue.tasks WHERE payload = ''", "queue.oldest", warning, "60 min");
    row("hole in the map", "pg-2",
        "UPDATE directory.placements SET shard = 64 WHERE role = 'posts' AND shard = 9",
        "UPDATE directory.placements SET shard = 9 WHERE role = 'posts' AND shard = 64",
        "directory.shard_map", error, "placed on no node: 9", "");
    row("wrong server", "pg-2",
        "UPDATE directory.placements SET node = 3 WHERE role = 'users' AND shard = 11",
        "UPDATE directory.placements SET node = 1 WHERE role = 'users' AND shard = 11", "directory.shard_map",
        error, "wrong kind of server: 11", "");
    row("same server", "pg-2", "UPDATE directory.nodes SET address = replace(address, 'redis-7', 'redis-8')",
        "UPDATE directory.nodes SET address = replace(address, 'redis-8', 'redis-7') WHERE name = 'redis-7'",
        "node.same_server", error, "redis-7", "redis-8");
    row("silent engine", "pg-2",
        "INSERT INTO directory.engines (slot, name, role, started_at, heartbeat_at, workers_wanted) VALUES "
        "(900, 'far:1', 'serve', now(), now() - interval '1 minute', 0)",
        "DELETE FROM directory.engines WHERE slot = 900", "engine.heartbeat", warning,
        "far:1 (serve) has been silent", "");
    row("all paused", "pg-2", "UPDATE directory.engines SET paused = true",
        "UPDATE directory.engines SET paused = false", "engine.paused", note, "no task waits", "");
}

void DoctorTest::oneThingBroken()
{
    QFETCH(QString, node);
    QFETCH(QString, breaking);
    QFETCH(QString, mending);
    QFETCH(QString, check);
    QFETCH(int, severity);
    QFETCH(QString, said);
    QFETCH(QString, where);
    const auto before = examine();
    QVERIFY2(!find(before, where.toStdString(), check.toStdString()), qPrintable(texts(before)));
    run(node, breaking);
    auto broken = examine();
    for (int i = 0; i < 100 && !find(broken, where.toStdString(), check.toStdString());
         ++i) { // a reload takes a moment
        QTest::qSleep(50);
        broken = examine();
    }
    run(node, mending);
    const auto* finding = find(broken, where.toStdString(), check.toStdString());
    QVERIFY2(finding, qPrintable(texts(broken)));
    QCOMPARE(int(finding->severity), severity);
    QVERIFY2(QString::fromStdString(finding->measured).contains(said), finding->measured.c_str());
    QVERIFY(!finding->advice.empty());
    QCOMPARE(broken.healthy(), severity == int(Severity::Note));
    QTRY_VERIFY_WITH_TIMEOUT(!find(examine(), where.toStdString(), check.toStdString()), 20'000);
}

void DoctorTest::whatADemoMayDoIsAnErrorInProduction()
{
    const auto demo = examine();
    QVERIFY(find(demo, "pg-1", "postgres.fsync") &&
            find(demo, "pg-1", "postgres.fsync")->severity == Severity::Note);
    QVERIFY(!find(demo, "redis-1", "redis.maxmemory"));
    run("pg-2", "UPDATE directory.settings SET value = 'production' WHERE key = 'environment'");
    run("pg-1", "ALTER ROLE rookery_engine SET synchronous_commit = off");
    const auto production = examine();
    run("pg-1", "ALTER ROLE rookery_engine RESET synchronous_commit");
    run("pg-2", "UPDATE directory.settings SET value = 'demo' WHERE key = 'environment'");
    for (const auto& [check, severity] : {std::pair{"postgres.fsync", Severity::Error},
                                          {"postgres.full_page_writes", Severity::Warning},
                                          {"postgres.synchronous_commit", Severity::Error}}) {
        const auto* finding = find(production, "pg-1", check);
        QVERIFY2(finding, check);
        QCOMPARE(int(finding->severity), int(severity));
        QVERIFY(QString::fromStdString(finding->command).contains("ALTER SYSTEM SET"));
    }
    QVERIFY(find(production, "redis-1", "redis.maxmemory") &&
            find(production, "redis-1", "redis.persistence"));
}

void DoctorTest::oldTransactionIsNamedWithItsProcess()
{
    m_inputs.limits.oldTransaction = 300ms;
    run("pg-2", "GRANT pg_read_all_stats TO rookery_engine");
    {
        const OpenTransaction held(owner("pg-2"), "SELECT pg_current_xact_id();");
        QVERIFY(held.isOpen());
        const auto pid = sql(owner("pg-2"), "SELECT pid FROM pg_stat_activity WHERE application_name = "
                                            "'psql' AND state = 'idle in transaction'");
        QTRY_VERIFY_WITH_TIMEOUT(find(examine(), "pg-2", "postgres.old_transaction"), 20'000);
        const auto checkup = examine();
        const auto* finding = find(checkup, "pg-2", "postgres.old_transaction");
        QVERIFY(QString::fromStdString(finding->measured)
                    .startsWith("process " + pid + " of rookery_owner (psql)"));
        QVERIFY(QString::fromStdString(finding->command).contains("pg_terminate_backend(" + pid + ")"));
        QVERIFY(!find(checkup, "pg-1", "postgres.old_transaction"));
        m_inputs.limits.veryOldTransaction = 300ms;
        QCOMPARE(int(find(examine(), "pg-2", "postgres.old_transaction")->severity), int(Severity::Error));
    }
    run("pg-2", "REVOKE pg_read_all_stats FROM rookery_engine");
    QTRY_VERIFY_WITH_TIMEOUT(!find(examine(), "pg-2", "postgres.old_transaction"), 20'000);
}

void DoctorTest::oldTransactionIsNamedWithoutTheRightToSeeItsAge()
{
    m_inputs.limits.oldTransactionXids = 5;
    QVERIFY(find(examine(), "pg-1", "postgres.sees_others"));
    const OpenTransaction held(owner("pg-1"), "SELECT pg_current_xact_id();");
    QVERIFY(held.isOpen());
    for (int i = 0; i < 8; ++i)
        run("pg-1", "SELECT pg_current_xact_id()");
    const auto checkup = examine();
    const auto* finding = find(checkup, "pg-1", "postgres.old_transaction");
    QVERIFY2(finding, qPrintable(texts(checkup)));
    QVERIFY(QString::fromStdString(finding->measured).contains("rookery_owner"));
}

void DoctorTest::idleTransactionIsNamed()
{
    m_inputs.limits.idleInTransaction = 300ms;
    run("pg-1", "GRANT pg_read_all_stats TO rookery_engine");
    {
        const OpenTransaction held(owner("pg-1"),
                                   "SELECT 1;"); // no snapshot is held: only its locks and its connection
        QVERIFY(held.isOpen());
        QTRY_VERIFY_WITH_TIMEOUT(find(examine(), "pg-1", "postgres.idle_in_transaction"), 20'000);
    }
    run("pg-1", "REVOKE pg_read_all_stats FROM rookery_engine");
    QTRY_VERIFY_WITH_TIMEOUT(!find(examine(), "pg-1", "postgres.idle_in_transaction"), 20'000);
}

void DoctorTest::preparedTransactionAndUnusedSlotsAreNamed()
{
    run("pg-1", "ALTER SYSTEM SET max_prepared_transactions = 2\nALTER SYSTEM SET wal_level = logical");
    take(m_session->servers()->restartNode("pg-1"));
    run("pg-1", "SELECT pg_create_physical_replication_slot('forgotten', true)\n"
                "SELECT pg_create_logical_replication_slot('reader', 'pgoutput')"); // waits for transactions
    {
        QProcess psql;
        psql.start(QStringLiteral("psql"), {QStringLiteral("-Xq"), QStringLiteral("-d"), owner("pg-1")});
        psql.write("BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'left over';\n");
        psql.closeWriteChannel();
        QVERIFY(psql.waitForFinished(20'000));
    }
    for (int i = 0; i < 8; ++i)
        run("pg-1", "SELECT pg_current_xact_id()");
    m_inputs.limits.oldTransactionXids = 5;
    m_inputs.limits.oldTransaction = 0ms;
    m_inputs.limits.walHeldBytes = 0;
    auto checkup = examine();
    const auto* prepared = find(checkup, "pg-1", "postgres.prepared_transaction");
    QVERIFY2(prepared, qPrintable(texts(checkup)));
    QVERIFY(QString::fromStdString(prepared->measured).contains("left over of rookery_owner"));
    const auto* slot = find(checkup, "pg-1", "postgres.slot_wal");
    QVERIFY2(slot, qPrintable(texts(checkup)));
    QVERIFY(QString::fromStdString(slot->measured).contains("forgotten, which nobody uses"));
    const auto* horizon = find(checkup, "pg-1", "postgres.slot_horizon");
    QVERIFY2(horizon, qPrintable(texts(checkup)));
    QVERIFY(QString::fromStdString(horizon->measured).contains("reader, which nobody uses"));
    // What it says to do is exact: it can be pasted into a shell, as the owner.
    for (const auto& command : {prepared->command, slot->command, horizon->command}) {
        QProcess shell;
        shell.setProcessChannelMode(QProcess::MergedChannels);
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert("PGUSER", "rookery_owner");
        shell.setProcessEnvironment(environment);
        shell.start(QStringLiteral("sh"), {QStringLiteral("-c"), QString::fromStdString(command)});
        QVERIFY(shell.waitForFinished(20'000));
        QVERIFY2(shell.exitCode() == 0, shell.readAll().constData());
    }
    checkup = examine();
    QVERIFY(!find(checkup, "pg-1", "postgres.prepared_transaction") &&
            !find(checkup, "pg-1", "postgres.slot_wal") && !find(checkup, "pg-1", "postgres.slot_horizon"));
}

void DoctorTest::deadRowsAreCounted()
{
    m_inputs.limits.deadRows = 3'000;
    run("pg-1", "ALTER TABLE users_0007.applied SET (autovacuum_enabled = off)\n"
                "INSERT INTO users_0007.applied SELECT 1, i, 1, now() + interval '1 day' FROM "
                "generate_series(1, 5000) AS i\n"
                "DELETE FROM users_0007.applied");
    QTRY_VERIFY_WITH_TIMEOUT(find(examine(), "pg-1", "postgres.dead_rows"), 30'000);
    const auto checkup = examine();
    QVERIFY(QString::fromStdString(find(checkup, "pg-1", "postgres.dead_rows")->measured)
                .contains("users_0007.applied holds 5000 dead rows"));
    run("pg-1", "ALTER TABLE users_0007.applied RESET (autovacuum_enabled)\nVACUUM users_0007.applied");
    QTRY_VERIFY_WITH_TIMEOUT(!find(examine(), "pg-1", "postgres.dead_rows"), 30'000);
}

void DoctorTest::clocksAreHeldAgainstThisMachines()
{
    const auto checkup = examine(ShiftedClock(-60'000ms)); // this machine is a minute behind
    for (const auto& node : checkup.nodes) {
        const auto* finding = find(checkup, node.name, "clock.skew");
        QVERIFY2(finding, node.name.c_str());
        QVERIFY2(QString::fromStdString(finding->measured).contains("ahead of this machine's"),
                 finding->measured.c_str());
        QVERIFY(std::abs(node.clockAheadMs - 60'000) < 20'000);
    }
    QVERIFY(!find(checkup, "", "clock.apart")); // among each other they agree
}

void DoctorTest::roundTripBoundsTheSkew()
{
    QVERIFY(!isSkewed(500, 1, 500ms));
    QVERIFY(isSkewed(502, 1, 500ms));
    QVERIFY(isSkewed(-502, 1, 500ms));
    QVERIFY(!isSkewed(2'000, 1'600, 500ms)); // an answer that took 3.2 s says no more than that
    // The answer with the shortest round trip counts: here the clock of the slow answers would seem to be
    // off.
    int asked = 0;
    const SystemWallClock clock;
    const auto reading = take(readClock(clock, [&]() -> Result<double> {
        const double now = std::chrono::duration<double>(clock.now().time_since_epoch()).count();
        if (++asked != 3) QTest::qSleep(120);
        return now;
    }));
    QVERIFY(reading.roundTripMs < 100);
    QVERIFY(std::abs(reading.aheadMs) <= reading.uncertaintyMs() + 1);
}

void DoctorTest::pausedNodeCostsOnlyItsOwnFindings_data()
{
    QTest::addColumn<QString>("node");
    QTest::newRow("redis") << "redis-2";
    QTest::newRow("postgres") << "pg-1";
}

void DoctorTest::pausedNodeCostsOnlyItsOwnFindings()
{
    QFETCH(QString, node);
    m_inputs.limits.nodePatience = 3s;
    take(m_session->servers()->pauseNode(node.toStdString()));
    QElapsedTimer timer;
    timer.start();
    const auto checkup = examine();
    const auto took = timer.elapsed();
    take(m_session->servers()->resumeNode(node.toStdString()));
    QVERIFY2(took < 15'000, qPrintable(QString::number(took)));
    QVERIFY2(find(checkup, node.toStdString(), "node.unreachable"), qPrintable(texts(checkup)));
    for (const auto& one : checkup.nodes)
        QCOMPARE(one.answered, one.name != node.toStdString());
    QTRY_VERIFY_WITH_TIMEOUT(examine().healthy(), 30'000);
}

void DoctorTest::pausedDirectoryLeavesTheNodesOfTheFile()
{
    m_inputs.limits.nodePatience = 3s;
    for (const auto& node : m_session->servers()->nodes())
        m_inputs.knownNodes.push_back(node);
    take(m_session->servers()->pauseNode("pg-2"));
    QElapsedTimer timer;
    timer.start();
    const auto checkup = examine();
    const auto took = timer.elapsed();
    take(m_session->servers()->resumeNode("pg-2"));
    QVERIFY2(took < 20'000, qPrintable(QString::number(took)));
    QVERIFY(find(checkup, "", "directory.unreadable") || find(checkup, "directory", "directory.unreadable"));
    QCOMPARE(checkup.nodes.size(), std::size_t(10));
    for (const auto& one : checkup.nodes)
        QCOMPARE(one.answered, one.name != "pg-2");
    QTRY_VERIFY_WITH_TIMEOUT(examine().healthy(), 30'000);
}

void DoctorTest::engineTellsNodeByNode_data()
{
    QTest::addColumn<QString>("silent");
    QTest::newRow("users") << "pg-1";
    QTest::newRow("posts and directory") << "pg-2";
}

// An engine knows the nodes: even a silent directory holds up nothing that the others say.
void DoctorTest::engineTellsNodeByNode()
{
    QFETCH(QString, silent);
    take(m_session->servers()->pauseNode(silent.toStdString()));
    std::vector<Checkup> told;
    const auto checkup = take(m_session->engine().operations().doctor(
        Deadline::after(60s), [&](const Checkup& soFar) { told.push_back(soFar); }));
    take(m_session->servers()->resumeNode(silent.toStdString()));
    QCOMPARE(told.size(), std::size_t(11)); // ten nodes and the directory
    std::size_t awaited = 10;
    for (const auto& part : told) {
        QCOMPARE(part.nodes.size(), std::size_t(10));
        QVERIFY(part.awaited() <= awaited);
        awaited = part.awaited();
    }
    QCOMPARE(awaited, std::size_t(0));
    const auto alone = std::find_if(told.begin(), told.end(), [&](const Checkup& part) {
        return part.awaited() == 1 &&
               std::all_of(part.nodes.begin(), part.nodes.end(), [&](const auto& node) {
                   return node.awaited == (QString::fromStdString(node.name) == silent);
               });
    });
    QVERIFY(alone != told.end());
    for (const auto& node : checkup.nodes)
        QCOMPARE(node.answered, QString::fromStdString(node.name) != silent);
    QVERIFY2(find(checkup, silent.toStdString(), "node.unreachable"), qPrintable(texts(checkup)));
    QTRY_VERIFY_WITH_TIMEOUT(examine().healthy(), 30'000);
}

void DoctorTest::kernelSettingsOfThisMachine()
{
    const QTemporaryDir host;
    const auto write = [&](const QString& name, const QByteArray& text) {
        QDir().mkpath(QFileInfo(host.filePath(name)).path());
        QFile file(host.filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
    };
    write("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
    write("proc/sys/vm/overcommit_memory", "0\n");
    EmbeddedOptions options;
    options.postgresNodes = options.redisNodes = 1;
    options.redisArguments = {"--disable-thp", "no", "--save", "3600 1"};
    const auto servers = take(EmbeddedServers::start(options, Deadline::after(60s)));
    m_inputs.hostRoot = host.path().toStdString();
    m_inputs.directory = servers->nodes()[0]; // an empty database
    m_inputs.directory.name = "directory";
    m_inputs.knownNodes = {servers->nodes()[1]};
    auto checkup = examine();
    QVERIFY2(find(checkup, "redis-1", "host.huge_pages"), qPrintable(texts(checkup)));
    QVERIFY(find(checkup, "redis-1", "host.overcommit"));
    const auto* empty = find(checkup, "directory", "directory.empty");
    QVERIFY2(empty, qPrintable(texts(checkup)));
    QVERIFY(QString::fromStdString(empty->command).contains("cluster init"));
    write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    write("proc/sys/vm/overcommit_memory", "1\n");
    checkup = examine();
    QVERIFY(!find(checkup, "redis-1", "host.huge_pages") && !find(checkup, "redis-1", "host.overcommit"));
}

// A cluster of its own, to which nobody else connects.
void DoctorTest::fewConnectionsAndAStandbyWithoutAnyEngine()
{
    EmbeddedOptions options;
    options.postgresNodes = options.redisNodes = 1;
    const auto servers = take(EmbeddedServers::start(options, Deadline::after(60s)));
    m_inputs.directory = take(app::prepareDemoCluster(*servers, Deadline::after(60s))).directory;
    const auto node = servers->nodes()[0];
    auto checkup = examine();
    const auto* none = find(checkup, "", "engine.none");
    QVERIFY2(none && checkup.healthy(), qPrintable(texts(checkup)));
    QVERIFY(QString::fromStdString(none->measured).contains("no task waits yet"));

    // 20 besides the three that are kept for superusers, and 18 of them taken.
    const auto ownerSays = [&](const QString& statement) {
        const auto said = sql(QString::fromStdString(node.ownerAddress), statement);
        QVERIFY2(!said.startsWith("error"), qPrintable(said));
    };
    ownerSays(QStringLiteral("ALTER SYSTEM SET max_connections = 23"));
    take(servers->restartNode(node.name));
    auto pool = makePostgresPool(node, {18, 1, 5s});
    std::vector<SqlPool::Lease> leases;
    for (int i = 0; i < 18; ++i)
        leases.push_back(take(pool->lease(Deadline::after(20s))));
    ownerSays(QStringLiteral("INSERT INTO directory.engines (slot, name, role, started_at, heartbeat_at, "
                             "workers_wanted) VALUES (900, 'here:1', 'serve', now(), now(), 0)"));
    checkup = examine();
    const auto* used = find(checkup, node.name, "postgres.connections_used");
    QVERIFY2(used, qPrintable(texts(checkup)));
    QVERIFY2(QString::fromStdString(used->measured).endsWith("of 20 connections are open now"),
             used->measured.c_str());
    const auto* wanted = find(checkup, node.name, "postgres.connections_wanted");
    QVERIFY2(wanted, qPrintable(texts(checkup)));
    QVERIFY(QString::fromStdString(wanted->measured)
                .contains("it has 20 (max_connections = 23, 3 of them reserved)"));
    leases.clear();
    pool.reset();
    QTRY_VERIFY_WITH_TIMEOUT(!find(examine(), node.name, "postgres.connections_used"), 20'000);

    ownerSays(QStringLiteral("ALTER SYSTEM RESET max_connections"));
    const auto mark = node.dataDirectory / "standby.signal";
    std::ofstream(mark).close();
    take(servers->restartNode(node.name));
    checkup = examine();
    std::filesystem::remove(mark);
    QVERIFY2(find(checkup, node.name, "postgres.standby"), qPrintable(texts(checkup)));
    take(servers->restartNode(node.name));
    checkup = examine();
    QVERIFY2(!find(checkup, node.name, "postgres.standby") &&
                 !find(checkup, node.name, "postgres.connections_wanted"),
             qPrintable(texts(checkup)));
}

void DoctorTest::commandLineSaysTheSame()
{
    const auto call = [&](const QStringList& arguments, int* exitCode) {
        QProcess ctl;
        ctl.setStandardErrorFile(QProcess::nullDevice());
        ctl.start(QStringLiteral(ROOKERYCTL), arguments);
        const bool ended = ctl.waitForFinished(60'000);
        *exitCode = ended && ctl.exitStatus() == QProcess::NormalExit ? ctl.exitCode() : -1;
        return ctl.readAllStandardOutput();
    };
    const QString config = QString::fromStdString(m_session->configFile().string());
    int code = -1;
    auto said = QJsonDocument::fromJson(call({"doctor", "--config", config, "--json"}, &code)).object();
    QCOMPARE(code, 0);
    QVERIFY(said["healthy"].toBool());
    QCOMPARE(said["nodes"].toArray().size(), 10);
    run("redis-1", "CONFIG SET maxmemory-policy allkeys-random");
    said = QJsonDocument::fromJson(call({"doctor", "--config", config, "--json"}, &code)).object();
    const auto text = call({"doctor", "--config", config}, &code);
    run("redis-1", "CONFIG SET maxmemory-policy noeviction");
    QCOMPARE(code, 1);
    QCOMPARE(said["errors"].toInt(), 1);
    QVERIFY2(text.contains("error    redis-1: maxmemory-policy is allkeys-random"), text.constData());
    QVERIFY2(text.contains("CONFIG SET maxmemory-policy noeviction"), text.constData());
    call({"doctor"}, &code);
    QCOMPARE(code, 2);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::DoctorTest)
#include "doctor_test.moc"
