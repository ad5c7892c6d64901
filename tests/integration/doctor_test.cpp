// The doctor on real servers: everything is fine, then one thing at a time is broken on purpose, is found
// where it is, and is no longer found once it is put right.
#include "tests/integration/doctor_fixture.h"

#include "backend/operations/examination.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>

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

} // namespace

class DoctorTest : public QObject, private DoctorFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init() { begin(); }
    void cleanupTestCase() { m_session.reset(); }

    void healthyClusterHasNothingToComplainOf();
    void oneThingBroken_data();
    void oneThingBroken();
    void whatADemoMayDoIsAnErrorInProduction();
    void clocksAreHeldAgainstThisMachines();
    void roundTripBoundsTheSkew();
    void kernelSettingsOfThisMachine();
    void commandLineSaysTheSame();
};

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
    QTRY_VERIFY_WITH_TIMEOUT(!find(examine(), where.toStdString(), check.toStdString()), 60'000);
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
        if (++asked != 3) QTest::qSleep(500);
        return now;
    }));
    QVERIFY(reading.roundTripMs < 400);
    QVERIFY(std::abs(reading.aheadMs) <= reading.uncertaintyMs() + 1);
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
