// What monitoring and audit see of a Redis node: INFO, the sweep by logical shard, and raw timelines, each
// against a count of the test's own.
#include <QTest>

#include "backend/cache/objects.h"
#include "backend/cache/raw_timeline.h"
#include "backend/cache/redis_info.h"
#include "backend/cache/timeline_sweep.h"
#include "tests/support/redis_fixture.h"

#include <map>
#include <random>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

namespace {
constexpr auto kHome = TimelineFamily::Home;
constexpr int kShards = 8;
constexpr std::int64_t kNow = 400'000'000'000;
} // namespace

class RedisMonitoringTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void infoOfALivingNode();
    void infoOfADeadNode();
    void infoTextIsReadLineByLine();
    void sweepCountsWhatIsThere();
    void sweepGoesInSmallSteps();
    void sweepBeginsAgainWithTheNode();
    void sweepSurvivesForeignKeys();
    void sweepOfADeadNodeFailsAndGoesOn();
    void rawTimelinesShowWhatIsStored();
    void rawTimelinesShowOddities();
    void rawCounters();

private:
    // Home timelines of random sizes on all shards of redis-1; some without floor, some void.
    struct Planted
    {
        std::int64_t timelines = 0, entries = 0, keys = 0;
    };
    std::vector<Planted> plant(int owners);
    std::vector<SweptShard> sweep(TimelineSweep& sweep, int budget, int* steps = nullptr);
    static Deadline soon() { return RedisFixture::soon(); }

    int m_node = 0;
    std::unique_ptr<RedisFixture> m_redis;
    std::unique_ptr<Timelines> m_timelines;
    std::unique_ptr<Objects> m_objects;
    std::unique_ptr<RedisClient> m_client;
};

void RedisMonitoringTest::initTestCase()
{
    m_redis = std::make_unique<RedisFixture>(1, kShards);
    m_node = m_redis->nodes().front().id;
    m_timelines = std::make_unique<Timelines>(*m_redis, TimelineLimits{});
    m_objects = std::make_unique<Objects>(*m_redis, ObjectTimes{});
}

void RedisMonitoringTest::init()
{
    m_redis->reset();
    m_client = std::make_unique<RedisClient>(m_redis->nodes());
}

std::vector<RedisMonitoringTest::Planted> RedisMonitoringTest::plant(int owners)
{
    std::vector<Planted> out(kShards);
    std::mt19937_64 random(3);
    RedisBatch batch(*m_client);
    std::vector<SizeCheck> checks;
    const auto runId = *m_client->runId(m_node, soon());
    for (int i = 0; i < owners; ++i) {
        const int shard = i % 5; // shards 5 … 7 stay empty
        const auto owner = userOf(shard, 0, i + 1);
        auto& planted = out[std::size_t(shard)];
        const int entries = 1 + int(random() % 200);
        for (int k = 0; k < entries; ++k) {
            batch.add(m_node, {"ZADD", timelineKey(kHome, owner),
                               std::to_string(-unixMillisecondsOf(postAt(kNow + k).value)),
                               memberOf(postAt(kNow + k))});
        }
        planted.entries += entries;
        planted.keys += 3;
        if (i % 7 == 0)
            m_timelines->voidFloor(batch, kHome, owner);
        else
            m_timelines->publishEmpty(batch, kHome, owner, i % 11 ? runId : std::string(40, '0'));
        if (i % 7 != 0 && i % 11 != 0) ++planted.timelines;
        m_objects->fillPost(batch, {postAt(i, shard), owner, std::string(100, 'b')});
        m_timelines->addEntry(batch, checks, TimelineFamily::Author, owner, postAt(kNow, shard));
        ++planted.keys;
    }
    if (const auto done = batch.run(soon()); !done) throw std::runtime_error(done.error().message);
    return out;
}

std::vector<SweptShard> RedisMonitoringTest::sweep(TimelineSweep& sweep, int budget, int* steps)
{
    for (int step = 1; step < 100'000; ++step) {
        const auto done = sweep.step(*m_client, budget, soon());
        if (!done) throw std::runtime_error(done.error().message);
        if (steps) *steps = step;
        if (*done) return sweep.shards();
    }
    throw std::runtime_error("the sweep does not end");
}

