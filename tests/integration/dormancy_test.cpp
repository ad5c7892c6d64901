// Readers nobody has seen for long: they cost no memory and no command, a post counts them without reading
// them, and whoever returns finds everything. Also while readers fall asleep and return in the middle of
// everything else.
#include <QTest>
#include <QThread>

#include "backend/cache/redis_client.h"
#include "backend/cache/timelines.h"
#include "backend/engine/open_engine.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"
#include "tests/support/social_model.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

using namespace backend;
using namespace tests;

class DormancyTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void dormantReadersKeepNothingAndCostNothing();
    void whoReturnsFindsEverything();
    void aLookDoesNotWake();
    void oneRebuildHoweverManyAsk();
    void upkeepLeavesThemAlone();
    void fallingAsleepAndReturningAmidEverything();
    void manyDormantFollowersAreNotRead(); // last: it makes up followers that an audit would find

private:
    std::unique_ptr<OpenEngine> open(Milliseconds lookEvery, int workers = 4);
    Feed& feed() { return m_engine->feed(); }
    UserId user() { return take(feed().createUser({"user" + std::to_string(++m_users), "User"}, soon())).id; }
    PostId post(UserId author) { return take(feed().post(author, "a post", soon())).id; }
    void sql(Role role, int shard, const std::string& text);
    bool warm(UserId reader) { return take(feed().profile(reader, soon())).warm; }
    void unseen(const std::vector<UserId>& readers); // for two days
    void asleep(const std::vector<UserId>& readers); // waits until they are dormant, and that is done
    int keysOf(UserId reader);
    DeliveryLedger ledger(PostId post) { return take(m_engine->monitor().ledger(post, soon())); }
    std::vector<PostId> home(UserId reader, bool peek = false) { return wholeHome(feed(), reader, peek); }

    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    std::unique_ptr<OpenEngine> m_engine;
    int m_users = 0;
};

void DormancyTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 4);
    m_directory = makeCluster(m_cluster->servers());
    m_engine = open(Milliseconds(100));
}

std::unique_ptr<OpenEngine> DormancyTest::open(Milliseconds lookEvery, int workers)
{
    EngineOptions options;
    options.directory = m_directory;
    options.role = "test";
    options.workers = workers;
    options.dormantAfter = std::chrono::hours(24);
    options.dormancyEvery = lookEvery;
    options.publicPageAge = Milliseconds(0);
    return take(openEngine(options, soon()));
}

void DormancyTest::sql(Role role, int shard, const std::string& text)
{
    SqlSession session(m_engine->pools(), m_engine->shardMaps());
    take(session.runOne(role, shard, {text, {}}, soon()));
}

void DormancyTest::unseen(const std::vector<UserId>& readers)
{
    for (const auto reader : readers)
        sql(Role::Users, reader.shard(),
            "UPDATE " + shardTable(Role::Users, reader.shard(), "users") +
                " SET last_seen_at = now() - interval '2 days' WHERE id = " + std::to_string(reader.value));
}

