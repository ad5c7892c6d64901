// The monitor's reckoning without servers: windows, health and its words, history, where a user's data lies.
#include <QTest>

#include "tests/unit/monitoring_samples.h"

#include "backend/cache/redis_errors.h"
#include "backend/monitoring/flow_window.h"
#include "backend/monitoring/history.h"
#include "backend/monitoring/locate.h"
#include "backend/monitoring/probe_latencies.h"
#include "backend/monitoring/reading_window.h"

#include <cmath>

namespace tests {

class MonitoringTest : public QObject
{
    Q_OBJECT

private slots:
    void percentilesAreOfTheWindow();
    void arrivalsAreDrainPlusGrowth();
    void growingQueueHasNoTimeToDrain();
    void deadLettersArriveToo();
    void ratesAreUnknownBeforeTwoCounts();
    void nodeDegradesFallsAndComesBack();
    void hungProbeIsNoticed();
    void messagesSayWhatToDo();
    void adviceFollowsTheCause();
    void clusterHealth();
    void whoIsToBlameForAnError();
    void redisRatesAreOfOneLife();
    void historyIsARing();
    void historyHasGapsWhereNothingIsKnown();
    void redisCommands_data();
    void redisCommands();
    void locationOnOneNode();
    void locationOnSeveralNodes();
    void foreignIdIsNotFound();
    void probePercentilesAreOfTheLastOnes();
    void readingsAreComparedWithinAMinute();
    void silenceHasABeginning();
};

namespace {

EngineCounters flow(std::int64_t done, std::int64_t slow = 0)
{
    EngineCounters out;
    out.tasksDone[std::size_t(TaskKind::PostCreated)] = done;
    out.fanoutDelay.assign(kDelayBuckets, 0);
    out.fanoutDelay[std::size_t(delayBucket(5ms))] = done;
    out.fanoutDelay[std::size_t(delayBucket(10s))] = slow;
    return out;
}

std::vector<QueueKindSnapshot> queue(std::int64_t ready, std::int64_t dead = 0)
{
    QueueKindSnapshot kind;
    kind.kind = TaskKind::PostCreated;
    kind.ready = ready;
    kind.dead = dead;
    return {kind};
}

ClusterSnapshot snapshotOf(std::vector<QueueKindSnapshot> kinds)
{
    ClusterSnapshot out;
    out.queue = std::move(kinds);
    for (const auto& kind : out.queue) {
        out.queueUnfinished += kind.unfinished();
        out.queueDead += kind.dead;
    }
    return out;
}

const UserId kUser{makeRawId(123'456'789, 2, 5)};

} // namespace

void MonitoringTest::percentilesAreOfTheWindow()
{
    FlowWindow window;
    const auto begin = Clock::now();
    QCOMPARE(window.fanout().p50Ms, -1.0);
    window.add(begin, flow(0, 1000), queue(0)); // a thousand slow ones before the window
    for (int i = 1; i <= 30; ++i)
        window.add(begin + 1s * i, flow(10 * i, 1000), queue(0));
    const auto fanout = window.fanout();
    QCOMPARE(fanout.count, std::int64_t(100)); // of the last ten seconds
    QVERIFY(fanout.p50Ms > 4 && fanout.p99Ms < 6);
    window.add(begin + 31s, flow(310, 1005), queue(0));
    QVERIFY(window.fanout().p99Ms > 8'000);
    for (int i = 32; i < 50; ++i)
        window.add(begin + 1s * i, flow(310, 1005), queue(0));
    QCOMPARE(window.fanout().count, std::int64_t(0));
    QCOMPARE(window.fanout().p95Ms, -1.0);
}

void MonitoringTest::arrivalsAreDrainPlusGrowth()
{
    FlowWindow window;
    const auto begin = Clock::now();
    window.add(begin, flow(100), queue(500));
    window.add(begin + 5s, flow(600), queue(400)); // 100/s done, 20/s fewer waiting
    auto snapshot = snapshotOf(queue(400));
    window.fillRates(snapshot);
    QCOMPARE(snapshot.drainPerSecond, 100.0);
    QCOMPARE(snapshot.arrivalsPerSecond, 80.0);
    QVERIFY(snapshot.secondsToDrain.has_value());
    QCOMPARE(*snapshot.secondsToDrain, 20.0);
    QCOMPARE(snapshot.queue[0].drainPerSecond, 100.0);
}

void MonitoringTest::growingQueueHasNoTimeToDrain()
{
    FlowWindow window;
    const auto begin = Clock::now();
    window.add(begin, flow(0), queue(0));
    window.add(begin + 1s, flow(0), queue(10)); // nobody works
    auto snapshot = snapshotOf(queue(10));
    window.fillRates(snapshot);
    QCOMPARE(snapshot.drainPerSecond, 0.0);
    QCOMPARE(snapshot.arrivalsPerSecond, 10.0);
    QVERIFY(!snapshot.secondsToDrain.has_value());
    auto empty = snapshotOf(queue(0));
    window.fillRates(empty);
    QCOMPARE(empty.secondsToDrain.value_or(-1), 0.0);
}

void MonitoringTest::deadLettersArriveToo()
{
    FlowWindow window;
    const auto begin = Clock::now();
    window.add(begin, flow(0), queue(10, 0));
    window.add(begin + 1s, flow(0), queue(0, 10)); // ten failed for good: none arrived, none was done
    auto snapshot = snapshotOf(queue(0, 10));
    window.fillRates(snapshot);
    QCOMPARE(snapshot.arrivalsPerSecond, 0.0);
    window.add(begin + 2s, flow(0), queue(0, 0)); // discarded: never negative
    window.fillRates(snapshot);
    QVERIFY(snapshot.arrivalsPerSecond >= 0);
}

void MonitoringTest::ratesAreUnknownBeforeTwoCounts()
{
    FlowWindow window;
    const auto begin = Clock::now();
    ClusterSnapshot snapshot;
    window.add(begin, flow(0), {});
    window.add(begin + 1s, flow(50), {});
    window.fillRates(snapshot);
    QCOMPARE(snapshot.arrivalsPerSecond, -1.0);
    window.add(begin + 2s, flow(60), queue(5));
    window.fillRates(snapshot);
    QCOMPARE(snapshot.drainPerSecond, -1.0);
}

void MonitoringTest::nodeDegradesFallsAndComesBack()
{
    const NodeEndpoint endpoint{3, "redis-3", NodeKind::Redis, "unix:///run/r.sock"};
    const auto begin = Clock::now();
    NodeHealth health(begin);
    QVERIFY(health.verdict(endpoint, begin).health == Health::Unknown);
    health.answered(begin + 1s);
    QVERIFY(health.verdict(endpoint, begin + 2s).health == Health::Ok);
    const Error timeout{ErrorCode::DeadlineExceeded, "no answer within 500 ms", true};
    health.missed(timeout);
    QVERIFY(health.verdict(endpoint, begin + 2s).health == Health::Degraded);
    health.missed(timeout);
    health.missed(timeout);
    QVERIFY(health.verdict(endpoint, begin + 4s).health == Health::Down);
    health.answered(begin + 5s);
    QVERIFY(health.verdict(endpoint, begin + 5s).health == Health::Ok);
    QVERIFY(health.verdict(endpoint, begin + 5s).message.empty());
}

void MonitoringTest::hungProbeIsNoticed()
{
    const NodeEndpoint endpoint{1, "pg-1", NodeKind::Postgres, "host=/run/a"};
    const auto begin = Clock::now();
    NodeHealth health(begin);
    health.answered(begin);
    QVERIFY(health.verdict(endpoint, begin + 4s).health == Health::Ok);
    QVERIFY(health.verdict(endpoint, begin + 6s).health == Health::Down); // no probe came back at all
    NodeHealth never(begin);
    QVERIFY(never.verdict(endpoint, begin + 6s).health == Health::Down);
}

void MonitoringTest::messagesSayWhatToDo()
{
    const auto begin = Clock::now();
    NodeHealth health(begin);
    health.answered(begin);
    health.missed({ErrorCode::Unavailable, "connection refused", true});
    const auto redis =
        health.verdict({3, "redis-3", NodeKind::Redis, "unix:///run/r.sock"}, begin + 3s).message;
    for (const auto* part :
         {"redis-3", "unix:///run/r.sock", "for 3 s", "connection refused", "Start it", "rebuilt"})
        QVERIFY2(redis.find(part) != std::string::npos, redis.c_str());
    const auto postgres = health.verdict({1, "pg-1", NodeKind::Postgres, "host=/run/a"}, begin + 3s).message;
    QVERIFY2(postgres.find("nothing acknowledged is lost") != std::string::npos, postgres.c_str());
    const auto secret =
        health.verdict({3, "redis-3", NodeKind::Redis, "redis://:secret@h:1"}, begin + 3s).message;
    QVERIFY2(secret.find("secret") == std::string::npos, secret.c_str());
    health.missed({ErrorCode::Unauthorized, "password authentication failed", false});
    const auto refused = health.verdict({1, "pg-1", NodeKind::Postgres, "host=/run/a"}, begin + 3s).message;
    QVERIFY2(refused.find("user and password") != std::string::npos, refused.c_str());
}

// What to do depends on what happened; what the node has said itself is not talked over.
void MonitoringTest::adviceFollowsTheCause()
{
    const NodeEndpoint redis{3, "redis-3", NodeKind::Redis, "unix:///run/r.sock"};
    const auto begin = Clock::now();
    const auto told = [&](Error error) {
        NodeHealth health(begin);
        health.answered(begin);
        health.missed(std::move(error));
        return QString::fromStdString(health.verdict(redis, begin + 3s).message);
    };
    const auto closed =
        told({ErrorCode::Unavailable,
              "redis-3: no connection (Connection refused); check that the server runs", true});
    QVERIFY2(closed.contains("refused). Start it; pages come") && !closed.contains("check that"),
             qPrintable(closed));
    const auto silent = told({ErrorCode::DeadlineExceeded, "redis-3 did not answer; it may be paused", true});
    QVERIFY2(silent.contains("did not answer. See why it hangs; pages come"), qPrintable(silent));
    const auto loading = told(redisReplyError("redis-3", "LOADING Redis is loading the dataset in memory"));
    QVERIFY2(loading.contains("wait until it has finished. Pages come") && !loading.contains("Start it"),
             qPrintable(loading));
}

void MonitoringTest::clusterHealth()
{
    auto cluster = healthyCluster();
    QVERIFY(clusterVerdict(cluster, kFine, {}).health == Health::Ok);
    QVERIFY(clusterVerdict(cluster, {Health::Down, "x"}, {}).health == Health::Down);
    QVERIFY(clusterVerdict(cluster, kFine, Error{ErrorCode::Unavailable, "y", true}).message.find('y') !=
            std::string::npos);
    cluster.queueDead = 1;
    QCOMPARE(clusterVerdict(cluster, kFine, {}).message.substr(0, 10), std::string("1 task has"));
    cluster.queueUnfinished = 5;
    QVERIFY(clusterVerdict(cluster, kFine, {}).message.starts_with("1 task has"));
    cluster.engines[0].paused = true;
    cluster.engines[0].workersWanted = 2;
    QVERIFY(clusterVerdict(cluster, kFine, {}).message.starts_with("All workers are paused: 5 tasks wait"));
    cluster.nodes[1].health = Health::Down;
    cluster.nodes[1].message = "redis-1 is in trouble.";
    QVERIFY(clusterVerdict(cluster, kFine, {}).health == Health::Degraded);
    QCOMPARE(clusterVerdict(cluster, kFine, {}).message, std::string("redis-1 is in trouble."));
    cluster.nodes[1].roles = {Role::Directory};
    QVERIFY(clusterVerdict(cluster, kFine, {}).health == Health::Down);
    cluster.nodes[1].roles.clear();
    cluster.nodes[2].health = Health::Down;
    QVERIFY(clusterVerdict(cluster, kFine, {}).health == Health::Down);
    cluster = healthyCluster();
    cluster.nodes[0].health = Health::Unknown;
    QVERIFY(clusterVerdict(cluster, kFine, {}).health == Health::Unknown);
}

void MonitoringTest::whoIsToBlameForAnError()
{
    for (const auto code : {ErrorCode::InvalidArgument, ErrorCode::NotFound, ErrorCode::Conflict,
                            ErrorCode::ReadOnly, ErrorCode::Cancelled})
        QVERIFY2(!failureReason(code), std::string(toString(code)).c_str());
    QVERIFY(failureReason(ErrorCode::DeadlineExceeded) == FailureReason::DeadlineExceeded);
    QVERIFY(failureReason(ErrorCode::Unavailable) == FailureReason::Unavailable);
    QVERIFY(failureReason(ErrorCode::Overloaded) == FailureReason::Overloaded);
    for (const auto code : {ErrorCode::DiskFull, ErrorCode::Unauthorized, ErrorCode::Internal})
        QVERIFY(failureReason(code) == FailureReason::Other);
}

void MonitoringTest::redisRatesAreOfOneLife()
{
    RedisInfo before;
    before.runId = "a";
    before.commandsProcessed = 1000;
    before.keyspaceHits = 500;
    before.keyspaceMisses = 100;
    before.evictedKeys = 0;
    auto now = before;
    now.commandsProcessed = 1500;
    now.keyspaceHits = 590;
    now.keyspaceMisses = 110;
    const auto figures = redisFigures(before, now, 2.0);
    QCOMPARE(figures.commandsPerSecond, 250.0);
    QCOMPARE(figures.evictionsPerSecond, 0.0);
    QCOMPARE(figures.hitRatio, 0.9); // of this interval, not of the server's life
    QCOMPARE(redisFigures({}, now, 2.0).commandsPerSecond, -1.0);
    QCOMPARE(redisFigures(now, now, 2.0).hitRatio, -1.0); // no look-ups
    now.runId = "b"; // started anew, and has already done more than before
    QCOMPARE(redisFigures(before, now, 2.0).commandsPerSecond, -1.0);
    QCOMPARE(redisFigures(before, now, 2.0).hitRatio, -1.0);
}

void MonitoringTest::historyIsARing()
{
    History history(3);
    for (int i = 0; i < 5; ++i) {
        ClusterSnapshot snapshot;
        snapshot.takenAt = TimePoint(std::chrono::seconds(i));
        history.add(historyPoint(snapshot));
    }
    const auto all = history.since(TimePoint());
    QCOMPARE(all.size(), std::size_t(3));
    QVERIFY(all.front().at == TimePoint(2s) && all.back().at == TimePoint(4s));
    QCOMPARE(history.since(TimePoint(3s)).size(), std::size_t(2));
    QVERIFY(history.since(TimePoint(5s)).empty());
}

void MonitoringTest::historyHasGapsWhereNothingIsKnown()
{
    ClusterSnapshot snapshot;
    snapshot.nodes.resize(2);
    snapshot.nodes[1].memoryBytes = 100;
    auto point = historyPoint(snapshot);
    for (const double gap : {point.fanoutP50Ms, point.queueUnfinished, point.queueOldestAgeSeconds,
                             point.arrivalsPerSecond, point.imbalance, point.nodeMemoryBytes[0]})
        QVERIFY(std::isnan(gap));
    QCOMPARE(point.nodeMemoryBytes[1], 100.0);
    snapshot.queue.resize(1);
    QCOMPARE(historyPoint(snapshot).queueUnfinished, 0.0); // counted: nothing waits
}

void MonitoringTest::redisCommands_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<QString>("command");
    QTest::newRow("socket") << "unix:///run/r.sock"
                            << "redis-cli -s '/run/r.sock'";
    QTest::newRow("quote") << "unix:///it's/r.sock"
                           << "redis-cli -s '/it'\\''s/r.sock'";
    QTest::newRow("host") << "redis://h:6380/2"
                          << "redis-cli -h 'h' -p 6380 -n 2";
    QTest::newRow("password") << "redis://:secret@h:6380"
                              << "redis-cli -h 'h' -p 6380 --askpass";
    QTest::newRow("IPv6") << "redis://[::1]:6379/0"
                          << "redis-cli -h '::1' -p 6379";
}

void MonitoringTest::redisCommands()
{
    QFETCH(QString, address);
    QFETCH(QString, command);
    QCOMPARE(QString::fromStdString(redisCliCommand({1, "r", NodeKind::Redis, address.toStdString()})),
             command);
}

void MonitoringTest::locationOnOneNode()
{
    const auto at = locateUser(map(true), kUser);
    QVERIFY(at.has_value());
    QCOMPARE(at->shard, 2);
    QCOMPARE(at->usersNode, std::string("pg-1"));
    QCOMPARE(at->timelinesNode, std::string("redis-1"));
    const auto home = QString::fromStdString(at->homeSql);
    QCOMPARE(home.count("LATERAL"), qsizetype(4)); // one arm per shard
    QVERIFY(home.contains("users_0002.follows") && home.contains("posts_0003.posts"));
    QVERIFY(QString::fromStdString(at->homeRedisCommand)
                .contains("ZUNION 2 '{2}:home:" + QString::number(kUser.value) + "' "));
}

void MonitoringTest::locationOnSeveralNodes()
{
    const auto at = locateUser(map(false), kUser);
    QVERIFY(at.has_value());
    const auto home = QString::fromStdString(at->homeSql);
    QVERIFY(home.contains("-- 1. on pg-1") && home.contains("1 is pg-1") && home.contains("2 is pg-2"));
    QVERIFY(home.contains("ARRAY[2,2,1,2]"));
    QVERIFY(
        QString::fromStdString(at->authorSql).startsWith("-- on pg-1: psql 'host=/run/a b dbname=rookery'"));
}

void MonitoringTest::foreignIdIsNotFound()
{
    for (const auto id : {std::int64_t(0), std::int64_t(-5), makeRawId(1, 4, 0)}) {
        const auto at = locateUser(map(true), UserId{id});
        QVERIFY(!at.has_value());
        QVERIFY(at.error().code == ErrorCode::NotFound);
    }
}

void MonitoringTest::probePercentilesAreOfTheLastOnes()
{
    ProbeLatencies latencies;
    const Clock::time_point begin{1000s};
    QCOMPARE(latencies.summary(begin).p50Ms, -1.0); // nothing is not zero
    for (int i = 1; i <= 100; ++i)
        latencies.add(begin + i * 1s, i % 10 == 0 ? std::nullopt : std::optional(double(i)));
    auto summary = latencies.summary(begin + 100s);
    QCOMPARE(summary.probes, 100);
    QCOMPARE(summary.missed, 10);
    QCOMPARE(summary.p50Ms, 49.0); // the 45th of 90 that were answered
    QCOMPARE(summary.p99Ms, 99.0);
    QCOMPARE(summary.windowSeconds, 99.0);
    for (int i = 0; i < int(ProbeLatencies::kKept); ++i)
        latencies.add(begin + 200s, 2.0);
    summary = latencies.summary(begin + 200s);
    QCOMPARE(summary.probes, int(ProbeLatencies::kKept));
    QCOMPARE(summary.missed, 0);
    QCOMPARE(summary.p99Ms, 2.0); // the earlier ones are forgotten
}

void MonitoringTest::readingsAreComparedWithinAMinute()
{
    ReadingWindow<int> window;
    const Clock::time_point begin{1000s};
    QVERIFY(!window.add(begin, "life", 0));
    QCOMPARE(window.add(begin + 5s, "life", 5)->seconds, 5.0);
    for (int i = 10; i <= 100; i += 5) {
        const auto earlier = window.add(begin + i * 1s, "life", i);
        QCOMPARE(earlier->seconds, std::min(60.0, double(i)));
        QCOMPARE(earlier->counters, i - int(earlier->seconds));
    }
    QVERIFY(!window.add(begin + 105s, "another life", 1)); // it started anew
    QCOMPARE(window.add(begin + 195s, "another life", 2)->seconds, 90.0);
    QVERIFY(!window.add(begin + 400s, "another life", 3)); // nobody looked for minutes
}

void MonitoringTest::silenceHasABeginning()
{
    const Clock::time_point begin{1000s};
    NodeHealth health(begin);
    health.answered(begin + 10s);
    QVERIFY(!health.silentSince(begin + 11s));
    QVERIFY(health.silentSince(begin + 16s) == begin + 10s); // a probe hangs
    health.missed({ErrorCode::Unavailable, "gone", true});
    QVERIFY(health.silentSince(begin + 11s) == begin + 10s);
    health.answered(begin + 20s);
    QVERIFY(!health.silentSince(begin + 20s));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::MonitoringTest)
#include "monitoring_test.moc"
