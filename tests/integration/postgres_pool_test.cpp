// The pool against a real server: its limits, connections that end, and what a person reads when none can be
// made.
#include "tests/integration/postgres_fixture.h"
#include "tests/support/lateness.h"

#include <atomic>
#include <thread>

namespace tests {

class PostgresPoolTest : public QObject, private PostgresFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void waitersAreBounded();
    void waitingEndsWithTheDeadline();
    void aKilledBackendIsReplaced();
    void aRestartedServerIsFoundAgain();
    void idleConnectionsOfARestartedServerAreNotHandedOut();
    void messagesOfFailedConnections_data();
    void messagesOfFailedConnections();
    void aWrongPasswordSaysSo();
    void tooManyConnectionsIsOverload();
    void manyThreadsShareAPool();
};

void PostgresPoolTest::waitersAreBounded()
{
    const auto p = pool(1, 2);
    TAKE(held, p->lease(soon()));
    std::atomic<int> served{0}, failed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&] {
            const auto lease = p->lease(Deadline::after(30s));
            ++(lease ? served : failed);
        });
    QTRY_COMPARE_WITH_TIMEOUT(p->statistics().waiting, 2, 60'000);
    const Lateness lateness;
    const auto refused = p->lease(Deadline::after(30s)); // at once, although its deadline is far
    VERIFY_IN_TIME(lateness, 0ms);
    VERIFY_ERROR(refused, ErrorCode::Overloaded);
    QVERIFY(refused.error().retryable);
    QCOMPARE(p->statistics().refused, std::int64_t(1));
    held.reset();
    for (auto& thread : threads)
        thread.join();
    QCOMPARE(served.load(), 2);
    QCOMPARE(failed.load(), 0);
    QCOMPARE(p->statistics().open, 1);
    QCOMPARE(p->statistics().leased, 0);
}

void PostgresPoolTest::waitingEndsWithTheDeadline()
{
    const auto p = pool(1, 4);
    TAKE(held, p->lease(soon()));
    const Lateness lateness;
    const auto late = p->lease(Deadline::after(50ms));
    VERIFY_IN_TIME(lateness, 50ms);
    VERIFY_ERROR(late, ErrorCode::DeadlineExceeded);
    QVERIFY(late.error().message.find("pg-1") != std::string::npos);
}

void PostgresPoolTest::aKilledBackendIsReplaced()
{
    const auto p = pool(2);
    TAKE(victim, p->lease(soon()));
    TAKE(killer, p->lease(soon()));
    const int pid = victim->backendPid();
    VERIFY_OK(killer->execute("SELECT pg_terminate_backend($1::int, 5000)", {sqlParameter(pid)}, soon()));
    const auto broken = victim->execute("SELECT 1", {}, soon());
    VERIFY_ERROR(broken, ErrorCode::Unavailable);
    QVERIFY(broken.error().retryable);
    QVERIFY(!victim->usable());
    QCOMPARE(victim->backendPid(), pid); // whoever ends a dead worker's connections needs it
    victim.reset();
    TAKE(fresh, p->lease(soon()));
    VERIFY_OK(fresh->execute("SELECT 1", {}, soon()));
    QCOMPARE(p->statistics().open, 2);
}

void PostgresPoolTest::aRestartedServerIsFoundAgain()
{
    const auto p = pool(2);
    VERIFY_OK(p->lease(soon()));
    VERIFY_OK(m_cluster->servers().killNode("pg-1"));
    const auto down = p->lease(Deadline::after(5s));
    VERIFY_ERROR(down, ErrorCode::Unavailable);
    QVERIFY(down.error().retryable);
    QVERIFY(down.error().message.find("pg-1") != std::string::npos);
    VERIFY_OK(m_cluster->servers().restartNode("pg-1"));
    TAKE(c, p->lease(soon()));
    VERIFY_OK(c->execute("SELECT 1", {}, soon()));
}

void PostgresPoolTest::idleConnectionsOfARestartedServerAreNotHandedOut()
{
    const auto p = pool(3);
    {
        TAKE(a, p->lease(soon()));
        TAKE(b, p->lease(soon()));
    }
    QCOMPARE(p->statistics().open, 2);
    VERIFY_OK(m_cluster->servers().restartNode("pg-1"));
    TAKE(c, p->lease(soon()));
    VERIFY_OK(c->execute("SELECT 1", {}, soon()));
}

void PostgresPoolTest::messagesOfFailedConnections_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("advice");
    const QString good = QString::fromStdString(owner().address);
    QTest::newRow("missing socket") << QStringLiteral("host=/nowhere/at/all dbname=x")
                                    << int(ErrorCode::Unavailable)
                                    << QStringLiteral("start the server or correct its address");
    QTest::newRow("refused") << QStringLiteral("host=127.0.0.1 port=1 dbname=x")
                             << int(ErrorCode::Unavailable)
                             << QStringLiteral("start the server or correct its address");
    QTest::newRow("no such role") << good + " user=nobody_here" << int(ErrorCode::Unauthorized)
                                  << QStringLiteral("check the role");
    QTest::newRow("no such database")
        << good + " dbname=nothing_here" << int(ErrorCode::Configuration) << QStringLiteral("correct dbname");
    QTest::newRow("bad option") << QStringLiteral("hots=/tmp") << int(ErrorCode::Configuration)
                                << QStringLiteral("correct the address");
}