void DormancyTest::asleep(const std::vector<UserId>& readers)
{
    unseen(readers);
    for (const auto reader : readers)
        QTRY_VERIFY_WITH_TIMEOUT(!warm(reader), 60'000);
    QVERIFY(drain(*m_engine));
}

int DormancyTest::keysOf(UserId reader)
{
    const int node = m_engine->shardMaps().current()->timelinesNode[std::size_t(reader.shard())];
    RedisClient client(m_cluster->endpoints());
    const auto keys =
        take(client.command(node, {"KEYS", "{*}:home*:" + std::to_string(reader.value) + "*"}, soon()));
    return int(keys.elements.size());
}

void DormancyTest::dormantReadersKeepNothingAndCostNothing()
{
    const auto author = user(), awake = user();
    std::vector<UserId> readers;
    for (int i = 0; i < 20; ++i)
        readers.push_back(user());
    QVERIFY(drain(*m_engine));
    for (const auto reader : readers)
        take(feed().follow(reader, author, soon()));
    take(feed().follow(awake, author, soon()));
    QVERIFY(drain(*m_engine));
    post(author);
    QVERIFY(drain(*m_engine));
    QVERIFY(keysOf(readers[0]) > 0);
    asleep(readers);
    for (const auto reader : readers)
        QCOMPARE(keysOf(reader), 0);
    QVERIFY(warm(awake));

    const auto before = redisCalls(m_cluster->endpoints(), "zadd");
    const auto next = post(author);
    QVERIFY(drain(*m_engine));
    QCOMPARE(redisCalls(m_cluster->endpoints(), "zadd") - before,
             std::int64_t(4)); // the public timeline, the author's two, the awake one
    const auto counted = ledger(next);
    QCOMPARE(counted.audience, std::int64_t(22));
    QCOMPARE(counted.skippedDormant, std::int64_t(20));
    QCOMPARE(counted.pushed, std::int64_t(2));
    QCOMPARE(auditFindings(*m_engine), std::string());
}

void DormancyTest::whoReturnsFindsEverything()
{
    const auto author = user(), other = user(), reader = user();
    QVERIFY(drain(*m_engine));
    take(feed().follow(reader, author, soon()));
    QVERIFY(drain(*m_engine));
    std::vector<PostId> expected{post(author)};
    QVERIFY(drain(*m_engine));
    asleep({reader});
    expected.insert(expected.begin(), post(author));
    take(feed().follow(reader, other, soon())); // asleep, but by another device or an operator
    expected.insert(expected.begin(), post(other));
    QVERIFY(drain(*m_engine));
    QTRY_COMPARE_WITH_TIMEOUT(keysOf(reader), 0, 60'000); // a note of the change stays for some seconds

    QCOMPARE(home(reader), expected);
    QVERIFY(warm(reader));
    QVERIFY(keysOf(reader) > 0);
    for (const auto from : {author, other}) {
        const auto pushed = post(from);
        expected.insert(expected.begin(), pushed);
        QVERIFY(drain(*m_engine));
        QCOMPARE(ledger(pushed).skippedDormant, std::int64_t(0));
    }
    QCOMPARE(home(reader), expected);
    QCOMPARE(auditFindings(*m_engine), std::string());
}

void DormancyTest::aLookDoesNotWake()
{
    const auto author = user(), reader = user();
    QVERIFY(drain(*m_engine));
    take(feed().follow(reader, author, soon()));
    QVERIFY(drain(*m_engine));
    const auto first = post(author);
    QVERIFY(drain(*m_engine));
    asleep({reader});
    QCOMPARE(home(reader, true), std::vector<PostId>{first});
    QVERIFY(!warm(reader));
    QCOMPARE(keysOf(reader), 0);
}

void DormancyTest::oneRebuildHoweverManyAsk()
{
    const auto author = user(), reader = user();
    QVERIFY(drain(*m_engine));
    take(feed().follow(reader, author, soon()));
    QVERIFY(drain(*m_engine));
    for (int i = 0; i < 30; ++i)
        post(author);
    QVERIFY(drain(*m_engine));
    asleep({reader});
    const auto before = m_engine->metrics().rebuilds.get();
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < 12; ++i)
            readers.emplace_back([&] {
                const auto page = feed().homePage(reader, {}, soon());
                if (page && page->entries.size() == 20 && !page->partial) ++right;
            });
    }
    QCOMPARE(right.load(), 12);
    QCOMPARE(m_engine->metrics().rebuilds.get() - before, std::int64_t(1));
    SqlSession session(m_engine->pools(), m_engine->shardMaps());
    const auto state = take(
        session.runOne(Role::Users, reader.shard(),
                       {"SELECT generation, copied FROM " + shardTable(Role::Users, reader.shard(), "users") +
                            " WHERE id = " + std::to_string(reader.value),
                        {}},
                       soon()));
    QCOMPARE(state.integer(0, 0), std::int64_t(3)); // asleep once, woken once
    QCOMPARE(state.integer(0, 1), std::int64_t(3));
}

void DormancyTest::upkeepLeavesThemAlone()
{
    const auto reader = user();
    QVERIFY(drain(*m_engine));
    asleep({reader});
    const auto rebuilt = m_engine->operations().rebuildTimeline(reader, soon());
    QVERIFY(!rebuilt);
    QVERIFY(rebuilt.error().code == ErrorCode::NotFound);
    QVERIFY(rebuilt.error().message.find("dormant") != std::string::npos);
    QCOMPARE(keysOf(reader), 0);
}

