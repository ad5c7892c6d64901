// Workers that fall behind: when that is told, what is taken for the cause, and how it is said.
#include <QTest>

#include "tests/unit/monitoring_samples.h"

#include "backend/monitoring/backlog_watch.h"

namespace tests {

class BacklogWatchTest : public QObject
{
    Q_OBJECT

private slots:
    void whatWaitsForLongIsTold();
    void aBurstAndARetryAreNotTold();
    void causes_data();
    void causes();
    void theClusterSaysWhatToDo();
};

namespace {

QueueKindSnapshot kindOf(std::int64_t ready, std::int64_t retry, double oldest)
{
    QueueKindSnapshot out;
    out.kind = kTaskKinds[0];
    out.ready = ready;
    out.retry = retry;
    out.oldestAgeSeconds = oldest;
    return out;
}

ClusterSnapshot behind(Backlog::Cause cause)
{
    auto cluster = healthyCluster();
    cluster.queue = {kindOf(12'000, 0, 40)};
    cluster.queueUnfinished = 12'000;
    cluster.queueOldestAgeSeconds = 40.2;
    cluster.backlog = Backlog{cause, 12'000, TimePoint(1s)};
    return cluster;
}

} // namespace

void BacklogWatchTest::whatWaitsForLongIsTold()
{
    BacklogWatch watch;
    const auto begin = Clock::now();
    int second = 0;
    const auto pass = [&](int seconds, std::int64_t ready, double oldest, double done) {
        for (int i = 0; i < seconds; ++i)
            watch.add(begin + 1s * second++, {kindOf(ready, 0, oldest)}, done);
    };
    pass(30, 400, 0.2, 100);
    QVERIFY(!watch.since());
    pass(10, 1'000, 12, 100);
    QVERIFY(!watch.since()); // it has not lasted
    pass(1, 1'000, 12, 100);
    QVERIFY(watch.since() == begin + 30s);
    watch.add(begin + 1s * second++, {}, 0); // not counted: nothing is known to have changed
    QVERIFY(watch.since() == begin + 30s);
    pass(20, 300, 6, 100); // it would not begin, but it does not end either
    QVERIFY(watch.since() == begin + 30s);
    pass(1, 300, 4, 100);
    QVERIFY(!watch.since());
    pass(11, 5, 11, 0); // nothing at all is done
    QVERIFY(watch.since());
    pass(1, 0, 0, 0);
    QVERIFY(!watch.since());
}

void BacklogWatchTest::aBurstAndARetryAreNotTold()
{
    BacklogWatch watch;
    const auto begin = Clock::now();
    for (int i = 0; i < 60; ++i) // a second's work each, and one that is tried again and again
        watch.add(begin + 1s * i, {kindOf(100, 1, 500)}, 100);
    QVERIFY(!watch.since());
    for (int i = 60; i < 120; ++i) // much, and each is done within seconds
        watch.add(begin + 1s * i, {kindOf(9'000, 0, 8)}, 1'000);
    QVERIFY(!watch.since());
    for (int i = 120; i < 180; ++i) // it ends before it has lasted
        watch.add(begin + 1s * i, {kindOf(9'000, 0, i % 9 == 0 ? 1 : 30)}, 1'000);
    QVERIFY(!watch.since());
}

void BacklogWatchTest::causes_data()
{
    using enum Backlog::Cause;
    QTest::addColumn<int>("workers"); // -1: paused
    QTest::addColumn<int>("busy");
    QTest::addColumn<bool>("nodeDown");
    QTest::addColumn<int>("retry");
    QTest::addColumn<int>("expected");
    QTest::newRow("no workers") << 0 << 0 << false << 0 << int(NobodyWorks);
    QTest::newRow("paused") << -1 << 0 << false << 0 << int(NobodyWorks);
    QTest::newRow("paused beside a dead node") << -1 << 0 << true << 0 << int(NobodyWorks);
    QTest::newRow("a dead node") << 4 << 4 << true << 0 << int(NodeInTrouble);
    QTest::newRow("all busy") << 4 << 4 << false << 0 << int(AllBusy);
    QTest::newRow("three of four") << 4 << 3 << false << 0 << int(AllBusy);
    QTest::newRow("half of them") << 4 << 2 << false << 0 << int(Unknown);
    QTest::newRow("retries") << 4 << 4 << false << 200 << int(Retrying);
}

void BacklogWatchTest::causes()
{
    QFETCH(int, workers);
    QFETCH(int, busy);
    QFETCH(bool, nodeDown);
    QFETCH(int, retry);
    QFETCH(int, expected);
    auto cluster = healthyCluster();
    cluster.queue = {kindOf(100, retry, 40)};
    cluster.engines.front().workers = std::abs(workers);
    cluster.engines.front().paused = workers < 0;
    for (int i = 0; i < workers; ++i) {
        WorkerSnapshot worker;
        worker.state = i < busy ? WorkerState::Running : WorkerState::Idle;
        cluster.workers.push_back(worker);
    }
    cluster.workers.emplace_back().state = WorkerState::Stopped; // of former times
    if (nodeDown) cluster.nodes[0].health = Health::Down;
    QCOMPARE(int(backlogCause(cluster)), expected);
}

void BacklogWatchTest::theClusterSaysWhatToDo()
{
    using enum Backlog::Cause;
    auto verdict = clusterVerdict(behind(AllBusy), kFine, {});
    QVERIFY(verdict.health == Health::Degraded);
    QCOMPARE(verdict.message,
             std::string("The workers fall behind: 12000 tasks wait, the oldest for 40 s. All "
                         "workers are busy. Add some, start another rookeryctl serve, or pull "
                         "more authors."));
    for (const auto cause : {NodeInTrouble, Retrying, Unknown})
        QVERIFY(!backlogText(behind(cause)).empty() &&
                backlogText(behind(cause)) != backlogText(behind(AllBusy)));
    auto cluster = behind(NobodyWorks);
    cluster.engines.clear();
    // That they do not work at all is another thing than being too slow.
    QVERIFY2(backlogText(cluster).starts_with("No engine has workers: 12000 tasks wait"),
             backlogText(cluster).c_str());
    QCOMPARE(clusterVerdict(cluster, kFine, {}).message, backlogText(cluster));
    cluster.backlog.reset(); // not for long enough yet
    cluster.queueUnfinished = 1;
    verdict = clusterVerdict(cluster, kFine, {});
    QVERIFY(verdict.health == Health::Degraded);
    QVERIFY2(verdict.message.starts_with("No engine has workers: 1 task waits"), verdict.message.c_str());
    cluster = behind(NobodyWorks);
    cluster.engines[0].paused = true;
    cluster.engines[0].workersWanted = 2;
    QVERIFY2(backlogText(cluster).starts_with("All workers are paused: 12000 tasks wait"),
             backlogText(cluster).c_str());
    cluster.engines[0].heartbeatAgeSeconds = 8; // where a node holds up heartbeats, too
    QVERIFY2(backlogText(cluster).starts_with("No engine with workers is heard of: 12000 tasks wait"),
             backlogText(cluster).c_str());
    // A node's trouble is said first.
    cluster = behind(NodeInTrouble);
    cluster.nodes[1].health = Health::Down;
    cluster.nodes[1].message = "redis-1 is in trouble.";
    QCOMPARE(clusterVerdict(cluster, kFine, {}).message, std::string("redis-1 is in trouble."));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::BacklogWatchTest)
#include "backlog_watch_test.moc"
