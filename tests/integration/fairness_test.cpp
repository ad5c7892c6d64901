// Posts beside large fan-outs, by the real planner and workers: who waits for whom is counted in chunks that
// were delivered in between, never in time.
#include <QTest>

#include "backend/cache/raw_timeline.h"
#include "backend/cache/redis_client.h"
#include "backend/engine/open_engine.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <algorithm>
#include <thread>

using namespace backend;
using namespace tests;

constexpr int kFollowers = 20'000, kChunk = 50, kBurst = 16;
constexpr int kChunks = kFollowers / kChunk; // of one post
constexpr int kLeft = 5 * kChunks;           // of the burst at least, when others post
constexpr int kWorkers = 4;
constexpr int kInHand = kWorkers * 150; // chunks: up to 128 a worker, and some
constexpr int kPatience = 120'000;

class FairnessTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init() { beginLargeFanout(); }
    void cleanup();

    void aSmallPostPassesWhatIsLeft();
    void anotherLargeAudienceTakesTurns();
    void bulkGoesOnWhileSmallPostsKeepComing();
    void aSilentRedisNodeKeepsNoReaderOfAnotherWaiting();

private:
    Feed& feed() { return m_engine->feed(); }
    Operations& operations() { return m_engine->operations(); }
    std::vector<UserId> makeUsers(int count);
    UserId makeAuthor(int followers);
    DeliveryLedger ledger(PostId post) { return take(m_engine->monitor().ledger(post, soon())); }
    void beginLargeFanout();
    int left();
    int deliveredBetween(TimePoint begin, TimePoint end);

    std::unique_ptr<PrivateCluster> m_cluster;
    std::unique_ptr<OpenEngine> m_engine;
    std::vector<UserId> m_readers;
    UserId m_star, m_otherStar;
    std::vector<UserId> m_quiet; // with one chunk of followers each
    std::vector<PostId> m_burst; // of the star, planned and begun, while workers are paused
    int m_left = 0;              // of its chunks, when others post
    int m_users = 0;
};

std::vector<UserId> FairnessTest::makeUsers(int count)
{
    std::vector<UserId> ids;
    std::vector<BulkUser> users;
    for (int i = 0; i < count; ++i, ++m_users) {
        ids.push_back(UserId{makeRawId(1'000'000 + m_users / kTestShards, m_users % kTestShards, 1)});
        const std::string handle = "user_" + std::to_string(m_users);
        users.push_back({ids.back(), handle, handle});
        if (users.size() < 2'500 && i + 1 < count) continue;
        take(operations().bulkCreateUsers(users, Deadline::after(std::chrono::minutes(1))));
        users.clear();
    }
    return ids;
}

UserId FairnessTest::makeAuthor(int followers)
{
    const auto author = makeUsers(1)[0];
    std::vector<BulkFollow> follows;
    for (int i = 0; i < followers; ++i) {
        follows.push_back({m_readers[std::size_t(i)], author});
        if (follows.size() < 5'000 && i + 1 < followers) continue;
        take(operations().bulkFollow(follows, Deadline::after(std::chrono::minutes(1))));
        follows.clear();
    }
    return author;
}

void FairnessTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 3);
    EngineOptions options;
    options.directory = makeCluster(m_cluster->servers());
    options.role = "test";
    options.workers = kWorkers;
    options.fanout.chunk = kChunk;
    m_engine = take(openEngine(options, soon()));
    m_readers = makeUsers(kFollowers);
    m_star = makeAuthor(kFollowers);
    m_otherStar = makeAuthor(kFollowers);
    for (int i = 0; i < 4; ++i)
        m_quiet.push_back(makeAuthor(kChunk));
    take(operations().setPushThreshold({PushThreshold::Kind::Never}, soon()));
    QVERIFY(drain(*m_engine));
}

void FairnessTest::cleanup()
{
    take(operations().resumeWorkers(-1, soon()));
    QVERIFY(drain(*m_engine));
    for (const auto post : m_burst)
        QCOMPARE(ledger(post).pushed, std::int64_t(kFollowers + 1));
}

