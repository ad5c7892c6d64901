// RedisClient, RedisBatch and the pool against real servers: replies, order, scripts, and above all that
// every call returns in time whatever the server does.
#include <QTest>

#include "tests/support/lateness.h"
#include "tests/support/redis_fixture.h"
#include "tests/support/results.h"

#include <atomic>
#include <thread>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class RedisClientTest : public QObject, private TwoRedisNodes
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init() { begin(); }
    void repliesOfEveryType();
    void errorInsideAReplyIsAnError();
    void binaryArguments();
    void runIdIsOneLifeOfTheNode();
    void whoMayNotConnectSendsNothing();
    void aConnectionHasItsNameBeforeItMaySend();
    void connectionIdEndsTheConnection();
    void batchKeepsOrderOverNodes();
    void batchIsLargerThanEveryBuffer();
    void batchIsReused();
    void batchRunsOnlyWhatIsNew();
    void oneDeadNodeFailsOnlyItsOwn();
    void oneStoppedNodeFailsOnlyItsOwn();
    void aNodeThatFailsAPartIsAskedNothingMore();
    void roundTripIsTheNodesOwn();
    void stoppedServerEndsACommandInTime();
    void stoppedServerEndsConnectingInTime();
    void lateReplyIsNeverTakenForAnother();
    void expiredDeadlineSendsNothing();
    void restartedServerIsFoundAgain();
    void serverThatDiesMeanwhile();
    void scriptsAreLoadedBeforeTheyAreUsed();
    void flushedScriptsAreLoadedAgain();
    void poolBoundsClientsAndWaiters();
    void poolWaiterGetsAReturnedClient();
};

void RedisClientTest::repliesOfEveryType()
{
    RedisClient client(nodes());
    const int one = node("redis-1");
    const auto set = client.command(one, {"SET", "a", "1"}, soon());
    QVERIFY2(set.has_value(), set ? "" : set.error().message.c_str());
    QCOMPARE(int(set->type), int(RedisReply::Type::Text));
    QCOMPARE(set->text, std::string("OK"));
    const auto increased = client.command(one, {"INCR", "a"}, soon());
    QVERIFY(increased && increased->type == RedisReply::Type::Integer);
    QCOMPARE(increased->integer, std::int64_t(2));
    const auto missing = client.command(one, {"GET", "b"}, soon());
    QVERIFY(missing && missing->isNil());
    const auto list = client.command(one, {"EVAL", "return {1, 'two', {3, false}}", "0"}, soon());
    QVERIFY(list && list->type == RedisReply::Type::Array);
    QCOMPARE(list->elements.size(), std::size_t(3));
    QCOMPARE(list->elements[1].text, std::string("two"));
    QCOMPARE(list->elements[2].elements[0].integer, std::int64_t(3));
    QVERIFY(list->elements[2].elements[1].isNil());
}

void RedisClientTest::errorInsideAReplyIsAnError()
{
    RedisClient client(nodes());
    const auto reply =
        client.command(node("redis-1"), {"EVAL", "return {1, redis.error_reply('ERR inside')}", "0"}, soon());
    QVERIFY(!reply);
    QVERIFY(reply.error().message.find("inside") != std::string::npos);
}

void RedisClientTest::binaryArguments()
{
    RedisClient client(nodes());
    const std::string bytes("\0\r\n\xff*3\r\n", 8);
    QVERIFY(client.command(node("redis-1"), {"SET", "binary", bytes}, soon()));
    const auto back = client.command(node("redis-1"), {"GET", "binary"}, soon());
    QVERIFY(back && back->text == bytes);
}

void RedisClientTest::runIdIsOneLifeOfTheNode()
{
    RedisClient client(nodes());
    const int one = node("redis-1");
    const auto before = client.runId(one, soon());
    QVERIFY(before.has_value());
    QCOMPARE(before->size(), std::size_t(40));
    QCOMPARE(*client.runId(one, soon()), *before);
    QVERIFY(*client.runId(node("redis-2"), soon()) != *before);
    QVERIFY(m_redis->servers().restartNode("redis-1"));
    const auto after = client.runId(one, soon()); // although nobody has used the broken connection meanwhile
    QVERIFY(after && *after != *before);
}

