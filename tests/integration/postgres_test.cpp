// The pool and its connections against a real server: results, transactions, limits, deadlines, and what a
// person reads when something is wrong.
#include "backend/store/postgres_pool.h"
#include "tests/support/lateness.h"
#include "tests/support/private_cluster.h"
#include "tests/support/results.h"

#include <QTest>
#include <QThread>

#include <atomic>
#include <thread>

using namespace backend;
using namespace std::chrono_literals;

namespace tests {

class PostgresTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void rowsAndParameters();
    void valuesArriveAsTheyAre();
    void aBatchIsOneTransaction();
    void aThousandSmallStatementsInOneTrip();
    void aBatchInsideATransactionIsPartOfIt();
    void preparedStatementsAreBounded();
    void anInterruptedCallFailsAtOnce();
    void transactionsCommitAndRollBack();
    void aReturnedConnectionHasNoOpenTransaction();
    void copyWritesRows();
    void scriptsRunWhole();
    void theServerEndsASlowStatementAndTheConnectionLives();
    void aStoppedServerCannotHoldACaller();
    void aStoppedServerCannotHoldARollback();
    void aRollbackHasTheWholeCallersTime();
    void aStoppedServerCannotHoldALease();
    void anAttemptFromBeforeIsNobodyElsesFailure();
    void waitersAreBounded();
    void waitingEndsWithTheDeadline();
    void aKilledBackendIsReplaced();
    void aRestartedServerIsFoundAgain();
    void idleConnectionsOfARestartedServerAreNotHandedOut();
    void messagesOfFailedConnections_data();
    void messagesOfFailedConnections();
    void aWrongPasswordSaysSo();
    void tooManyConnectionsIsOverload();
    void aFencedShardIsAStaleMap();
    void errorsNameNodeAndReason();
    void manyThreadsShareAPool();

private:
    NodeEndpoint owner() const;
    std::unique_ptr<SqlPool> pool(int connections = 4, int waiters = 8) const
    {
        return makePostgresPool(owner(), {connections, waiters, 2s});
    }
    static Deadline soon() { return Deadline::after(10s); }

    std::unique_ptr<PrivateCluster> m_cluster;
};

NodeEndpoint PostgresTest::owner() const
{
    const auto node = m_cluster->node("pg-1");
    return {1, "pg-1", NodeKind::Postgres, node.ownerAddress};
}

void PostgresTest::initTestCase()
{
    m_cluster = PrivateCluster::start(1, 0);
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    VERIFY_OK(c->executeScript(
        "CREATE TABLE item (id bigint PRIMARY KEY, name text); CREATE TABLE pile (a int, b text)", soon()));
}

void PostgresTest::rowsAndParameters()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    TAKE(rows, c->execute("SELECT $1::bigint + 1, $2::text, $3::boolean, $4::float8, NULL::text",
                          {sqlParameter(41), "abc", sqlParameter(true), sqlParameter(0.5)}, soon()));
    QCOMPARE(rows.size(), std::size_t(1));
    QCOMPARE(rows.integer(0, 0), std::int64_t(42));
    QCOMPARE(rows.text(0, 1), std::string_view("abc"));
    QVERIFY(rows.boolean(0, 2));
    QCOMPARE(rows.real(0, 3), 0.5);
    QVERIFY(rows.isNull(0, 4));
    TAKE(again, c->execute("SELECT $1::bigint + 1, $2::text, $3::boolean, $4::float8, NULL::text",
                           {{}, {}, {}, {}}, soon()));
    QVERIFY(again.isNull(0, 0));
    TAKE(written, c->execute("INSERT INTO item SELECT g, 'x' FROM generate_series(1, 7) AS g", {}, soon()));
    QCOMPARE(written.affectedRows(), std::size_t(7));
    TAKE(deleted, c->execute("DELETE FROM item", {}, soon()));
    QCOMPARE(deleted.affectedRows(), std::size_t(7));
    QCOMPARE(c->backendPid() > 0, true);
    QCOMPARE(c->nodeName(), std::string("pg-1"));
}