// Posts that come while workers are paused are planned together once they go on. Then a while passes, as it
// would with many more of them.
void FairnessTest::beginLargeFanout()
{
    const auto planned = [this] { // not always by one worker, and so not always in their order
        return std::all_of(m_burst.begin(), m_burst.end(),
                           [this](PostId post) { return ledger(post).chunksPlanned == kChunks + 1; });
    };
    for (int attempt = 0; attempt < 5;
         ++attempt) { // a quick machine may be too far before it is told to pause
        QVERIFY(drain(*m_engine));
        take(operations().pauseWorkers(-1, soon()));
        m_burst.clear();
        for (int i = 0; i < kBurst; ++i)
            m_burst.push_back(take(feed().post(m_star, "to everyone", soon())).id);
        take(operations().resumeWorkers(-1, soon()));
        QTRY_VERIFY_WITH_TIMEOUT(planned(), kPatience);
        take(operations().pauseWorkers(-1, soon()));
        QTest::qWait(2'000);
        m_left = left();
        if (m_left > kLeft) return;
        take(operations().resumeWorkers(-1, soon()));
    }
    QVERIFY2(m_left > kLeft, qPrintable(QString::number(m_left)));
}

int FairnessTest::left()
{
    int chunks = 0;
    for (const auto post : m_burst)
        chunks += ledger(post).chunksPlanned - ledger(post).chunksDone;
    return chunks;
}

int FairnessTest::deliveredBetween(TimePoint begin, TimePoint end)
{
    int count = 0;
    for (const auto post : m_burst)
        for (const auto& chunk : ledger(post).chunks)
            count += chunk.lastDeliveryAt && *chunk.lastDeliveryAt > begin && *chunk.lastDeliveryAt < end;
    return count;
}

void FairnessTest::aSmallPostPassesWhatIsLeft()
{
    const auto post = take(feed().post(m_quiet[0], "to a few", soon())).id;
    take(operations().resumeWorkers(-1, soon()));
    QTRY_VERIFY_WITH_TIMEOUT(ledger(post).complete(), kPatience);
    const auto own = ledger(post);
    QCOMPARE(own.pushed, std::int64_t(kChunk + 1));
    const int between = deliveredBetween(own.committedAt, *own.lastDeliveryAt);
    qInfo("%d chunks in between", between);
    QVERIFY2(between <= kInHand, qPrintable(QString::number(between)));
}

void FairnessTest::anotherLargeAudienceTakesTurns()
{
    const auto post = take(feed().post(m_otherStar, "to everyone, too", soon())).id;
    take(operations().resumeWorkers(-1, soon()));
    QTRY_VERIFY_WITH_TIMEOUT(ledger(post).complete(), kPatience);
    const auto own = ledger(post);
    QCOMPARE(own.pushed, std::int64_t(kFollowers + 1));
    const int between = deliveredBetween(own.committedAt, *own.lastDeliveryAt);
    // One for one from its plan on; before that, and when it ends, what workers hold. The former order, by
    // which all that came earlier went first, delivered nearly all of the burst.
    qInfo("%d chunks in between", between);
    QVERIFY2(between <= std::min(m_left * 9 / 10, 4 * kChunks + kInHand),
             qPrintable(QString::number(between)));
}

void FairnessTest::bulkGoesOnWhileSmallPostsKeepComing()
{
    std::vector<PostId> posts;
    {
        const std::jthread author([&](const std::stop_token& stop) {
            for (std::size_t i = 0; !stop.stop_requested(); ++i) {
                if (const auto post = feed().post(m_quiet[i % m_quiet.size()], "to a few", soon()))
                    posts.push_back(post->id);
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            }
        });
        take(operations().resumeWorkers(-1, soon()));
        QTRY_COMPARE_WITH_TIMEOUT(left(), 0, kPatience);
    }
    QVERIFY(!posts.empty());
    QVERIFY(drain(*m_engine));
    for (const auto post : posts)
        QCOMPARE(ledger(post).pushed, std::int64_t(kChunk + 1));
}

void FairnessTest::aSilentRedisNodeKeepsNoReaderOfAnotherWaiting()
{
    const auto map = m_engine->shardMaps().current();
    const int silent = m_cluster->node("redis-2").id;
    std::vector<UserId> others;
    for (const auto reader : m_readers)
        if (map->timelinesNode[std::size_t(reader.shard())] != silent) others.push_back(reader);
    QVERIFY(others.size() > kFollowers / 2 && others.size() < kFollowers);
    take(operations().resumeWorkers(-1, soon()));
    QVERIFY(drain(*m_engine));
    QVERIFY(m_cluster->servers().pauseNode("redis-2"));
    const auto post = take(feed().post(m_star, "to everyone who can be reached", soon())).id;
    std::vector<NodeEndpoint> answering;
    for (const auto& node : m_cluster->endpoints())
        if (node.id != silent) answering.push_back(node);
    RedisClient client(answering);
    const auto missing = [&] {
        const auto raw = take(readRawTimelines(client, *map, TimelineFamily::Home, others, soon()));
        return std::count_if(raw.begin(), raw.end(), [&](const RawTimeline& one) {
            return !std::binary_search(one.ids.begin(), one.ids.end(), post);
        });
    };
    QTRY_COMPARE_WITH_TIMEOUT(missing(), 0, kPatience);
    QVERIFY(!ledger(post).complete());
    QVERIFY(m_cluster->servers().resumeNode("redis-2"));
    QTRY_VERIFY_WITH_TIMEOUT(ledger(post).complete(), kPatience);
    QCOMPARE(ledger(post).pushed, std::int64_t(kFollowers + 1));
}

QTEST_GUILESS_MAIN(FairnessTest)
#include "fairness_test.moc"