void PostgresPoolTest::messagesOfFailedConnections()
{
    QFETCH(QString, address);
    QFETCH(int, code);
    QFETCH(QString, advice);
    const auto p = makePostgresPool({7, "pg-7", NodeKind::Postgres, address.toStdString()}, {2, 2, 2s});
    const auto lease = p->lease(soon());
    QVERIFY(!lease);
    QVERIFY2(int(lease.error().code) == code, lease.error().message.c_str());
    const auto message = QString::fromStdString(lease.error().message);
    QVERIFY2(message.contains(QStringLiteral("pg-7")) && message.contains(advice), qPrintable(message));
    QVERIFY(!message.contains('\n'));
}

void PostgresPoolTest::aWrongPasswordSaysSo()
{
    const auto p = pool();
    const auto directory = m_cluster->node("pg-1").dataDirectory;
    TAKE(c, p->lease(soon()));
    VERIFY_OK(c->executeScript("CREATE ROLE guarded LOGIN PASSWORD 'right'", soon()));
    const auto rule = [&](const std::string& line) {
        return c->executeScript("CREATE TABLE hba (line text); INSERT INTO hba VALUES ('" + line +
                                    "'), ('local all all trust'); COPY hba TO '" +
                                    (directory / "pg_hba.conf").string() +
                                    "'; DROP TABLE hba; SELECT pg_reload_conf()",
                                soon());
    };
    VERIFY_OK(rule("local all guarded scram-sha-256"));
    const std::string address = owner().address + " user=guarded password=";
    const auto tryWith = [&](const std::string& password) {
        return makePostgresPool({1, "pg-1", NodeKind::Postgres, address + password}, {1, 1, 2s})
            ->lease(soon());
    };
    // The reload is asynchronous.
    QTRY_VERIFY_WITH_TIMEOUT(!tryWith("wrong"), 60'000);
    const auto refused = tryWith("wrong");
    VERIFY_ERROR(refused, ErrorCode::Unauthorized);
    QVERIFY(!refused.error().retryable);
    QVERIFY2(refused.error().message.find("pg-1") != std::string::npos, refused.error().message.c_str());
    QVERIFY2(refused.error().message.find("wrong") == std::string::npos, refused.error().message.c_str());
    const auto right = makePostgresPool({1, "pg-1", NodeKind::Postgres, address + "right"}, {1, 1, 2s});
    VERIFY_OK(right->lease(soon()));
}

void PostgresPoolTest::tooManyConnectionsIsOverload()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    VERIFY_OK(c->executeScript("CREATE ROLE few LOGIN CONNECTION LIMIT 1", soon()));
    const NodeEndpoint few{1, "pg-1", NodeKind::Postgres, owner().address + " user=few"};
    auto first = makePostgresPool(few, {1, 1, 2s});
    const auto second = makePostgresPool(few, {1, 1, 2s});
    auto held = first->lease(soon());
    VERIFY_OK(held);
    const auto refused = second->lease(soon());
    VERIFY_ERROR(refused, ErrorCode::Overloaded);
    QVERIFY(refused.error().retryable);
    held->reset();
    // Within one pool a refused further connection only means waiting for one of the others.
    first.reset();
    const auto wide = makePostgresPool(few, {4, 4, 2s});
    auto only = wide->lease(soon());
    // The server notices a moment later that the first one has gone.
    QTRY_VERIFY_WITH_TIMEOUT(only.has_value() || (only = wide->lease(soon())).has_value(), 60'000);
    std::thread waiter([&] {
        const auto later = wide->lease(Deadline::after(30s));
        if (!later) qWarning("%s", later.error().message.c_str());
    });
    QTRY_VERIFY_WITH_TIMEOUT(wide->statistics().waiting == 1, 60'000);
    QTest::qWait(200); // time for a refused attempt or two
    QCOMPARE(wide->statistics().waiting, 1);
    only->reset();
    waiter.join();
    QCOMPARE(wide->statistics().open, 1);
}

void PostgresPoolTest::manyThreadsShareAPool()
{
    const auto p = pool(3, 16);
    std::atomic<int> failures{0};
    std::atomic<std::int64_t> sum{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                auto lease = p->lease(Deadline::after(30s));
                if (!lease) {
                    ++failures;
                    continue;
                }
                const auto rows =
                    (*lease)->execute("SELECT $1::int * 2", {sqlParameter(t)}, Deadline::after(30s));
                if (!rows || rows->integer(0, 0) != 2 * t)
                    ++failures;
                else
                    sum += rows->integer(0, 0);
            }
        });
    for (auto& thread : threads)
        thread.join();
    QCOMPARE(failures.load(), 0);
    QCOMPARE(sum.load(), std::int64_t(2 * 28 * 50));
    const auto statistics = p->statistics();
    QVERIFY(statistics.open <= 3);
    QCOMPARE(statistics.leased, 0);
    QCOMPARE(statistics.statements, std::int64_t(400));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::PostgresPoolTest)
#include "postgres_pool_test.moc"
