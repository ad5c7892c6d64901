// Ledgers, delays and where a user's data lies, on real servers: what the monitor prints works when pasted.
#include <QProcess>
#include <QTest>

#include "backend/cache/timelines.h"
#include "backend/monitoring/ledger_reader.h"
#include "backend/monitoring/locate.h"
#include "tests/integration/monitor_cluster.h"
#include "tests/support/results.h"

#include <algorithm>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class MonitorQueriesTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void ledgerIsReadWhole();
    void delaysComeFromTheCoveringChunk();
    void unfinishedTasksAreOfAllNodes();
    void homeSqlWorks_data();
    void homeSqlWorks();
    void pastedRedisCommandWorks();

private:
    std::unique_ptr<MonitorCluster> m_cluster;
};

void MonitorQueriesTest::initTestCase()
{
    m_cluster = std::make_unique<MonitorCluster>(1);
    m_cluster->writeUsersAndPosts();
}

void MonitorQueriesTest::ledgerIsReadWhole()
{
    const LedgerReader reader(*m_cluster->pools, m_cluster->maps);
    const auto post = postId(1, userId(1));
    const auto id = std::to_string(post.value);
    const auto table = schemaName("posts", post.shard()) + ".deliveries";
    TAKE(unplanned, reader.ledger(post, soon()));
    QVERIFY(!unplanned.complete() && unplanned.chunks.empty() && unplanned.committedAt == post.time());

    m_cluster->sql("pg-2", "INSERT INTO " + table +
                               " (post_id, chunk, mode, chunks, audience, dormant, pushed, last_reader,"
                               " committed_at, first_at, last_at) VALUES (" +
                               id +
                               ", 0, 0, 3, 1000, 100, 1, 0, '2026-01-01 10:00:00Z',"
                               " '2026-01-01 10:00:00.01Z', '2026-01-01 10:00:00.01Z')");
    m_cluster->sql("pg-2", "INSERT INTO " + table +
                               " (post_id, chunk, mode, chunks, audience, pushed, unfollowed, last_reader,"
                               " committed_at, first_at, last_at) VALUES (" +
                               id +
                               ", 1, 0, 0, 0, 490, 9, 500, '2026-01-01 10:00:00Z',"
                               " '2026-01-01 10:00:00.2Z', '2026-01-01 10:00:00.25Z')");
    TAKE(half, reader.ledger(post, soon()));
    QCOMPARE(half.chunksPlanned, 3);
    QCOMPARE(half.chunksDone, 2);
    QVERIFY(!half.complete());
    QCOMPARE(half.audience, std::int64_t(1000));
    QCOMPARE(half.pushed, std::int64_t(491));
    QCOMPARE(half.accounted(), std::int64_t(600));
    QVERIFY(half.firstDeliveryAt && half.lastDeliveryAt &&
            *half.lastDeliveryAt - *half.firstDeliveryAt == 240ms);
    QVERIFY(half.lastDeliveryAt.value() - half.committedAt == 250ms);
    QCOMPARE(half.chunks[1].lastReader.value, std::int64_t(500));
    VERIFY_ERROR(reader.ledger(PostId{makeRawId(1, 0, 0)}, soon()), ErrorCode::NotFound);
    VERIFY_ERROR(reader.ledger(PostId{makeRawId(1, 3000, 0)}, soon()),
                 ErrorCode::NotFound); // a shard that is not there
}