void RedisMonitoringTest::infoOfALivingNode()
{
    m_redis->redis(m_node, {"SET", "a", "1"});
    m_redis->redis(m_node, {"CONFIG", "RESETSTAT"});
    m_redis->redis(m_node, {"GET", "a"});
    m_redis->redis(m_node, {"GET", "b"});
    const auto info = redisInfo(*m_client, m_node, soon());
    QVERIFY2(info.has_value(), info ? "" : info.error().message.c_str());
    QVERIFY(!info->version.empty());
    QCOMPARE(info->runId, *m_client->runId(m_node, soon()));
    QCOMPARE(info->maxmemoryPolicy, std::string("noeviction"));
    QVERIFY(!info->evictsTimelines());
    QVERIFY(info->uptimeSeconds >= 0 && info->uptimeSeconds < 3'600);
    QVERIFY(info->usedMemoryBytes > 100'000);
    QCOMPARE(info->maxMemoryBytes, std::int64_t(0));
    QVERIFY(info->connectedClients >= 2);
    QCOMPARE(info->keyspaceHits, std::int64_t(1));
    QCOMPARE(info->keyspaceMisses, std::int64_t(1));
    QCOMPARE(info->evictedKeys, std::int64_t(0));
    QVERIFY(info->commandsProcessed >= 2 && info->commandsProcessed < 20);
    QCOMPARE(info->keys, std::int64_t(1));
    m_redis->redis(m_node, {"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    const auto evicting = redisInfo(*m_client, m_node, soon());
    m_redis->redis(m_node, {"CONFIG", "SET", "maxmemory-policy", "noeviction"});
    QVERIFY(evicting && evicting->evictsTimelines());
}

void RedisMonitoringTest::infoOfADeadNode()
{
    QVERIFY(m_redis->servers().killNode("redis-1"));
    const auto info = redisInfo(*m_client, m_node, soon());
    QVERIFY(!info && info.error().code == ErrorCode::Unavailable);
}

void RedisMonitoringTest::infoTextIsReadLineByLine()
{
    const auto info = parseRedisInfo(
        "# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\n\r\nused_memory:123\r\nused_memory_rss:9\r\n");
    QCOMPARE(info.version, std::string("7.0.15"));
    QCOMPARE(info.usedMemoryBytes, std::int64_t(123));
    QCOMPARE(info.evictedKeys, std::int64_t(-1)); // not told is not zero
}

void RedisMonitoringTest::sweepCountsWhatIsThere()
{
    const auto planted = plant(400);
    TimelineSweep swept(m_node, kShards);
    QVERIFY(swept.shards().empty());
    const auto shards = sweep(swept, 1'000'000);
    QCOMPARE(shards.size(), std::size_t(kShards));
    double allBytes = 0, allActual = 0;
    for (int shard = 0; shard < kShards; ++shard) {
        const auto& found = shards[std::size_t(shard)];
        const auto& expected = planted[std::size_t(shard)];
        QCOMPARE(found.timelines, expected.timelines);
        QCOMPARE(found.entries, expected.entries);
        QCOMPARE(found.keys, expected.keys);
        const auto actual = std::stod(m_redis->redis(m_node, {"EVAL", R"lua(
local sum = 0
for _, key in ipairs(redis.call('KEYS', '{' .. ARGV[1] .. '}:*')) do sum = sum + redis.call('MEMORY', 'USAGE', key) end
return sum)lua",
                                                              "0", std::to_string(shard)}));
        allBytes += double(found.bytes);
        allActual += actual;
        QVERIFY2(std::abs(double(found.bytes) - actual) <=
                     0.2 * actual, // each kind and size by some of its keys
                 qPrintable(QString("shard %1: %2 against %3").arg(shard).arg(found.bytes).arg(actual)));
    }
    QVERIFY2(std::abs(allBytes - allActual) <= 0.1 * allActual,
             qPrintable(QString("%1 against %2").arg(allBytes).arg(allActual)));
}

void RedisMonitoringTest::sweepGoesInSmallSteps()
{
    const auto planted = plant(300);
    TimelineSweep swept(m_node, kShards);
    int steps = 0;
    auto shards = sweep(swept, 50, &steps);
    QVERIFY(steps >= 20);                     // 1,200 keys, about 50 at a time
    for (int round = 0; round < 2; ++round) { // a second pass counts from zero
        for (int shard = 0; shard < kShards; ++shard)
            QCOMPARE(shards[std::size_t(shard)].entries, planted[std::size_t(shard)].entries);
        shards = sweep(swept, 50);
    }
    QVERIFY(!*swept.step(*m_client, 50, soon()));
    QVERIFY(!swept.shards().empty()); // the last whole pass stays readable during the next
}

void RedisMonitoringTest::sweepBeginsAgainWithTheNode()
{
    plant(300);
    TimelineSweep swept(m_node, kShards);
    QVERIFY(!*swept.step(*m_client, 50, soon()));
    QVERIFY(m_redis->servers().restartNode("redis-1"));
    const auto shards = sweep(swept, 50);
    for (const auto& shard : shards)
        QVERIFY(shard.entries == 0 && shard.keys == 0 && shard.bytes == 0);
}

void RedisMonitoringTest::sweepSurvivesForeignKeys()
{
    for (const auto* key :
         {"plain", "{x}:home:1", "{99}:home:1", "{-1}:home:1", "{1:home:2", "{", "{1}:home:7"})
        m_redis->redis(m_node, {"SET", key, "a text, no sorted set"});
    TimelineSweep swept(m_node, kShards);
    const auto shards = sweep(swept, 1'000);
    QCOMPARE(shards[1].keys, std::int64_t(1)); // {1}:home:7 is in our name space, but holds no entries
    QCOMPARE(shards[1].entries, std::int64_t(0));
    QCOMPARE(shards[0].keys, std::int64_t(0));
}

void RedisMonitoringTest::sweepOfADeadNodeFailsAndGoesOn()
{
    plant(300);
    TimelineSweep swept(m_node, kShards);
    QVERIFY(!*swept.step(*m_client, 50, soon()));
    QVERIFY(m_redis->servers().pauseNode("redis-1"));
    const auto failed = swept.step(*m_client, 50, Deadline::after(100ms));
    QVERIFY(!failed && failed.error().code == ErrorCode::DeadlineExceeded);
    QVERIFY(m_redis->servers().resumeNode("redis-1"));
    std::int64_t keys = 0;
    for (const auto& shard : sweep(swept, 50))
        keys += shard.keys;
    QCOMPARE(keys, std::int64_t(1'200)); // nothing twice, nothing lost
}

void RedisMonitoringTest::rawTimelinesShowWhatIsStored()
{
    std::vector<UserId> owners;
    RedisBatch batch(*m_client);
    std::vector<SizeCheck> checks;
    const auto runId = *m_client->runId(m_node, soon());
    for (int i = 0; i < 500; ++i) {
        owners.push_back(userOf(i % kShards, 0, i + 1));
        for (int k = 0; k < i % 4; ++k)
            m_timelines->addEntry(batch, checks, kHome, owners.back(), postAt(kNow + k, 2, 7));
        if (i % 2) m_timelines->publishEmpty(batch, kHome, owners.back(), i % 3 ? runId : "elsewhere");
    }
    QVERIFY(batch.run(soon()));
    const auto raw = readRawTimelines(*m_client, *m_redis->current(), kHome, owners, soon());
    QVERIFY2(raw.has_value(), raw ? "" : raw.error().message.c_str());
    QCOMPARE(raw->size(), owners.size());
    for (int i = 0; i < 500; ++i) {
        const auto& one = (*raw)[std::size_t(i)];
        std::vector<PostId> expected;
        for (int k = 0; k < i % 4; ++k)
            expected.push_back(postAt(kNow + k, 2, 7));
        QVERIFY(one.ids == expected && one.oddities.empty());
        QCOMPARE(one.floor.has_value(), i % 2 == 1);
        QCOMPARE(one.valid(), i % 2 == 1 && i % 3 != 0);
    }
}

void RedisMonitoringTest::rawTimelinesShowOddities()
{
    const auto owner = userOf(0);
    m_redis->redis(m_node, {"ZADD", timelineKey(kHome, owner), "5", memberOf(postAt(kNow)), "7", "42"});
    m_redis->redis(m_node, {"SET", timelineFloorKey(kHome, owner), "void"});
    const auto raw = readRawTimelines(*m_client, *m_redis->current(), kHome, std::vector{owner}, soon());
    QVERIFY(raw.has_value());
    QCOMPARE(raw->front().ids.size(), std::size_t(1));
    QVERIFY(raw->front().oddities.size() >= 2);
    const auto crossed =
        userOf(0, 1); // a closed segment that is newer than the one before, and another count than noted
    for (const auto& [key, ms] : {std::pair{":3", kNow}, std::pair{":2", kNow + 1}})
        m_redis->redis(m_node, {"ZADD", timelineKey(kHome, crossed) + key,
                                std::to_string(-unixMillisecondsOf(postAt(ms).value)), memberOf(postAt(ms))});
    m_redis->redis(m_node, {"SET", timelineSegmentsKey(kHome, crossed),
                            "2 3 5 " + std::to_string(-unixMillisecondsOf(postAt(kNow).value))});
    const auto segments =
        readRawTimelines(*m_client, *m_redis->current(), kHome, std::vector{crossed}, soon());
    QVERIFY(segments.has_value());
    QCOMPARE(segments->front().oddities.size(), std::size_t(2));
    QCOMPARE(segments->front().ids.size(), std::size_t(2));
    QVERIFY(!raw->front().floor && !raw->front().valid());
    QCOMPARE(*raw->front().floorText, std::string("void"));
    for (const auto* text : {"0000000000000000042", "0000000000000000042 run", "42 2 run",
                             "0000000000000000042 2 run more", "000000000000000004x 2 run"}) {
        m_redis->redis(m_node, {"SET", timelineFloorKey(kHome, owner), text});
        const auto odd = readRawTimelines(*m_client, *m_redis->current(), kHome, std::vector{owner}, soon());
        QVERIFY2(odd && !odd->front().floor, text);
    }
}

void RedisMonitoringTest::rawCounters()
{
    RedisBatch batch(*m_client);
    m_objects->setCounters(batch, userOf(3), {12, {1, 2, 3}});
    QVERIFY(batch.run(soon()));
    const auto raw =
        readRawCounters(*m_client, *m_redis->current(), std::vector{userOf(3), userOf(4)}, soon());
    QVERIFY(raw.has_value());
    QVERIFY((*raw)[0] && (*raw)[0]->version == 12 && ((*raw)[0]->counters == Counters{1, 2, 3}));
    QVERIFY(!(*raw)[1]);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::RedisMonitoringTest)
#include "redis_monitoring_test.moc"
