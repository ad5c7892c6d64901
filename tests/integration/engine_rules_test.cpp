// Rules that hold while work is unfinished: what the audit judges by then, and how long marks of applied
// effects are kept.
#include <QTest>

#include "backend/cache/redis_client.h"
#include "backend/cluster/directory.h"
#include "backend/engine/open_engine.h"
#include "backend/feed/feed_service.h"
#include "backend/operations/housekeeping.h"
#include "backend/store/postgres_pool.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <chrono>
#include <thread>

using namespace backend;
using namespace tests;

class EngineRulesTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void theAuditJudgesOnlyWhatIsOlderThanUnfinishedWork();
    void marksStayWhileTheirTaskDoes();
    void whoseRowsAreStillToComeIsToBeTriedAgain();
    void theRowsOfANewUserAreWaitedFor();

private:
    std::unique_ptr<OpenEngine> open(int workers);
    std::int64_t number(SqlPool& pool, const std::string& sql);

    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    UserId m_author, m_reader;
};

std::unique_ptr<OpenEngine> EngineRulesTest::open(int workers)
{
    return take(openEngine(engineOptions(m_directory, workers), soon()));
}

std::int64_t EngineRulesTest::number(SqlPool& pool, const std::string& sql)
{
    const auto connection = take(pool.lease(soon()));
    const auto rows = take(connection->execute(sql, {}, soon()));
    return rows.empty() || rows.isNull(0, 0) ? 0 : rows.integer(0, 0);
}

void EngineRulesTest::initTestCase()
{
    m_cluster = PrivateCluster::start(1, 1);
    m_directory = makeCluster(m_cluster->servers());
    const auto engine = open(2);
    auto& feed = engine->feed();
    m_author = take(feed.createUser({"author", "A"}, soon())).id;
    m_reader = take(feed.createUser({"reader", "R"}, soon())).id;
    QVERIFY(drain(*engine));
    take(feed.follow(m_reader, m_author, soon()));
    QVERIFY(drain(*engine));
}

void EngineRulesTest::theAuditJudgesOnlyWhatIsOlderThanUnfinishedWork()
{
    PostId old;
    {
        const auto engine = open(2);
        const auto twoMinutesAgo = std::chrono::duration_cast<Milliseconds>(
            (std::chrono::system_clock::now() - std::chrono::minutes(2)).time_since_epoch());
        old = PostId{makeRawId(twoMinutesAgo.count() - kIdEpochUnixMs, m_author.shard(), kMaxSlots - 1)};
        const std::vector<Post> posts{{old, m_author, "delivered"}};
        take(engine->operations().bulkPost(posts, soon()));
        QVERIFY(drain(*engine));
        QCOMPARE(auditFindings(*engine), std::string());
    }
    const auto idle = open(0);
    const auto waiting = take(idle->feed().post(m_author, "waits", soon())).id;
    const auto after = take(idle->feed().post(m_author, "waits, too", soon())).id;
    const auto silent = auditFindings(*idle);
    QVERIFY2(silent.empty(), silent.c_str()); // neither is in any timeline

    // What is older is judged all the same.
    RedisClient client(m_cluster->endpoints());
    const auto node = m_cluster->node("redis-1").id;
    const auto keys =
        take(client.command(node, {"KEYS", "*:home*" + std::to_string(m_reader.value) + "*"}, soon()));
    std::int64_t removed = 0;
    for (const auto& key : keys.elements) {
        if (take(client.command(node, {"TYPE", key.text}, soon())).text != "zset") continue;
        for (const auto& member :
             take(client.command(node, {"ZRANGE", key.text, "0", "-1"}, soon())).elements)
            if (std::atoll(member.text.c_str()) == old.value)
                removed += take(client.command(node, {"ZREM", key.text, member.text}, soon())).integer;
    }
    QCOMPARE(removed, std::int64_t(1));
    const auto found = auditFindings(*idle);
    QVERIFY2(found.find("missing 1: " + std::to_string(old.value)) != std::string::npos, found.c_str());
    for (const auto post : {waiting, after})
        QVERIFY2(found.find(std::to_string(post.value)) == std::string::npos, found.c_str());
    take(idle->operations().rebuildTimeline(m_reader, soon()));
}

