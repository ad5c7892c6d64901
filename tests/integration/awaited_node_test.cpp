// A Redis node is away: deliveries and removals that wait for it are tried again and again, and trouble
// nobody else meanwhile. Once it answers, everything arrives.
#include <QTest>

#include "app/session/demo_cluster.h"
#include "backend/engine/open_engine.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <algorithm>

using namespace backend;
using namespace tests;
using namespace std::chrono_literals;

class AwaitedNodeTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void waitingDeliveriesAskNobodyElse_data();
    void waitingDeliveriesAskNobodyElse();

private:
    Feed& feed() { return m_engine->feed(); }
    UserId user()
    {
        const auto handle = "user" + std::to_string(++m_users);
        return take(feed().createUser({handle, handle}, soon())).id;
    }
    std::vector<NodeEndpoint> others() const // than the one that is away
    {
        auto out = m_cluster->endpoints();
        std::erase_if(out, [](const auto& node) { return node.name == "redis-2"; });
        return out;
    }
    std::int64_t failedTasks() const
    {
        std::int64_t out = 0;
        for (const auto& worker : m_engine->monitor().snapshot()->workers)
            out += worker.tasksFailed;
        return out;
    }
    bool livesOn(UserId reader, const char* node)
    {
        return take(m_engine->monitor().locate(reader)).timelinesNode == node;
    }

    std::unique_ptr<PrivateCluster> m_cluster;
    std::unique_ptr<OpenEngine> m_engine;
    UserId m_author{};
    std::vector<UserId> m_readers;
    int m_users = 0;
};

void AwaitedNodeTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 3);
    const auto directory =
        take(app::prepareDemoCluster(m_cluster->servers(), Deadline::after(1min))).directory;
    m_engine = take(openEngine(engineOptions(directory, 3), soon()));
    // What the author has of their own is there: only readers are away.
    do
        m_author = user();
    while (livesOn(m_author, "redis-2"));
    for (int i = 0; i < 40; ++i)
        m_readers.push_back(user());
    for (const auto reader : m_readers)
        take(feed().follow(reader, m_author, soon()));
    QVERIFY(drain(*m_engine));
    QVERIFY(std::any_of(m_readers.begin(), m_readers.end(),
                        [&](UserId reader) { return livesOn(reader, "redis-2"); }));
}

void AwaitedNodeTest::waitingDeliveriesAskNobodyElse_data()
{
    QTest::addColumn<bool>("silent");
    QTest::newRow("dead") << false;
    QTest::newRow("silent") << true;
}

void AwaitedNodeTest::waitingDeliveriesAskNobodyElse()
{
    QFETCH(bool, silent);
    auto& servers = m_cluster->servers();
    const auto old = take(feed().post(m_author, "to be deleted", soon())).id;
    QVERIFY(drain(*m_engine));
    take(silent ? servers.pauseNode("redis-2") : servers.killNode("redis-2"));

    std::vector<PostId> posts;
    for (int i = 0; i < 6; ++i)
        posts.push_back(take(feed().post(m_author, "a post", soon())).id);
    take(feed().deletePost(old, soon()));
    // Who can be reached has them.
    const auto reader = *std::find_if(m_readers.begin(), m_readers.end(),
                                      [&](UserId one) { return !livesOn(one, "redis-2"); });
    QTRY_VERIFY_WITH_TIMEOUT(
        [&] {
            const auto page =
                take(feed().homePage(reader, {.before = {}, .after = {}, .limit = 6, .peek = true}, soon()));
            return page.entries.size() == posts.size() &&
                   std::all_of(page.entries.begin(), page.entries.end(),
                               [](const auto& entry) { return entry.source == EntrySource::Pushed; });
        }(),
        60'000);
    // Each was tried by whom it came to; from then on tries fail, and send nobody anything.
    const auto writes = [&] { return redisCalls(others(), "zadd") + redisCalls(others(), "zrem"); };
    const auto allWait = [&] {
        const auto snapshot = m_engine->monitor().snapshot();
        std::int64_t posted = 0, reclaimed = 0;
        for (const auto& kind : snapshot->queue) {
            if (kind.kind == TaskKind::PostCreated) posted = kind.retry;
            if (kind.kind == TaskKind::ReclaimChunk) reclaimed = kind.retry;
        }
        return posted == std::int64_t(posts.size()) && reclaimed == 1;
    };
    QVERIFY(laterSnapshots(m_engine->monitor())); // not of the row before
    QTRY_VERIFY_WITH_TIMEOUT(allWait(), 120'000); // a first try waits for the silent one
    const auto before = writes();
    const auto failed = failedTasks();
    QTRY_VERIFY_WITH_TIMEOUT(failedTasks() >= failed + 3 * std::int64_t(posts.size()), 60'000);
    // A single try would send each of them one; upkeep may send a few.
    const auto there = std::count_if(m_readers.begin(), m_readers.end(),
                                     [&](UserId one) { return !livesOn(one, "redis-2"); });
    const auto more = writes() - before;
    QVERIFY2(more < there, std::to_string(more).c_str());

    take(silent ? servers.resumeNode("redis-2") : servers.restartNode("redis-2"));
    QVERIFY(drain(*m_engine, Servers::SomeAway));
    for (const auto post : posts) {
        const auto ledger = take(m_engine->monitor().ledger(post, soon()));
        QCOMPARE(ledger.pushed, ledger.audience);
        QVERIFY(ledger.complete());
    }
    QCOMPARE(auditFindings(*m_engine), std::string());
}

QTEST_GUILESS_MAIN(AwaitedNodeTest)
#include "awaited_node_test.moc"
