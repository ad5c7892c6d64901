// Migrations and the making of a cluster on real servers: idempotent, refusing what is newer or belongs to
// others.
#include "backend/cluster/cluster_init.h"
#include "backend/cluster/shard_map_cache.h"
#include "backend/store/migrations.h"
#include "backend/store/postgres_pool.h"
#include "tests/support/private_cluster.h"
#include "tests/support/results.h"

#include <QTest>

#include <future>

using namespace backend;
using namespace std::chrono_literals;

namespace tests {
namespace {

constexpr std::array kTwoVersions{
    Migration{"pond", 1,
              "CREATE SCHEMA {schema}; CREATE TABLE {schema}.frogs (id int); GRANT USAGE ON SCHEMA {schema} "
              "TO rookery_engine"},
    Migration{"pond", 2,
              "ALTER TABLE {schema}.frogs ADD COLUMN colour text; INSERT INTO {schema}.frogs VALUES (1, "
              "'{schema}')"},
};
const std::span<const Migration> kNewer(kTwoVersions);
const std::span<const Migration> kOlder(kTwoVersions.data(), 1);
constexpr std::array kBroken{Migration{"lake", 1, "CREATE SCHEMA {schema}; CREATE TABLE nowhere.x (id int)"}};

Deadline soon()
{
    return Deadline::after(30s);
}

Result<void> migrator(SqlConnection& owner, const std::vector<SchemaTarget>& targets, Deadline deadline)
{
    return migrate(owner, targets, deadline);
}

} // namespace

class MigrationsTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanup();
    void theEmbeddedFilesAreWhole();
    void applyingTwiceChangesNothing();
    void rowsFromBeforeAreKept();
    void manySchemasTakeAboutASecond();
    void anOlderSchemaIsBroughtUp();
    void aNewerSchemaIsRefused();
    void aFailedMigrationLeavesNothing();
    void concurrentCallersDoNotCollide();
    void namesThatAreNoNamesAreRefused();
    void anOwnerWhoMayNotMakeTheRoleSaysSo();
    void aClusterIsMadeAndFoundAgain();
    void aClusterIsNotOverwritten();
    void aNodeOfAnotherClusterIsRefused();
    void aFailedAttemptIsTakenUp();
    void theMapIsRefreshedWhenTheEpochGrows();
    void nodesThatMovedAreWrittenDown();
    void wrongPlans_data();
    void wrongPlans();

private:
    // Each test has databases of its own on the same two servers.
    std::unique_ptr<SqlPool> owner(const std::string& node) { return pool(node, "rookery_owner"); }
    std::unique_ptr<SqlPool> engine(const std::string& node) { return pool(node, "rookery_engine"); }
    std::unique_ptr<SqlPool> pool(const std::string& node, const std::string& role) const
    {
        return makePostgresPool(
            {0, node, NodeKind::Postgres,
             m_cluster->node(node).ownerAddress + " dbname=" + m_database + " user=" + role},
            {4, 8, 5s});
    }
    ClusterPlan plan() const;
    Result<ShardMap> make(const ClusterPlan& plan);

    std::unique_ptr<PrivateCluster> m_cluster;
    std::string m_database;
    int m_count = 0;
};

void MigrationsTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 0);
}

void MigrationsTest::init()
{
    const std::string database = "test" + std::to_string(++m_count);
    for (const std::string node : {"pg-1", "pg-2"}) {
        m_database = "rookery";
        const auto p = owner(node);
        TAKE(c, p->lease(soon()));
        const auto made = c->execute(
            "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user", {}, soon());
        VERIFY_OK(made);
        QVERIFY2(made->boolean(0, 0), "the private cluster's owner may not create databases");
        VERIFY_OK(c->execute("CREATE DATABASE " + database, {}, soon()));
    }
    m_database = database;
}

void MigrationsTest::cleanup() {}

