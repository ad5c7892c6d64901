// Keys that nobody will ever read or expire are found on the Redis nodes and removed; their neighbours stay.
#include <QTest>

#include "backend/cache/raw_timeline.h"
#include "tests/integration/ctl_process.h"
#include "tests/support/demo_session.h"
#include "tests/support/fixed_maps.h"

#include <algorithm>

using namespace backend;
using namespace tests;

class OrphanKeysTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase() { m_session.reset(); }

    void aLivingClusterHasNone();
    void orphansAreFoundAndRemovedAndTheirNeighboursStay();
    void usersWhoAreBeingCreatedAreNone();
    void thoseOfDeletedAccounts();
    void thoseOfDormantReadersWithoutAFloor();
    void whoIsBeingRebuiltKeepsThem();
    void commandLine();

private:
    SqlRows sql(UserId user, const std::string& text);
    void setWarm(UserId reader, bool warm);
    Operations& operations() { return m_session->engine().operations(); }
    RedisReply redis(int node, std::initializer_list<std::string_view> words)
    {
        return take(m_redis->command(node, words, soon()));
    }
    int nodeOf(int shard) { return m_map->timelinesNode[std::size_t(shard)]; }
    bool exists(int node, const std::string& key) { return redis(node, {"EXISTS", key}).integer == 1; }
    UserId nobody(int shard) { return UserId{makeRawId(1'000 + ++m_made, shard, 1)}; }

    std::shared_ptr<app::OpenedSession> m_session;
    std::shared_ptr<const ShardMap> m_map;
    std::unique_ptr<RedisClient> m_redis;
    std::vector<UserId> m_users;
    std::vector<PostId> m_posts;
    int m_made = 0;
};

namespace {

std::string text(const OrphanReport& report)
{
    std::string out;
    for (const auto& group : report.groups)
        for (const auto& key : group.examples)
            out += group.node + " " + group.family + " " + std::string(toString(group.reason)) + " " + key +
                   "\n";
    return out;
}

std::string tagged(int shard, const std::string& rest)
{
    return "{" + std::to_string(shard) + "}:" + rest;
}

} // namespace

void OrphanKeysTest::initTestCase()
{
    m_session = openDemo({.dataDirectory = {}, .workers = 2});
    m_map = m_session->auditInputs().map;
    std::vector<NodeEndpoint> nodes;
    for (const auto& node : m_map->nodes)
        if (node.kind == NodeKind::Redis) nodes.push_back(node);
    m_redis = std::make_unique<RedisClient>(nodes);
    auto& feed = m_session->engine().feed();
    for (int i = 0; i < 20; ++i)
        m_users.push_back(take(feed.createUser({"user" + std::to_string(i), "U"}, soon())).id);
    for (std::size_t i = 1; i < m_users.size(); ++i)
        take(feed.follow(m_users[i], m_users[0], soon()));
    for (int i = 0; i < 5; ++i)
        m_posts.push_back(take(feed.post(m_users[0], "words", soon())).id);
    QVERIFY(drain(m_session->engine()));
}

void OrphanKeysTest::aLivingClusterHasNone()
{
    const auto report = take(operations().findOrphanKeys({}, soon()));
    QVERIFY2(report.orphans == 0, text(report).c_str());
    QVERIFY(report.keys > 40 && report.expiring > 0 && report.foreign == 0);
}

void OrphanKeysTest::orphansAreFoundAndRemovedAndTheirNeighboursStay()
{
    const int shard = m_users[0].shard(), here = nodeOf(shard);
    const auto gone = nobody(shard);
    const auto id = std::to_string(gone.value);
    int elsewhere = 0;
    for (const auto& node : m_map->nodes)
        if (node.kind == NodeKind::Redis && node.id != here) elsewhere = node.id;
    const auto own = timelineKey(TimelineFamily::Home, m_users[0]);

    std::vector<std::pair<int, std::string>> orphans{
        {here, tagged(shard, "home:" + id)},       {here, tagged(shard, "home:" + id + ":1")},
        {here, tagged(shard, "home-floor:" + id)}, {here, tagged(shard, "home-segments:" + id)},
        {here, tagged(shard, "author:" + id)},     {here, tagged(shard, "counters:" + id)},
        {here, tagged(shard, "post:" + id)},       {elsewhere, own},
        {elsewhere, tagged(shard, "public-floor")}};
    for (const auto& [node, key] : orphans)
        redis(node, {"SET", key, "x"});
    // An object of a living user that lost its expiry.
    const auto lasting = tagged(shard, "user:" + std::to_string(m_users[0].value));
    redis(here, {"SET", lasting, "x"});
    orphans.emplace_back(here, lasting);

    std::vector<std::pair<int, std::string>> neighbours{
        {here, own},
        {here, tagged(shard, "post:" + std::to_string(gone.value + 1))},
        {here, tagged(shard, "home-build:" + id)},
        {here, "somebody:else"},
        {here, tagged(shard, "home2:" + id)}};
    redis(here, {"SET", neighbours[1].second, "deleted", "PX", "600000"}); // known not to be there
    redis(here, {"SET", neighbours[2].second, "token", "PX", "600000"});
    redis(here, {"SET", neighbours[3].second, "x"});
    redis(here, {"SET", neighbours[4].second, "x"});

    const auto found = take(operations().findOrphanKeys({}, soon()));
    QVERIFY2(found.orphans == std::int64_t(orphans.size()) && found.removed == 0, text(found).c_str());
    QCOMPARE(found.foreign, std::int64_t(2));
    std::int64_t sum = 0;
    for (const auto& group : found.groups) {
        sum += group.keys;
        QVERIFY(group.bytes > 0 && !group.examples.empty() && group.removed == 0);
        const bool isElsewhere = group.node == m_map->node(elsewhere)->name;
        QCOMPARE(group.reason == OrphanReason::ShardElsewhere, isElsewhere);
        if (group.family == "user") QVERIFY(group.reason == OrphanReason::NoExpiry);
    }
    QCOMPARE(sum, found.orphans);
    for (const auto& [node, key] : orphans)
        QVERIFY2(exists(node, key), key.c_str());

    const auto removed = take(operations().removeOrphanKeys({}, soon()));
    QCOMPARE(removed.removed, std::int64_t(orphans.size()));
    for (const auto& [node, key] : orphans)
        QVERIFY2(!exists(node, key), key.c_str());
    // Recorded once before the first was removed, and once with what was done.
    const auto told = [&](const std::string& what) {
        const auto events = take(m_session->engine().monitor().events({}, soon())).events;
        return std::count_if(events.begin(), events.end(),
                             [&](const Event& event) { return event.what == what; });
    };
    const auto count = std::to_string(orphans.size());
    QTRY_COMPARE_WITH_TIMEOUT(told(count + " orphan keys removed of " + count), 1, 60'000);
    QCOMPARE(told("Orphan keys are being removed"), 1);
    for (const auto& [node, key] : neighbours)
        QVERIFY2(exists(node, key), key.c_str());
    QCOMPARE(take(operations().findOrphanKeys({}, soon())).orphans, std::int64_t(0));
    QCOMPARE(auditFindings(*m_session), std::string());
    TimelineAuditQuery all;
    const auto report = take(operations().auditTimelines(all, soon()));
    QVERIFY(report.clean() && report.verified == std::int64_t(m_users.size()));
}

// The handle and the keys are there before the rows, which may wait in the queue.
void OrphanKeysTest::usersWhoAreBeingCreatedAreNone()
{
    const auto user = take(m_session->engine().feed().createUser({"newcomer", "N"}, soon()));
    QVERIFY(drain(m_session->engine()));
    const FixedMaps maps(m_map);
    SqlSession sql(*m_session->auditInputs().pools, maps);
    const auto table = shardTable(Role::Users, user.id.shard(), "users");
    const auto id = sqlParameter(user.id.value);
    take(sql.runOne(Role::Users, user.id.shard(), {"DELETE FROM " + table + " WHERE id = $1::bigint", {id}},
                    soon()));
    const auto report = take(operations().removeOrphanKeys({}, soon()));
    QVERIFY2(report.orphans == 0, text(report).c_str());
    QVERIFY(exists(nodeOf(user.id.shard()), timelineFloorKey(TimelineFamily::Home, user.id)));
    take(sql.runOne(
        Role::Users, user.id.shard(),
        {"INSERT INTO " + table + " (id, handle, display_name) VALUES ($1::bigint, 'newcomer', 'N')", {id}},
        soon()));
}

// Once the deletion is done; until then its own tasks drop them.
void OrphanKeysTest::thoseOfDeletedAccounts()
{
    const auto leaver = take(m_session->engine().feed().createUser({"leaver", "L"}, soon())).id;
    QVERIFY(drain(m_session->engine()));
    QVERIFY(pauseAll(m_session->engine())); // or it might be done already
    take(operations().deleteAccount(leaver, soon()));
    const int here = nodeOf(leaver.shard());
    const auto id = std::to_string(leaver.value);
    const std::vector<std::string> keys{
        tagged(leaver.shard(), "home:" + id), tagged(leaver.shard(), "home:" + id + ":4"),
        tagged(leaver.shard(), "author:" + id), tagged(leaver.shard(), "counters:" + id)};
    const auto finished = [&] {
        for (const auto& one : take(operations().accountDeletions(100, soon())))
            if (one.user == leaver) return one.finishedAt.has_value();
        return false;
    };
    redis(here, {"SET", keys[2], "x"});
    QVERIFY(!finished());
    QCOMPARE(take(operations().removeOrphanKeys({}, soon())).removed, std::int64_t(0));
    redis(here, {"UNLINK", keys[2]});
    take(operations().resumeWorkers(-1, soon()));
    QTRY_VERIFY_WITH_TIMEOUT(finished(), 60'000);
    QVERIFY(drain(m_session->engine()));
    QCOMPARE(take(operations().findOrphanKeys({}, soon())).orphans, std::int64_t(0));
    for (const auto& key : keys)
        redis(here, {"SET", key, "x"});
    const auto report = take(operations().removeOrphanKeys({}, soon()));
    QVERIFY2(report.removed == std::int64_t(keys.size()), text(report).c_str());
    for (const auto& group : report.groups)
        QVERIFY(group.reason == OrphanReason::NoSuchOwner);
    for (const auto& key : keys)
        QVERIFY2(!exists(here, key), key.c_str());
}

SqlRows OrphanKeysTest::sql(UserId user, const std::string& text)
{
    const FixedMaps maps(m_map);
    SqlSession session(*m_session->auditInputs().pools, maps);
    return take(session.runOne(Role::Users, user.shard(), {text, {sqlParameter(user.value)}}, soon()));
}

// As if it had been so for long.
void OrphanKeysTest::setWarm(UserId reader, bool warm)
{
    sql(reader, "UPDATE " + shardTable(Role::Users, reader.shard(), "users") +
                    " SET warm = " + (warm ? "true" : "false") +
                    ", generation = generation + 1, copied = generation + 1 WHERE id = $1::bigint");
}

void OrphanKeysTest::thoseOfDormantReadersWithoutAFloor()
{
    const auto reader = m_users[3];
    const int here = nodeOf(reader.shard());
    const auto own = timelineKey(TimelineFamily::Home, reader),
               floor = timelineFloorKey(TimelineFamily::Home, reader),
               note = timelineSegmentsKey(TimelineFamily::Home, reader);
    QVERIFY(exists(here, own));
    setWarm(reader, false);
    QCOMPARE(take(operations().removeOrphanKeys({}, soon())).removed, std::int64_t(0)); // it has a floor
    redis(here, {"UNLINK", floor});
    redis(here, {"ZADD", own + ":1", "-5", memberOf(PostId{5})});
    redis(here, {"SET", note, "1 1 1 -5"});
    setWarm(reader, true);
    QCOMPARE(take(operations().removeOrphanKeys({}, soon())).removed, std::int64_t(0)); // it will be built
    setWarm(reader, false);
    const auto found = take(operations().findOrphanKeys({}, soon()));
    QCOMPARE(found.orphans, std::int64_t(3));
    QVERIFY(found.groups.size() == 1 && found.groups[0].reason == OrphanReason::DormantReader);
    const auto removed = take(operations().removeOrphanKeys({}, soon()));
    QVERIFY2(removed.removed == 3, text(removed).c_str());
    for (const auto& key : {own, own + ":1", note})
        QVERIFY2(!exists(here, key), key.c_str());
    QCOMPARE(take(m_session->engine().feed().homePage(reader, {}, soon())).entries.size(), m_posts.size());
    QVERIFY(exists(here, own)); // returned
    QCOMPARE(take(operations().findOrphanKeys({}, soon())).orphans, std::int64_t(0));
    QCOMPARE(auditFindings(*m_session), std::string());
}

// The reader returned after PostgreSQL was asked: the build has its token and its first entries.
void OrphanKeysTest::whoIsBeingRebuiltKeepsThem()
{
    const auto reader = m_users[4];
    const int here = nodeOf(reader.shard());
    const FixedMaps maps(m_map);
    const Timelines timelines(maps, {});
    redis(here, {"UNLINK", timelineFloorKey(TimelineFamily::Home, reader)});
    const auto begun =
        take(timelines.beginBuild(*m_redis, TimelineFamily::Home, reader, Milliseconds(60'000), soon()));
    QVERIFY(begun.start == Timelines::Start::Begun);
    const auto own = timelineKey(TimelineFamily::Home, reader);
    redis(here, {"ZADD", own, "-5", memberOf(m_posts[0])});
    setWarm(reader, false);
    const auto report = take(operations().removeOrphanKeys({}, soon()));
    QVERIFY2(report.orphans == 1 && report.removed == 0, text(report).c_str());
    QVERIFY(exists(here, own));
    redis(here, {"UNLINK", own});
    QVERIFY(take(
        timelines.finishBuild(*m_redis, TimelineFamily::Home, reader, begun.token, m_posts, {}, soon())));
    QCOMPARE(take(operations().removeOrphanKeys({}, soon())).removed, std::int64_t(0));
    QVERIFY(exists(here, own));
    setWarm(reader, true);
    QCOMPARE(auditFindings(*m_session), std::string());
}

void OrphanKeysTest::commandLine()
{
    const auto config = QString::fromStdString(m_session->configFile().string());
    QCOMPARE(runCtl({"orphans", "--config", config}).exitCode, 0);
    const int shard = 3;
    redis(nodeOf(shard), {"SET", tagged(shard, "home:" + std::to_string(nobody(shard).value)), "x"});
    const auto found = runCtl({"orphans", "--config", config, "--json"});
    QCOMPARE(found.exitCode, 1);
    QCOMPARE(found.json()["orphans"].toInt(), 1);
    const auto removed = runCtl({"orphans", "--config", config, "--remove", "--json"});
    QCOMPARE(removed.exitCode, 0);
    QCOMPARE(removed.json()["removed"].toInt(), 1);
    QCOMPARE(runCtl({"orphans", "--config", config}).exitCode, 0);
}

QTEST_GUILESS_MAIN(OrphanKeysTest)
#include "orphan_keys_test.moc"