void RedisClientTest::whoMayNotConnectSendsNothing()
{
    bool may = true;
    RedisClient client(nodes(), {"watched", [&](Deadline) -> Result<void> {
                                     if (may) return {};
                                     return fail(ErrorCode::LeaseLost, "no more");
                                 }});
    RedisClient other(nodes());
    const int one = node("redis-1"), two = node("redis-2");
    QVERIFY(client.command(one, {"SET", "{0}:a", "1"}, soon()));
    may = false;
    QVERIFY(client.command(one, {"SET", "{0}:a", "2"}, soon())); // connected already
    QVERIFY(
        other.command(one, {"CLIENT", "KILL", "ID", std::to_string(client.connectionIds().at(one))}, soon()));
    VERIFY_ERROR(client.command(one, {"SET", "{0}:a", "3"}, soon()), ErrorCode::LeaseLost);
    VERIFY_ERROR(client.runId(two, soon()), ErrorCode::LeaseLost);
    RedisBatch batch(client);
    batch.add(one, {"SET", "{0}:a", "4"});
    batch.add(two, {"SET", "{0}:b", "4"});
    const auto ran = batch.run(soon());
    VERIFY_ERROR(ran, ErrorCode::LeaseLost);
    QCOMPARE(other.command(one, {"GET", "{0}:a"}, soon())->text, std::string("2"));
    QVERIFY(other.command(two, {"GET", "{0}:b"}, soon())->isNil());
    may = true;
    QVERIFY(client.command(one, {"PING"}, soon()));
}

// Or who ends all connections of a name would miss one that is just being made.
void RedisClientTest::aConnectionHasItsNameBeforeItMaySend()
{
    const int one = node("redis-1");
    RedisClient other(nodes());
    int asked = 0, named = 0;
    RedisClient client(nodes(), {"newcomer", [&](Deadline) -> Result<void> {
                                     ++asked;
                                     const auto list = other.command(one, {"CLIENT", "LIST"}, soon());
                                     named += list && list->text.find(" name=newcomer ") != std::string::npos;
                                     return {};
                                 }});
    QVERIFY(client.command(one, {"PING"}, soon()));
    QCOMPARE(asked, 1);
    QCOMPARE(named, 1);
}

void RedisClientTest::connectionIdEndsTheConnection()
{
    RedisClient client(nodes()), other(nodes());
    const int one = node("redis-1");
    QVERIFY(client.connectionIds().empty());
    QVERIFY(client.command(one, {"PING"}, soon()));
    const auto ids = client.connectionIds();
    QCOMPARE(ids.size(), std::size_t(1));
    const auto killed = other.command(one, {"CLIENT", "KILL", "ID", std::to_string(ids.at(one))}, soon());
    QVERIFY(killed);
    QCOMPARE(killed->integer, std::int64_t(1));
    QVERIFY(client.command(one, {"PING"}, soon()));
    QVERIFY(client.connectionIds().at(one) != ids.at(one));
}

void RedisClientTest::batchKeepsOrderOverNodes()
{
    RedisClient client(nodes());
    RedisBatch batch(client);
    for (int i = 0; i < 1000; ++i) {
        const auto index = batch.add(i % 3 ? node("redis-1") : node("redis-2"), {"ECHO", std::to_string(i)});
        QCOMPARE(index, std::size_t(i));
    }
    QVERIFY(batch.run(soon()));
    QCOMPARE(batch.size(), std::size_t(1000));
    for (int i = 0; i < 1000; ++i) {
        const auto& reply = batch.reply(std::size_t(i));
        QVERIFY(reply && reply->text == std::to_string(i));
    }
}

void RedisClientTest::batchIsLargerThanEveryBuffer()
{
    // 40 MB out and as much back on each of two nodes: whoever wrote everything before reading would stand
    // still.
    RedisClient client(nodes());
    RedisBatch batch(client);
    const std::string megabyte(1'000'000, 'x');
    for (int i = 0; i < 40; ++i)
        for (const auto* name : {"redis-1", "redis-2"})
            batch.add(node(name), {"ECHO", megabyte});
    QVERIFY(batch.run(Deadline::after(60s)));
    for (std::size_t i = 0; i < batch.size(); ++i)
        QVERIFY(batch.reply(i) && batch.reply(i)->text == megabyte);
}