// A mark says that a task's effect was applied. It may go only when nothing can run the task again: neither
// the queue nor an operator who retries a dead letter.
void EngineRulesTest::marksStayWhileTheirTaskDoes()
{
    {
        const auto engine = open(2);
        QVERIFY(drain(*engine));
    }
    const auto idle = open(0);
    take(idle->feed().post(m_author, "waits", soon()));
    const auto& [nodeId, pool] = *idle->pools().all().begin();
    const auto task = number(*pool, "SELECT max(id) FROM queue.tasks");
    QVERIFY(task > 0);
    const auto node = m_cluster->node("pg-1");
    const auto owner =
        makePostgresPool({1, "pg-1", NodeKind::Postgres, node.ownerAddress}, {2, 2, std::chrono::seconds(5)});
    const auto applied = shardTable(Role::Users, m_author.shard(), "applied");
    const auto ids = "(" + std::to_string(nodeId) + ", " + std::to_string(task) + ", ";
    // Expired: of a task that waits, of the same as a dead letter, of one that is gone. Not expired: one that
    // is gone.
    number(*owner, "DELETE FROM " + applied);
    number(*owner, "INSERT INTO " + applied + " VALUES " + ids + "1, now() - interval '1 hour'), (" +
                       std::to_string(nodeId) + ", 900000001, 1, now() - interval '1 hour'), (" +
                       std::to_string(nodeId) + ", 900000002, 1, now() + interval '1 hour')");
    Directory directory(*pool);
    Housekeeping housekeeping(idle->pools(), idle->shardMaps(), directory);
    const auto marks = [&](std::int64_t id) {
        return number(*owner, "SELECT count(*) FROM " + applied + " WHERE task_id = " + std::to_string(id));
    };
    // Its own thread may have been first.
    std::ignore = take(housekeeping.forgetApplied(soon()));
    QTRY_COMPARE_WITH_TIMEOUT(marks(900'000'001), std::int64_t(0), 60'000);
    QCOMPARE(marks(900'000'002), std::int64_t(1));
    QCOMPARE(marks(task), std::int64_t(1));

    const auto where = " WHERE id = " + std::to_string(task);
    number(*owner,
           "INSERT INTO queue.dead_letters (id, kind, shard, payload, error, signature, attempts, created_at)"
           " SELECT id, kind, shard, payload, 'e', 'e', 1, created_at FROM queue.tasks" +
               where);
    number(*owner, "DELETE FROM queue.tasks" + where);
    std::ignore = take(housekeeping.forgetApplied(soon()));
    QCOMPARE(marks(task), std::int64_t(1));
    number(*owner, "DELETE FROM queue.dead_letters" + where);
    std::ignore = take(housekeeping.forgetApplied(soon()));
    QTRY_COMPARE_WITH_TIMEOUT(marks(task), std::int64_t(0), 60'000);
    QCOMPARE(marks(900'000'002), std::int64_t(1));
}

// The call that creates a user may leave the rows to the task; it says so until they are there.
void EngineRulesTest::whoseRowsAreStillToComeIsToBeTriedAgain()
{
    const auto idle = open(0);
    auto& feed = idle->feed();
    const std::string handle = "late";
    const auto map = idle->shardMaps().current();
    const int shard = shardOfHandle(handle, map->shardCount);
    UserId late;
    {
        // A table that may be read and not written, until all have asked.
        auto lock = take(take(idle->pools().pool(map->usersNode[std::size_t(shard)]))->lease(soon()));
        take(lock->begin(soon()));
        take(lock->execute("LOCK TABLE " + shardTable(Role::Users, shard, "users") + " IN EXCLUSIVE MODE", {},
                           soon()));
        late = take(feed.createUser({handle, "Late"}, Deadline::after(std::chrono::seconds(4)))).id;
        const auto early = feed.post(late, "too early", soon());
        QVERIFY(!early);
        QVERIFY(early.error().code == ErrorCode::Unavailable);
        QVERIFY(early.error().retryable);
        const auto profile = feed.profile(late, soon());
        QVERIFY(!profile);
        QVERIFY(profile.error().retryable);
        const auto nobody = feed.profile(UserId{late.value + 1}, soon());
        QVERIFY(!nobody);
        QVERIFY(nobody.error().code == ErrorCode::NotFound);
        lock->rollback();
    }
    const auto working = open(2);
    QVERIFY(drain(*working));
    take(feed.post(late, "now", soon()));
    QCOMPARE(take(feed.profile(late, soon())).user.handle, handle);
    QVERIFY(drain(*working));
}

// A slow PostgreSQL leaves nobody with a user of which nothing can be done: no worker runs here.
void EngineRulesTest::theRowsOfANewUserAreWaitedFor()
{
    const auto idle = open(0);
    auto& feed = idle->feed();
    const std::string handle = "patient";
    const auto map = idle->shardMaps().current();
    const int shard = shardOfHandle(handle, map->shardCount);
    auto lock = take(take(idle->pools().pool(map->usersNode[std::size_t(shard)]))->lease(soon()));
    take(lock->begin(soon()));
    take(lock->execute("LOCK TABLE " + shardTable(Role::Users, shard, "users") + " IN EXCLUSIVE MODE", {},
                       soon()));
    const std::jthread unlocking([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(700));
        lock->rollback();
    });
    const auto user = take(feed.createUser({handle, "Patient"}, soon())).id;
    take(feed.post(user, "at once", soon()));
    QCOMPARE(take(feed.profile(user, soon())).user.handle, handle);
}

QTEST_GUILESS_MAIN(EngineRulesTest)
#include "engine_rules_test.moc"
