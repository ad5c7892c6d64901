// What the doctor finds on PostgreSQL nodes by how they are used: transactions and slots that hold up the
// others, dead rows, connections that run out, a standby.
#include "tests/integration/doctor_fixture.h"

#include "backend/store/postgres_pool.h"

#include <QProcess>

#include <fstream>

namespace tests {

namespace {

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

class DoctorPostgresTest : public QObject, private DoctorFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init() { begin(); }
    void cleanupTestCase() { m_session.reset(); }

    void oldTransactionIsNamedWithItsProcess();
    void oldTransactionIsNamedWithoutTheRightToSeeItsAge();
    void idleTransactionIsNamed();
    void preparedTransactionAndUnusedSlotsAreNamed();
    void deadRowsAreCounted();
    void fewConnectionsAndAStandbyWithoutAnyEngine();
};

void DoctorPostgresTest::oldTransactionIsNamedWithItsProcess()
{
    m_inputs.limits.oldTransaction = 300ms;
    run("pg-2", "GRANT pg_read_all_stats TO rookery_engine");
    {
        const OpenTransaction held(owner("pg-2"), "SELECT pg_current_xact_id();");
        QVERIFY(held.isOpen());
        const auto pid = sql(owner("pg-2"), "SELECT pid FROM pg_stat_activity WHERE application_name = "
                                            "'psql' AND state = 'idle in transaction'");
        QTRY_VERIFY_WITH_TIMEOUT(find(examine(), "pg-2", "postgres.old_transaction"), 60'000);
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
    QTRY_VERIFY_WITH_TIMEOUT(!find(examine(), "pg-2", "postgres.old_transaction"), 60'000);
}

void DoctorPostgresTest::oldTransactionIsNamedWithoutTheRightToSeeItsAge()
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

void DoctorPostgresTest::idleTransactionIsNamed()
{
    m_inputs.limits.idleInTransaction = 300ms;
    run("pg-1", "GRANT pg_read_all_stats TO rookery_engine");
    {
        const OpenTransaction held(owner("pg-1"),
                                   "SELECT 1;"); // no snapshot is held: only its locks and its connection
        QVERIFY(held.isOpen());
        QTRY_VERIFY_WITH_TIMEOUT(find(examine(), "pg-1", "postgres.idle_in_transaction"), 60'000);
    }
    run("pg-1", "REVOKE pg_read_all_stats FROM rookery_engine");
    QTRY_VERIFY_WITH_TIMEOUT(!find(examine(), "pg-1", "postgres.idle_in_transaction"), 60'000);
}

void DoctorPostgresTest::preparedTransactionAndUnusedSlotsAreNamed()
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

void DoctorPostgresTest::deadRowsAreCounted()
{
    m_inputs.limits.deadRows = 3'000;
    run("pg-1", "ALTER TABLE users_0007.applied SET (autovacuum_enabled = off)\n"
                "INSERT INTO users_0007.applied SELECT 1, i, 1, now() + interval '1 day' FROM "
                "generate_series(1, 5000) AS i\n"
                "DELETE FROM users_0007.applied");
    QTRY_VERIFY_WITH_TIMEOUT(find(examine(), "pg-1", "postgres.dead_rows"), 60'000);
    const auto checkup = examine();
    QVERIFY(QString::fromStdString(find(checkup, "pg-1", "postgres.dead_rows")->measured)
                .contains("users_0007.applied holds 5000 dead rows"));
    run("pg-1", "ALTER TABLE users_0007.applied RESET (autovacuum_enabled)\nVACUUM users_0007.applied");
    QTRY_VERIFY_WITH_TIMEOUT(!find(examine(), "pg-1", "postgres.dead_rows"), 60'000);
}

// A cluster of its own, to which nobody else connects.
void DoctorPostgresTest::fewConnectionsAndAStandbyWithoutAnyEngine()
{
    EmbeddedOptions options;
    options.postgresNodes = options.redisNodes = 1;
    const auto servers = take(EmbeddedServers::start(options, Deadline::after(60s)));
    m_inputs.directory = makeCluster(*servers);
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
    QTRY_VERIFY_WITH_TIMEOUT(!find(examine(), node.name, "postgres.connections_used"), 60'000);

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

} // namespace tests

QTEST_GUILESS_MAIN(tests::DoctorPostgresTest)
#include "doctor_postgres_test.moc"
