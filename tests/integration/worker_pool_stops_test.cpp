// Worker pools on real servers obey, stop and survive: pools, nodes and leases that end, each at the wrong
// time.
#include <QTest>

#include "tests/integration/worker_pool_fixture.h"
#include "tests/support/results.h"

#include <atomic>
#include <thread>

namespace tests {

class WorkerPoolStopsTest : public QObject, private WorkerPoolFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { m_nodes = std::make_unique<QueueNodes>(2); }
    void init() { begin(); }

    void aTakenOverTaskHasItsEffectOnce();
    void longBatchesKeepTheirLeases();
    void lapsedLeasesOfADeadEngineAreTakenUp();
    void anUnreachableNodeCostsNoAttempts();
    void pauseResumeAndResize();
    void aPausedPoolWithoutWorkersAsksNothing();
    void aStopUnderLoadLeavesNothingRunning();
    void aStopInterruptsHandlersThatWait();
    void aStopDoesNotWaitForASilentNode();
    void aSilentNodeIsWaitedForAndTheOthersServed();
    void aKilledNodeComesBack();

private:
    static constexpr auto kUninterrupted = 4s; // a call on a silent node takes five when nobody interrupts it
    static std::chrono::milliseconds timeToStop(WorkerPool& pool)
    {
        const auto begin = std::chrono::steady_clock::now();
        pool.stop();
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     begin);
    }
};

void WorkerPoolStopsTest::aTakenOverTaskHasItsEffectOnce()
{
    // While the handler is at work its lease is taken away and another holder ends the task.
    std::atomic<bool> taken{false};
    m_script.run = [&](const Task& task) {
        if (task.attempts == 1) {
            m_nodes->sql("UPDATE queue.tasks SET lease_token = 1, attempts = 2 WHERE id = " +
                         std::to_string(task.ref.id));
            taken = true;
        }
        return leaveEffect(task);
    };
    enqueue(1);
    const auto workers = started();
    QTRY_VERIFY_WITH_TIMEOUT(taken, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(running(), std::int64_t(1), kPatience);
    for (const auto& worker : workers->snapshot())
        QCOMPARE(worker.tasksFailed, std::int64_t(0));
    m_nodes->sql("UPDATE queue.tasks SET lease_until = now()"); // the other holder dies: a third run ends it
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(), std::int64_t(0), kPatience);
    QCOMPARE(effects(), std::int64_t(1));
}

void WorkerPoolStopsTest::longBatchesKeepTheirLeases()
{
    m_options.lease = 2s; // a busy machine may be late by a good part of it
    std::atomic<int> runs{0};
    m_script.begin = [&](std::span<const Task>) {
        ++runs;
        std::this_thread::sleep_for(5s);
    };
    enqueue(1);
    const auto one = started(), other = started();
    QTRY_COMPARE_WITH_TIMEOUT(effects(), std::int64_t(1), kPatience);
    QCOMPARE(runs.load(), 1);
}

void WorkerPoolStopsTest::lapsedLeasesOfADeadEngineAreTakenUp()
{
    enqueue(20);
    QCOMPARE(take(m_nodes->queues[0]->claim(*m_nodes->connect(), {20, 300ms, "other/1"}, soon())).size(),
             std::size_t(20));
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(), std::int64_t(0), kPatience);
    QCOMPARE(different(), std::int64_t(20));
    QCOMPARE(effects(), std::int64_t(20));
}

void WorkerPoolStopsTest::anUnreachableNodeCostsNoAttempts()
{
    std::atomic<int> runs{0};
    m_script.run = [&](const Task& task) {
        return ++runs < 20 ? failure(ErrorCode::Unavailable, "redis-1 is away") : leaveEffect(task);
    };
    enqueue(1);
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(effects(), std::int64_t(1), kPatience);
    QCOMPARE(runs.load(), 20);
    QCOMPARE(dead(), std::int64_t(0));
}

void WorkerPoolStopsTest::pauseResumeAndResize()
{
    const auto workers = pool();
    workers->setPaused(true);
    workers->start();
    enqueue(50);
    workers->wake();
    const auto all = [&](WorkerState state) {
        const auto snapshots = workers->snapshot();
        return std::all_of(snapshots.begin(), snapshots.end(),
                           [&](const auto& w) { return w.state == state; });
    };
    QTRY_VERIFY_WITH_TIMEOUT(all(WorkerState::Paused), kPatience);
    QCOMPARE(unfinished(), std::int64_t(50));
    QCOMPARE(running(), std::int64_t(0));

    workers->setPaused(false);
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(), std::int64_t(0), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(all(WorkerState::Idle), kPatience);

    workers->setWorkers(6);
    QCOMPARE(workers->workers(), 6);
    QTRY_COMPARE_WITH_TIMEOUT(workers->snapshot().size(), std::size_t(6), kPatience);
    workers->setWorkers(1);
    QTRY_COMPARE_WITH_TIMEOUT(workers->snapshot().size(), std::size_t(1), kPatience);
    QCOMPARE(workers->snapshot()[0].index, 0);
    enqueue(30);
    workers->wake();
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(), std::int64_t(0), kPatience);

    workers->setWorkers(0);
    QTRY_COMPARE_WITH_TIMEOUT(workers->snapshot().size(), std::size_t(0), kPatience);
    enqueue(10);
    workers->setWorkers(1'000);
    QCOMPARE(workers->workers(), 64);
    workers->setWorkers(2);
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(), std::int64_t(0), kPatience);
}

