// Redis nodes that are away: found out once, for all who share it, and looked after until they answer.
#include <QTest>

#include "backend/cache/away_nodes.h"
#include "tests/support/redis_fixture.h"
#include "tests/support/results.h"

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class AwayNodesTest : public QObject, private TwoRedisNodes
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init() { begin(); }
    void whatOneFoundOutTheOthersDoNotWaitFor();
    void aNodeThatAnswersIsNotAway();
    void whoCannotWriteDoesNotAnswer();
    void whoRelapsesIsNotTriedAtOnce();
    void nobodyWaitsForWhatIsNoNodeAnyMore();
    void underAnotherShardMapAllMayBeTried();
    void whoIsNotAskedAboutIsNotAsked();

private:
    bool answers(AwayNodes& nodes, const char* name)
    {
        const std::vector<int> asked{node(name)};
        return nodes.answering(asked, 1) == asked;
    }
    std::int64_t writes(const char* name)
    {
        const auto text = m_redis->redis(node(name), {"INFO", "commandstats"});
        const auto at = text.find("cmdstat_setrange:calls=");
        return at == std::string::npos ? 0 : std::stoll(text.substr(at + 23));
    }
};

void AwayNodesTest::whatOneFoundOutTheOthersDoNotWaitFor()
{
    AwayNodes away(nodes());
    RedisClient one(nodes(), {.away = &away}), other(nodes(), {.away = &away});
    const int silent = node("redis-2");
    QVERIFY(m_redis->servers().pauseNode("redis-2"));
    QVERIFY(!away.why(silent));
    const auto asked = std::chrono::steady_clock::now();
    const auto hurried = one.command(silent, {"GET", "a"}, Deadline::after(50ms));
    QVERIFY(!hurried);
    if (std::chrono::steady_clock::now() - asked < 300ms) // too short to tell
        QVERIFY(hurried.error().redisNode == 0 && !away.why(silent));
    const auto first = one.command(silent, {"GET", "a"}, Deadline::after(500ms));
    QVERIFY(!first);
    QCOMPARE(first.error().redisNode, silent);
    QVERIFY(away.why(silent).has_value());
    QVERIFY(!away.why(node("redis-1")));
    // Long deadlines that nobody uses up: of fifty that are waited for the test would not end in time.
    for (int i = 0; i < 50; ++i) {
        RedisBatch batch(other);
        batch.add(silent, {"GET", "a"});
        batch.add(node("redis-1"), {"INCR", "n"});
        QVERIFY(!batch.run(Deadline::after(60s)));
        QVERIFY(!batch.reply(0));
        QCOMPARE(batch.reply(0).error().redisNode, silent);
        QVERIFY(batch.reply(0).error().message.find("redis-2") != std::string::npos);
        QVERIFY(batch.reply(1) && batch.reply(1)->integer == i + 1);
    }
    QVERIFY(!answers(away, "redis-2"));
    QVERIFY(m_redis->servers().resumeNode("redis-2"));
    QTRY_VERIFY_WITH_TIMEOUT(!away.why(silent), 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(answers(away, "redis-2"), 60'000);
    QVERIFY(other.command(silent, {"SET", "a", "1"}, soon()));

    // Dead, and started again.
    QVERIFY(m_redis->servers().killNode("redis-2"));
    QVERIFY(!one.command(silent, {"GET", "a"}, soon()));
    QVERIFY(away.why(silent).has_value());
    QVERIFY(m_redis->servers().restartNode("redis-2"));
    QTRY_VERIFY_WITH_TIMEOUT(!away.why(silent), 60'000);
}

// A connection that broke, or a caller in a hurry, is no dead node.
void AwayNodesTest::aNodeThatAnswersIsNotAway()
{
    AwayNodes away(nodes());
    RedisClient client(nodes(), {.away = &away});
    const int one = node("redis-1");
    QVERIFY(client.command(one, {"SET", "a", "1"}, soon()));
    away.notice(one, {ErrorCode::DeadlineExceeded, "in a hurry", true});
    QVERIFY(away.why(one).has_value());
    QTRY_VERIFY_WITH_TIMEOUT(!away.why(one), 60'000);
    const auto refused = client.command(one, {"INCR", "nothing", "at all"}, soon());
    QVERIFY(!refused);
    QCOMPARE(refused.error().redisNode, 0);
    QVERIFY(!away.why(one)); // it answered
    const auto unasked = client.command(one, {"GET", "a"}, Deadline::after(0ms));
    QVERIFY(!unasked);
    QCOMPARE(unasked.error().redisNode, 0);
    QVERIFY(!away.why(one));
}

void AwayNodesTest::whoCannotWriteDoesNotAnswer()
{
    AwayNodes away(nodes());
    RedisClient client(nodes(), {.away = &away});
    const int one = node("redis-1");
    QTRY_VERIFY_WITH_TIMEOUT(answers(away, "redis-1"), 60'000);
    const auto refuses = [&](std::initializer_list<std::string_view> order,
                             std::initializer_list<std::string_view> back) {
        m_redis->redis(one, order);
        const auto refused = client.command(one, {"SET", "a", "1"}, soon());
        const bool named = !refused && refused.error().redisNode == one;
        // It is asked on: what it can do, such as reading and removing, it does.
        const bool asked = !away.why(one) && client.command(one, {"GET", "a"}, soon());
        const bool unable = QTest::qWaitFor([&] { return !answers(away, "redis-1"); }, 60'000);
        m_redis->redis(one, back);
        return named && asked && unable && QTest::qWaitFor([&] { return answers(away, "redis-1"); }, 60'000);
    };
    QVERIFY(refuses({"CONFIG", "SET", "maxmemory", "1"}, {"CONFIG", "SET", "maxmemory", "0"}));
    QVERIFY(refuses({"REPLICAOF", "127.0.0.1", "1"}, {"REPLICAOF", "NO", "ONE"}));
    QCOMPARE(m_redis->redis(one, {"EXISTS", "rookery:nothing"}), std::string("0"));
}

// It answers looks, and fails at work all the same.
void AwayNodesTest::whoRelapsesIsNotTriedAtOnce()
{
    AwayNodes away(nodes());
    const int one = node("redis-1");
    const auto awayFor = [&] {
        const auto begin = std::chrono::steady_clock::now();
        away.notice(one, {ErrorCode::Unavailable, "it broke", true});
        return QTest::qWaitFor([&] { return !away.why(one); }, 60'000)
                   ? std::chrono::steady_clock::now() - begin
                   : std::chrono::steady_clock::duration(0);
    };
    QVERIFY(awayFor() > 0s);
    QVERIFY(awayFor() >= 1s);
    QVERIFY(awayFor() >= 2s);
    QVERIFY(awayFor() >= 4s);
}

void AwayNodesTest::nobodyWaitsForWhatIsNoNodeAnyMore()
{
    AwayNodes away(nodes());
    away.notice(999, {ErrorCode::Unavailable, "gone", true});
    QVERIFY(!away.why(999));
    QVERIFY(away.answering(std::vector<int>{999}, 1) == std::vector<int>{999});
}

void AwayNodesTest::underAnotherShardMapAllMayBeTried()
{
    AwayNodes away(nodes());
    const std::vector<int> dead{node("redis-2")};
    QTRY_VERIFY_WITH_TIMEOUT(away.answering(dead, 1) == dead, 60'000);
    QVERIFY(m_redis->servers().killNode("redis-2"));
    QTRY_VERIFY_WITH_TIMEOUT(away.answering(dead, 1).empty(), 60'000);
    QVERIFY(away.answering(dead, 2) == dead);
    QVERIFY(away.answering(dead, 2) == dead); // another keeper of this engine asks, too
}

void AwayNodesTest::whoIsNotAskedAboutIsNotAsked()
{
    AwayNodes away(nodes());
    RedisClient client(nodes(), {.away = &away});
    QTRY_VERIFY_WITH_TIMEOUT(answers(away, "redis-1"), 60'000);
    QVERIFY(client.command(node("redis-2"), {"SET", "a", "1"}, soon()));
    QCOMPARE(writes("redis-2"), 0);
    QVERIFY(writes("redis-1") > 0);
    // Nobody asks any more: its looks end.
    std::int64_t before = -1;
    QTRY_VERIFY_WITH_TIMEOUT(
        [&] {
            const auto now = writes("redis-1");
            const bool same = now == before;
            before = now;
            if (!same) QTest::qWait(3'000);
            return same;
        }(),
        60'000);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::AwayNodesTest)
#include "away_nodes_test.moc"
