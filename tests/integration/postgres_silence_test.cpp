// A server that is slow or silent: no call, rollback, lease or end of a pool takes longer than its caller has
// time, and nobody fails for what another began.
#include "tests/integration/postgres_fixture.h"
#include "tests/support/lateness.h"

#include <QThread>

#include <thread>

namespace tests {

class PostgresSilenceTest : public QObject, private PostgresFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void anInterruptedCallFailsAtOnce();
    void theServerEndsASlowStatementAndTheConnectionLives();
    void aStoppedServerCannotHoldACaller();
    void aStoppedServerCannotHoldARollback();
    void aRollbackHasTheWholeCallersTime();
    void aStoppedServerCannotHoldALease();
    void anAttemptFromBeforeIsNobodyElsesFailure();
};

void PostgresSilenceTest::anInterruptedCallFailsAtOnce()
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

// The server has some milliseconds to refuse before the caller's time is up. On a busy machine its refusal
// may come too late, and then the connection ends; most come in time.
void PostgresSilenceTest::theServerEndsASlowStatementAndTheConnectionLives()
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

void PostgresSilenceTest::aStoppedServerCannotHoldACaller()
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
void PostgresSilenceTest::aStoppedServerCannotHoldARollback()
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
void PostgresSilenceTest::aRollbackHasTheWholeCallersTime()
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

void PostgresSilenceTest::aStoppedServerCannotHoldALease()
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
void PostgresSilenceTest::anAttemptFromBeforeIsNobodyElsesFailure()
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

} // namespace tests

QTEST_GUILESS_MAIN(tests::PostgresSilenceTest)
#include "postgres_silence_test.moc"