// The planner of a post with 50,000 dormant followers goes by the index of warm ones.
void DormancyTest::manyDormantFollowersAreNotRead()
{
    const auto author = user(), awake = user();
    QVERIFY(drain(*m_engine));
    take(feed().follow(awake, author, soon()));
    QVERIFY(drain(*m_engine));
    const std::string shard = std::to_string(author.shard());
    const auto followers = shardTable(Role::Users, author.shard(), "followers"),
               counters = shardTable(Role::Users, author.shard(), "counters");
    sql(Role::Users, author.shard(),
        "INSERT INTO " + followers + " (followee, follower, state, version, warm, generation) SELECT " +
            std::to_string(author.value) + ", 1000 + n, 1, 1, false, 2 FROM generate_series(1, 50000) AS n");
    sql(Role::Users, author.shard(),
        "UPDATE " + counters + " SET followers = followers + 50000, version = version + 1 WHERE user_id = " +
            std::to_string(author.value));
    sql(Role::Users, author.shard(), "ANALYZE " + followers);
    const auto rowsRead = [&] {
        SqlSession session(m_engine->pools(), m_engine->shardMaps());
        QTest::qWait(1'500); // a server tells its statistics once a second
        return take(session.runOne(Role::Users, author.shard(),
                                   {"SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) + (SELECT sum("
                                    "idx_tup_read) FROM pg_stat_user_indexes WHERE schemaname = 'users_" +
                                        std::string(4 - shard.size(), '0') + shard +
                                        "' AND relname = 'followers') FROM pg_stat_user_tables"
                                        " WHERE schemaname = 'users_" +
                                        std::string(4 - shard.size(), '0') + shard +
                                        "' AND relname = 'followers'",
                                    {}},
                                   soon()))
            .integer(0, 0);
    };
    const auto before = rowsRead();
    PostId last;
    for (int i = 0; i < 3; ++i) {
        last = post(author);
        QVERIFY(drain(*m_engine));
    }
    QVERIFY2(rowsRead() - before < 1'000, qPrintable(QString::number(rowsRead() - before)));
    QCOMPARE(ledger(last).audience, std::int64_t(50'002));
    QCOMPARE(ledger(last).skippedDormant, std::int64_t(50'000));
}

void DormancyTest::fallingAsleepAndReturningAmidEverything()
{
    constexpr int kActors = 24, kThreads = 3, kDeeds = 150;
    std::vector<UserId> actors;
    for (int i = 0; i < kActors; ++i)
        actors.push_back(user());
    QVERIFY(drain(*m_engine));
    SocialModel model;
    for (const auto actor : actors)
        model.created(actor);
    struct Deed
    {
        int kind; // 0 follow, 1 unfollow, 2 post
        UserId actor, other;
        Post post;
    };
    std::vector<std::vector<Deed>> deeds(kThreads);
    std::atomic<bool> over = false;
    std::jthread sandman([&] {
        std::mt19937 random(7);
        while (!over) {
            std::vector<UserId> tired;
            for (const auto actor : actors)
                if (random() % 3 == 0) tired.push_back(actor);
            unseen(tired);
            QThread::msleep(60);
        }
    });
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < kThreads; ++t)
            threads.emplace_back([&, t] {
                std::mt19937 random(unsigned(100 + t));
                for (int i = 0; i < kDeeds; ++i) {
                    const auto actor = actors[std::size_t(t) + kThreads * (random() % (kActors / kThreads))];
                    const auto other = actors[random() % kActors];
                    const auto dice = random() % 10;
                    if (dice < 2 && actor != other) {
                        take(feed().follow(actor, other, soon()));
                        deeds[std::size_t(t)].push_back({0, actor, other, {}});
                    } else if (dice < 3 && actor != other) {
                        take(feed().unfollow(actor, other, soon()));
                        deeds[std::size_t(t)].push_back({1, actor, other, {}});
                    } else if (dice < 7) {
                        deeds[std::size_t(t)].push_back(
                            {2, actor, {}, take(feed().post(actor, "x", soon()))});
                    } else {
                        take(feed().homePage(other, {}, soon()));
                    }
                    QThread::msleep(5);
                }
            });
    }
    over = true;
    sandman.join();
    for (const auto& ofThread : deeds)
        for (const auto& deed : ofThread) {
            if (deed.kind == 0) model.followed(deed.actor, deed.other);
            if (deed.kind == 1) model.unfollowed(deed.actor, deed.other);
            if (deed.kind == 2) model.posted(deed.post);
        }
    QTest::qWait(300);
    QVERIFY(drain(*m_engine));
    const auto findings = auditFindings(*m_engine);
    QVERIFY2(findings.empty(), findings.c_str());
    int dormant = 0;
    for (const auto actor : actors)
        dormant += !warm(actor);
    QVERIFY(dormant > 0);
    for (const auto actor : actors)
        QCOMPARE(home(actor), model.home(actor));
    QVERIFY(drain(*m_engine));
    const auto last = post(actors[0]);
    model.posted({last, actors[0], "a post"});
    QVERIFY(drain(*m_engine));
    for (const auto actor : actors) {
        QVERIFY(warm(actor));
        QCOMPARE(home(actor), model.home(actor));
    }
    QCOMPARE(auditFindings(*m_engine), std::string());
}

QTEST_GUILESS_MAIN(DormancyTest)
#include "dormancy_test.moc"
