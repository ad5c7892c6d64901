// Cold timelines when their readers come: built once however many ask, the newest part first, to their full
// depth afterwards, and within the caller's deadline whatever PostgreSQL does.
#include <QElapsedTimer>
#include <QTest>

#include "backend/cache/raw_timeline.h"
#include "backend/cache/timelines.h"
#include "backend/engine/open_engine.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <algorithm>
#include <atomic>
#include <thread>

using namespace backend;
using namespace tests;

class RebuildTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void theNewestPartFirstThenAllOfIt();
    void oneBuildOfOneEngine();
    void oneBuildOfTwoEngines();
    void whoIsShortBecomesDeepWithoutAReader();
    void postgresThatDoesNotAnswer_data();
    void postgresThatDoesNotAnswer();

private:
    std::unique_ptr<OpenEngine> open(int workers, int restorePerSecond = 0);
    Feed& feed() { return m_engine->feed(); }
    void cool(UserId reader);
    RawTimeline raw(UserId reader);
    std::vector<PostId> home(UserId reader) { return wholeHome(feed(), reader); }
    bool allRight(OpenEngine& engine, std::atomic<int>& right);

    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    std::unique_ptr<OpenEngine> m_engine, m_other;
    UserId m_author, m_reader;
    std::vector<PostId> m_posts; // newest first
};

std::unique_ptr<OpenEngine> RebuildTest::open(int workers, int restorePerSecond)
{
    auto options = engineOptions(m_directory, workers);
    options.restorePerSecond = restorePerSecond; // by default nobody builds who is not asked
    options.timelines.cap = 300;
    return take(openEngine(options, soon()));
}

void RebuildTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 2);
    m_directory = makeCluster(m_cluster->servers());
    m_engine = open(4);
    m_other = open(0);
    m_author = take(feed().createUser({"author", "User"}, soon())).id;
    m_reader = take(feed().createUser({"reader", "User"}, soon())).id;
    QVERIFY(drain(*m_engine));
    take(feed().follow(m_reader, m_author, soon()));
    QVERIFY(drain(*m_engine));
    for (int i = 0; i < 420; ++i)
        m_posts.insert(m_posts.begin(), take(feed().post(m_author, "a post", soon())).id);
    QVERIFY(drain(*m_engine));
}

void RebuildTest::cleanupTestCase()
{
    m_other.reset();
    m_engine.reset();
}

void RebuildTest::cool(UserId reader)
{
    const Timelines timelines(m_engine->shardMaps(), {});
    RedisClient redis(m_cluster->endpoints());
    take(timelines.drop(redis, TimelineFamily::Home, reader, soon()));
}

RawTimeline RebuildTest::raw(UserId reader)
{
    RedisClient redis(m_cluster->endpoints());
    return take(readRawTimelines(redis, *m_engine->shardMaps().current(), TimelineFamily::Home,
                                 std::vector{reader}, soon()))
        .front();
}