void MonitorQueriesTest::delaysComeFromTheCoveringChunk()
{
    const LedgerReader reader(*m_cluster->pools, m_cluster->maps);
    const auto insert = [&](PostId post, int chunk, int chunks, std::int64_t lastReader, const char* lastAt) {
        m_cluster->sql("pg-2", "INSERT INTO " + schemaName("posts", post.shard()) +
                                   ".deliveries (post_id, chunk, mode, chunks,"
                                   " audience, last_reader, committed_at, last_at) VALUES (" +
                                   std::to_string(post.value) + ", " + std::to_string(chunk) + ", 0, " +
                                   std::to_string(chunks) + ", 0, " + std::to_string(lastReader) +
                                   ", '2026-01-01 10:00:00Z', " + lastAt + ")");
    };
    const auto author = userId(3);
    const auto small = postId(2, userId(2)), large = postId(3, author), holed = postId(103, author),
               idle = postId(4, userId(4));
    insert(small, 0, 1, 0, "'2026-01-01 10:00:00.000123Z'");
    insert(large, 0, 4, 0, "'2026-01-01 10:00:00.005Z'");
    insert(large, 1, 0, 500, "'2026-01-01 10:00:01Z'");
    insert(large, 2, 0, 1000, "'2026-01-01 10:00:02Z'");
    insert(large, 3, 0, 1500, "NULL"); // nobody in it was there any more
    insert(holed, 0, 3, 0, "NULL");
    insert(holed, 2, 0, 1000, "'2026-01-01 10:00:02Z'"); // chunk 1 is still to come
    insert(idle, 0, 1, 0, "NULL");
    const std::vector<PostId> posts{
        large, small, holed, idle, PostId{makeRawId(1, 0, 0)}, PostId{makeRawId(1, 999, 0)}};
    const auto delays = [&](std::int64_t user) { // microseconds
        auto result = reader.delays(UserId{user}, posts, soon());
        std::vector<std::int64_t> out;
        for (const auto& delay : take(std::move(result)))
            out.push_back(delay ? delay->count() : -1);
        return out;
    };
    QCOMPARE(delays(500), (std::vector<std::int64_t>{1'000'000, 123, -1, -1, -1, -1}));
    QCOMPARE(delays(501), (std::vector<std::int64_t>{2'000'000, 123, -1, -1, -1, -1}));
    QCOMPARE(delays(1200), (std::vector<std::int64_t>{-1, 123, -1, -1, -1, -1}));
    QCOMPARE(delays(author.value), (std::vector<std::int64_t>{5'000, 123, -1, -1, -1, -1}));
    QVERIFY(take(reader.delays(UserId{1}, {}, soon())).empty());
}

void MonitorQueriesTest::unfinishedTasksAreOfAllNodes()
{
    const LedgerReader reader(*m_cluster->pools, m_cluster->maps);
    for (const char* node : {"pg-1", "pg-2", "pg-2"})
        m_cluster->sql(
            node,
            "INSERT INTO queue.tasks (kind, shard, rank, expires_at, payload) VALUES (1, 0, 0, now(), '{}')");
    QCOMPARE(take(reader.unfinishedTasks(soon())), std::int64_t(3));
    for (const char* node : {"pg-1", "pg-2"})
        m_cluster->sql(node, "DELETE FROM queue.tasks");
    QCOMPARE(take(reader.unfinishedTasks(soon())), std::int64_t(0));
}

void MonitorQueriesTest::homeSqlWorks_data()
{
    QTest::addColumn<bool>("together");
    QTest::newRow("two nodes: the first statement writes the second") << false;
    QTest::newRow("one node: one statement") << true;
}

void MonitorQueriesTest::homeSqlWorks()
{
    QFETCH(bool, together);
    std::vector<std::int64_t> expected; // the newest 20 undeleted of user 0 and the even users
    for (int i = 0; i < 40; i += 2)
        for (const int n : {i, 100 + i})
            if (n != 102) expected.push_back(postId(n, userId(i)).value);
    std::sort(expected.rbegin(), expected.rend());
    expected.resize(20);

    auto map = *m_cluster->maps.current();
    if (together) { // the same rows, beside the users
        map.postsNode = map.usersNode;
        for (int shard = 0; shard < kMonitorShards; ++shard)
            m_cluster->addSchemas("pg-1", {{"posts", schemaName("posts", shard)}});
        m_cluster->writePosts("pg-1");
    }
    TAKE(location, locateUser(map, userId(0)));
    std::vector<std::int64_t> found;
    const auto collect = [&](const SqlRows& rows) {
        for (std::size_t i = 0; i < rows.size(); ++i)
            found.push_back(rows.integer(i, 0));
    };
    const auto first = m_cluster->sql("pg-1", location.homeSql);
    if (together)
        collect(first);
    else
        for (std::size_t i = 0; i < first.size(); ++i) {
            QCOMPARE(int(first.integer(i, 0)), m_cluster->id("pg-2"));
            collect(m_cluster->sql("pg-2", std::string(first.text(i, 1))));
        }
    QCOMPARE(found, expected);
    const auto author = m_cluster->sql(together ? "pg-1" : "pg-2", location.authorSql);
    QCOMPARE(author.size(), std::size_t(2));
    QCOMPARE(author.integer(0, 0), postId(100, userId(0)).value);
}

void MonitorQueriesTest::pastedRedisCommandWorks()
{
    RedisClient client(m_cluster->servers->endpoints());
    const auto user = userId(0);
    const int node = m_cluster->maps.current()->timelinesNode[std::size_t(user.shard())];
    VERIFY_OK(client.command(node, {"DEL", timelineKey(TimelineFamily::Home, user)}, soon()));
    for (int n = 0; n < 30; ++n) { // the newest five in the open segment, the others in a closed one
        const auto key = timelineKey(TimelineFamily::Home, user) + (n < 25 ? ":7" : "");
        VERIFY_OK(
            client.command(node, {"ZADD", key, std::to_string(-n), memberOf(PostId{5000 + n})}, soon()));
    }
    VERIFY_OK(
        client.command(node, {"SET", timelineSegmentsKey(TimelineFamily::Home, user), "7 7 25 -24"}, soon()));
    TAKE(location, locateUser(*m_cluster->maps.current(), user));
    QProcess shell;
    shell.start("sh", QStringList{"-c", QString::fromStdString(location.homeRedisCommand)});
    QVERIFY(shell.waitForFinished());
    const auto lines = QString::fromUtf8(shell.readAllStandardOutput()).split('\n', Qt::SkipEmptyParts);
    QVERIFY2(lines.size() == 20, shell.readAllStandardError().constData());
    QCOMPARE(lines.first().toStdString(), memberOf(PostId{5029}));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::MonitorQueriesTest)
#include "monitor_queries_test.moc"
