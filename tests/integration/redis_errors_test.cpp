// What a person reads when a Redis node refuses or cannot be reached: every case with its code and its
// advice.
#include <QElapsedTimer>
#include <QTest>

#include "tests/support/redis_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

namespace {

// Far above every deadline that is meant to end a call, far below for ever.
constexpr qint64 kInTimeMs = 5'000;

// A port nobody listens on at the moment.
int freePort()
{
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(socket, reinterpret_cast<sockaddr*>(&address), length);
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
    close(socket);
    return ntohs(address.sin_port);
}

} // namespace

class RedisErrorsTest : public QObject, private TwoRedisNodes
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init() { begin(); }
    void unknownNode();
    void wrongAddress();
    void nobodyListens();
    void passwords();
    void tcpAndDatabase();
    void hostThatDoesNotExist();
    void outOfMemory();
    void replicaRefusesWrites();
    void tooManyClients();

private:
    void must(RedisClient& client, std::initializer_list<std::string_view> command)
    {
        const auto reply = client.command(node("redis-1"), command, soon());
        if (!reply) QFAIL(reply.error().message.c_str());
    }
};

void RedisErrorsTest::unknownNode()
{
    RedisClient client(nodes());
    const auto reply = client.command(4711, {"PING"}, soon());
    QVERIFY(!reply && reply.error().code == ErrorCode::StaleShardMap);
    RedisBatch batch(client);
    batch.add(4711, {"PING"});
    batch.add(node("redis-1"), {"PING"});
    QVERIFY(!batch.run(soon()));
    QVERIFY(!batch.reply(0) && batch.reply(0).error().message.find("4711") != std::string::npos);
    QVERIFY(batch.reply(1).has_value());
}

void RedisErrorsTest::wrongAddress()
{
    RedisClient client({{1, "redis-7", NodeKind::Redis, "localhost:6379"}});
    const auto reply = client.command(1, {"PING"}, soon());
    QVERIFY(!reply);
    QCOMPARE(int(reply.error().code), int(ErrorCode::Configuration));
    QVERIFY(reply.error().message.starts_with("redis-7: "));
}

void RedisErrorsTest::nobodyListens()
{
    const auto absent = m_redis->servers().directory().string() + "/absent.sock";
    RedisClient client({{1, "redis-7", NodeKind::Redis, "unix://" + absent},
                        {2, "redis-8", NodeKind::Redis, "redis://127.0.0.1:" + std::to_string(freePort())}});
    const auto local = client.command(1, {"PING"}, soon());
    QVERIFY(!local && local.error().code == ErrorCode::Unavailable);
    QVERIFY2(local.error().message.find("No such file") != std::string::npos, local.error().message.c_str());
    const auto tcp = client.command(2, {"PING"}, soon());
    QVERIFY(!tcp && tcp.error().code == ErrorCode::Unavailable);
    QVERIFY2(tcp.error().message.find("Connection refused") != std::string::npos,
             tcp.error().message.c_str());
}

void RedisErrorsTest::passwords()
{
    RedisClient owner(nodes());
    const int one = node("redis-1");
    const int port = freePort();
    must(owner, {"CONFIG", "SET", "port", std::to_string(port)});
    must(owner, {"CONFIG", "SET", "requirepass", "s:cret"});
    const auto clientFor = [&](const std::string& credentials) {
        return RedisClient({{one, "redis-1", NodeKind::Redis,
                             "redis://" + credentials + "127.0.0.1:" + std::to_string(port)}});
    };
    auto none = clientFor(""), wrong = clientFor(":nonsense@"), right = clientFor(":s%3Acret@"),
         user = clientFor("default:s%3Acret@");
    const auto refused = none.command(one, {"PING"}, soon());
    const auto rejected = wrong.command(one, {"PING"}, soon());
    const bool accepted =
        right.command(one, {"PING"}, soon()).has_value() && user.command(one, {"PING"}, soon()).has_value();
    must(owner, {"CONFIG", "SET", "requirepass", ""});
    must(owner, {"CONFIG", "SET", "port", "0"});
    QVERIFY(accepted);
    QVERIFY(!refused && refused.error().code == ErrorCode::Unauthorized);
    QVERIFY(refused.error().message.find("wants a password") != std::string::npos);
    QVERIFY(!rejected && rejected.error().code == ErrorCode::Unauthorized);
    QVERIFY(rejected.error().message.find("wrong") != std::string::npos);
    QVERIFY(rejected.error().message.find("nonsense") == std::string::npos);
}

