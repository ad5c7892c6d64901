// Calls that fail on a real cluster under the demo's own traffic: an operator sees it, why, and when it was
// over; while all is well there is nothing to see.
#include <QTest>

#include "backend/monitoring/call_watch.h"
#include "backend/workload/synthetic.h"
#include "tests/support/demo_session.h"

#include <algorithm>
#include <cmath>

using namespace backend;
using namespace tests;

class FailingCallsTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void allIsWell();
    void aKilledNodeMakesThemFail();
    void allIsWellAgain();

private:
    static constexpr int kPatience = 120'000;
    Engine& engine() { return m_session->engine(); }
    SnapshotPtr snapshot() { return engine().monitor().snapshot(); }
    std::vector<Event> eventsOf(EventKind kind, const std::string& calls);

    std::shared_ptr<app::OpenedSession> m_session;
    std::unique_ptr<SyntheticWorkload> m_crowd;
};

std::vector<Event> FailingCallsTest::eventsOf(EventKind kind, const std::string& calls)
{
    EventQuery query;
    query.kinds = {kind};
    auto events = take(engine().monitor().events(query, soon())).events;
    std::erase_if(events, [&](const Event& event) { return event.where != calls; });
    return events;
}

void FailingCallsTest::initTestCase()
{
    m_session = openDemo();
    SyntheticOptions options;
    options.users = 200;
    options.rates = {5, 60, 2};
    m_crowd = std::make_unique<SyntheticWorkload>(engine(), options);
    QTRY_COMPARE_WITH_TIMEOUT(m_crowd->status().phase, std::string("running"), kPatience);
}

void FailingCallsTest::cleanupTestCase()
{
    m_crowd.reset();
    m_session.reset();
}

void FailingCallsTest::allIsWell()
{
    const auto before = snapshot()->readsTotal;
    QTRY_VERIFY_WITH_TIMEOUT(snapshot()->readsTotal > before + 300, kPatience);
    const auto now = snapshot();
    QCOMPARE(now->failedReadsTotal, FailureCounts{});
    QCOMPARE(now->failedWritesTotal, FailureCounts{});
    QCOMPARE(now->partialPagesTotal, std::int64_t(0));
    QVERIFY(!now->readsFail && !now->writesFail && !now->pagesPartial);
    QCOMPARE(now->failedReadsPerSecond, 0.0);
    QVERIFY(eventsOf(EventKind::CallsFail, "reads").empty());
}

// The users' node, which has the directory, too: this engine alone counts, so that it is known all the same.
void FailingCallsTest::aKilledNodeMakesThemFail()
{
    take(m_session->servers()->killNode("pg-1"));
    QTRY_VERIFY_WITH_TIMEOUT(snapshot()->readsFail && snapshot()->writesFail, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(snapshot()->failedReadsPerSecond > 0, kPatience);
    const auto now = snapshot();
    QVERIFY(now->readsFail && now->readsFail->share > CallWatch::kEnds && now->readsFail->share <= 1);
    QVERIFY(now->readsFail->since <= now->takenAt);
    QVERIFY(now->health != Health::Ok && now->health != Health::Unknown);
    QVERIFY2(now->message.find("of reads fail") != std::string::npos, now->message.c_str());
    QVERIFY(sumOf(now->failedReadsTotal) >= CallWatch::kLeast && sumOf(now->failedWritesTotal) > 0);
    const auto history = engine().monitor().history(now->takenAt - std::chrono::minutes(1));
    QVERIFY(std::any_of(history.begin(), history.end(),
                        [](const auto& point) { return point.failedReadsPerSecond > 0; }));
}

void FailingCallsTest::allIsWellAgain()
{
    take(m_session->servers()->restartNode("pg-1"));
    QTRY_VERIFY_WITH_TIMEOUT(!snapshot()->readsFail && !snapshot()->writesFail, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(eventsOf(EventKind::CallsAnswered, "reads").size(), std::size_t(1), kPatience);
    const auto failing = eventsOf(EventKind::CallsFail, "reads");
    QCOMPARE(failing.size(), std::size_t(1));
    QVERIFY2(failing[0].what.find("of reads fail") != std::string::npos, failing[0].what.c_str());
    QVERIFY(failing[0].key.at < eventsOf(EventKind::CallsAnswered, "reads")[0].key.at);
    // Nobody fails any more, and what did stays counted.
    const auto before = snapshot();
    QVERIFY(sumOf(before->failedReadsTotal) > 0);
    QTRY_VERIFY_WITH_TIMEOUT(snapshot()->readsTotal > before->readsTotal + 200, kPatience);
    QCOMPARE(snapshot()->failedReadsPerSecond, 0.0);
}

QTEST_GUILESS_MAIN(FailingCallsTest)
#include "failing_calls_test.moc"
