// What the engine promises to readers while others write: cursors that survive, deletes that cost no miss,
// and a delivery that failed for good leaves no timeline that calls itself complete.
#include <QTest>
#include <QThread>

#include "backend/cache/raw_timeline.h"
#include "tests/support/demo_session.h"

#include <atomic>
#include <set>
#include <thread>

using namespace backend;
using namespace tests;

class PromisesTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_session = openDemo(); }
    void cleanupTestCase() { m_session.reset(); }
    void cursorsSurviveInsertsAndDeletes();
    void cursorsUpwardsSurviveInsertsAndDeletes();
    void deletesCostNoMissAndPagesStayFull();
    void aDeleteHidesEverywhereBeforeAnyWorkerRuns();
    void aDeliveryThatFailedForGoodVoidsItsReaders();

private:
    struct World
    {
        UserId reader;
        std::vector<UserId> authors;
        std::vector<PostId> posts;
    };
    World readerOfThree(); // with 240 posts by turns
    Feed& feed() { return m_session->engine().feed(); }
    UserId user() { return take(feed().createUser({"user" + std::to_string(++m_users), "User"}, soon())).id; }
    PostId post(UserId author) { return take(feed().post(author, "a post", soon())).id; }
    void drained() { QVERIFY(drain(m_session->engine())); }
    std::int64_t misses(std::string_view family)
    {
        if (!laterSnapshots(m_session->engine().monitor())) throw std::runtime_error("no snapshots come");
        for (const auto& counts : m_session->engine().monitor().snapshot()->caches)
            if (counts.name == family) return counts.misses;
        throw std::runtime_error("no such family of keys");
    }

    std::shared_ptr<app::OpenedSession> m_session;
    int m_users = 0;
};

PromisesTest::World PromisesTest::readerOfThree()
{
    World world{user(), {user(), user(), user()}, {}};
    drained();
    for (const auto author : world.authors)
        take(feed().follow(world.reader, author, soon()));
    drained();
    for (int i = 0; i < 240; ++i)
        world.posts.push_back(post(world.authors[std::size_t(i) % 3]));
    drained();
    return world;
}

