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
    // On a busy machine the time of a call may pass now and then.
    SnapshotPtr before, now;
    const auto noneFailed = [&] {
        return now->failedReadsTotal == before->failedReadsTotal &&
               now->failedWritesTotal == before->failedWritesTotal &&
               now->partialPagesTotal == before->partialPagesTotal && now->failedReadsPerSecond == 0;
    };
    for (int attempt = 0; attempt < 10 && (attempt == 0 || !noneFailed()); ++attempt) {
        before = snapshot();
        QTRY_VERIFY_WITH_TIMEOUT((now = snapshot())->readsTotal > before->readsTotal + 300, kPatience);
    }
    QVERIFY(noneFailed());
    QVERIFY(!now->readsFail && !now->writesFail && !now->pagesPartial);
    if (now->failedReadsTotal == FailureCounts{}) QVERIFY(eventsOf(EventKind::CallsFail, "reads").empty());
}

// The users' node, which has the directory, too: this engine alone counts, so that it is known all the same.
void FailingCallsTest::aKilledNodeMakesThemFail()
{
    take(m_session->servers()->killNode("pg-1"));
    SnapshotPtr now; // one that has it all
    const auto tells = [&] {
        now = snapshot();
        return now->readsFail && now->writesFail && now->failedReadsPerSecond > 0;
    };
    QTRY_VERIFY_WITH_TIMEOUT(tells(), kPatience);
    QVERIFY(now->readsFail->share > CallWatch::kEnds && now->readsFail->share <= 1);
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
    // As often as they began to fail, newest first: on the way it may have seemed to be over.
    const auto answered = [&] {
        const auto events = eventsOf(EventKind::CallsAnswered, "reads");
        return !events.empty() && events.size() == eventsOf(EventKind::CallsFail, "reads").size();
    };
    QTRY_VERIFY_WITH_TIMEOUT(answered(), kPatience);
    const auto failing = eventsOf(EventKind::CallsFail, "reads");
    QVERIFY2(failing[0].what.find("of reads fail") != std::string::npos, failing[0].what.c_str());
    QVERIFY(failing[0].key.at < eventsOf(EventKind::CallsAnswered, "reads")[0].key.at);
    // Nobody fails any more, and what did stays counted.
    const auto before = snapshot();
    QVERIFY(sumOf(before->failedReadsTotal) > 0);
    QTRY_VERIFY_WITH_TIMEOUT(snapshot()->readsTotal > before->readsTotal + 200, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(snapshot()->failedReadsPerSecond, 0.0, kPatience);
}

QTEST_GUILESS_MAIN(FailingCallsTest)
#include "failing_calls_test.moc"
