// Capacity: what is told equals what Redis itself says of every key, a sample comes near the whole, what was
// not measured is not told.
#include <QTest>

#include "tests/support/demo_session.h"

#include "backend/cache/memory_sample.h"
#include "backend/cache/timeline_keys.h"
#include "backend/monitoring/capacity.h"
#include "tests/integration/ctl_process.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QTemporaryDir>

#include <cmath>

using namespace backend;
using namespace std::chrono_literals;

namespace tests {

class CapacityTest : public QObject
{
    Q_OBJECT

private slots:
    void keysOfTimelinesAreRecognised_data();
    void keysOfTimelinesAreRecognised();
    void everyKeyOfATimelineIsWeighed();
    void sampleIsFairAndWhole();
    void pricesComeFromWeighedSizes();
    void nothingMeasuredNothingTold();
    void growthNeedsAWindow();
    void wholeEngineAndCommandLine();

private:
    static MemorySample sampleOf(const std::vector<std::pair<int, int>>& entriesAndBytes);
};

void CapacityTest::keysOfTimelinesAreRecognised_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<qlonglong>("reader");
    QTest::addColumn<bool>("floor");
    QTest::newRow("entries") << "{17}:home:42" << 42LL << false;
    QTest::newRow("segment") << "{17}:home:42:3" << 42LL << false;
    QTest::newRow("floor") << "{17}:home-floor:42" << 42LL << true;
    QTest::newRow("build token") << "{17}:home-build:42" << 42LL << false;
    QTest::newRow("note of the segments") << "{17}:home-segments:42" << 42LL << false;
    QTest::newRow("author") << "{17}:author:42" << 0LL << false;
    QTest::newRow("another word") << "{17}:homework:42" << 0LL << false;
    QTest::newRow("no id") << "{17}:home:abc" << 0LL << false;
    QTest::newRow("id and more") << "{17}:home:42abc" << 0LL << false;
    QTest::newRow("foreign") << "session:home:42" << 0LL << false;
}

void CapacityTest::keysOfTimelinesAreRecognised()
{
    QFETCH(QString, key);
    QFETCH(qlonglong, reader);
    QFETCH(bool, floor);
    const auto home = homeKeyOf(key.toStdString());
    QCOMPARE(qlonglong(home.reader), reader);
    QCOMPARE(home.floor, floor);
}

namespace {

// A node of its own with timelines made by hand, in the plain layout and in segments.
class HandMade
{
public:
    HandMade()
    {
        EmbeddedOptions options;
        options.postgresNodes = options.redisNodes = 1;
        m_servers = take(EmbeddedServers::start(options, Deadline::after(60s)));
        m_node = m_servers->nodes()[1];
        m_client = std::make_unique<RedisClient>(std::vector<NodeEndpoint>{m_node});
        m_runId = take(m_client->runId(m_node.id, soon()));
    }
    void add(std::int64_t reader, const std::vector<int>& segments, bool floor = true)
    {
        const std::string id = std::to_string(reader);
        for (std::size_t s = 0; s < segments.size(); ++s)
            for (int i = 0; i < segments[s]; ++i)
                run({"ZADD", "{3}:home:" + id + (s > 0 ? ":" + std::to_string(s) : ""),
                     std::to_string(1'700'000'000'000 + i), std::to_string(1'000'000'000'000'000'000 + i)});
        if (floor) run({"SET", "{3}:home-floor:" + id, "17" + floorStamp(m_runId)});
    }
    std::int64_t run(const std::vector<std::string>& command)
    {
        RedisBatch batch(*m_client);
        batch.add(m_node.id, command);
        if (const auto ran = batch.run(soon()); !ran) throw std::runtime_error(ran.error().message);
        return batch.reply(0)->integer;
    }
    Result<MemorySample> sample(int readers, std::uint64_t seed = 1, Deadline deadline = soon())
    {
        return sampleTimelineMemory(*m_client, m_node.id, readers, seed, deadline);
    }
    std::int64_t weight(const std::string& key) { return run({"MEMORY", "USAGE", key, "SAMPLES", "0"}); }

private:
    std::unique_ptr<EmbeddedServers> m_servers;
    NodeEndpoint m_node;
    std::unique_ptr<RedisClient> m_client;
    std::string m_runId;
};

} // namespace

