// Calls that fail: when that is an alarm, and how it is told.
#include <QTest>

#include "tests/unit/monitoring_samples.h"

#include "backend/monitoring/call_watch.h"

namespace tests {

class CallWatchTest : public QObject
{
    Q_OBJECT

private slots:
    void callsThatFailAreAnAlarmWithHysteresis();
    void failingCallsAreSaidFirst();
};

void CallWatchTest::callsThatFailAreAnAlarmWithHysteresis()
{
    CallWatch watch;
    const auto begin = Clock::now();
    EngineCounters flow;
    flow.reads = {0, 0};
    int second = 0;
    // So many a second, for so many seconds.
    const auto pass = [&](int seconds, std::int64_t answered, std::int64_t timedOut, std::int64_t refused,
                          std::int64_t partial = 0) {
        for (int i = 0; i < seconds; ++i) {
            flow.reads[1] += answered - answered / 10;
            flow.publicPages += answered / 10;
            flow.failedReads[std::size_t(FailureReason::DeadlineExceeded)] += timedOut;
            flow.failedReads[std::size_t(FailureReason::Overloaded)] += refused;
            flow.partialPages += partial;
            watch.add(begin + 1s * second++, flow);
        }
    };
    pass(30, 100, 0, 0);
    QVERIFY(!watch.reads() && !watch.writes() && !watch.partialPages());
    pass(1, 100, 2, 0);
    QVERIFY(!watch.reads()); // too few
    pass(20, 60, 30, 10);
    QVERIFY(watch.reads());
    QVERIFY(std::abs(watch.reads()->share - 0.4) < 0.001);
    QVERIFY(std::abs(watch.reads()->perSecond - 40) < 0.001);
    QVERIFY(watch.reads()->mostly == FailureReason::DeadlineExceeded);
    QVERIFY(watch.reads()->since == begin + 31s);
    QVERIFY(!watch.writes() && !watch.partialPages());
    pass(11, 1'000, 5, 0); // half a percent: it would not begin, but it does not end either
    QVERIFY(watch.reads() && watch.reads()->since == begin + 31s);
    pass(11, 1'000, 1, 0);
    QVERIFY(!watch.reads());
    pass(11, 1'000, 5, 0);
    QVERIFY(!watch.reads());
    pass(11, 0, 0, 1); // hardly anybody asks, and nobody is answered
    QVERIFY(watch.reads() && watch.reads()->share == 1);
    QVERIFY(watch.reads()->mostly == FailureReason::Overloaded);
    pass(11, 100, 0, 0, 30);
    QVERIFY(!watch.reads() && watch.partialPages());
    QVERIFY(std::abs(watch.partialPages()->share - 0.3) < 0.001);
    flow.writes += 10;
    flow.failedWrites[std::size_t(FailureReason::Unavailable)] += 90;
    pass(1, 100, 0, 0);
    QVERIFY(watch.writes() && std::abs(watch.writes()->share - 0.9) < 0.001);
    pass(11, 0, 0, 0); // nobody asks any more
    QVERIFY(!watch.reads() && !watch.writes() && !watch.partialPages());
}

void CallWatchTest::failingCallsAreSaidFirst()
{
    auto cluster = healthyCluster();
    cluster.readsFail = CallTrouble{0.624, 37.2, FailureReason::DeadlineExceeded, TimePoint(1s)};
    auto verdict = clusterVerdict(cluster, kFine, {});
    QVERIFY(verdict.health == Health::Degraded);
    QVERIFY2(verdict.message.starts_with("62% of reads fail, 37/s: deadline exceeded. See which nodes"),
             verdict.message.c_str());
    cluster.readsFail->mostly = FailureReason::Overloaded;
    verdict = clusterVerdict(cluster, kFine, {});
    QVERIFY2(verdict.message.find("start another engine") != std::string::npos, verdict.message.c_str());
    // A node's trouble is the cause.
    cluster.nodes[1].health = Health::Down;
    cluster.nodes[1].message = "redis-1 is in trouble.";
    cluster.pagesPartial = CallTrouble{0.004, 0.4, FailureReason::Other, TimePoint(1s)};
    verdict = clusterVerdict(cluster, kFine, {});
    QVERIFY(verdict.health == Health::Degraded);
    QCOMPARE(verdict.message,
             std::string("62% of reads fail, 37/s: overloaded. less than 1% of pages are incomplete, 0.4/s: "
                         "not all of them could be read in time. redis-1 is in trouble."));
    cluster.nodes[1].roles = {Role::Directory};
    verdict = clusterVerdict(cluster, kFine, {});
    QVERIFY(verdict.health == Health::Down);
    QVERIFY2(verdict.message.find("The directory is down") != std::string::npos, verdict.message.c_str());
    cluster = healthyCluster();
    cluster.writesFail = CallTrouble{1, 8, FailureReason::Other, TimePoint(1s)};
    verdict = clusterVerdict(cluster, kFine, {});
    QVERIFY2(verdict.message.find("100% of writes fail, 8.0/s: other errors. Look into") == 0,
             verdict.message.c_str());
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::CallWatchTest)
#include "call_watch_test.moc"
