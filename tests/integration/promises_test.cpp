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
    void deletesCostNoMissAndPagesStayFull();
    void aDeliveryThatFailedForGoodVoidsItsReaders();

private:
    Feed& feed() { return m_session->engine().feed(); }
    UserId user() { return take(feed().createUser({"user" + std::to_string(++m_users), "User"}, soon())).id; }
    PostId post(UserId author) { return take(feed().post(author, "a post", soon())).id; }
    void drained() { QVERIFY(drain(m_session->engine())); }
    std::int64_t misses(std::string_view family)
    {
        const auto before = m_session->engine().monitor().snapshot()->sequence;
        while (m_session->engine().monitor().snapshot()->sequence < before + 2)
            QThread::msleep(50);
        for (const auto& counts : m_session->engine().monitor().snapshot()->caches)
            if (counts.name == family) return counts.misses;
        throw std::runtime_error("no such family of keys");
    }

    std::shared_ptr<app::OpenedSession> m_session;
    int m_users = 0;
};

void PromisesTest::cursorsSurviveInsertsAndDeletes()
{
    const auto reader = user();
    std::vector<UserId> authors{user(), user(), user()};
    drained();
    for (const auto author : authors)
        take(feed().follow(reader, author, soon()));
    drained();
    std::vector<PostId> there;
    for (int i = 0; i < 240; ++i)
        there.push_back(post(authors[std::size_t(i) % 3]));
    drained();

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