void RebuildTest::theNewestPartFirstThenAllOfIt()
{
    cool(m_reader);
    const auto page = take(feed().homePage(m_reader, {}, soon()));
    QCOMPARE(page.entries.size(), std::size_t(20));
    for (const auto& entry : page.entries)
        QVERIFY(entry.source == EntrySource::Pushed);
    QVERIFY(home(m_reader) == m_posts);
    QTRY_VERIFY_WITH_TIMEOUT(raw(m_reader).floor->whole, 60'000);
    QVERIFY(raw(m_reader).ids.size() >= 300);
    QVERIFY(raw(m_reader).valid());
    QVERIFY(home(m_reader) == m_posts);
    QCOMPARE(auditFindings(*m_engine), std::string());
}

bool RebuildTest::allRight(OpenEngine& engine, std::atomic<int>& right)
{
    const auto page = engine.feed().homePage(m_reader, {}, soon());
    const bool ok = page && page->entries.size() == 20 && !page->partial &&
                    page->entries.front().id == m_posts.front() &&
                    page->entries.front().source == EntrySource::Pushed;
    right += ok;
    return ok;
}

void RebuildTest::oneBuildOfOneEngine()
{
    for (int round = 0; round < 20; ++round) {
        cool(m_reader);
        const auto before = m_engine->metrics().rebuilds.get();
        std::atomic<int> right = 0;
        {
            std::vector<std::jthread> readers;
            for (int i = 0; i < 12; ++i)
                readers.emplace_back([&] { allRight(*m_engine, right); });
        }
        QCOMPARE(right.load(), 12);
        QCOMPARE(m_engine->metrics().rebuilds.get() - before, std::int64_t(1));
    }
    QTRY_VERIFY_WITH_TIMEOUT(raw(m_reader).floor->whole, 60'000);
}

// One build in all, too, as long as nobody needs five seconds for it.
void RebuildTest::oneBuildOfTwoEngines()
{
    const auto builds = [&] {
        return m_engine->metrics().rebuilds.get() + m_other->metrics().rebuilds.get();
    };
    for (int round = 0; round < 20; ++round) {
        cool(m_reader);
        const auto before = builds();
        std::atomic<int> right = 0;
        QElapsedTimer took;
        took.start();
        {
            std::vector<std::jthread> readers;
            for (int i = 0; i < 12; ++i)
                readers.emplace_back([&, i] { allRight(i % 2 == 0 ? *m_engine : *m_other, right); });
        }
        QCOMPARE(right.load(), 12);
        QVERIFY(builds() - before >= 1);
        QVERIFY(builds() - before <= 1 + took.elapsed() / 5'000);
    }
    QTRY_VERIFY_WITH_TIMEOUT(raw(m_reader).floor->whole, 60'000);
}

// An engine that was to go on with it has ended; nobody reads.
void RebuildTest::whoIsShortBecomesDeepWithoutAReader()
{
    cool(m_reader);
    const Timelines timelines(m_engine->shardMaps(), {});
    RedisClient redis(m_cluster->endpoints());
    const auto build =
        take(timelines.beginBuild(redis, TimelineFamily::Home, m_reader, Milliseconds(5'000), soon()));
    QVERIFY(take(timelines.finishBuild(redis, TimelineFamily::Home, m_reader, build.token,
                                       std::span(m_posts).first(50), {m_posts[49], false}, soon())));
    QVERIFY(raw(m_reader).valid() && !raw(m_reader).floor->whole);
    QCOMPARE(auditFindings(*m_engine), std::string()); // short, but right
    const auto third = open(1, 100);                   // its restorer looks at everything as it begins
    QTRY_VERIFY_WITH_TIMEOUT(raw(m_reader).floor->whole, 60'000);
    QVERIFY(raw(m_reader).ids.size() >= 300);
    QCOMPARE(auditFindings(*m_engine), std::string());
}

void RebuildTest::postgresThatDoesNotAnswer_data()
{
    QTest::addColumn<bool>("stopped");
    QTest::newRow("a lock") << false;
    QTest::newRow("a stopped server") << true;
}

void RebuildTest::postgresThatDoesNotAnswer()
{
    QFETCH(bool, stopped);
    cool(m_reader);
    const int node = m_engine->shardMaps().current()->postsNode[std::size_t(m_author.shard())];
    const auto name = m_engine->shardMaps().current()->node(node)->name;
    auto lock = take(take(m_engine->pools().pool(node))->lease(soon()));
    if (stopped) {
        take(m_cluster->servers().pauseNode(name));
    } else {
        take(lock->begin(soon()));
        take(lock->execute("LOCK TABLE " + shardTable(Role::Posts, m_author.shard(), "posts") +
                               " IN ACCESS EXCLUSIVE MODE",
                           {}, soon()));
    }
    std::atomic<int> wrong = 0, late = 0;
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < 6; ++i)
            readers.emplace_back([&] {
                QElapsedTimer took;
                took.start();
                const auto page = feed().homePage(m_reader, {}, Deadline::after(Milliseconds(600)));
                late += took.elapsed() > 5'000; // the rest is the machine's
                wrong += page && !page->partial;
            });
    }
    QCOMPARE(late.load(), 0);
    QCOMPARE(wrong.load(), 0);
    QVERIFY(!raw(m_reader).valid()); // nothing that was not read calls itself complete
    QVERIFY(raw(m_reader).ids.empty());
    if (stopped)
        take(m_cluster->servers().resumeNode(name));
    else
        lock->rollback();
    QVERIFY(home(m_reader) == m_posts);
    QTRY_VERIFY_WITH_TIMEOUT(raw(m_reader).floor && raw(m_reader).floor->whole, 60'000);
    QVERIFY(raw(m_reader).ids.size() >= 300);
    QCOMPARE(auditFindings(*m_engine), std::string());
}

QTEST_GUILESS_MAIN(RebuildTest)
#include "rebuild_test.moc"