void PostgresTest::valuesArriveAsTheyAre()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    const std::vector<std::string> values{"",
                                          "'",
                                          "''; DROP TABLE item; --",
                                          "\\",
                                          "\\'",
                                          "a\"b",
                                          "$1",
                                          "tab\tline\nreturn\r",
                                          "Zwölf Boxkämpfer 🐦",
                                          "NULL",
                                          "{1,2}",
                                          "%_;"};
    for (const auto& value : values) {
        TAKE(one, c->execute("SELECT $1::text", {value}, soon()));
        QCOMPARE(std::string(one.text(0, 0)), value);
    }
    TAKE(array, c->execute("SELECT v FROM unnest($1::text[]) AS v", {sqlArray(values)}, soon()));
    for (std::size_t i = 0; i < values.size(); ++i)
        QCOMPARE(std::string(array.text(i, 0)), values[i]);

    const auto zero = c->execute("SELECT $1::text", {std::string("a\0b", 3)}, soon());
    QVERIFY(!zero && zero.error().code == ErrorCode::InvalidArgument);
    const auto invalid = c->execute("SELECT $1::text", {"\xff\xfe"}, soon());
    VERIFY_ERROR(invalid, ErrorCode::InvalidArgument);
    QVERIFY(c->usable());
    QVERIFY(c->execute("SELECT 1", {}, soon()).has_value());
}

