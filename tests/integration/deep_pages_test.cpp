// Pages far below the floor: who pages on is read ahead of, and all the same sees at once what was deleted
// and whom they follow, and nothing that was deleted while a node of Redis forgot it.
#include <QTest>

#include "backend/cache/redis_client.h"
#include "backend/cache/timeline_keys.h"
#include "backend/engine/open_engine.h"
#include "backend/store/shard_sql.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <algorithm>
#include <functional>
#include <set>

using namespace backend;
using namespace tests;
using namespace std::chrono_literals;

namespace {

constexpr int kAuthors = 6, kEach = 120, kLimit = 10;

} // namespace

class DeepPagesTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void pagingOnAsksPostgresSeldom();
    void aJumpReadsItsPageOnly();
    void deletesHideAtOnce();
    void edgesShowAtOnce();
    void aNodeThatForgotTombstonesIsNotBelieved();

private:
    std::unique_ptr<OpenEngine> open(int workers);
    UserId reader(); // follows all authors; only what was posted today is in Redis
    TimelinePage page(UserId reader, std::optional<PostId> before);
    void readAhead(); // waits until all that was asked for is read
    // Pages to the end; `between` is told the number of each page that was read.
    std::vector<PostId> rest(
        UserId reader, const std::function<void(int)>& between = [](int) {});
    std::vector<PostId> expected(const std::function<bool(PostId)>& wanted = [](PostId) { return true; });

    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    std::unique_ptr<OpenEngine> m_engine, m_other;
    std::vector<UserId> m_authors;
    std::vector<PostId> m_posts; // of long ago, newest first
    int m_readers = 0;
};

std::unique_ptr<OpenEngine> DeepPagesTest::open(int workers)
{
    return take(openEngine(engineOptions(m_directory, workers), soon()));
}

void DeepPagesTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 3);
    m_directory = makeCluster(m_cluster->servers());
    m_engine = open(2);
    m_other = open(0);
    std::set<int> shards; // each a shard of its own, so that an id tells whose it is
    for (int i = 0; int(m_authors.size()) < kAuthors; ++i) {
        const auto id =
            take(m_engine->feed().createUser({"author" + std::to_string(i), "Author"}, soon())).id;
        if (shards.insert(id.shard()).second) m_authors.push_back(id);
    }
    QVERIFY(drain(*m_engine));
    SqlSession session(m_engine->pools(), m_engine->shardMaps());
    for (int i = 0; i < kAuthors; ++i) {
        const auto author = m_authors[std::size_t(i)];
        const int shard = author.shard();
        std::string values;
        for (int n = 0; n < kEach; ++n) {
            const PostId id{makeRawId(1'000'000 + n * kAuthors + i, shard, 1)};
            m_posts.push_back(id);
            values += (n == 0 ? "(" : ", (") + std::to_string(id.value) + ", " +
                      std::to_string(author.value) + ", 'post " + std::to_string(id.value) + "')";
        }
        take(session.runOne(Role::Posts, shard,
                            {"INSERT INTO " + shardTable(Role::Posts, shard, "posts") +
                                 " (id, author_id, body) VALUES " + values,
                             {}},
                            soon()));
    }
    std::sort(m_posts.rbegin(), m_posts.rend());
}

void DeepPagesTest::cleanupTestCase()
{
    m_other.reset();
    m_engine.reset();
}

UserId DeepPagesTest::reader()
{
    auto& feed = m_engine->feed();
    const auto id = take(feed.createUser({"reader" + std::to_string(++m_readers), "Reader"}, soon())).id;
    if (!drain(*m_engine)) throw std::runtime_error("the queue is not drained");
    for (const auto author : m_authors)
        take(feed.follow(id, author, soon()));
    if (!drain(*m_engine)) throw std::runtime_error("the queue is not drained");
    // Built anew, it knows that older posts lie below its floor.
    RedisClient redis(m_cluster->endpoints());
    take(redis.command(m_engine->shardMaps().current()->timelinesNode[std::size_t(id.shard())],
                       {"DEL", timelineFloorKey(TimelineFamily::Home, id)}, soon()));
    return id;
}

TimelinePage DeepPagesTest::page(UserId reader, std::optional<PostId> before)
{
    PageQuery query;
    query.limit = kLimit;
    query.before = before;
    auto page = take(m_engine->feed().homePage(reader, query, soon()));
    if (page.partial) throw std::runtime_error("a page came back partial");
    for (const auto& entry : page.entries)
        if (entry.body != "post " + std::to_string(entry.id.value))
            throw std::runtime_error("a page holds the body \"" + entry.body + "\"");
    return page;
}