void RedisClientTest::batchIsReused()
{
    RedisClient client(nodes());
    RedisBatch batch(client);
    QVERIFY(batch.run(soon())); // empty
    for (int round = 0; round < 3; ++round) {
        QCOMPARE(batch.add(node("redis-1"), std::vector<std::string>{"INCR", "n"}), std::size_t(0));
        QVERIFY(batch.run(soon()));
        QCOMPARE(batch.reply(0)->integer, std::int64_t(round + 1));
        batch.clear();
        QCOMPARE(batch.size(), std::size_t(0));
    }
}

void RedisClientTest::batchRunsOnlyWhatIsNew()
{
    RedisClient client(nodes());
    RedisBatch batch(client);
    batch.add(node("redis-1"), {"INCR", "n"});
    QVERIFY(!batch.reply(0)); // not before run
    QVERIFY(batch.run(soon()));
    batch.add(node("redis-1"), {"INCR", "n"});
    QVERIFY(batch.run(soon()));
    QCOMPARE(batch.reply(0)->integer, std::int64_t(1));
    QCOMPARE(batch.reply(1)->integer, std::int64_t(2));
}

void RedisClientTest::oneDeadNodeFailsOnlyItsOwn()
{
    RedisClient client(nodes());
    QVERIFY(client.runId(node("redis-2"), soon()));
    QVERIFY(m_redis->servers().killNode("redis-2"));
    RedisBatch batch(client);
    batch.add(node("redis-1"), {"INCR", "n"});
    batch.add(node("redis-2"), {"INCR", "n"});
    batch.add(node("redis-1"), {"INCR", "n"});
    const auto done = batch.run(soon());
    QVERIFY(!done);
    QCOMPARE(int(done.error().code), int(ErrorCode::Unavailable));
    QVERIFY(done.error().retryable);
    QVERIFY(done.error().message.starts_with("redis-2 at unix://"));
    QVERIFY(done.error().message.find("check that the server runs") != std::string::npos);
    QVERIFY(!batch.reply(1));
    QCOMPARE(batch.reply(2)->integer, std::int64_t(2));
}

void RedisClientTest::oneStoppedNodeFailsOnlyItsOwn()
{
    QVERIFY(m_redis->servers().pauseNode("redis-2"));
    RedisClient client(
        nodes()); // no connection yet: the silent node must not hold up the other one's greeting
    RedisBatch batch(client);
    batch.add(node("redis-2"), {"INCR", "n"});
    batch.add(node("redis-1"), {"INCR", "n"});
    const Lateness lateness;
    QVERIFY(!batch.run(Deadline::after(1s)));
    VERIFY_IN_TIME(lateness, 1s);
    QCOMPARE(int(batch.reply(0).error().code), int(ErrorCode::DeadlineExceeded));
    QVERIFY(batch.reply(1) && batch.reply(1)->integer == 1);
}

void RedisClientTest::aNodeThatFailsAPartIsAskedNothingMore()
{
    RedisClient client(nodes());
    QVERIFY(client.runId(node("redis-2"), soon()));
    QVERIFY(m_redis->servers().pauseNode("redis-2"));
    RedisBatch batch(client);
    const auto addBoth = [&] {
        batch.add(node("redis-2"), {"INCR", "n"});
        batch.add(node("redis-1"), {"INCR", "n"});
    };
    addBoth();
    QVERIFY(!batch.runPart(Deadline::after(1s)));
    QVERIFY(m_redis->servers().resumeNode("redis-2"));
    for (int part = 1; part < 4; ++part) {
        addBoth();
        QVERIFY(!batch.runPart(soon()));
        QCOMPARE(int(batch.reply(std::size_t(2 * part)).error().code), int(ErrorCode::DeadlineExceeded));
        QCOMPARE(batch.reply(std::size_t(2 * part + 1))->integer, std::int64_t(part + 1));
    }
    batch.clear();
    addBoth();
    QVERIFY(batch.run(soon()));
    QVERIFY(batch.reply(0)->integer <=
            2); // the first, which it may have carried out when it went on, and this
}

