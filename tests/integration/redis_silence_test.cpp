// A node that answers nobody: who has PostgreSQL to turn to finds that out once, not with each call.
#include <QTest>

#include "tests/support/redis_fixture.h"
#include "tests/support/results.h"

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class RedisSilenceTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_redis = std::make_unique<RedisFixture>(2, 2); }
    void init() { m_redis->reset(); }
    void oneAsksAgainASecond();
    void whoAsksWaitsForAWhileWhateverWasBefore();
    void answersToOthersAreWaitedFor();
    void whoIsHastyWaitsForASilentNodeOnce();
    void aNodeThatAnswersAgainIsAskedAgain();

private:
    int idOf(const char* name) const { return m_redis->node(name); }
    static Deadline soon() { return RedisFixture::soon(); }

    std::unique_ptr<RedisFixture> m_redis;
};

using Node = RedisNodeSilence;
using Asking = Node::Asking;

void RedisSilenceTest::oneAsksAgainASecond()
{
    Node node;
    const Node::Clock::time_point begin{1h};
    QCOMPARE(int(node.ask(begin)), int(Asking::Freely));
    node.silent(begin + 300ms);
    QCOMPARE(int(node.ask(begin + 301ms)), int(Asking::Not));
    QCOMPARE(int(node.ask(begin + 1'300ms)), int(Asking::Again));
    QCOMPARE(int(node.ask(begin + 1'301ms)), int(Asking::Not)); // one has asked
    QCOMPARE(int(node.ask(begin + 2'300ms)), int(Asking::Again));
    node.answered();
    QCOMPARE(int(node.ask(begin + 2'301ms)), int(Asking::Freely));
}

void RedisSilenceTest::whoAsksWaitsForAWhileWhateverWasBefore()
{
    Node node;
    const Node::Clock::time_point begin{1h};
    node.ask(begin);
    QCOMPARE(node.patientUntil(begin + 10ms), begin + 300ms);
    node.ask(begin + 250ms); // another one, of the same silence
    QCOMPARE(node.patientUntil(begin + 250ms), begin + 300ms);

    // Nobody saw the answer that came to an earlier question: a client waits for its own.
    RedisClientPool pool(m_redis->nodes(), 1, 1);
    const int one = idOf("redis-1");
    {
        TAKE(lease, pool.leaseHasty(soon()));
        QVERIFY(lease->command(one, {"SET", "a", "1"}, soon()));
        QVERIFY(m_redis->servers().pauseNode("redis-1"));
        const auto unanswered = lease->command(one, {"GET", "a"}, Deadline::after(1ms));
        QVERIFY(m_redis->servers().resumeNode("redis-1"));
        QVERIFY(!unanswered);
        QCOMPARE(int(unanswered.error().code), int(ErrorCode::DeadlineExceeded));
    }
    QTest::qWait(500);
    TAKE(lease, pool.leaseHasty(soon()));
    VERIFY_OK(lease->command(one, {"GET", "a"}, soon()));
}

void RedisSilenceTest::answersToOthersAreWaitedFor()
{
    Node node;
    const Node::Clock::time_point begin{1h};
    node.ask(begin);
    node.answered(); // to somebody else
    QCOMPARE(node.patientUntil(begin + 200ms), begin + 500ms);
    QCOMPARE(node.patientUntil(begin + 400ms), begin + 500ms);
}

void RedisSilenceTest::whoIsHastyWaitsForASilentNodeOnce()
{
    RedisClientPool pool(m_redis->nodes(), 2, 1);
    QVERIFY(m_redis->servers().pauseNode("redis-2"));
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) {
        TAKE(lease, pool.leaseHasty(soon()));
        RedisBatch batch(*lease);
        batch.add(idOf("redis-2"), {"GET", "a"});
        batch.add(idOf("redis-1"), {"INCR", "n"});
        QVERIFY(!batch.run(soon()));
        const auto& silent = batch.reply(0);
        QVERIFY(!silent);
        QCOMPARE(int(silent.error().code), int(ErrorCode::Unavailable));
        QVERIFY2(silent.error().message.find("redis-2") != std::string::npos, silent.error().message.c_str());
        QVERIFY(silent.error().retryable);
        QVERIFY(batch.reply(1) && batch.reply(1)->integer == i + 1); // the other is asked all the same
    }
    // Twenty deadlines would be minutes.
    QVERIFY(std::chrono::steady_clock::now() - begin < RedisFixture::soon().remaining());
    // Who has nobody else to ask waits for it.
    TAKE(patient, pool.lease(soon()));
    const auto waited = patient->command(idOf("redis-2"), {"GET", "a"}, Deadline::after(400ms));
    QVERIFY(!waited);
    QCOMPARE(int(waited.error().code), int(ErrorCode::DeadlineExceeded));
}

void RedisSilenceTest::aNodeThatAnswersAgainIsAskedAgain()
{
    RedisClientPool pool(m_redis->nodes(), 1, 1);
    QVERIFY(m_redis->servers().pauseNode("redis-2"));
    const auto asked = [&] {
        const auto lease = pool.leaseHasty(soon());
        return lease && (*lease)->command(idOf("redis-2"), {"SET", "a", "1"}, soon());
    };
    QVERIFY(!asked());
    QVERIFY(!asked());
    QVERIFY(m_redis->servers().resumeNode("redis-2"));
    QTRY_VERIFY_WITH_TIMEOUT(asked(), 30'000);
    QVERIFY(asked());
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::RedisSilenceTest)
#include "redis_silence_test.moc"