ClusterPlan MigrationsTest::plan() const
{
    ClusterPlan p{"here", "test", 8, {}};
    p.nodes.push_back({{1, "pg-1", NodeKind::Postgres, "host=a"}, {Role::Users}});
    p.nodes.push_back({{2, "pg-2", NodeKind::Postgres, "host=b"}, {Role::Posts, Role::Directory}});
    p.nodes.push_back({{3, "redis-1", NodeKind::Redis, "redis://c:1"}, {Role::Timelines}});
    p.nodes.push_back({{4, "redis-2", NodeKind::Redis, "redis://c:2"}, {Role::Timelines}});
    return p;
}

Result<ShardMap> MigrationsTest::make(const ClusterPlan& p)
{
    const auto first = owner("pg-1"), second = owner("pg-2");
    ROOKERY_ASSIGN(const auto a, first->lease(soon()));
    ROOKERY_ASSIGN(const auto b, second->lease(soon()));
    return initCluster(p, {{1, a.get()}, {2, b.get()}}, migrator, soon());
}

void MigrationsTest::theEmbeddedFilesAreWhole()
{
    std::map<std::string, int> newest;
    for (const auto& migration : embeddedMigrations()) {
        QCOMPARE(migration.number, ++newest[std::string(migration.scope)]); // from 1 without gaps
        QVERIFY(migration.sql.find("CREATE") != std::string_view::npos ||
                migration.sql.find("ALTER TABLE") != std::string_view::npos);
    }
    for (const auto* scope : {"directory", "queue", "users", "posts"})
        QVERIFY2(newest.contains(scope), scope);
}

// A node as the first version left it, with rows in it, brought up to date.
void MigrationsTest::rowsFromBeforeAreKept()
{
    const auto p = owner("pg-1");
    TAKE(c, p->lease(soon()));
    std::vector<Migration> first;
    for (const auto& migration : embeddedMigrations())
        if (migration.number == 1 || (migration.scope == "queue" && migration.number <= 3))
            first.push_back(migration);
    const std::vector<SchemaTarget> targets{
        {"queue", "queue"}, {"users", "users_0000"}, {"posts", "posts_0000"}};
    VERIFY_OK(migrate(*c, targets, soon(), first));
    VERIFY_OK(c->executeScript("INSERT INTO users_0000.users (id, handle, display_name) VALUES (1, 'a', 'A');"
                               "INSERT INTO posts_0000.deliveries (post_id, chunk, mode, chunks, audience,"
                               " last_reader, committed_at) VALUES (7, 0, 0, 1, 1, 9, now());"
                               "SELECT queue.enqueue(ARRAY[2], ARRAY[0], ARRAY['waits'], ARRAY[0], ARRAY[0]);"
                               "SELECT queue.enqueue(ARRAY[2], ARRAY[0], ARRAY['later'], ARRAY[0], ARRAY[9])",
                               soon()));
    VERIFY_OK(migrate(*c, targets, soon()));
    const auto value = [&](const std::string& sql) {
        const auto rows = c->execute(sql, {}, soon());
        return rows && !rows->empty() ? std::string(rows->isNull(0, 0) ? "null" : rows->text(0, 0))
                                      : std::string("none");
    };
    QCOMPARE(value("SELECT worker FROM posts_0000.deliveries WHERE post_id = 7 AND task_id IS NULL"),
             std::string("null"));
    QCOMPARE(value("SELECT dormant_at FROM users_0000.users WHERE id = 1 AND returned_at IS NULL"),
             std::string("null"));
    QCOMPARE(value("SELECT payload FROM queue.claim(10, 1000, 'here:1/1')"), std::string("waits"));
    QCOMPARE(value("SELECT queue.admit(1000)"), std::string("0")); // what has a time is not held
    QCOMPARE(value("SELECT count(*) FROM queue.tasks WHERE state = 2 AND run_at IS NOT NULL"),
             std::string("1"));
    QCOMPARE(value("SELECT queue.enqueue(ARRAY[2], ARRAY[0], ARRAY['new'], ARRAY[0], ARRAY[0])"),
             std::string("1"));
    QCOMPARE(value("SELECT payload FROM queue.claim(10, 1000, 'here:1/1')"), std::string("new"));
}

