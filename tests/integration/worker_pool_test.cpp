// Worker pools on real servers: what is claimed in which order, and every task's effect exactly once.
#include <QTest>

#include "tests/integration/worker_pool_fixture.h"
#include "tests/support/results.h"

#include <atomic>
#include <thread>

namespace tests {

class WorkerPoolTest : public QObject, private WorkerPoolFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { m_nodes = std::make_unique<QueueNodes>(2); }
    void init() { begin(); }

    void twoPoolsRaceAndEveryTaskHasItsEffectOnce();
    void kindsAreHandledInGroupsInOrder();
    void smallTasksPassALargeFanout();
    void bulkGoesOnUnderEndlessSmallWork();
    void oneWorkerIsFreeForSmallWork();
    void whatDoesNotFitIsGivenBackUncounted();
    void childrenAreEnqueuedOnce();
    void oneBadTaskDoesNotHoldTheOthers();
    void failuresAreRetriedThenBuried();
    void whatCannotBeBuriedYetWaits();
    void exceptionsAreFailures();
    void anExpiredTaskIsNotRun();
    void aTaskThatKillsItsWorkersIsBuried();
    void metricsAndSnapshotsCount();
};

void WorkerPoolTest::twoPoolsRaceAndEveryTaskHasItsEffectOnce()
{
    const auto one = started(), other = started();
    std::vector<std::jthread> writers;
    for (std::size_t node = 0; node < 2; ++node)
        writers.emplace_back([&, node] {
            for (int i = 0; i < 20; ++i) {
                m_nodes->enqueue(
                    std::vector<NewTask>(50, newTask(i % 2 ? TaskKind::PostCreated : TaskKind::EdgeChanged)),
                    node);
                (i % 3 ? one : other)->wake();
            }
        });
    writers.clear();
    for (std::size_t node = 0; node < 2; ++node) {
        QTRY_COMPARE_WITH_TIMEOUT(unfinished(node), std::int64_t(0), kPatience);
        QCOMPARE(effects(node), std::int64_t(1'000));
        QCOMPARE(different(node), std::int64_t(1'000));
    }
}

void WorkerPoolTest::kindsAreHandledInGroupsInOrder()
{
    std::vector<NewTask> tasks;
    for (int i = 0; i < 12; ++i) {
        tasks.push_back(newTask(i % 3 ? TaskKind::PostCreated : TaskKind::EdgeChanged));
        tasks.back().rankDelay = Milliseconds(i);
    }
    m_nodes->enqueue(tasks);
    std::vector<std::pair<TaskKind, std::vector<std::int64_t>>> groups;
    m_script.begin = [&](std::span<const Task> group) {
        groups.push_back({group[0].kind, {}});
        for (const auto& task : group)
            groups.back().second.push_back(task.ref.id);
    };
    m_options.workers = 1;
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(), std::int64_t(0), kPatience);
    workers->stop();
    QCOMPARE(groups.size(), std::size_t(2));
    QVERIFY(groups[0].first == TaskKind::EdgeChanged && groups[0].second.size() == 4);
    QVERIFY(groups[1].first == TaskKind::PostCreated && groups[1].second.size() == 8);
    for (const auto& group : groups)
        QVERIFY(std::is_sorted(group.second.begin(), group.second.end()));
}

void WorkerPoolTest::smallTasksPassALargeFanout()
{
    // Four workers could hold 512 of these at once, for seconds; whoever comes meanwhile must not wait for
    // that.
    std::atomic<int> chunks = 0, chunksBefore = 0, chunksAfter = 0;
    m_script.run = [&](const Task& task) {
        if (task.kind == TaskKind::DeliverChunk) {
            std::this_thread::sleep_for(5ms);
            ++chunks;
        } else {
            chunksAfter = chunks.load();
        }
        return leaveEffect(task);
    };
    enqueueBulk(1'000);
    m_options.workers = 4;
    m_options.batch = 128;
    const auto workers = started();
    QTRY_VERIFY_WITH_TIMEOUT(chunks > 100, kPatience);
    enqueue(1);
    chunksBefore = chunks.load();
    QTRY_VERIFY_WITH_TIMEOUT(chunksAfter > 0, kPatience);
    QVERIFY2(chunksAfter - chunksBefore < 200, qPrintable(QString::number(chunksAfter - chunksBefore)));
    QTRY_COMPARE_WITH_TIMEOUT(effects(), std::int64_t(1'001), kPatience);
    QCOMPARE(different(), std::int64_t(1'001));
}

// Small work without end, more of it than one claim takes and longer than a batch lasts.
void WorkerPoolTest::bulkGoesOnUnderEndlessSmallWork()
{
    std::atomic<bool> enough = false;
    std::atomic<int> chunks = 0;
    m_script.run = [&](const Task& task) {
        auto outcome = leaveEffect(task);
        if (task.kind == TaskKind::DeliverChunk) {
            ++chunks;
        } else {
            std::this_thread::sleep_for(1ms);
            if (!enough) outcome.children.push_back(newTask());
        }
        return outcome;
    };
    m_options.workers = 2;
    m_options.batch = 16;
    m_options.batchTarget = m_options.quickTarget = 4ms;
    enqueue(200);
    enqueueBulk(50);
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(chunks.load(), 50, kPatience);
    QVERIFY(unfinished() >= 100);
    enough = true;
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(), std::int64_t(0), kPatience);
    QCOMPARE(effects(), different());
}

// The others stand still with what they have in bulk.
void WorkerPoolTest::oneWorkerIsFreeForSmallWork()
{
    std::atomic<bool> goOn = false;
    std::atomic<int> chunks = 0, small = 0;
    m_script.run = [&](const Task& task) {
        if (task.kind != TaskKind::DeliverChunk) {
            ++small;
            return leaveEffect(task);
        }
        ++chunks;
        while (!goOn)
            std::this_thread::sleep_for(1ms);
        return leaveEffect(task);
    };
    m_options.batch = 4;
    enqueueBulk(50);
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(chunks.load(), m_options.workers - 1, kPatience);
    for (int i = 1; i <= 5; ++i) {
        enqueue(1);
        QTRY_COMPARE_WITH_TIMEOUT(small.load(), i, kPatience);
    }
    QCOMPARE(chunks.load(), m_options.workers - 1);
    workers->setWorkers(1); // alone it takes all
    goOn = true;
    QTRY_COMPARE_WITH_TIMEOUT(effects(), std::int64_t(55), kPatience);
}

void WorkerPoolTest::whatDoesNotFitIsGivenBackUncounted()
{
    std::atomic<int> most = 0;
    m_script.begin = [&](std::span<const Task> tasks) { most = std::max(most.load(), int(tasks.size())); };
    m_script.run = [&](const Task& task) {
        std::this_thread::sleep_for(30ms);
        return task.attempts == 1 ? leaveEffect(task)
                                  : failure(ErrorCode::Internal, "counted a claim that began nothing");
    };
    m_options.workers = 1;
    m_options.batch = 128;
    m_options.batchTarget = 50ms;
    enqueue(40, TaskKind::DeliverChunk);
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(effects(), std::int64_t(40), kPatience);
    QVERIFY(most < 40);
    QCOMPARE(dead(), std::int64_t(0));
}

void WorkerPoolTest::childrenAreEnqueuedOnce()
{
    std::atomic<int> runs{0};
    m_script.run = [&](const Task& task) {
        auto outcome = leaveEffect(task);
        // Every other task fails first, with children in its outcome that must not come to be.
        if (task.kind == TaskKind::PostCreated) {
            outcome.children = {newTask(TaskKind::DeliverChunk), newTask(TaskKind::DeliverChunk)};
            if (task.attempts == 1 && ++runs % 2 == 0)
                outcome.status = fail(ErrorCode::Internal, "not at once");
        }
        return outcome;
    };
    enqueue(200);
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(), std::int64_t(0), kPatience);
    QCOMPARE(m_nodes->number("SELECT count(*) FROM effect WHERE kind = 3"), std::int64_t(400));
    QCOMPARE(effects(), std::int64_t(600));
    QCOMPARE(different(), std::int64_t(600));
}

void WorkerPoolTest::oneBadTaskDoesNotHoldTheOthers()
{
    m_nodes->enqueue({newTask(), newTask(TaskKind::PostCreated, "bad"), newTask(), newTask()});
    m_script.run = [](const Task& task) {
        auto outcome = leaveEffect(task);
        if (task.payload == "bad")
            outcome.completion.push_back({"INSERT INTO effect VALUES (1 / (SELECT 0), 0)", {}});
        return outcome;
    };
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(dead(), std::int64_t(1), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(), std::int64_t(0), kPatience);
    QCOMPARE(effects(), std::int64_t(3));
    const auto letter = m_nodes->sql("SELECT payload, error, attempts FROM queue.dead_letters");
    QCOMPARE(letter.text(0, 0), std::string_view("bad"));
    QVERIFY(letter.text(0, 1).find("division by zero") != std::string_view::npos);
    QCOMPARE(letter.integer(0, 2), std::int64_t(3));
}

void WorkerPoolTest::failuresAreRetriedThenBuried()
{
    std::atomic<int> runs{0}, buried{0};
    m_script.run = [&](const Task&) {
        ++runs;
        return failure(ErrorCode::Internal, "user 17 is odd");
    };
    m_script.beforeBury = [&](const Task& task) {
        ++buried;
        return task.attempts == 3 ? Result<void>() : Result<void>(fail(ErrorCode::Internal, "wrong attempt"));
    };
    enqueue(5);
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(dead(), std::int64_t(5), kPatience);
    QCOMPARE(runs.load(), 15);
    QCOMPARE(buried.load(), 5);
    QCOMPARE(unfinished(), std::int64_t(0));
    QCOMPARE(m_nodes->sql("SELECT DISTINCT signature FROM queue.dead_letters").text(0, 0),
             std::string_view("user # is odd"));

    m_script.run = leaveEffect; // corrected; only workers that are not at work may see the change: none is
    std::vector<std::int64_t> ids;
    for (const auto& letter : take(m_nodes->queues[0]->deadLetters(*m_nodes->connect(), 10, soon())))
        ids.push_back(letter.ref.id);
    workers->stop();
    QCOMPARE(take(m_nodes->queues[0]->reviveDead(*m_nodes->connect(), ids, soon())), 5);
    workers->start();
    QTRY_COMPARE_WITH_TIMEOUT(effects(), std::int64_t(5), kPatience);
}

void WorkerPoolTest::whatCannotBeBuriedYetWaits()
{
    std::atomic<bool> reachable{false};
    std::atomic<int> refused{0};
    m_script.run = [](const Task&) { return failure(ErrorCode::Internal, "defect"); };
    m_script.beforeBury = [&](const Task&) -> Result<void> {
        if (reachable) return {};
        ++refused;
        return fail(ErrorCode::Unavailable, "redis-2 does not answer", true);
    };
    enqueue(1);
    const auto workers = started();
    QTRY_VERIFY_WITH_TIMEOUT(refused >= 3, kPatience);
    QCOMPARE(dead(), std::int64_t(0));
    QCOMPARE(unfinished(), std::int64_t(1));
    reachable = true;
    QTRY_COMPARE_WITH_TIMEOUT(dead(), std::int64_t(1), kPatience);
    QCOMPARE(m_nodes->sql("SELECT error FROM queue.dead_letters").text(0, 0), std::string_view("defect"));
}

void WorkerPoolTest::exceptionsAreFailures()
{
    m_script.run = [](const Task& task) -> TaskOutcome {
        if (task.payload == "std") throw std::runtime_error("out of luck");
        throw 42;
    };
    m_nodes->enqueue({newTask(TaskKind::PostCreated, "std"), newTask(TaskKind::EdgeChanged, "int")});
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(dead(), std::int64_t(2), kPatience);
    const auto errors = m_nodes->sql("SELECT error FROM queue.dead_letters ORDER BY kind");
    QVERIFY(errors.text(0, 0).find("out of luck") != std::string_view::npos);
    QVERIFY(errors.text(1, 0).find("unknown type") != std::string_view::npos);
}

void WorkerPoolTest::anExpiredTaskIsNotRun()
{
    std::atomic<int> runs{0};
    m_script.run = [&](const Task& task) {
        ++runs;
        return leaveEffect(task);
    };
    enqueue(1);
    m_nodes->sql("UPDATE queue.tasks SET expires_at = now(), lease_token = 1"); // begun a day ago
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(dead(), std::int64_t(1), kPatience);
    QCOMPARE(runs.load(), 0);
    QCOMPARE(effects(), std::int64_t(0));
}

void WorkerPoolTest::aTaskThatKillsItsWorkersIsBuried()
{
    enqueue(2);
    m_nodes->sql(
        "UPDATE queue.tasks SET attempts = 6 WHERE id = (SELECT min(id) FROM queue.tasks)"); // 2 × attempts
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(dead(), std::int64_t(1), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(effects(), std::int64_t(1), kPatience);
}

void WorkerPoolTest::metricsAndSnapshotsCount()
{
    const auto doneBefore = m_metrics.tasksDone[2].get(), failedBefore = m_metrics.tasksFailed[2].get();
    std::mutex mutex;
    std::string shown;
    std::unique_ptr<WorkerPool> workers;
    m_options.workers = 1;
    m_script.begin = [&](std::span<const Task> tasks) {
        const std::lock_guard lock(mutex);
        if (tasks.size() == 9) shown = workers->snapshot()[0].task;
    };
    m_script.run = [](const Task& task) {
        return task.attempts == 1 ? failure(ErrorCode::Internal, "first") : leaveEffect(task);
    };
    enqueue(9);
    workers = pool();
    workers->start();
    QTRY_COMPARE_WITH_TIMEOUT(effects(), std::int64_t(9), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(workers->snapshot()[0].state == WorkerState::Idle, kPatience);
    const auto snapshot = workers->snapshot()[0];
    QCOMPARE(shown, std::string("post_created × 9 on pg-1"));
    QCOMPARE(snapshot.tasksDone, std::int64_t(9));
    QCOMPARE(snapshot.tasksFailed, std::int64_t(9));
    QCOMPARE(snapshot.error, std::string());
    QVERIFY(snapshot.task.empty());
    QCOMPARE(m_metrics.tasksDone[2].get() - doneBefore, std::int64_t(9));
    QCOMPARE(m_metrics.tasksFailed[2].get() - failedBefore, std::int64_t(9));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::WorkerPoolTest)
#include "worker_pool_test.moc"