// One answers a second later: only its own round trip shows it.
void RedisClientTest::roundTripIsTheNodesOwn()
{
    RedisClient client(nodes());
    RedisBatch batch(client);
    batch.add(node("redis-1"), {"PING"});
    QVERIFY(batch.run(soon()));
    QVERIFY(batch.roundTrip(node("redis-1")) > 0ns);
    QVERIFY(!batch.roundTrip(node("redis-2")) && !batch.roundTrip(12345));
    batch.add(node("redis-2"), {"BLPOP", "nothing comes here", "1"});
    batch.add(node("redis-1"), {"PING"});
    QVERIFY(batch.run(soon()));
    QVERIFY(batch.roundTrip(node("redis-2")) >= 990ms);
    QVERIFY(batch.roundTrip(node("redis-1")) < batch.roundTrip(node("redis-2")));
    QVERIFY(m_redis->servers().pauseNode("redis-2"));
    batch.add(node("redis-2"), {"PING"});
    batch.add(node("redis-1"), {"PING"});
    QVERIFY(!batch.run(Deadline::after(1s)));
    QVERIFY(!batch.roundTrip(node("redis-2")));
    QVERIFY(batch.roundTrip(node("redis-1")).has_value());
}

void RedisClientTest::stoppedServerEndsACommandInTime()
{
    RedisClient client(nodes());
    const int one = node("redis-1");
    QVERIFY(client.command(one, {"PING"}, soon()));
    QVERIFY(m_redis->servers().pauseNode("redis-1"));
    const Lateness lateness;
    const auto reply = client.command(one, {"PING"}, Deadline::after(200ms));
    QVERIFY(lateness.elapsed() >= 199ms);
    VERIFY_IN_TIME(lateness, 200ms);
    QVERIFY(!reply);
    QCOMPARE(int(reply.error().code), int(ErrorCode::DeadlineExceeded));
    QVERIFY(reply.error().retryable);
    QVERIFY(reply.error().message.starts_with("redis-1 at unix://"));
    QVERIFY(client.connectionIds().empty()); // closed
    QVERIFY(m_redis->servers().resumeNode("redis-1"));
    QVERIFY(client.command(one, {"PING"}, soon()));
}

void RedisClientTest::stoppedServerEndsConnectingInTime()
{
    QVERIFY(m_redis->servers().pauseNode("redis-1"));
    RedisClient client(nodes());
    const Lateness lateness;
    const auto id = client.runId(node("redis-1"), Deadline::after(200ms));
    VERIFY_IN_TIME(lateness, 200ms);
    QVERIFY(!id && id.error().code == ErrorCode::DeadlineExceeded);
    QVERIFY(client.connectionIds().empty());
}

void RedisClientTest::lateReplyIsNeverTakenForAnother()
{
    RedisClient client(nodes());
    const int one = node("redis-1");
    QVERIFY(client.command(one, {"PING"}, soon()));
    QVERIFY(m_redis->servers().pauseNode("redis-1"));
    QVERIFY(!client.command(one, {"ECHO", "late"}, Deadline::after(50ms)));
    QVERIFY(m_redis->servers().resumeNode("redis-1"));
    for (int i = 0; i < 20; ++i) {
        const auto reply = client.command(one, {"ECHO", std::to_string(i)}, soon());
        QVERIFY(reply && reply->text == std::to_string(i));
    }
}

void RedisClientTest::expiredDeadlineSendsNothing()
{
    RedisClient client(nodes());
    const int one = node("redis-1");
    QVERIFY(client.command(one, {"PING"}, soon()));
    const auto late = client.command(one, {"INCR", "n"}, Deadline::after(0ms));
    QVERIFY(!late && late.error().code == ErrorCode::DeadlineExceeded);
    const auto value = client.command(one, {"GET", "n"}, soon());
    QVERIFY(value && value->isNil());
}

void RedisClientTest::restartedServerIsFoundAgain()
{
    RedisClient client(nodes());
    const int one = node("redis-1");
    QVERIFY(client.command(one, {"PING"}, soon()));
    QVERIFY(m_redis->servers().restartNode("redis-1"));
    const auto reply =
        client.command(one, {"PING"}, soon()); // the dead connection is noticed before it is used
    QVERIFY2(reply.has_value(), reply ? "" : reply.error().message.c_str());
}