void MigrationsTest::applyingTwiceChangesNothing()
{
    const auto p = owner("pg-1");
    TAKE(c, p->lease(soon()));
    const std::vector<SchemaTarget> targets{
        {"directory", "directory"}, {"queue", "queue"}, {"users", "users_0000"}, {"posts", "posts_0000"}};
    const auto missing = checkSchemas(*c, targets, soon());
    VERIFY_ERROR(missing, ErrorCode::Configuration);
    QVERIFY(missing.error().message.find("cluster init") != std::string::npos);
    VERIFY_OK(migrate(*c, targets, soon()));
    TAKE(first, c->execute("SELECT count(*) FROM rookery.migrations", {}, soon()));
    QVERIFY(first.integer(0, 0) >= std::int64_t(targets.size()));
    VERIFY_OK(c->execute("INSERT INTO users_0000.users (id, handle, display_name) VALUES (1, 'a', 'A')", {},
                         soon()));
    VERIFY_OK(migrate(*c, targets, soon()));
    VERIFY_OK(checkSchemas(*c, targets, soon()));
    TAKE(rows,
         c->execute(
             "SELECT (SELECT count(*) FROM users_0000.users), (SELECT count(*) FROM rookery.migrations)", {},
             soon()));
    QCOMPARE(rows.integer(0, 0), std::int64_t(1));
    QCOMPARE(rows.integer(0, 1), first.integer(0, 0));

    const auto engines = engine("pg-1");
    TAKE(e, engines->lease(soon()));
    VERIFY_OK(checkSchemas(*e, targets, soon()));
    VERIFY_OK(e->execute("SELECT id FROM users_0000.users", {}, soon()));
    const auto forbidden = e->execute("UPDATE directory.placements SET node = 1", {}, soon());
    VERIFY_ERROR(forbidden, ErrorCode::Unauthorized); // the engine owns nothing
}

