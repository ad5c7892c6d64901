// The verification in the background: never faster than it was told, and it builds again what differs where
// the setting says so.
#include <QElapsedTimer>
#include <QTest>

#include "backend/cache/raw_timeline.h"
#include "backend/cache/redis_client.h"
#include "backend/cache/timeline_keys.h"
#include "backend/engine/open_engine.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <algorithm>

using namespace backend;
using namespace tests;
using namespace std::chrono_literals;

class TimelineVerifierTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void neverFasterThanItsRate_data();
    void neverFasterThanItsRate();
    void whatIsFoundIsRepairedWhereTheSettingSaysSo_data();
    void whatIsFoundIsRepairedWhereTheSettingSaysSo();

private:
    std::unique_ptr<OpenEngine> open(int auditPerSecond, bool repairFound = false);
    RedisReply redis(std::initializer_list<std::string_view> words); // on the node of the readers' shard
    RawTimeline raw(UserId reader);

    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    std::shared_ptr<const ShardMap> m_map;
    std::vector<UserId> m_readers; // all of one shard: the rate counts there, not the pauses between shards
    UserId m_author;
    std::vector<PostId> m_posts;
};

std::unique_ptr<OpenEngine> TimelineVerifierTest::open(int auditPerSecond, bool repairFound)
{
    EngineOptions options;
    options.directory = m_directory;
    options.role = "test";
    options.workers = 2;
    options.auditPerSecond = auditPerSecond;
    options.repairFound = repairFound;
    return take(openEngine(options, soon()));
}

void TimelineVerifierTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 2);
    m_directory = makeCluster(m_cluster->servers());
    const auto engine = open(0);
    m_map = engine->shardMaps().current();
    m_author = take(engine->feed().createUser({"author", "Author"}, soon())).id;
    const auto record = take(engine->operations().openImport("readers", 1, 0, soon()));
    std::vector<BulkUser> users;
    std::vector<BulkFollow> follows;
    for (int i = 0; i < 400; ++i) {
        m_readers.push_back(UserId{makeRawId(1'000'000 + i, 7, record.idSlots.front())});
        users.push_back({m_readers.back(), "reader" + std::to_string(i), "Reader"});
        follows.push_back({m_readers.back(), m_author});
    }
    take(engine->operations().bulkCreateUsers(users, soon()));
    take(engine->operations().bulkFollow(follows, soon()));
    QVERIFY(drain(*engine));
    for (int i = 0; i < 5; ++i)
        m_posts.push_back(take(engine->feed().post(m_author, "words", soon())).id);
    QVERIFY(drain(*engine));
}

RedisReply TimelineVerifierTest::redis(std::initializer_list<std::string_view> words)
{
    const int node = m_map->timelinesNode[std::size_t(m_readers.front().shard())];
    RedisClient client({*m_map->node(node)});
    return take(client.command(node, words, soon()));
}

RawTimeline TimelineVerifierTest::raw(UserId reader)
{
    RedisClient client(m_cluster->endpoints());
    const std::vector<UserId> owners{reader};
    return take(readRawTimelines(client, *m_map, TimelineFamily::Home, owners, soon())).front();
}

void TimelineVerifierTest::neverFasterThanItsRate_data()
{
    QTest::addColumn<int>("rate");
    QTest::newRow("3 a second") << 3;
    QTest::newRow("20 a second") << 20;
}

// Looked at all the while: also a burst in between would be one too many.
void TimelineVerifierTest::neverFasterThanItsRate()
{
    QFETCH(int, rate);
    QElapsedTimer sinceOpened;
    sinceOpened.start(); // earlier than the verifier's own beginning: the bound is only the wider for it
    const auto engine = open(rate);
    const auto figures = [&] { return engine->monitor().snapshot()->verification; };
    QTRY_VERIFY_WITH_TIMEOUT(figures() && figures()->verifiedTotal > 0, 60'000);
    // From a figure on: the verifier may have begun late.
    const auto already = figures()->verifiedTotal;
    QElapsedTimer since;
    since.start();
    // What a figure tells is up to two looks old, so that what was verified earlier may be told within this
    // time.
    constexpr double kOld = 3;
    const int burst = rate; // readers of one page, looked at together
    std::int64_t most = 0;
    while (since.elapsed() < 12'000) {
        QTest::qWait(100);
        const auto total = figures()->verifiedTotal;
        QVERIFY2(double(total) <= rate * double(sinceOpened.elapsed()) / 1e3 + burst,
                 qPrintable(QString("%1 after %2 ms").arg(total).arg(sinceOpened.elapsed())));
        QVERIFY2(double(total - already) <= rate * (double(since.elapsed()) / 1e3 + kOld) + burst,
                 qPrintable(QString("%1 within %2 ms").arg(total - already).arg(since.elapsed())));
        most = total;
    }
    QVERIFY(most > already); // and it goes on
}

void TimelineVerifierTest::whatIsFoundIsRepairedWhereTheSettingSaysSo_data()
{
    QTest::addColumn<bool>("repairFound");
    QTest::newRow("counted and left") << false;
    QTest::newRow("repaired") << true;
}

void TimelineVerifierTest::whatIsFoundIsRepairedWhereTheSettingSaysSo()
{
    QFETCH(bool, repairFound);
    const auto reader = m_readers[11], neighbour = m_readers[12];
    const auto beside = raw(neighbour);
    const auto whole = raw(reader).ids;
    const auto key = timelineKey(TimelineFamily::Home, reader);
    redis({"ZREM", key, memberOf(m_posts[2])});
    QVERIFY(raw(reader).ids != whole);
    const auto engine = open(1'000, repairFound);
    const auto figures = [&] { return engine->monitor().snapshot()->verification; };
    QTRY_VERIFY_WITH_TIMEOUT(figures() && figures()->differences == 1, 120'000);
    QCOMPARE(figures()->lastReader, reader);
    if (repairFound) {
        QTRY_VERIFY_WITH_TIMEOUT(raw(reader).ids == whole, 60'000);
    } else {
        const auto round = figures()->rounds;
        QTRY_VERIFY_WITH_TIMEOUT(figures()->rounds > round + 1, 120'000); // met again, and left again
        QVERIFY(raw(reader).ids != whole);
        QCOMPARE(figures()->differences, std::int64_t(1)); // counted once
        take(engine->operations().rebuildTimeline(reader, soon()));
    }
    QCOMPARE(auditFindings(*engine), std::string());
    const auto same = raw(neighbour);
    QVERIFY(same.ids == beside.ids && same.floorText == beside.floorText);
}

QTEST_GUILESS_MAIN(TimelineVerifierTest)
#include "timeline_verifier_test.moc"