void RedisErrorsTest::tcpAndDatabase()
{
    RedisClient owner(nodes());
    const int one = node("redis-1");
    const int port = freePort();
    must(owner, {"CONFIG", "SET", "port", std::to_string(port)});
    RedisClient third(
        {{one, "redis-1", NodeKind::Redis, "redis://localhost:" + std::to_string(port) + "/3"}});
    RedisClient absent(
        {{one, "redis-1", NodeKind::Redis, "redis://127.0.0.1:" + std::to_string(port) + "/999"}});
    const auto set = third.command(one, {"SET", "where", "three"}, soon());
    const auto elsewhere = owner.command(one, {"GET", "where"}, soon());
    const auto refused = absent.command(one, {"SET", "where", "nowhere"}, soon());
    must(owner, {"CONFIG", "SET", "port", "0"});
    QVERIFY2(set.has_value(), set ? "" : set.error().message.c_str());
    QVERIFY(elsewhere && elsewhere->isNil());
    QVERIFY(!refused && refused.error().code == ErrorCode::Configuration); // and nothing went to database 0
    QVERIFY(owner.command(one, {"GET", "where"}, soon())->isNil());
}

void RedisErrorsTest::hostThatDoesNotExist()
{
    RedisClient client({{1, "redis-7", NodeKind::Redis, "redis://nowhere.invalid"}});
    QElapsedTimer timer;
    timer.start();
    const auto reply = client.command(1, {"PING"}, Deadline::after(1s));
    QVERIFY(timer.elapsed() < kInTimeMs);
    QVERIFY(!reply);
    QVERIFY(reply.error().retryable);
    QVERIFY(reply.error().message.find("nowhere.invalid") != std::string::npos);
}

void RedisErrorsTest::outOfMemory()
{
    RedisClient client(nodes());
    const int one = node("redis-1");
    must(client, {"CONFIG", "SET", "maxmemory", "1"});
    const auto reply = client.command(one, {"SET", "a", "1"}, soon());
    must(client, {"CONFIG", "SET", "maxmemory", "0"});
    QVERIFY(!reply);
    QCOMPARE(int(reply.error().code), int(ErrorCode::Overloaded));
    QVERIFY(reply.error().retryable);
    QVERIFY(reply.error().message.find("maxmemory") != std::string::npos);
    QVERIFY(client.command(one, {"SET", "a", "1"}, soon())); // the connection stays in step
}

void RedisErrorsTest::replicaRefusesWrites()
{
    RedisClient client(nodes());
    const int one = node("redis-1");
    must(client, {"REPLICAOF", "127.0.0.1", std::to_string(freePort())});
    const auto reply = client.command(one, {"SET", "a", "1"}, soon());
    must(client, {"REPLICAOF", "NO", "ONE"});
    QVERIFY(!reply && reply.error().code == ErrorCode::Unavailable && reply.error().retryable);
    QVERIFY(reply.error().message.find("primary") != std::string::npos);
}

void RedisErrorsTest::tooManyClients()
{
    RedisClient first(nodes()), second(nodes());
    const int one = node("redis-1");
    must(first, {"CONFIG", "SET", "maxclients", "1"});
    const auto reply = second.command(one, {"PING"}, soon());
    must(first, {"CONFIG", "SET", "maxclients", "10000"});
    QVERIFY(!reply);
    QVERIFY2(reply.error().code == ErrorCode::Overloaded, reply.error().message.c_str());
    QVERIFY(reply.error().message.find("maxclients") != std::string::npos);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::RedisErrorsTest)
#include "redis_errors_test.moc"
