// What a snapshot is made of, without servers: figures of nodes that are down, rates that need the directory,
// sums over engines.
#include <QTest>

#include "tests/unit/monitoring_samples.h"

#include "backend/domain/balance.h"
#include "backend/monitoring/flow_window.h"
#include "backend/monitoring/history.h"

#include <cmath>
#include <utility>

namespace tests {

namespace {

// This program's and another's.
std::pair<EngineRow, EngineRow> twoEngines()
{
    EngineRow own, other;
    own.self = true;
    own.name = "own";
    own.status.emplace();
    other.name = "other";
    other.slot = 1;
    return {own, other};
}

} // namespace

class SnapshotBuilderTest : public QObject
{
    Q_OBJECT

private slots:
    void failuresAreOnlyKnownWithRates();
    void verificationIsOfAllEngines();
    void evictingRedisIsDegraded();
    void figuresOfADownNodeAreLastKnown();
    void whatWaitsForANodeIsCountedOverAllQueues();
    void ratesNeedTheDirectory();
    void ratesOfASilentDirectoryAreDated();
};

// Like all that engines count: without the directory nobody knows what others' callers see.
void SnapshotBuilderTest::failuresAreOnlyKnownWithRates()
{
    auto findings = findingsOf(true);
    auto [own, other] = twoEngines();
    EngineTotals totals;
    FlowWindow window;
    ClusterSnapshot snapshot;
    for (int second = 1; second <= 5; ++second) {
        other.status.emplace();
        other.status->publishedAt = second * 1'000ms;
        other.status->counters.reads = {10 * second};
        other.status->counters.failedReads = {0, 6 * second, 0, 0};
        other.status->counters.partialPages = second;
        findings.engines = {own, other};
        totals.update(findings.engines);
        window.add(Clock::time_point(495s + 1s * second), totals.flow(), {});
        snapshot = buildSnapshot({}, findings, {}, totals, window);
    }
    QCOMPARE(snapshot.failedReadsPerSecond, 6.0);
    QCOMPARE(snapshot.failedWritesPerSecond, 0.0);
    QCOMPARE(snapshot.partialPagesPerSecond, 1.0);
    QCOMPARE(snapshot.failedReadsTotal, (FailureCounts{0, 30, 0, 0}));
    QVERIFY(snapshot.readsFail && std::abs(snapshot.readsFail->share - 6.0 / 16) < 0.001);
    QVERIFY(snapshot.readsFail->since == TimePoint(997s));
    QVERIFY(snapshot.health == Health::Degraded);
    QCOMPARE(historyPoint(snapshot).failedReadsPerSecond, 6.0);
    QCOMPARE(historyPoint(snapshot).partialPagesPerSecond, 1.0);
    findings.enginesReadAt = TimePoint(998s); // of before
    snapshot = buildSnapshot({}, findings, {}, totals, window);
    QCOMPARE(snapshot.failedReadsPerSecond, 6.0);
    QVERIFY(std::isnan(historyPoint(snapshot).failedReadsPerSecond));
    findings.directory.health = Health::Down;
    snapshot = buildSnapshot({}, findings, {}, totals, window);
    QCOMPARE(snapshot.failedReadsPerSecond, -1.0);
    QCOMPARE(snapshot.partialPagesPerSecond, -1.0);
    QVERIFY(!snapshot.readsFail);
    QVERIFY(std::isnan(historyPoint(snapshot).failedWritesPerSecond));
}

// One engine is at it, another was before; a third has nothing to do with it, a fourth is gone.
void SnapshotBuilderTest::verificationIsOfAllEngines()
{
    ProbeFindings findings;
    findings.map = std::make_shared<ShardMap>(ShardMap{1, 0, {}, {}, {}, {}});
    QVERIFY(!buildSnapshot({}, findings, {}, EngineTotals(), FlowWindow()).verification);
    const auto add = [&](int slot, std::optional<TimelineVerification> verification, double age = 0.5) {
        EngineRow row;
        row.slot = slot;
        row.heartbeatAgeSeconds = age;
        row.status.emplace();
        row.status->verification = std::move(verification);
        findings.engines.push_back(std::move(row));
    };
    add(1, TimelineVerification{false, 100, 2, 500, 3, 1, 40, TimePoint(7s), UserId{5}});
    add(2, std::nullopt);
    add(3, TimelineVerification{true, 1'000, 1, 1'000, 1, 2, 30, TimePoint(9s), UserId{6}});
    add(4, TimelineVerification{true, 7'777, 7, 7'777, 7, 7, 7, TimePoint(11s), UserId{7}}, 10'000);
    const auto sum = buildSnapshot({}, findings, {}, EngineTotals(), FlowWindow()).verification;
    QVERIFY(sum && (*sum == TimelineVerification{true, 1'100, 3, 1'500, 4, 3, 30, TimePoint(9s), UserId{6}}));
}

void SnapshotBuilderTest::evictingRedisIsDegraded()
{
    RedisInfo info;
    info.maxmemoryPolicy = "allkeys-lru";
    ProbeFindings findings;
    findings.map = std::make_shared<const ShardMap>(map(true));
    findings.directory = kFine;
    findings.redis.push_back({findings.map->nodes[2], {kFine, redisFigures({}, info, 1)}});
    const auto snapshot = buildSnapshot({}, findings, {}, EngineTotals(), FlowWindow());
    QCOMPARE(snapshot.nodes.size(), std::size_t(1));
    QVERIFY(snapshot.nodes[0].health == Health::Degraded && snapshot.health == Health::Degraded);
    QVERIFY2(snapshot.message.find("noeviction") != std::string::npos, snapshot.message.c_str());
    QCOMPARE(snapshot.nodes[0].shards, 4);
    QCOMPARE(snapshot.shards[3].timelines, std::int64_t(-1)); // not swept yet: not known
    QCOMPARE(snapshot.deliveriesPerSecond, -1.0);
}

// What a node holds stays known, with its time, and is said to be of before.
void SnapshotBuilderTest::figuresOfADownNodeAreLastKnown()
{
    auto findings = findingsOf(false);
    PostgresFigures users, posts;
    users.databaseBytes = posts.databaseBytes = 77;
    users.schemas["users_0000"] = {10, 1'000};
    posts.schemas["posts_0000"] = {20, 2'000};
    users.sizesAt = Clock::time_point(440s);
    posts.sizesAt = Clock::time_point(499s);
    const NodeVerdict down{Health::Down, "pg-1 is silent."};
    findings.postgres = {{findings.map->nodes[0], {down, users}}, {findings.map->nodes[1], {kFine, posts}}};
    findings.redis = {{findings.map->nodes[2], {kFine, {}}}};
    const auto snapshot = buildSnapshot({}, findings, {}, EngineTotals(), FlowWindow());
    const auto& shard = snapshot.shards[0];
    QCOMPARE(shard.users, std::int64_t(10));
    QCOMPARE(shard.postgresBytes, std::int64_t(3'000));
    QVERIFY(shard.usersDown && !shard.postsDown && !shard.timelinesDown);
    QVERIFY(shard.usersReadAt == TimePoint(940s) && shard.postsReadAt == TimePoint(999s));
    QVERIFY(snapshot.nodes[0].diskReadAt == TimePoint(940s));
    QVERIFY(!lastKnown(shard, BalanceMetric::Posts));
    // History of what nobody measures has a gap.
    const auto point = historyPoint(snapshot);
    QVERIFY(std::isnan(point.nodeDiskBytes[0]));
    QCOMPARE(point.nodeDiskBytes[1], 77.0);

    findings.redis[0].second.verdict = {Health::Down, "redis-1 is silent."};
    findings.timelines.resize(4);
    findings.timelines[0] = {5, 50, 500, TimePoint(990s)};
    const auto without = buildSnapshot({}, findings, {}, EngineTotals(), FlowWindow());
    QVERIFY(lastKnown(without.shards[0], BalanceMetric::Entries));
    QVERIFY(!lastKnown(without.shards[1], BalanceMetric::Entries)); // never known
    QVERIFY(!lastKnown(without.shards[0], BalanceMetric::Deliveries));
    QVERIFY(loadByNode(without, BalanceMetric::Bytes)[0].lastKnown);
    QVERIFY(!loadByNode(snapshot, BalanceMetric::Bytes)[0].lastKnown);
}

// Other engines' counts come from there: without it a sum of this one's alone would look like a lull.
void SnapshotBuilderTest::whatWaitsForANodeIsCountedOverAllQueues()
{
    auto findings = findingsOf(false);
    const int redis = findings.map->nodes[2].id;
    PostgresFigures first, second;
    first.queue.parked = {{redis, 7}, {redis + 100, 9}}; // the other one is no node any more
    second.queue.parked = {{redis, 5}};
    second.queueError = "permission denied";
    findings.postgres = {{findings.map->nodes[0], {kFine, first}}, {findings.map->nodes[1], {kFine, second}}};
    findings.redis = {{findings.map->nodes[2], {kFine, {}}}};
    const auto snapshot = buildSnapshot({}, findings, {}, EngineTotals(), FlowWindow());
    QCOMPARE(snapshot.nodes[2].parkedTasks, 12);
    QCOMPARE(snapshot.nodes[0].parkedTasks, 0);
    QCOMPARE(snapshot.queueNotCounted, std::vector{findings.map->nodes[1].name});
}

void SnapshotBuilderTest::ratesNeedTheDirectory()
{
    ProbeFindings findings;
    findings.map = std::make_shared<const ShardMap>(map(true));
    findings.directory = kFine;
    EngineRow own, other;
    own.self = true;
    own.status.emplace();
    other.slot = 1;
    other.name = "other";
    other.status.emplace();
    findings.engines = {own, other};
    EngineTotals totals;
    const auto deliveries = [&] {
        totals.update(findings.engines);
        return buildSnapshot({}, findings, {}, totals, FlowWindow()).deliveriesPerSecond;
    };
    deliveries();
    QCOMPARE(deliveries(), 0.0);
    findings.directory.health = Health::Down;
    QCOMPARE(deliveries(), -1.0);
    QCOMPARE(buildSnapshot({}, findings, {}, totals, FlowWindow()).shards[0].readsPerSecond, -1.0);
    findings.engines.pop_back(); // the only one counts for itself
    QCOMPARE(deliveries(), 0.0);
    findings.engines.clear(); // whether there are others was never read
    QCOMPARE(deliveries(), -1.0);
}

// From the first answer that fails to come on, what others count is of the last one.
void SnapshotBuilderTest::ratesOfASilentDirectoryAreDated()
{
    auto findings = findingsOf(true);
    auto [own, other] = twoEngines();
    other.heartbeatAgeSeconds = 1;
    const auto count = [&other](std::int64_t posts, Milliseconds at) {
        other.status.emplace();
        other.status->counters.posts = posts;
        other.status->counters.deliveries = {10 * posts};
        other.status->publishedAt = at;
    };
    EngineTotals totals;
    FlowWindow window;
    const auto taken = [&] {
        findings.engines = {own, other};
        totals.update(findings.engines);
        if (!countsAreOld(findings))
            window.add(Clock::time_point(findings.at.time_since_epoch()), totals.flow(), {});
        return buildSnapshot({}, findings, {}, totals, window);
    };
    count(100, 1'000ms);
    taken();
    count(130, 2'000ms);
    auto snapshot = taken();
    QCOMPARE(snapshot.postsPerSecond, 30.0);
    QVERIFY(!snapshot.ratesReadAt && !snapshot.shards[0].ratesOld);
    QVERIFY(!std::isnan(historyPoint(snapshot).postsPerSecond));

    findings.directory.health = Health::Degraded; // one answer is missing
    findings.enginesReadAt = TimePoint(998s);
    other.heartbeatAgeSeconds = 7; // six of them are the directory's own silence: it is not known to be dead
    other.readSecondsAgo = 6;
    snapshot = taken();
    QCOMPARE(snapshot.postsPerSecond, 30.0);
    QVERIFY(snapshot.ratesReadAt == TimePoint(998s));
    const auto& shard = snapshot.shards[0];
    QVERIFY(lastKnown(shard, BalanceMetric::Deliveries) && lastKnown(shard, BalanceMetric::Reads));
    QVERIFY(!lastKnown(shard, BalanceMetric::Bytes));
    const auto point = historyPoint(snapshot); // nobody measured this second
    for (const double gap : {point.postsPerSecond, point.deliveriesPerSecond, point.drainPerSecond})
        QVERIFY(std::isnan(gap));

    findings.directory.health = Health::Down;
    snapshot = taken();
    QCOMPARE(snapshot.postsPerSecond, -1.0);
    QVERIFY(!snapshot.ratesReadAt && !snapshot.shards[0].ratesOld);
    // Nobody else counts: the directory is not needed.
    findings.engines = {own};
    QVERIFY(!countsAreOld(findings));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::SnapshotBuilderTest)
#include "snapshot_builder_test.moc"
