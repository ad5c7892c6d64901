// A node that answers nobody: who has PostgreSQL to turn to finds that out once, not with each call.
#include <QTest>

#include "tests/support/redis_fixture.h"
#include "tests/support/results.h"

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class RedisSilenceTest : public QObject, private TwoRedisNodes
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init() { begin(); }
    void oneAsksAgainASecond();
    void whoAsksWaitsForAWhileWhateverWasBefore();
    void answersToOthersAreWaitedFor();
    void whoIsHastyWaitsForASilentNodeOnce();
    void aNodeThatAnswersAgainIsAskedAgain();
};

using Node = RedisNodeSilence;
using Asking = Node::Asking;

void RedisSilenceTest::oneAsksAgainASecond()
{
    Node silence;
    const Node::Clock::time_point begin{1h};
    QCOMPARE(int(silence.ask(begin)), int(Asking::Freely));
    silence.silent(begin + 300ms);
    QCOMPARE(int(silence.ask(begin + 301ms)), int(Asking::Not));
    QCOMPARE(int(silence.ask(begin + 1'300ms)), int(Asking::Again));
    QCOMPARE(int(silence.ask(begin + 1'301ms)), int(Asking::Not)); // one has asked
    QCOMPARE(int(silence.ask(begin + 2'300ms)), int(Asking::Again));
    silence.answered();
    QCOMPARE(int(silence.ask(begin + 2'301ms)), int(Asking::Freely));
}

void RedisSilenceTest::whoAsksWaitsForAWhileWhateverWasBefore()
{
    Node silence;
    const Node::Clock::time_point begin{1h};
    silence.ask(begin);
    QCOMPARE(silence.patientUntil(begin + 10ms), begin + 300ms);
    silence.ask(begin + 250ms); // another one, of the same silence
    QCOMPARE(silence.patientUntil(begin + 250ms), begin + 300ms);

    // Nobody saw the answer that came to an earlier question: a client waits for its own. A busy machine may
    // be late by all of the while that the hasty wait.
    const int one = node("redis-1");
    bool answered = false;
    for (int attempt = 0; attempt < 10 && !answered; ++attempt) {
        RedisClientPool pool(nodes(), 1, 1);
        {
            TAKE(lease, pool.leaseHasty(soon()));
            if (!lease->command(one, {"SET", "a", "1"}, soon())) continue;
            QVERIFY(m_redis->servers().pauseNode("redis-1"));
            const auto unanswered = lease->command(one, {"GET", "a"}, Deadline::after(1ms));
            QVERIFY(m_redis->servers().resumeNode("redis-1"));
            QVERIFY(!unanswered);
            QCOMPARE(int(unanswered.error().code), int(ErrorCode::DeadlineExceeded));
        }
        QTest::qWait(500);
        TAKE(lease, pool.leaseHasty(soon()));
        answered = lease->command(one, {"GET", "a"}, soon()).has_value();
    }
    QVERIFY(answered);
}

void RedisSilenceTest::answersToOthersAreWaitedFor()
{
    Node silence;
    const Node::Clock::time_point begin{1h};
    silence.ask(begin);
    silence.answered(); // to somebody else
    QCOMPARE(silence.patientUntil(begin + 200ms), begin + 500ms);
    QCOMPARE(silence.patientUntil(begin + 400ms), begin + 500ms);
}

void RedisSilenceTest::whoIsHastyWaitsForASilentNodeOnce()
{
    RedisClientPool pool(nodes(), 2, 1);
    QVERIFY(m_redis->servers().pauseNode("redis-2"));
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) {
        TAKE(lease, pool.leaseHasty(soon()));
        RedisBatch batch(*lease);
        batch.add(node("redis-2"), {"GET", "a"});
        batch.add(node("redis-1"), {"INCR", "n"});
        QVERIFY(!batch.run(soon()));
        const auto& silent = batch.reply(0);
        QVERIFY(!silent);
        QCOMPARE(int(silent.error().code), int(ErrorCode::Unavailable));
        QVERIFY2(silent.error().message.find("redis-2") != std::string::npos, silent.error().message.c_str());
        QVERIFY(silent.error().retryable);
        QVERIFY(batch.reply(1) && batch.reply(1)->integer == i + 1); // the other is asked all the same
    }
    // Twenty deadlines would be minutes.
    QVERIFY(std::chrono::steady_clock::now() - begin < soon().remaining());
    // Who has nobody else to ask waits for it.
    TAKE(patient, pool.lease(soon()));
    const auto waited = patient->command(node("redis-2"), {"GET", "a"}, Deadline::after(400ms));
    QVERIFY(!waited);
    QCOMPARE(int(waited.error().code), int(ErrorCode::DeadlineExceeded));
}

void RedisSilenceTest::aNodeThatAnswersAgainIsAskedAgain()
{
    RedisClientPool pool(nodes(), 1, 1);
    QVERIFY(m_redis->servers().pauseNode("redis-2"));
    const auto asked = [&] {
        const auto lease = pool.leaseHasty(soon());
        return lease && (*lease)->command(node("redis-2"), {"SET", "a", "1"}, soon());
    };
    QVERIFY(!asked());
    QVERIFY(!asked());
    QVERIFY(m_redis->servers().resumeNode("redis-2"));
    QTRY_VERIFY_WITH_TIMEOUT(asked(), 60'000);
    QVERIFY(asked());
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::RedisSilenceTest)
#include "redis_silence_test.moc"