void MigrationsTest::manySchemasTakeAboutASecond()
{
    std::vector<SchemaTarget> targets;
    for (int shard = 0; shard < 64; ++shard)
        for (const std::string role : {"users", "posts"}) {
            const auto number = std::to_string(10'000 + shard).substr(1);
            targets.push_back({role, role + "_" + number});
        }
    const auto p = owner("pg-1");
    TAKE(c, p->lease(soon()));
    const auto before = std::chrono::steady_clock::now();
    VERIFY_OK(migrate(*c, targets, soon()));
    const auto first = std::chrono::steady_clock::now();
    VERIFY_OK(migrate(*c, targets, soon()));
    const auto second = std::chrono::steady_clock::now();
    using Ms = std::chrono::duration<double, std::milli>;
    qInfo("64 shards in 2 roles on one node: %.0f ms, again: %.1f ms", Ms(first - before).count(),
          Ms(second - first).count());
    VERIFY_OK(checkSchemas(*c, targets, soon()));
    TAKE(rows, c->execute("SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(users|posts)_00[0-9]{2}$'",
                          {}, soon()));
    QCOMPARE(rows.integer(0, 0), std::int64_t(128));
}

void MigrationsTest::anOlderSchemaIsBroughtUp()
{
    const auto p = owner("pg-1");
    TAKE(c, p->lease(soon()));
    VERIFY_OK(migrate(*c, {{"pond", "pond_a"}}, soon(), kOlder));
    const auto old = checkSchemas(*c, {{"pond", "pond_a"}}, soon(), kNewer);
    VERIFY_ERROR(old, ErrorCode::Configuration);
    VERIFY_OK(migrate(*c, {{"pond", "pond_a"}, {"pond", "pond_b"}}, soon(), kNewer));
    TAKE(rows, c->execute("SELECT a.colour, b.colour FROM pond_a.frogs AS a, pond_b.frogs AS b", {}, soon()));
    QCOMPARE(rows.text(0, 0), std::string_view("pond_a"));
    QCOMPARE(rows.text(0, 1), std::string_view("pond_b"));
}

void MigrationsTest::aNewerSchemaIsRefused()
{
    const auto p = owner("pg-1");
    TAKE(c, p->lease(soon()));
    VERIFY_OK(migrate(*c, {{"pond", "pond_a"}}, soon(), kNewer));
    const auto refused = migrate(*c, {{"pond", "pond_z"}, {"pond", "pond_a"}}, soon(), kOlder);
    VERIFY_ERROR(refused, ErrorCode::SchemaTooNew);
    for (const auto* part : {"pond_a", "pg-1", "version 2", "up to 1", "install the newer rookery"})
        QVERIFY2(refused.error().message.find(part) != std::string::npos, refused.error().message.c_str());
    VERIFY_ERROR(checkSchemas(*c, {{"pond", "pond_a"}}, soon(), kOlder), ErrorCode::SchemaTooNew);
    TAKE(rows, c->execute("SELECT to_regnamespace('pond_z') IS NULL", {}, soon()));
    QVERIFY(rows.boolean(0, 0)); // nothing was changed
}

void MigrationsTest::aFailedMigrationLeavesNothing()
{
    const auto p = owner("pg-1");
    TAKE(c, p->lease(soon()));
    QVERIFY(!migrate(*c, {{"lake", "lake_a"}}, soon(), kBroken));
    TAKE(rows,
         c->execute("SELECT to_regnamespace('lake_a') IS NULL, (SELECT count(*) FROM rookery.migrations)", {},
                    soon()));
    QVERIFY(rows.boolean(0, 0));
    QCOMPARE(rows.integer(0, 1), std::int64_t(0));
    VERIFY_OK(migrate(*c, {{"pond", "pond_a"}}, soon(), kNewer)); // the connection is fit for more
}

void MigrationsTest::concurrentCallersDoNotCollide()
{
    const auto p = owner("pg-1");
    std::vector<SchemaTarget> targets;
    for (int shard = 0; shard < 12; ++shard)
        targets.push_back({"pond", "pond_" + std::to_string(shard)});
    std::vector<std::future<Result<void>>> callers;
    for (int i = 0; i < 4; ++i)
        callers.push_back(std::async(std::launch::async, [&]() -> Result<void> {
            ROOKERY_ASSIGN(const auto c, p->lease(soon()));
            return migrate(*c, targets, soon(), kNewer);
        }));
    for (auto& caller : callers)
        VERIFY_OK(caller.get());
}

void MigrationsTest::namesThatAreNoNamesAreRefused()
{
    const auto p = owner("pg-1");
    TAKE(c, p->lease(soon()));
    for (const std::string name : {"", "a b", "x;DROP", "Upper", "q\"uote"})
        VERIFY_ERROR(migrate(*c, {{"pond", name}}, soon(), kNewer), ErrorCode::InvalidArgument);
    QVERIFY(!migrate(*c, {{"sea", "sea_a"}}, soon(), kNewer));
}

void MigrationsTest::anOwnerWhoMayNotMakeTheRoleSaysSo()
{
    const auto p = owner("pg-1");
    TAKE(c, p->lease(soon()));
    // Roles belong to the server: for a moment there is none of that name.
    VERIFY_OK(c->executeScript(
        "ALTER ROLE rookery_engine RENAME TO rookery_engine_kept; DROP ROLE IF EXISTS plain_owner;"
        " CREATE ROLE plain_owner LOGIN",
        soon()));
    const auto plain = pool("pg-1", "plain_owner");
    TAKE(weak, plain->lease(soon()));
    const auto refused = migrate(*weak, {{"pond", "pond_a"}}, soon(), kNewer);
    const auto made = migrate(*c, {{"pond", "pond_a"}}, soon(), kNewer); // this owner may
    const auto there =
        c->execute("SELECT count(*) FROM pg_roles WHERE rolname = 'rookery_engine'", {}, soon());
    VERIFY_OK(c->executeScript("DROP OWNED BY rookery_engine; DROP ROLE rookery_engine; ALTER ROLE "
                               "rookery_engine_kept RENAME TO rookery_engine",
                               soon()));
    VERIFY_ERROR(refused, ErrorCode::Unauthorized);
    QVERIFY2(refused.error().message.find("CREATE ROLE rookery_engine LOGIN") != std::string::npos,
             refused.error().message.c_str());
    VERIFY_OK(made);
    VERIFY_OK(there);
    QCOMPARE(there->integer(0, 0), std::int64_t(1));
}

void MigrationsTest::aClusterIsMadeAndFoundAgain()
{
    TAKE(map, make(plan()));
    QCOMPARE(map.epoch, std::int64_t(1));
    QCOMPARE(map.shardCount, 8);
    const auto p = engine("pg-2");
    Directory directory(*p);
    TAKE(settings, directory.settings(soon()));
    QCOMPARE(settings.clusterName, std::string("here"));
    QCOMPARE(settings.environment, std::string("test"));
    QCOMPARE(settings.directoryNode, 2);
    TAKE(cache, ShardMapCache::open(directory, soon()));
    const auto found = cache->current();
    QCOMPARE(found->epoch, std::int64_t(1));
    QCOMPARE(found->nodes.size(), std::size_t(4));
    QCOMPARE(found->node(3)->name, std::string("redis-1"));
    QVERIFY(found->node(3)->kind == NodeKind::Redis);
    QVERIFY(found->usersNode == std::vector<int>(8, 1));
    QVERIFY(found->postsNode == std::vector<int>(8, 2));
    QVERIFY((found->timelinesNode == std::vector<int>{3, 4, 3, 4, 3, 4, 3, 4}));

    for (const auto& [name, id] : {std::pair{"pg-1", 1}, std::pair{"pg-2", 2}}) {
        const auto engines = engine(name);
        TAKE(e, engines->lease(soon()));
        VERIFY_OK(checkSchemas(*e, schemasOn(*found, id, settings.directoryNode), soon()));
    }
    const auto users = engine("pg-1");
    TAKE(e, users->lease(soon()));
    VERIFY_OK(e->execute("SELECT count(*) FROM users_0007.users", {}, soon()));
    const auto elsewhere = e->execute("SELECT count(*) FROM posts_0007.posts", {}, soon());
    VERIFY_ERROR(elsewhere, ErrorCode::StaleShardMap); // a node holds only what is placed on it
}

void MigrationsTest::aClusterIsNotOverwritten()
{
    VERIFY_OK(make(plan()));
    auto other = plan();
    other.name = "other";
    const auto again = make(other);
    VERIFY_ERROR(again, ErrorCode::Conflict);
    QVERIFY2(again.error().message.find("\"here\"") != std::string::npos &&
                 again.error().message.find("pg-2") != std::string::npos,
             again.error().message.c_str());
    const auto p = engine("pg-2");
    TAKE(settings, Directory(*p).settings(soon()));
    QCOMPARE(settings.clusterName, std::string("here"));
}

void MigrationsTest::aNodeOfAnotherClusterIsRefused()
{
    VERIFY_OK(make(plan()));
    // A new directory on an empty database, but users on the node of the cluster above.
    const auto used = m_database;
    init();
    const auto fresh = owner("pg-2");
    TAKE(b, fresh->lease(soon()));
    m_database = used;
    const auto old = owner("pg-1");
    TAKE(a, old->lease(soon()));
    const auto refused = initCluster(plan(), {{1, a.get()}, {2, b.get()}}, migrator, soon());
    VERIFY_ERROR(refused, ErrorCode::Conflict);
    QVERIFY2(refused.error().message.find("pg-1 belongs to another cluster") != std::string::npos,
             refused.error().message.c_str());
}

void MigrationsTest::aFailedAttemptIsTakenUp()
{
    const auto first = owner("pg-1"), second = owner("pg-2");
    TAKE(a, first->lease(soon()));
    TAKE(b, second->lease(soon()));
    const std::map<int, SqlConnection*> owners{{1, a.get()}, {2, b.get()}};
    const SchemaMigrator failing = [&](SqlConnection& owner, const std::vector<SchemaTarget>& targets,
                                       Deadline deadline) -> Result<void> {
        if (owner.nodeName() == "pg-1") return fail(ErrorCode::Unavailable, "pulled the plug", true);
        return migrate(owner, targets, deadline);
    };
    VERIFY_ERROR(initCluster(plan(), owners, failing, soon()), ErrorCode::Unavailable);
    const auto engines = engine("pg-2");
    VERIFY_ERROR(Directory(*engines).settings(soon()), ErrorCode::NotFound); // half made is not made
    VERIFY_OK(initCluster(plan(), owners, migrator, soon()));
    VERIFY_OK(Directory(*engines).settings(soon()));
}

void MigrationsTest::theMapIsRefreshedWhenTheEpochGrows()
{
    VERIFY_OK(make(plan()));
    const auto p = engine("pg-2"), owners = owner("pg-2");
    Directory directory(*p);
    TAKE(cache, ShardMapCache::open(directory, soon()));
    const auto before = cache->current();
    TAKE(unchanged, cache->refresh(soon()));
    QVERIFY(!unchanged && cache->current() == before);
    TAKE(c, owners->lease(soon()));
    VERIFY_OK(
        c->executeScript("UPDATE directory.placements SET node = 4 WHERE role = 'timelines' AND shard = 0;"
                         " UPDATE directory.settings SET value = '2' WHERE key = 'epoch'",
                         soon()));
    TAKE(changed, cache->refresh(soon()));
    QVERIFY(changed);
    QCOMPARE(cache->current()->epoch, std::int64_t(2));
    QCOMPARE(cache->current()->timelinesNode[0], 4);
    QCOMPARE(before->timelinesNode[0], 3); // whoever holds the old one keeps it
    VERIFY_OK(c->executeScript("DELETE FROM directory.placements WHERE role = 'posts' AND shard = 5;"
                               " UPDATE directory.settings SET value = '3' WHERE key = 'epoch'",
                               soon()));
    const auto hole = cache->refresh(soon());
    VERIFY_ERROR(hole, ErrorCode::Configuration);
    QCOMPARE(cache->current()->epoch, std::int64_t(2));
}

void MigrationsTest::nodesThatMovedAreWrittenDown()
{
    VERIFY_OK(make(plan()));
    const auto p = engine("pg-2"), owners = owner("pg-2");
    TAKE(c, owners->lease(soon()));
    Directory directory(*p);
    TAKE(before, directory.loadShardMap(soon()));
    TAKE(same, saveAddresses(*c, before.nodes, soon()));
    QVERIFY(!same);
    auto nodes = before.nodes;
    nodes[3].address = "unix:///else\"where/redis.sock";
    TAKE(moved, saveAddresses(*c, nodes, soon()));
    QVERIFY(moved);
    TAKE(after, directory.loadShardMap(soon()));
    QCOMPARE(after.epoch, before.epoch + 1);
    QCOMPARE(after.nodes[3].address, nodes[3].address);
    QCOMPARE(after.nodes[0].address, before.nodes[0].address);
}

void MigrationsTest::wrongPlans_data()
{
    QTest::addColumn<int>("mistake");
    QTest::addColumn<QString>("said");
    QTest::newRow("no name") << 0 << "no name";
    QTest::newRow("48 shards") << 1 << "power of two";
    QTest::newRow("8192 shards") << 2 << "power of two";
    QTest::newRow("two directories") << 3 << "exactly one node must have the role directory";
    QTest::newRow("no timelines") << 4 << "no node has the role timelines";
    QTest::newRow("redis with posts") << 5 << "redis-1 is redis and cannot hold posts";
    QTest::newRow("same names") << 6 << "two nodes are called pg-1";
    QTest::newRow("no address") << 7 << "pg-1 has no address";
}

void MigrationsTest::wrongPlans()
{
    QFETCH(int, mistake);
    QFETCH(QString, said);
    auto p = plan();
    switch (mistake) {
    case 0:
        p.name.clear();
        break;
    case 1:
        p.shardCount = 48;
        break;
    case 2:
        p.shardCount = 8192;
        break;
    case 3:
        p.nodes[0].roles.push_back(Role::Directory);
        break;
    case 4:
        p.nodes.resize(2);
        break;
    case 5:
        p.nodes[2].roles = {Role::Posts};
        break;
    case 6:
        p.nodes[1].endpoint.name = "pg-1";
        break;
    case 7:
        p.nodes[0].endpoint.address.clear();
        break;
    }
    const auto refused = checkedPlan(p);
    VERIFY_ERROR(refused, ErrorCode::InvalidArgument);
    QVERIFY2(refused.error().message.find(said.toStdString()) != std::string::npos,
             refused.error().message.c_str());
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::MigrationsTest)
#include "migrations_test.moc"