void RedisClientTest::serverThatDiesMeanwhile()
{
    RedisClient client(nodes());
    const int one = node("redis-1");
    QVERIFY(client.command(one, {"PING"}, soon()));
    QVERIFY(m_redis->servers().pauseNode("redis-1"));
    std::jthread killer([&] {
        std::this_thread::sleep_for(100ms);
        std::ignore = m_redis->servers().killNode("redis-1");
    });
    const auto reply = client.command(one, {"PING"}, soon());
    QVERIFY(!reply);
    QCOMPARE(int(reply.error().code), int(ErrorCode::Unavailable));
}

void RedisClientTest::scriptsAreLoadedBeforeTheyAreUsed()
{
    const RedisScript script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    RedisClient client(nodes());
    RedisBatch batch(client);
    batch.add(node("redis-1"), {"SET", "n", "5"});
    batch.addScript(node("redis-1"), script, {"n"}, {"10"});
    batch.add(node("redis-1"), {"INCR", "n"});
    batch.addScript(node("redis-2"), script, {"n"}, {"1"});
    QVERIFY(batch.run(soon()));
    QCOMPARE(batch.reply(1)->integer, std::int64_t(15)); // in its place
    QCOMPARE(batch.reply(2)->integer, std::int64_t(16));
    QCOMPARE(batch.reply(3)->integer, std::int64_t(1));
}

void RedisClientTest::flushedScriptsAreLoadedAgain()
{
    const RedisScript add("return redis.call('INCRBY', KEYS[1], ARGV[1])"), twice("return ARGV[1] + ARGV[1]");
    RedisClient client(nodes()), other(nodes());
    RedisBatch batch(client);
    batch.addScript(node("redis-1"), add, {"n"}, {"10"});
    QVERIFY(batch.run(soon()));
    QVERIFY(other.command(node("redis-1"), {"SCRIPT", "FLUSH"}, soon()));
    batch.clear();
    batch.add(node("redis-1"), {"INCR", "m"});
    batch.addScript(node("redis-1"), add, {"n"}, {"10"});
    batch.addScript(node("redis-1"), twice, {}, {"21"});
    batch.addScript(node("redis-2"), twice, {}, {"4"});
    batch.add(node("redis-1"), {"INCR", "m"});
    QVERIFY(batch.run(soon()));
    QCOMPARE(batch.reply(0)->integer, std::int64_t(1));
    QCOMPARE(batch.reply(1)->integer, std::int64_t(20));
    QCOMPARE(batch.reply(2)->integer, std::int64_t(42));
    QCOMPARE(batch.reply(3)->integer, std::int64_t(8));
    QCOMPARE(batch.reply(4)->integer, std::int64_t(2)); // the others were not sent twice
}

void RedisClientTest::poolBoundsClientsAndWaiters()
{
    RedisClientPool pool(nodes(), 2, 0);
    auto a = pool.lease(soon());
    QVERIFY(a && (*a)->command(node("redis-1"), {"PING"}, soon()));
    auto b = pool.lease(soon());
    QVERIFY(b.has_value());
    const Lateness lateness;
    const auto c = pool.lease(soon());
    VERIFY_IN_TIME(lateness, 0ms);
    QVERIFY(!c && c.error().code == ErrorCode::Overloaded && c.error().retryable);
    const auto id = (*a)->connectionIds();
    a->reset();
    auto d = pool.lease(soon());
    QVERIFY(d && (*d)->connectionIds() == id); // with its connection

    RedisClientPool patient(nodes(), 1, 1);
    auto held = patient.lease(soon());
    const auto late = patient.lease(Deadline::after(50ms));
    QVERIFY(!late && late.error().code == ErrorCode::DeadlineExceeded);
}

void RedisClientTest::poolWaiterGetsAReturnedClient()
{
    RedisClientPool pool(nodes(), 1, 4);
    auto held = pool.lease(soon());
    QVERIFY(held.has_value());
    std::atomic<int> served{0};
    {
        std::vector<std::jthread> waiters;
        for (int i = 0; i < 4; ++i)
            waiters.emplace_back([&] {
                if (const auto lease = pool.lease(soon())) ++served;
            });
        held->reset();
    }
    QCOMPARE(served.load(), 4);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::RedisClientTest)
#include "redis_client_test.moc"