void DeepPagesTest::readAhead()
{
    const auto& metrics = m_engine->metrics();
    const bool done =
        QTest::qWaitFor([&] { return metrics.aheadsDone.get() == metrics.aheadsAsked.get(); }, 60'000);
    if (!done) throw std::runtime_error("what was to be read ahead is not read");
}

std::vector<PostId> DeepPagesTest::rest(UserId reader, const std::function<void(int)>& between)
{
    std::vector<PostId> ids;
    std::optional<PostId> before;
    int pages = 0;
    do {
        const auto got = page(reader, before);
        if (got.next && got.entries.size() != kLimit) throw std::runtime_error("a page is not full");
        for (const auto& entry : got.entries)
            ids.push_back(entry.id);
        before = got.next;
        between(++pages);
    } while (before);
    return ids;
}

std::vector<PostId> DeepPagesTest::expected(const std::function<bool(PostId)>& wanted)
{
    std::vector<PostId> ids;
    std::copy_if(m_posts.begin(), m_posts.end(), std::back_inserter(ids), wanted);
    return ids;
}

void DeepPagesTest::pagingOnAsksPostgresSeldom()
{
    const auto who = reader();
    const auto& metrics = m_engine->metrics();
    const auto before = metrics.readThroughs.get(), aheadBefore = metrics.aheadsDone.get();
    int pages = 0;
    QCOMPARE(rest(who,
                  [&](int number) {
                      pages = number;
                      readAhead();
                  }),
             m_posts);
    QCOMPARE(pages, int(m_posts.size()) / kLimit);
    // The reader waits for PostgreSQL on the first page below the floor and on the second one.
    QCOMPARE(metrics.readThroughs.get() - before, std::int64_t(2));
    // 72 pages: two, four, and eight at a time, but for a little of which each page shows one post less.
    const auto ahead = metrics.aheadsDone.get() - aheadBefore;
    QVERIFY2(ahead >= 9 && ahead <= 16, std::to_string(ahead).c_str());
    QCOMPARE(rest(who), m_posts); // again, without waiting, on what is still kept of the end
}

void DeepPagesTest::aJumpReadsItsPageOnly()
{
    const auto who = reader();
    page(who, {});
    for (const std::size_t first : {400, 200, 600, 100, 500}) {
        const auto before = m_engine->metrics().readThroughs.get(),
                   asked = m_engine->metrics().aheadsAsked.get();
        const auto got = page(who, m_posts[first]);
        QCOMPARE(m_engine->metrics().readThroughs.get() - before, std::int64_t(1));
        QCOMPARE(m_engine->metrics().aheadsAsked.get(), asked);
        QCOMPARE(got.entries.front().id, m_posts[first + 1]);
        const auto rows = got.entries.size();
        QCOMPARE(rows, std::size_t(kLimit));
    }
}

// By another engine, which cannot know what this one keeps; no worker of its own, and none is waited for.
void DeepPagesTest::deletesHideAtOnce()
{
    const auto who = reader();
    std::vector<PostId> gone;
    const auto seen = rest(who, [&](int pages) {
        if (pages < 5 || pages > 40) return;
        readAhead();
        for (const std::size_t ahead : {1, 2, 13}) { // of the next page, and of the one after it
            const auto post = m_posts[std::size_t(pages * kLimit + int(gone.size())) + ahead];
            if (std::find(gone.begin(), gone.end(), post) != gone.end()) continue;
            take(m_other->feed().deletePost(post, soon()));
            gone.push_back(post);
        }
    });
    QVERIFY(gone.size() > 60);
    for (const auto post : gone)
        QVERIFY(std::find(seen.begin(), seen.end(), post) == seen.end());
    std::erase_if(m_posts, [&](PostId id) { return std::find(gone.begin(), gone.end(), id) != gone.end(); });
    QCOMPARE(seen, m_posts);
    QVERIFY(drain(*m_engine));
}

void DeepPagesTest::edgesShowAtOnce()
{
    const auto who = reader();
    const auto author = m_authors[2];
    const auto isTheirs = [&](PostId id) { return id.shard() == author.shard(); };
    std::vector<PostId> seen = rest(who, [&](int pages) {
        readAhead();
        if (pages == 20) take(m_other->feed().unfollow(who, author, soon()));
    });
    const auto below = [&](PostId id) { return id <= m_posts[20 * kLimit]; };
    QCOMPARE(seen, expected([&](PostId id) { return !isTheirs(id) || !below(id); }));
    seen = rest(who, [&](int pages) {
        readAhead();
        if (pages == 20) take(m_other->feed().follow(who, author, soon()));
    });
    QVERIFY(std::count_if(seen.begin(), seen.end(), isTheirs) > 0);
    const auto last = seen[20 * kLimit - 1];
    QCOMPARE(seen, expected([&](PostId id) { return !isTheirs(id) || id < last; }));
    QVERIFY(drain(*m_engine));
}

void DeepPagesTest::aNodeThatForgotTombstonesIsNotBelieved()
{
    const auto who = reader();
    auto cursor = page(who, {}).next;
    for (int i = 0; i < 7; ++i) {
        cursor = page(who, cursor).next;
        readAhead();
    }
    const auto at = std::size_t(std::find(m_posts.begin(), m_posts.end(), *cursor) - m_posts.begin());
    const auto before = m_engine->metrics().readThroughs.get();
    cursor = page(who, cursor).next;
    QCOMPARE(m_engine->metrics().readThroughs.get(), before); // from what was read ahead
    const auto post = m_posts[at + kLimit + 3];
    take(m_other->feed().deletePost(post, soon()));
    QVERIFY(drain(*m_engine));
    const int node = m_engine->shardMaps().current()->timelinesNode[std::size_t(post.shard())];
    for (const auto& one : m_cluster->endpoints())
        if (one.id == node) {
            take(m_cluster->servers().killNode(one.name));
            take(m_cluster->servers().restartNode(one.name));
        }
    const auto got = page(who, cursor);
    QCOMPARE(got.entries.size(), std::size_t(kLimit));
    for (const auto& entry : got.entries)
        QVERIFY(entry.id != post);
}

QTEST_GUILESS_MAIN(DeepPagesTest)
#include "deep_pages_test.moc"