void PostgresTest::aBatchIsOneTransaction()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    TAKE(results, c->executeAll({{"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(1), "one"}},
                                 {"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(2), "two"}},
                                 {"SELECT name FROM item ORDER BY id", {}}},
                                soon()));
    QCOMPARE(results.size(), std::size_t(3));
    QCOMPARE(results[0].affectedRows(), std::size_t(1));
    QCOMPARE(results[2].text(1, 0), std::string_view("two"));

    const auto failed =
        c->executeAll({{"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(3), "three"}},
                       {"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(1), "again"}},
                       {"SELECT 1", {}}},
                      soon());
    VERIFY_ERROR(failed, ErrorCode::Conflict);
    // A batch whose text the server refuses as a whole is not executed in part either.
    const auto invalid =
        c->executeAll({{"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(4), "four"}},
                       {"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(5), "\xff"}}},
                      soon());
    VERIFY_ERROR(invalid, ErrorCode::InvalidArgument);
    QVERIFY(c->usable());
    TAKE(rows, c->execute("SELECT count(*) FROM item", {}, soon()));
    QCOMPARE(rows.integer(0, 0), std::int64_t(2));
    VERIFY_OK(c->execute("DELETE FROM item", {}, soon()));
}

void PostgresTest::aThousandSmallStatementsInOneTrip()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    std::vector<SqlStatement> statements;
    for (int i = 0; i < 1000; ++i)
        statements.push_back(
            {"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(i), "name " + std::to_string(i)}});
    const auto before = std::chrono::steady_clock::now();
    TAKE(results, c->executeAll(statements, soon()));
    qInfo("1,000 inserts in one batch: %.1f ms",
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count());
    QCOMPARE(results.size(), std::size_t(1000));
    TAKE(sent, c->execute("SELECT count(*), (SELECT count(*) FROM pg_prepared_statements WHERE statement "
                          "LIKE '%INSERT%') FROM item",
                          {}, soon()));
    QCOMPARE(sent.integer(0, 0), std::int64_t(1000));
    QVERIFY(sent.integer(0, 1) <= 2); // one text, prepared once (and this question itself)
    VERIFY_OK(c->execute("DELETE FROM item", {}, soon()));
}

void PostgresTest::aBatchInsideATransactionIsPartOfIt()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    {
        TAKE(transaction, SqlTransaction::begin(*c, soon()));
        VERIFY_OK(c->executeAll(
            {{"INSERT INTO item VALUES (1, 'a')", {}}, {"INSERT INTO item VALUES (2, 'b')", {}}}, soon()));
        TAKE(seen, c->execute("SELECT count(*) FROM item", {}, soon()));
        QCOMPARE(seen.integer(0, 0), std::int64_t(2));
    }
    TAKE(rows, c->execute("SELECT count(*) FROM item", {}, soon()));
    QCOMPARE(rows.integer(0, 0), std::int64_t(0));
}

void PostgresTest::preparedStatementsAreBounded()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    const std::string count = "SELECT count(*), count(*) FILTER (WHERE statement LIKE '%AS SELECT _first_') "
                              "FROM pg_prepared_statements";
    for (int i = 0; i < 1'500; ++i) {
        VERIFY_OK(c->execute("SELECT " + std::to_string(i), {}, soon()));
        if (i % 100 == 0) VERIFY_OK(c->execute("SELECT 'first'", {}, soon()));
    }
    TAKE(kept, c->execute(count, {}, soon()));
    QVERIFY2(kept.integer(0, 0) <= 512 && kept.integer(0, 0) > 400,
             std::to_string(kept.integer(0, 0)).c_str());
    QCOMPARE(kept.integer(0, 1), std::int64_t(1)); // in use, so it stayed
    // A batch of more texts than may be kept runs all the same, also with some of them dropped before.
    std::vector<SqlStatement> many;
    for (int i = 0; i < 700; ++i)
        many.push_back({"SELECT " + std::to_string(i), {}});
    TAKE(results, c->executeAll(many, soon()));
    for (int i = 0; i < 700; ++i)
        QCOMPARE(results[std::size_t(i)].integer(0, 0), std::int64_t(i));
    VERIFY_OK(c->execute("SELECT 'after'", {}, soon()));
    TAKE(now, c->execute(count, {}, soon()));
    QVERIFY(now.integer(0, 0) <= 512);
}

void PostgresTest::anInterruptedCallFailsAtOnce()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    TAKE(watcher, p->lease(soon()));
    std::thread other([&] {
        for (int i = 0; i < 1'000; ++i) { // until the statement really runs
            const auto busy = watcher->execute(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int AND wait_event = 'PgSleep'",
                {sqlParameter(c->backendPid())}, soon());
            if (!busy || busy->integer(0, 0) == 1) break;
            QThread::msleep(5);
        }
        c->interrupt();
    });
    const auto before = std::chrono::steady_clock::now();
    const auto interrupted = c->execute("SELECT pg_sleep(60)", {}, Deadline::after(90s));
    other.join();
    VERIFY_ERROR(interrupted, ErrorCode::Unavailable);
    QVERIFY(std::chrono::steady_clock::now() - before < 50s);
    QVERIFY(!c->usable());
}

void PostgresTest::transactionsCommitAndRollBack()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    {
        TAKE(transaction, SqlTransaction::begin(*c, soon()));
        VERIFY_OK(c->execute("INSERT INTO item VALUES (1, 'kept')", {}, soon()));
        VERIFY_OK(transaction.commit(soon()));
    }
    {
        TAKE(transaction, SqlTransaction::begin(*c, soon()));
        QVERIFY(!c->begin(soon()));
        QVERIFY(!c->execute("INSERT INTO item VALUES (1, 'again')", {}, soon()));
        QVERIFY(!c->execute("SELECT 1", {}, soon())); // refused until rolled back
        const auto committed = transaction.commit(soon());
        QVERIFY(!committed); // PostgreSQL would answer ROLLBACK without an error
    }
    TAKE(rows, c->execute("DELETE FROM item RETURNING name", {}, soon()));
    QCOMPARE(rows.size(), std::size_t(1));
    QVERIFY(!c->commit(soon()));
}

void PostgresTest::aReturnedConnectionHasNoOpenTransaction()
{
    const auto p = pool(1);
    int pid = 0;
    {
        TAKE(c, p->lease(soon()));
        pid = c->backendPid();
        VERIFY_OK(c->begin(soon()));
        VERIFY_OK(c->execute("INSERT INTO item VALUES (9, 'lost')", {}, soon()));
    }
    TAKE(c, p->lease(soon()));
    QCOMPARE(c->backendPid(), pid);
    TAKE(rows, c->execute("SELECT count(*) FROM item", {}, soon()));
    QCOMPARE(rows.integer(0, 0), std::int64_t(0));
}

void PostgresTest::copyWritesRows()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    std::vector<SqlParameters> rows{
        {"1", "tab\there\\N\nline\rreturn"}, {"2", {}}, {"3", ""}, {{}, "Grüße 🐦"}};
    for (int i = 0; i < 20'000; ++i)
        rows.push_back({std::to_string(i), "bulk"});
    const auto before = std::chrono::steady_clock::now();
    TAKE(copied, c->copyIn("public.pile", {"a", "b"}, rows, soon()));
    qInfo("COPY of 20,000 rows: %.1f ms",
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count());
    QCOMPARE(copied, rows.size());
    TAKE(stored, c->execute("SELECT a, b FROM pile LIMIT 4", {}, soon()));
    QCOMPARE(stored.text(0, 1), std::string_view("tab\there\\N\nline\rreturn"));
    QVERIFY(stored.isNull(1, 1));
    QVERIFY(!stored.isNull(2, 1));
    QVERIFY(stored.isNull(3, 0));
    QCOMPARE(stored.text(3, 1), std::string_view("Grüße 🐦"));

    const auto wrong = c->copyIn("pile", {"a", "b"}, {{"1", "x"}, {"not a number", "y"}}, soon());
    VERIFY_ERROR(wrong, ErrorCode::InvalidArgument);
    QVERIFY(!c->copyIn("pile", {"a", "b"}, {{"1"}}, soon()));
    QVERIFY(c->usable());
    TAKE(count, c->execute("SELECT count(*) FROM pile", {}, soon()));
    QCOMPARE(std::size_t(count.integer(0, 0)), rows.size());
    VERIFY_OK(c->executeScript("TRUNCATE pile", soon()));
}

void PostgresTest::scriptsRunWhole()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    const auto failed = c->executeScript("CREATE TABLE half (a int); CREATE TABLE item (a int)", soon());
    QVERIFY(!failed);
    TAKE(rows, c->execute("SELECT to_regclass('half') IS NULL", {}, soon()));
    QVERIFY(rows.boolean(0, 0));
}

// The server has some milliseconds to refuse before the caller's time is up. On a busy machine its refusal
// may come too late, and then the connection ends; most come in time.
void PostgresTest::theServerEndsASlowStatementAndTheConnectionLives()
{
    const auto p = pool();
    const std::vector<SqlStatement> statements{{"SELECT 1", {}}, {"SELECT pg_sleep(30)", {}}};
    bool livesAfterOne = false, livesAfterBatch = false;
    for (int attempt = 0; attempt < 40 && !(livesAfterOne && livesAfterBatch); ++attempt) {
        TAKE(c, p->lease(soon()));
        const Lateness lateness;
        const auto slow = c->execute("SELECT pg_sleep(30)", {}, Deadline::after(400ms));
        VERIFY_IN_TIME(lateness, 400ms);
        VERIFY_ERROR(slow, ErrorCode::DeadlineExceeded);
        QVERIFY(slow.error().message.find("pg-1") != std::string::npos);
        if (!c->usable()) continue;
        livesAfterOne = true;
        QVERIFY(c->execute("SELECT 1", {}, soon()).has_value());
        const auto batch = c->executeAll(statements, Deadline::after(400ms));
        VERIFY_ERROR(batch, ErrorCode::DeadlineExceeded);
        if (!c->usable()) continue;
        livesAfterBatch = true;
        QVERIFY(c->execute("SELECT 1", {}, soon()).has_value());
    }
    QVERIFY(livesAfterOne && livesAfterBatch);
    TAKE(c, p->lease(soon()));
    const auto late = c->execute("SELECT 1", {}, Deadline::after(-1ms));
    QVERIFY(!late && late.error().code == ErrorCode::DeadlineExceeded);
}

void PostgresTest::aStoppedServerCannotHoldACaller()
{
    const auto p = pool();
    TAKE(single, p->lease(soon()));
    TAKE(batch, p->lease(soon()));
    TAKE(copying, p->lease(soon()));
    TAKE(open, p->lease(soon()));
    VERIFY_OK(open->begin(soon()));
    VERIFY_OK(m_cluster->servers().pauseNode("pg-1"));
    const std::vector<SqlParameters> pile(20'000, {"1", std::string(500, 'x')});
    const Lateness lateness;

    const auto one = single->execute("SELECT 1", {}, Deadline::after(300ms));
    const auto all = batch->executeAll({{"SELECT 1", {}}, {"SELECT 2", {}}}, Deadline::after(300ms));
    // More than fits into the socket's buffers: the driver blocks in sending.
    const auto copied = copying->copyIn("pile", {"a", "b"}, pile, Deadline::after(300ms));
    const auto committed = open->commit(Deadline::after(300ms));
    const bool inTime = lateness.inTime(4 * 300ms);
    const auto times = lateness.text(4 * 300ms);
    VERIFY_OK(m_cluster->servers().resumeNode("pg-1"));

    QVERIFY(!one && !all && !copied && !committed);
    for (const auto* error : {&one.error(), &all.error(), &copied.error(), &committed.error()}) {
        QVERIFY2(error->code == ErrorCode::DeadlineExceeded, error->message.c_str());
        QVERIFY(error->retryable);
        QVERIFY(error->message.find("pg-1") != std::string::npos);
    }
    QVERIFY2(inTime, times.c_str()); // each would wait for ever
    QVERIFY(!single->usable() && !batch->usable() && !copying->usable() && !open->usable());
    const auto dead = single->execute("SELECT 1", {}, soon());
    QVERIFY(!dead && dead.error().code == ErrorCode::Unavailable);
    single.reset();
    TAKE(fresh, p->lease(soon()));
    VERIFY_OK(fresh->execute("SELECT 1", {}, soon()));
}

// Neither who gives back a connection with an open transaction nor who commits one that failed waits longer
// than the caller has time; the server rolls back what it is not told of.
void PostgresTest::aStoppedServerCannotHoldARollback()
{
    const auto p = pool();
    TAKE(open, p->lease(soon()));
    TAKE(broken, p->lease(soon()));
    const auto until = Deadline::after(2s);
    VERIFY_OK(open->begin(until));
    VERIFY_OK(open->execute("INSERT INTO item VALUES (77, 'lost')", {}, until));
    VERIFY_OK(broken->begin(until));
    QVERIFY(!broken->execute("SELECT 1 / 0", {}, until));
    QVERIFY(broken->usable());
    VERIFY_OK(m_cluster->servers().pauseNode("pg-1"));

    const Lateness ofTheCommit;
    const auto committed = broken->commit(Deadline::after(50ms));
    const bool commitInTime = ofTheCommit.inTime(50ms);
    const auto commitTimes = ofTheCommit.text(50ms);
    QThread::msleep(unsigned(until.remaining().count()) + 1);
    const Lateness ofTheReturn;
    open.reset();
    const bool returnInTime = ofTheReturn.inTime(0ms);
    const auto returnTimes = ofTheReturn.text(0ms);
    VERIFY_OK(m_cluster->servers().resumeNode("pg-1"));

    QVERIFY(!committed && !broken->usable());
    QVERIFY2(commitInTime, commitTimes.c_str());
    QVERIFY2(returnInTime, returnTimes.c_str());
    QCOMPARE(p->statistics().open, 1); // the one that was given back is thrown away
    broken.reset();
    QCOMPARE(p->statistics().open, 0);
    TAKE(fresh, p->lease(soon()));
    VERIFY_OK(fresh->execute("INSERT INTO item VALUES (77, 'kept')", {}, soon())); // nobody holds that key
    TAKE(rows, fresh->execute("DELETE FROM item WHERE id = 77 RETURNING name", {}, soon()));
    QCOMPARE(rows.text(0, 0), std::string_view("kept"));
}

// The deadline of the statement that failed was its own; the transaction's stands.
void PostgresTest::aRollbackHasTheWholeCallersTime()
{
    const auto p = pool(1);
    int pid = 0;
    {
        TAKE(c, p->lease(soon()));
        pid = c->backendPid();
        TAKE(transaction, SqlTransaction::begin(*c, Deadline::after(30s)));
        const auto brief = Deadline::after(2s);
        QVERIFY(!c->execute("SELECT 1 / 0", {}, brief));
        QThread::msleep(unsigned(brief.remaining().count()) + 1);
    }
    TAKE(c, p->lease(soon()));
    QCOMPARE(c->backendPid(), pid);
    VERIFY_OK(c->execute("SELECT 1", {}, soon()));
}

void PostgresTest::aStoppedServerCannotHoldALease()
{
    auto p = pool();
    VERIFY_OK(m_cluster->servers().pauseNode("pg-1"));
    const Lateness ofTheFirst;
    const auto lease = p->lease(Deadline::after(200ms));
    VERIFY_IN_TIME(ofTheFirst, 200ms);
    // An attempt itself gives up after two or three seconds. The first one was begun for another caller.
    const auto second = p->lease(Deadline::after(30s));
    const Lateness ofTheThird;
    const auto third = p->lease(Deadline::after(1ms));
    VERIFY_IN_TIME(ofTheThird, 1ms);
    const Lateness ofTheEnd;
    p.reset(); // an attempt may hang: it is not waited for
    VERIFY_IN_TIME(ofTheEnd, PoolLimits().patienceAtEnd);
    VERIFY_OK(m_cluster->servers().resumeNode("pg-1"));
    VERIFY_ERROR(third, ErrorCode::DeadlineExceeded);
    VERIFY_ERROR(lease, ErrorCode::DeadlineExceeded);
    QVERIFY(lease.error().message.find("pg-1") != std::string::npos);
    VERIFY_ERROR(second, ErrorCode::Unavailable);
}

// It hung when the caller came; what it comes to says nothing of the server from then on.
void PostgresTest::anAttemptFromBeforeIsNobodyElsesFailure()
{
    const auto p = pool(); // attempts end after two to three seconds
    VERIFY_OK(m_cluster->servers().pauseNode("pg-1"));
    const auto hasty = p->lease(Deadline::after(100ms));
    QThread::msleep(1'400);
    std::jthread later([&] { // the first attempt is over then, the second one hangs
        std::this_thread::sleep_for(2s);
        std::ignore = m_cluster->servers().resumeNode("pg-1");
    });
    const auto patient = p->lease(Deadline::after(30s));
    later.join();
    VERIFY_ERROR(hasty, ErrorCode::DeadlineExceeded);
    VERIFY_OK(patient);
    VERIFY_OK((*patient)->execute("SELECT 1", {}, soon()));
}

void PostgresTest::waitersAreBounded()
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
    QTRY_COMPARE_WITH_TIMEOUT(p->statistics().waiting, 2, 10'000);
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

void PostgresTest::waitingEndsWithTheDeadline()
{
    const auto p = pool(1, 4);
    TAKE(held, p->lease(soon()));
    const Lateness lateness;
    const auto late = p->lease(Deadline::after(50ms));
    VERIFY_IN_TIME(lateness, 50ms);
    VERIFY_ERROR(late, ErrorCode::DeadlineExceeded);
    QVERIFY(late.error().message.find("pg-1") != std::string::npos);
}

void PostgresTest::aKilledBackendIsReplaced()
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

void PostgresTest::aRestartedServerIsFoundAgain()
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

void PostgresTest::idleConnectionsOfARestartedServerAreNotHandedOut()
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

void PostgresTest::messagesOfFailedConnections_data()
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

void PostgresTest::messagesOfFailedConnections()
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

void PostgresTest::aWrongPasswordSaysSo()
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
    QTRY_VERIFY_WITH_TIMEOUT(!tryWith("wrong"), 10'000);
    const auto refused = tryWith("wrong");
    VERIFY_ERROR(refused, ErrorCode::Unauthorized);
    QVERIFY(!refused.error().retryable);
    QVERIFY2(refused.error().message.find("pg-1") != std::string::npos, refused.error().message.c_str());
    QVERIFY2(refused.error().message.find("wrong") == std::string::npos, refused.error().message.c_str());
    const auto right = makePostgresPool({1, "pg-1", NodeKind::Postgres, address + "right"}, {1, 1, 2s});
    VERIFY_OK(right->lease(soon()));
}

void PostgresTest::tooManyConnectionsIsOverload()
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
    QTRY_VERIFY_WITH_TIMEOUT(only.has_value() || (only = wide->lease(soon())).has_value(), 10'000);
    std::thread waiter([&] {
        const auto later = wide->lease(Deadline::after(30s));
        if (!later) qWarning("%s", later.error().message.c_str());
    });
    QTRY_VERIFY_WITH_TIMEOUT(wide->statistics().waiting == 1, 10'000);
    QTest::qWait(200); // time for a refused attempt or two
    QCOMPARE(wide->statistics().waiting, 1);
    only->reset();
    waiter.join();
    QCOMPARE(wide->statistics().open, 1);
}

void PostgresTest::aFencedShardIsAStaleMap()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    VERIFY_OK(c->executeScript(
        "CREATE ROLE guest LOGIN; CREATE SCHEMA users_0017; CREATE TABLE users_0017.users (id bigint);"
        "CREATE TABLE public.secret (id bigint)",
        soon()));
    const auto guests =
        makePostgresPool({1, "pg-1", NodeKind::Postgres, owner().address + " user=guest"}, {2, 2, 2s});
    TAKE(guest, guests->lease(soon()));
    const auto fenced = guest->execute("SELECT id FROM users_0017.users", {}, soon());
    VERIFY_ERROR(fenced, ErrorCode::StaleShardMap);
    QVERIFY(fenced.error().retryable);
    QVERIFY(fenced.error().message.find("users_0017") != std::string::npos);
    const auto gone = guest->executeAll({{"SELECT 1", {}}, {"SELECT id FROM posts_0003.posts", {}}}, soon());
    VERIFY_ERROR(gone, ErrorCode::StaleShardMap);
    const auto secret = guest->execute("SELECT id FROM secret", {}, soon());
    VERIFY_ERROR(secret, ErrorCode::Unauthorized);
    VERIFY_OK(c->executeScript("DROP SCHEMA users_0017 CASCADE; DROP TABLE secret", soon()));
}

void PostgresTest::errorsNameNodeAndReason()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    const auto syntax = c->execute("SELECT FROM WHERE", {}, soon());
    VERIFY_ERROR(syntax, ErrorCode::Internal);
    QVERIFY(syntax.error().message.find("pg-1") != std::string::npos);
    const auto full = c->executeScript(
        "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$", soon());
    VERIFY_ERROR(full, ErrorCode::DiskFull);
    const auto serialization =
        c->executeScript("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$", soon());
    QVERIFY(!serialization && serialization.error().retryable);
    const auto number = c->execute("SELECT $1::bigint", {"twelve"}, soon());
    VERIFY_ERROR(number, ErrorCode::InvalidArgument);
    // Two new texts at once, of which one is wrong: nothing of it stays in the way.
    QVERIFY(!c->executeAll({{"SELECT 11", {}}, {"SELECT nothing FROM nowhere", {}}}, soon()));
    VERIFY_OK(c->executeAll({{"SELECT 11", {}}, {"SELECT 12", {}}}, soon()));
    VERIFY_OK(c->executeScript("ALTER TABLE pile ADD COLUMN extra int", soon()));
}

void PostgresTest::manyThreadsShareAPool()
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

QTEST_GUILESS_MAIN(tests::PostgresTest)
#include "postgres_test.moc"