void CapacityTest::everyKeyOfATimelineIsWeighed()
{
    HandMade redis;
    redis.add(7, {40, 100, 100});
    redis.add(8, {5});
    redis.add(9, {3}, false); // left over: nobody reads it
    redis.run({"SET", "{3}:home-floor:10", "void"});
    redis.run({"SET", "{3}:post:7", "a body"});
    const auto sample = take(redis.sample(100));
    QCOMPARE(sample.timelines, std::int64_t(3)); // floors
    QCOMPARE(sample.keys, std::int64_t(4 + 2 + 1 + 1 + 1));
    QCOMPARE(sample.weighed.size(), std::size_t(4));
    for (const auto& timeline : sample.weighed) {
        QCOMPARE(timeline.hasFloor, timeline.reader != 9);
        QCOMPARE(timeline.valid, timeline.reader == 7 || timeline.reader == 8);
        if (timeline.reader != 7) continue;
        QCOMPARE(timeline.entries, std::int64_t(240));
        QCOMPARE(timeline.keys, 4);
        QCOMPARE(timeline.bytes, redis.weight("{3}:home:7") + redis.weight("{3}:home:7:1") +
                                     redis.weight("{3}:home:7:2") + redis.weight("{3}:home-floor:7"));
    }
    const auto capacity = judgeCapacity({{1, "redis-1", sample}}, 800, {});
    QCOMPARE(capacity.timelines, std::int64_t(2)); // the void one is none
    QCOMPARE(capacity.nodes[0].orphans, std::int64_t(1));
    QCOMPARE(capacity.nodes[0].notValid, std::int64_t(1));
    const auto late = redis.sample(100, 1, Deadline::after(0ms));
    QVERIFY(!late && late.error().code == ErrorCode::DeadlineExceeded);
}