void PromisesTest::cursorsSurviveInsertsAndDeletes()
{
    const auto [reader, authors, there] = readerOfThree();

    std::atomic<bool> over = false;
    std::set<PostId> deleted;
    std::jthread writer([&] {
        for (std::size_t i = 0; !over && i < there.size(); i += 5) {
            post(authors[i % 3]);
            take(feed().deletePost(there[i], soon()));
            deleted.insert(there[i]);
        }
    });
    std::vector<PostId> seen;
    for (PageQuery query;;) {
        query.limit = 7;
        const auto page = take(feed().homePage(reader, query, soon()));
        QVERIFY(!page.partial);
        for (const auto& entry : page.entries)
            seen.push_back(entry.id);
        if (!page.next) break;
        QCOMPARE(page.entries.size(), std::size_t(7)); // what deletes take is filled up from below
        query.before = page.next;
    }
    over = true;
    writer.join();
    QVERIFY(std::is_sorted(seen.rbegin(), seen.rend()));
    QVERIFY(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
    const std::set<PostId> all(seen.begin(), seen.end());
    for (const auto id : there)
        if (!deleted.contains(id)) QVERIFY2(all.contains(id), qPrintable(QString::number(id.value)));
    drained();
    QCOMPARE(auditFindings(*m_session), std::string());
}

// Everything above a post, in pages downwards: `after` stays, `before` goes on with `next`.
void PromisesTest::cursorsUpwardsSurviveInsertsAndDeletes()
{
    auto [reader, authors, there] = readerOfThree();
    std::sort(there.begin(), there.end()); // in one second ids of three authors need not follow one another
    const auto known = there[79];
    const auto above = [&](PostId after) {
        std::vector<PostId> ids;
        for (PageQuery query;;) {
            query.limit = 7;
            query.after = after;
            const auto page = take(feed().homePage(reader, query, soon()));
            if (page.partial) throw std::runtime_error("a partial page");
            for (const auto& entry : page.entries)
                ids.push_back(entry.id);
            if (!page.next) return ids;
            if (page.entries.size() != 7) throw std::runtime_error("what deletes take is not filled up");
            query.before = page.next;
        }
    };
    const auto ordered = [&](const std::vector<PostId>& ids, PostId after) {
        return std::is_sorted(ids.rbegin(), ids.rend()) &&
               std::adjacent_find(ids.begin(), ids.end()) == ids.end() && (ids.empty() || ids.back() > after);
    };

    std::atomic<bool> over = false;
    std::set<PostId> deleted, added;
    std::jthread writer([&] {
        for (std::size_t i = 80; !over && i < there.size(); i += 4) {
            added.insert(post(authors[i % 3]));
            take(feed().deletePost(there[i], soon()));
            deleted.insert(there[i]);
        }
        over = true;
    });
    std::vector<std::vector<PostId>> walks;
    do
        walks.push_back(above(known));
    while (!over || walks.size() < 3);
    writer.join();
    QVERIFY(deleted.size() > 5);
    for (const auto& seen : walks) {
        QVERIFY(seen.size() > 7);
        QVERIFY(ordered(seen, known));
        for (std::size_t i = 80; i < there.size(); ++i)
            if (!deleted.contains(there[i]))
                QVERIFY2(std::binary_search(seen.rbegin(), seen.rend(), there[i]),
                         qPrintable(QString::number(there[i].value)));
        for (const auto id : seen) // nothing else than what was there, or came meanwhile
            QVERIFY(added.contains(id) || std::binary_search(there.begin(), there.end(), id));
    }
    drained();
    std::set<PostId> expected(there.begin() + 80, there.end());
    expected.insert(added.begin(), added.end());
    for (const auto id : deleted)
        expected.erase(id);
    const auto last = above(known);
    QVERIFY(ordered(last, known));
    QVERIFY(std::set<PostId>(last.begin(), last.end()) == expected);
    QVERIFY(above(last.front()).empty());
    QCOMPARE(auditFindings(*m_session), std::string());
}

void PromisesTest::deletesCostNoMissAndPagesStayFull()
{
    const auto author = user();
    std::vector<UserId> readers;
    for (int i = 0; i < 12; ++i)
        readers.push_back(user());
    drained();
    for (const auto reader : readers)
        take(feed().follow(reader, author, soon()));
    drained();
    std::vector<PostId> posts;
    for (int i = 0; i < 120; ++i)
        posts.push_back(post(author));
    drained();
    for (const auto reader : readers)
        take(feed().homePage(reader, {}, soon()));
    const auto timelineMisses = misses("home timeline");
    for (std::size_t i = 0; i < posts.size(); i += 2) {
        take(feed().deletePost(posts[posts.size() - 1 - i], soon()));
        PageQuery query;
        query.limit = 20;
        const auto page = take(feed().homePage(readers[i % readers.size()], query, soon()));
        QCOMPARE(page.entries.size(), std::size_t(20));
        for (const auto& entry : page.entries)
            QVERIFY(entry.id != posts[posts.size() - 1 - i]); // hidden as soon as it was deleted
    }
    QCOMPARE(misses("home timeline"), timelineMisses);
    drained();
    QCOMPARE(misses("home timeline"), timelineMisses); // nor when their room is reclaimed
}

void PromisesTest::aDeleteHidesEverywhereBeforeAnyWorkerRuns()
{
    const auto author = user(), reader = user();
    drained();
    take(feed().follow(reader, author, soon()));
    drained();
    std::vector<PostId> posts;
    for (int i = 0; i < 40; ++i)
        posts.push_back(post(author));
    drained();
    const auto second = connectTo(m_session->configFile(), 0);
    const std::vector<Feed*> engines{&feed(), &second->engine().feed()};
    PageQuery query;
    query.limit = 10;
    const auto pages = [&](Feed& by) {
        return std::vector{take(by.homePage(reader, query, soon())), take(by.homePage(author, query, soon())),
                           take(by.authorPage(author, query, soon())), take(by.publicPage(query, soon()))};
    };
    QVERIFY(pauseAll(m_session->engine()));
    for (auto* engine : engines)
        std::ignore = pages(*engine); // warm, and the public page is kept
    const auto before = misses("home timeline");
    for (std::size_t i = 0; i < 6; ++i) {
        const auto gone = posts.back();
        posts.pop_back();
        take(engines[i % 2]->deletePost(gone, soon()));
        for (auto* engine : engines)
            for (const auto& page : pages(*engine)) {
                QVERIFY(!page.partial);
                QCOMPARE(page.entries.size(), std::size_t(10)); // filled up from below
                for (const auto& entry : page.entries)
                    QVERIFY2(entry.id != gone, qPrintable(QString::number(gone.value)));
                QCOMPARE(page.entries.front().id, posts.back());
            }
    }
    QCOMPARE(misses("home timeline"), before);
    QCOMPARE(take(m_session->engine().monitor().unfinishedTasks(soon())), std::int64_t(6)); // all of it
    take(m_session->engine().operations().resumeWorkers(-1, soon()));
    drained();
    QCOMPARE(misses("home timeline"), before);
    QCOMPARE(auditFindings(*m_session), std::string());
}

void PromisesTest::aDeliveryThatFailedForGoodVoidsItsReaders()
{
    const auto author = user(), reader = user(), other = user();
    drained();
    take(feed().follow(reader, author, soon()));
    drained();
    post(author);
    drained();
    const auto inputs = m_session->auditInputs();
    RedisClient redis([&] {
        std::vector<NodeEndpoint> nodes;
        for (const auto& node : inputs.map->nodes)
            if (node.kind == NodeKind::Redis) nodes.push_back(node);
        return nodes;
    }());
    const auto valid = [&](UserId whose) {
        return take(readRawTimelines(redis, *inputs.map, TimelineFamily::Home, std::vector{whose}, soon()))
            .front()
            .valid();
    };
    QVERIFY(valid(reader) && valid(other));

    // A task of a post that has no row, at its last attempt.
    const PostId lost{makeRawId(idMillisecondsOf(author.value) + 1, author.shard(), 1'023)};
    auto connection =
        take(take(inputs.pools->pool(inputs.map->postsNode[std::size_t(author.shard())]))->lease(soon()));
    take(connection->execute(
        "INSERT INTO queue.tasks (kind, shard, attempts, rank, expires_at, payload)"
        " VALUES (2, $1::int, 7, 0, now() + interval '1 day', $2)",
        {sqlParameter(author.shard()), sqlParameter("{\"post\":" + std::to_string(lost.value) +
                                                    ",\"author\":" + std::to_string(author.value) + "}")},
        soon()));
    auto& operations = m_session->engine().operations();
    std::vector<DeadLetter> letters;
    QTRY_VERIFY_WITH_TIMEOUT((letters = take(operations.deadLetters(10, soon()))).size() == 1, 60'000);
    QVERIFY(!valid(reader)); // by the time that anybody can see the dead letter
    QVERIFY(!valid(author));
    QVERIFY(valid(other));
    QCOMPARE(take(operations.discardDeadLetters(std::vector{letters.front().ref}, soon())), 1);
    QCOMPARE(take(feed().homePage(reader, {}, soon())).entries.size(), std::size_t(1)); // built anew
    QVERIFY(valid(reader));
}

QTEST_GUILESS_MAIN(PromisesTest)
#include "promises_test.moc"