void WorkerPoolStopsTest::aPausedPoolWithoutWorkersAsksNothing()
{
    const auto workers = pool();
    workers->setPaused(true);
    workers->setWorkers(0);
    workers->start();
    const auto before = m_nodes->pools[0]->statistics().statements;
    std::this_thread::sleep_for(700ms);
    QCOMPARE(m_nodes->pools[0]->statistics().statements, before);
}

void WorkerPoolStopsTest::aStopUnderLoadLeavesNothingRunning()
{
    m_script.begin = [](std::span<const Task>) { std::this_thread::sleep_for(20ms); };
    for (std::size_t node = 0; node < 2; ++node)
        for (const auto kind : kTaskKinds)
            enqueue(100, kind, node);
    const auto workers = started();
    QTRY_VERIFY_WITH_TIMEOUT(effects() > 50, kPatience);
    const auto span = timeToStop(*workers);
    QVERIFY2(span < kUninterrupted, qPrintable(QString::number(span.count())));
    QVERIFY(workers->snapshot().empty());
    for (std::size_t node = 0; node < 2; ++node) {
        QCOMPARE(running(node), std::int64_t(0));
        QVERIFY(unfinished(node) > 0);
        QCOMPARE(effects(node), different(node));
        QCOMPARE(effects(node) + unfinished(node), std::int64_t(100 * kTaskKinds.size()));
        QCOMPARE(m_nodes->number("SELECT count(*) FROM queue.tasks WHERE attempts > 0", node),
                 std::int64_t(0));
    }
    workers->start(); // and again
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(0) + unfinished(1), std::int64_t(0), kPatience);
    QCOMPARE(effects(), std::int64_t(100 * kTaskKinds.size()));
    QCOMPARE(different(), std::int64_t(100 * kTaskKinds.size()));
}

void WorkerPoolStopsTest::aStopInterruptsHandlersThatWait()
{
    std::atomic<bool> interrupted{false};
    std::atomic<int> waiting{0};
    m_script.interrupt = [&] { interrupted = true; };
    m_script.run = [&](const Task&) {
        ++waiting;
        while (!interrupted)
            std::this_thread::sleep_for(1ms);
        return failure(ErrorCode::Cancelled, "interrupted");
    };
    enqueue(1);
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(waiting.load(), 1, kPatience);
    const auto span = timeToStop(*workers);
    QVERIFY2(span < kUninterrupted, qPrintable(QString::number(span.count())));
    QCOMPARE(m_nodes->number("SELECT count(*) FROM queue.tasks WHERE state = 2 AND attempts = 0"),
             std::int64_t(1));
}

void WorkerPoolStopsTest::aStopDoesNotWaitForASilentNode()
{
    enqueue(2'000, TaskKind::PostCreated, 1);
    const auto workers = started();
    QTRY_VERIFY_WITH_TIMEOUT(effects(1) > 0, kPatience);
    VERIFY_OK(m_nodes->servers->servers().pauseNode("pg-2"));
    const auto span = timeToStop(*workers);
    VERIFY_OK(m_nodes->servers->servers().resumeNode("pg-2"));
    QVERIFY2(span < kUninterrupted, qPrintable(QString::number(span.count())));
}

void WorkerPoolStopsTest::aSilentNodeIsWaitedForAndTheOthersServed()
{
    m_options.lease = 2s;
    const auto workers = started();
    QTRY_VERIFY_WITH_TIMEOUT(!workers->snapshot().empty(), kPatience);
    VERIFY_OK(m_nodes->servers->servers().pauseNode("pg-2"));
    const auto waits = [&] {
        const auto snapshots = workers->snapshot();
        return std::any_of(snapshots.begin(), snapshots.end(), [](const auto& w) {
            return w.state == WorkerState::Waiting && w.error.find("pg-2") != std::string::npos;
        });
    };
    QTRY_VERIFY_WITH_TIMEOUT(waits(), kPatience);
    enqueue(100);
    workers->wake();
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(), std::int64_t(0), kPatience);
    VERIFY_OK(m_nodes->servers->servers().resumeNode("pg-2"));
    enqueue(100, TaskKind::PostCreated, 1);
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(1), std::int64_t(0), kPatience);
    QCOMPARE(different(1), std::int64_t(100));
    const auto recovered = [&] {
        const auto snapshots = workers->snapshot();
        return std::all_of(snapshots.begin(), snapshots.end(),
                           [](const auto& w) { return w.state == WorkerState::Idle && w.error.empty(); });
    };
    QTRY_VERIFY_WITH_TIMEOUT(recovered(), kPatience);
}

void WorkerPoolStopsTest::aKilledNodeComesBack()
{
    m_options.lease = 1s;
    m_script.begin = [](std::span<const Task>) { std::this_thread::sleep_for(2ms); };
    enqueue(3'000, TaskKind::PostCreated, 1);
    const auto workers = started();
    QTRY_VERIFY_WITH_TIMEOUT(effects(1) > 100, kPatience);
    VERIFY_OK(m_nodes->servers->servers().killNode("pg-2"));
    const auto tells = [&] {
        const auto snapshots = workers->snapshot();
        return std::all_of(snapshots.begin(), snapshots.end(), [](const auto& w) {
            return w.state == WorkerState::Waiting && w.error.find("pg-2") != std::string::npos;
        });
    };
    QTRY_VERIFY_WITH_TIMEOUT(tells(), kPatience);
    VERIFY_OK(m_nodes->servers->servers().restartNode("pg-2"));
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(1), std::int64_t(0), kPatience);
    QCOMPARE(effects(1), std::int64_t(3'000));
    QCOMPARE(different(1), std::int64_t(3'000));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::WorkerPoolStopsTest)
#include "worker_pool_stops_test.moc"
