// Ids of many engines on one cluster, which take, lose and take again their slots: no two alike, and each
// author's posts in order. An id that is taken by other content is an error.
#include <QTest>

#include "backend/engine/open_engine.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <algorithm>
#include <set>
#include <thread>

using namespace backend;
using namespace tests;

class IdentityTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void manyEnginesNeverMintOneIdTwice();
    void anIdTakenByOtherContentIsAnError();
    void postsOfAnAuthorStayInOrderAcrossEngines();

private:
    std::unique_ptr<OpenEngine> open()
    {
        EngineOptions options;
        options.directory = m_directory;
        options.role = "test";
        options.workers = 1;
        return take(openEngine(options, soon()));
    }

    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
};

void IdentityTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 2);
    m_directory = makeCluster(m_cluster->servers());
}

void IdentityTest::manyEnginesNeverMintOneIdTwice()
{
    constexpr int kEngines = 4, kRounds = 3, kPosts = 40, kAuthors = 3;
    std::vector<UserId> authors;
    {
        const auto engine = open();
        for (int i = 0; i < kAuthors; ++i)
            authors.push_back(take(engine->feed().createUser({"a_" + std::to_string(i), "A"}, soon())).id);
        QVERIFY(drain(*engine));
    }
    struct Run // of one author's posts through one engine
    {
        std::vector<PostId> ids;
    };
    std::vector<std::vector<Run>> runs(kEngines);
    {
        std::vector<std::jthread> threads;
        for (int e = 0; e < kEngines; ++e)
            threads.emplace_back([&, e] {
                for (int round = 0; round < kRounds; ++round) {
                    const auto engine = open(); // a slot that somebody else may just have given back
                    for (const auto author : authors) {
                        auto& run = runs[std::size_t(e)].emplace_back();
                        for (int i = 0; i < kPosts; ++i)
                            run.ids.push_back(take(engine->feed().post(author, "x", soon())).id);
                    }
                }
            });
    }
    std::set<PostId> all;
    std::size_t made = 0;
    for (const auto& ofEngine : runs)
        for (std::size_t r = 0; r < ofEngine.size(); ++r) {
            const auto& run = ofEngine[r].ids;
            QVERIFY(std::is_sorted(run.begin(), run.end()));
            // The same author through the next life of this engine: whatever slot it has then.
            if (r + kAuthors < ofEngine.size()) QVERIFY(run.back() < ofEngine[r + kAuthors].ids.front());
            all.insert(run.begin(), run.end());
            made += run.size();
        }
    QCOMPARE(made, std::size_t(kEngines * kRounds * kPosts * kAuthors));
    QCOMPARE(all.size(), made);

    const auto engine = open();
    for (const auto author : authors) {
        PageQuery query;
        query.limit = 200;
        std::vector<PostId> listed;
        do {
            const auto page = take(engine->feed().authorPage(author, query, soon()));
            for (const auto& entry : page.entries)
                listed.push_back(entry.id);
            query.before = page.next;
        } while (query.before);
        QVERIFY(std::is_sorted(listed.rbegin(), listed.rend()));
        QVERIFY(std::adjacent_find(listed.begin(), listed.end()) == listed.end());
        QVERIFY(drain(*engine));
    }
}

void IdentityTest::anIdTakenByOtherContentIsAnError()
{
    const auto engine = open();
    auto& feed = engine->feed();
    const auto author = take(feed.createUser({"b", "B"}, soon())).id;
    QVERIFY(drain(*engine));
    const auto made = take(feed.post(author, "the first", soon()));
    auto& operations = engine->operations();
    const std::vector<Post> again{made}, other{{made.id, author, "another"}};
    QCOMPARE(take(operations.bulkPost(again, soon())).existing, std::int64_t(1)); // a repeated call is none
    const auto refused = operations.bulkPost(other, soon());
    QVERIFY(!refused);
    QVERIFY(refused.error().code == ErrorCode::Conflict);
    QVERIFY(refused.error().message.find(std::to_string(made.id.value)) != std::string::npos);
    QVERIFY(drain(*engine));
    const auto page = take(feed.authorPage(author, {}, soon()));
    QCOMPARE(page.entries.size(), std::size_t(1));
    QCOMPARE(page.entries[0].body, made.body);
    QCOMPARE(take(feed.counters(author, soon())).posts, std::int64_t(1));
}

// Another engine borrowed ids of the coming moment for this author.
void IdentityTest::postsOfAnAuthorStayInOrderAcrossEngines()
{
    const auto engine = open();
    auto& feed = engine->feed();
    const auto author = take(feed.createUser({"c", "C"}, soon())).id;
    QVERIFY(drain(*engine));
    const auto ahead = [&](Milliseconds span) {
        const auto now = std::chrono::duration_cast<Milliseconds>(
            (std::chrono::system_clock::now() + span).time_since_epoch());
        const PostId id{makeRawId(now.count() - kIdEpochUnixMs, author.shard(), kMaxSlots - 1)};
        const std::vector<Post> posts{{id, author, "from elsewhere"}};
        take(engine->operations().bulkPost(posts, soon()));
        return id;
    };
    for (int i = 0; i < 5; ++i) {
        const auto theirs = ahead(Milliseconds(600 + 20 * i)); // rounds may follow within a millisecond
        const auto ours = take(feed.post(author, "mine", soon())).id;
        QVERIFY(ours > theirs);
        QVERIFY(take(feed.post(author, "mine, too", soon())).id > ours);
    }
    // Beyond what may be borrowed nothing is written.
    const auto far = ahead(Milliseconds(10'000));
    const auto refused = feed.post(author, "too early", soon());
    QVERIFY(!refused);
    QVERIFY(refused.error().code == ErrorCode::Overloaded);
    QVERIFY(drain(*engine));
    const auto page = take(feed.authorPage(author, {}, soon()));
    QCOMPARE(page.entries.size(), std::size_t(16));
    QVERIFY(page.entries.front().id == far);
}

QTEST_GUILESS_MAIN(IdentityTest)
#include "identity_test.moc"