void CapacityTest::sampleIsFairAndWhole()
{
    HandMade redis;
    double all = 0;
    for (int reader = 1; reader <= 400; ++reader) {
        redis.add(reader, reader % 3 == 0 ? std::vector{20, 30} : std::vector{reader % 25 + 1});
        all += double(redis.weight("{3}:home:" + std::to_string(reader)) +
                      redis.weight("{3}:home-floor:" + std::to_string(reader)));
        if (reader % 3 == 0) all += double(redis.weight("{3}:home:" + std::to_string(reader) + ":1"));
    }
    const auto whole = judgeCapacity({{1, "redis-1", redis.sample(1'000)}}, 800, {});
    QCOMPARE(whole.sampled, std::int64_t(400));
    QCOMPARE(whole.timelinesBytes, all);
    QCOMPARE(whole.readersPerGiBError, 0.0); // nothing was left to guess
    QCOMPARE(whole.caps.back().basis, std::string("uncut"));
    // Of samples of 100 nearly all come within three standard errors of the truth; each holds whole timelines
    // only.
    int near = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto sample = take(redis.sample(100, seed));
        for (const auto& timeline : sample.weighed)
            QCOMPARE(timeline.keys, timeline.reader % 3 == 0 ? 3 : 2);
        const auto part = judgeCapacity({{1, "redis-1", sample}}, 800, {});
        QCOMPARE(part.sampled, std::int64_t(100));
        QCOMPARE(part.timelines, std::int64_t(400));
        near += std::abs(part.bytesPerTimeline.mean - all / 400) < 3 * part.bytesPerTimeline.standardError;
    }
    QVERIFY2(near >= 17, qPrintable(QString::number(near)));
}

MemorySample CapacityTest::sampleOf(const std::vector<std::pair<int, int>>& entriesAndBytes)
{
    MemorySample out;
    out.timelines = std::int64_t(entriesAndBytes.size());
    out.usedMemoryBytes = 10'000'000;
    out.maxMemoryBytes = 0;
    for (const auto& [entries, bytes] : entriesAndBytes) {
        WeighedTimeline one;
        one.reader = std::int64_t(out.weighed.size()) + 1;
        one.entries = entries;
        one.bytes = bytes;
        one.hasFloor = one.valid = true;
        out.weighed.push_back(one);
    }
    return out;
}

void CapacityTest::pricesComeFromWeighedSizes()
{
    std::vector<std::pair<int, int>> timelines;
    for (int i = 0; i < 10; ++i)
        timelines.push_back({100, 2'500}); // small ones are cheap
    for (int i = 0; i < 30; ++i)
        timelines.push_back({800, 80'000});
    const std::vector<int> caps{100, 400, 800, 1'600};
    const auto capacity = judgeCapacity({{1, "redis-1", sampleOf(timelines)}}, 800, caps);
    QCOMPARE(capacity.bytesPerTimeline.mean, (10 * 2'500.0 + 30 * 80'000.0) / 40);
    QCOMPARE(capacity.bytesPerTimeline.p90, 80'000.0);
    QCOMPARE(capacity.bytesPerEntry.mean, (10 * 2'500.0 + 30 * 80'000.0) / (10 * 100 + 30 * 800));
    QCOMPARE(capacity.caps[0].basis, std::string("weighed"));
    QCOMPARE(capacity.caps[0].bytesPerTimeline, 2'500.0); // not an eighth of the large ones
    QCOMPARE(capacity.caps[1].basis, std::string("between"));
    const double between = 2'500 + (80'000 - 2'500) * 300.0 / 700;
    QCOMPARE(capacity.caps[1].bytesPerTimeline, (10 * 2'500.0 + 30 * between) / 40);
    QCOMPARE(capacity.caps[2].bytesPerTimeline, capacity.bytesPerTimeline.mean);
    QCOMPARE(capacity.caps[2].readersPerGiB, capacity.readersPerGiB);
    QVERIFY(
        !capacity.caps[3].notMeasured.empty()); // nobody has more than 800: what lies above was never seen
    QCOMPARE(capacity.caps[3].bytes, 0.0);
    // Nodes count by how many timelines they hold, not by how many were weighed.
    auto few = sampleOf({{100, 1'000}, {100, 1'000}}), many = sampleOf({{100, 3'000}, {100, 3'000}});
    many.timelines = 6;
    const auto two = judgeCapacity({{1, "a", few}, {2, "b", many}}, 800, {});
    QCOMPARE(two.timelines, std::int64_t(8));
    QCOMPARE(two.bytesPerTimeline.mean, 2'500.0);
    QCOMPARE(two.otherBytes, 20'000'000 - 20'000.0);
}

void CapacityTest::nothingMeasuredNothingTold()
{
    const auto none = judgeCapacity(
        {{1, "redis-1", sampleOf({})}, {2, "redis-2", fail(ErrorCode::Unavailable, "redis-2 is gone")}}, 800,
        {});
    QVERIFY(!none.notMeasured.empty());
    QVERIFY(none.caps.empty());
    QCOMPARE(none.readersPerGiB, 0.0);
    QCOMPARE(none.nodes[1].notMeasured, std::string("redis-2 is gone"));
    const auto half = judgeCapacity({{1, "redis-1", sampleOf({{10, 500}})},
                                     {2, "redis-2", fail(ErrorCode::Unavailable, "redis-2 is gone")}},
                                    800, {});
    QVERIFY(half.notMeasured.empty());
    QCOMPARE(half.timelines, std::int64_t(1));
    QCOMPARE(half.nodes[1].timelines, std::int64_t(-1));
}

void CapacityTest::growthNeedsAWindow()
{
    ClusterSnapshot snapshot;
    snapshot.nodes.resize(2);
    snapshot.nodes[1].id = 5;
    Capacity capacity;
    capacity.nodes.resize(1);
    capacity.nodes[0].node = 5;
    std::vector<HistoryPoint> history(121);
    for (std::size_t i = 0; i < history.size(); ++i) {
        history[i].at = TimePoint(std::chrono::seconds(i));
        history[i].nodeMemoryBytes = {1.0, i < 10 ? std::nan("") : 1e6 + 100.0 * double(i)};
    }
    addGrowth(capacity, snapshot, {history.begin(), history.begin() + 40});
    QVERIFY(!capacity.nodes[0].growthBytesPerHour && capacity.growthWindowSeconds == 0);
    addGrowth(capacity, snapshot, history);
    QCOMPARE(*capacity.nodes[0].growthBytesPerHour, 360'000.0);
    QCOMPARE(capacity.growthWindowSeconds, 110.0);
}

void CapacityTest::wholeEngineAndCommandLine()
{
    const auto session = openDemo();
    auto& engine = session->engine();
    std::vector<UserId> users;
    for (int i = 0; i < 30; ++i)
        users.push_back(take(engine.feed().createUser({"user_" + std::to_string(i), "User"}, soon())).id);
    for (std::size_t i = 1; i < users.size(); ++i)
        take(engine.feed().follow(users[i], users.front(), soon()));
    for (int i = 0; i < 300; ++i)
        take(engine.feed().post(users.front(), "post", soon()));
    QVERIFY(drain(engine));
    for (const auto one : users) // a slow machine may have published none with the account
        take(engine.feed().homePage(one, {}, soon()));
    const auto capacity = take(engine.monitor().capacity({}, Deadline::after(60s)));
    QVERIFY2(capacity.notMeasured.empty(), capacity.notMeasured.c_str());
    QCOMPARE(capacity.timelines, std::int64_t(30));
    QCOMPARE(capacity.sampled, std::int64_t(30));
    QCOMPARE(capacity.entriesPerTimeline.p50, 300.0);
    QVERIFY(capacity.bytesPerEntry.mean > 8 && capacity.bytesPerEntry.mean < 400);
    QVERIFY(std::abs(capacity.readersPerGiB * capacity.bytesPerTimeline.mean - 1024.0 * 1024 * 1024) < 1);
    QVERIFY(!engine.monitor().capacity(std::vector{0}, soon()));

    take(session->servers()->pauseNode("redis-1"));
    QElapsedTimer timer;
    timer.start();
    const auto without = take(engine.monitor().capacity({}, Deadline::after(60s)));
    const auto took = timer.elapsed();
    take(session->servers()->resumeNode("redis-1"));
    QVERIFY2(took < 30'000, qPrintable(QString::number(took))); // the others' figures wait for no silent node
    QVERIFY(!without.nodes[0].notMeasured.empty());
    QVERIFY(without.timelines <= 30 && without.notMeasured.empty());

    const QString config = QString::fromStdString(session->configFile().string());
    const auto told = runCtl({"capacity", "--config", config, "--json"});
    QVERIFY2(told.exitCode == 0, told.errors.constData());
    QCOMPARE(told.json()["timelines"].toInt(), 30);
    QCOMPARE(told.json()["bytes_per_timeline"].toObject()["samples"].toInt(), 30);
    QCOMPARE(told.json()["caps"].toArray().size(), 3);
    const auto beyond = runCtl({"capacity", "--config", config, "--cap", "5", "--cap", "5000", "--json"});
    QCOMPARE(beyond.exitCode, 1); // asked for what was never measured
    QVERIFY(beyond.json()["caps"].toArray()[0].toObject()["bytes"].toDouble() > 0);
    QVERIFY(beyond.json()["caps"].toArray()[1].toObject().contains("not_measured"));
    QVERIFY(runCtl({"capacity", "--config", config}).output.contains("readers per GiB"));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::CapacityTest)
#include "capacity_test.moc"
