// Worker pools on real servers: every task's effect exactly once whatever happens, and pools that obey.
#include <QTest>

#include "backend/queue/worker_pool.h"
#include "tests/integration/queue_fixture.h"
#include "tests/support/results.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

using namespace backend;
using namespace std::chrono_literals;

namespace tests {

constexpr auto kUninterrupted = 4s; // a call on a silent node takes five when nobody interrupts it

// What a test's handlers do with one task. Shared by all workers of the pools.
struct Script
{
    std::function<TaskOutcome(const Task&)> run;
    std::function<void(std::span<const Task>)> begin = [](std::span<const Task>) {};
    std::function<Result<void>(const Task&)> beforeBury = [](const Task&) { return Result<void>(); };
    std::function<void()> interrupt = [] {};
};

// Leaves one row per task in the transaction that ends it.
TaskOutcome leaveEffect(const Task& task)
{
    TaskOutcome outcome;
    outcome.completion.push_back({"INSERT INTO effect VALUES ($1::bigint, $2::int)",
                                  {sqlParameter(task.ref.id), sqlParameter(int(task.kind))}});
    return outcome;
}

TaskOutcome failure(ErrorCode code, std::string message)
{
    TaskOutcome outcome;
    outcome.status = fail(code, std::move(message), true);
    return outcome;
}

class ScriptedHandlers final : public TaskHandlers
{
public:
    explicit ScriptedHandlers(const Script& script)
        : m_script(script)
    {
    }
    std::vector<TaskOutcome> handle(TaskKind, std::span<const Task> tasks, Deadline) override
    {
        m_script.begin(tasks);
        std::vector<TaskOutcome> outcomes;
        for (const auto& task : tasks)
            outcomes.push_back(m_script.run(task));
        return outcomes;
    }
    Result<void> beforeBury(const Task& task, Deadline) override { return m_script.beforeBury(task); }
    void interrupt() noexcept override { m_script.interrupt(); }

private:
    const Script& m_script;
};

class WorkerPoolTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_nodes = std::make_unique<QueueNodes>(2); }
    void init()
    {
        m_nodes->empty();
        m_script = {leaveEffect};
        m_options = {};
        m_options.workers = 3;
        m_options.batch = 16;
        m_options.attempts = 3;
        m_options.backoff = {5ms, 20ms};
    }

    void twoPoolsRaceAndEveryTaskHasItsEffectOnce();
    void kindsAreHandledInGroupsInOrder();
    void smallTasksPassALargeFanout();
    void bulkGoesOnUnderEndlessSmallWork();
    void oneWorkerIsFreeForSmallWork();
    void whatDoesNotFitIsGivenBackUncounted();
    void childrenAreEnqueuedOnce();
    void oneBadTaskDoesNotHoldTheOthers();
    void aTakenOverTaskHasItsEffectOnce();
    void longBatchesKeepTheirLeases();
    void lapsedLeasesOfADeadEngineAreTakenUp();
    void failuresAreRetriedThenBuried();
    void anUnreachableNodeCostsNoAttempts();
    void whatCannotBeBuriedYetWaits();
    void exceptionsAreFailures();
    void anExpiredTaskIsNotRun();
    void aTaskThatKillsItsWorkersIsBuried();
    void pauseResumeAndResize();
    void aPausedPoolWithoutWorkersAsksNothing();
    void aStopUnderLoadLeavesNothingRunning();
    void aStopInterruptsHandlersThatWait();
    void aStopDoesNotWaitForASilentNode();
    void aSilentNodeIsWaitedForAndTheOthersServed();
    void aKilledNodeComesBack();
    void metricsAndSnapshotsCount();

private:
    std::unique_ptr<WorkerPool> pool()
    {
        std::vector<QueueNode> nodes;
        for (const char* name : {"pg-1", "pg-2"}) {
            const auto node = m_nodes->servers->node(name);
            nodes.push_back({node.id, name, m_nodes->pools[nodes.size()].get()});
        }
        return std::make_unique<WorkerPool>(
            std::move(nodes), [this](int) { return std::make_unique<ScriptedHandlers>(m_script); }, m_metrics,
            m_options);
    }
    std::unique_ptr<WorkerPool> started()
    {
        auto made = pool();
        made->start();
        return made;
    }
    void enqueue(int count, TaskKind kind = TaskKind::PostCreated, std::size_t node = 0)
    {
        m_nodes->enqueue(std::vector<NewTask>(std::size_t(count), newTask(kind)), node);
    }
    void enqueueBulk(int count, std::int64_t flow = 11)
    {
        std::vector<NewTask> chunks(std::size_t(count), newTask(TaskKind::DeliverChunk));
        for (auto& chunk : chunks)
            chunk.flow = flow;
        m_nodes->enqueue(chunks);
    }
    std::int64_t unfinished(std::size_t node = 0)
    {
        return m_nodes->number("SELECT count(*) FROM queue.tasks", node);
    }
    std::int64_t effects(std::size_t node = 0)
    {
        return m_nodes->number("SELECT count(*) FROM effect", node);
    }
    std::int64_t different(std::size_t node = 0)
    {
        return m_nodes->number("SELECT count(DISTINCT task) FROM effect", node);
    }
    std::int64_t dead() { return m_nodes->number("SELECT count(*) FROM queue.dead_letters"); }
    std::int64_t running(std::size_t node = 0)
    {
        return m_nodes->number("SELECT count(*) FROM queue.tasks WHERE state = 1", node);
    }
    static std::chrono::milliseconds timeToStop(WorkerPool& pool)
    {
        const auto begin = std::chrono::steady_clock::now();
        pool.stop();
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     begin);
    }

    std::unique_ptr<QueueNodes> m_nodes;
    EngineMetrics m_metrics;
    Script m_script;
    WorkerPoolOptions m_options;
};

constexpr int kPatience = 30'000; // of QTRY: for a busy machine; nothing waits that long in vain

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
    chunksBefore = chunks.load();
    enqueue(1);
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

void WorkerPoolTest::aTakenOverTaskHasItsEffectOnce()
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

void WorkerPoolTest::longBatchesKeepTheirLeases()
{
    m_options.lease = 400ms;
    std::atomic<int> runs{0};
    m_script.begin = [&](std::span<const Task>) {
        ++runs;
        std::this_thread::sleep_for(1'600ms);
    };
    enqueue(1);
    const auto one = started(), other = started();
    QTRY_COMPARE_WITH_TIMEOUT(effects(), std::int64_t(1), kPatience);
    QCOMPARE(runs.load(), 1);
}

void WorkerPoolTest::lapsedLeasesOfADeadEngineAreTakenUp()
{
    enqueue(20);
    QCOMPARE(take(m_nodes->queues[0]->claim(*m_nodes->connect(), {20, 300ms, "other/1"}, soon())).size(),
             std::size_t(20));
    const auto workers = started();
    QTRY_COMPARE_WITH_TIMEOUT(unfinished(), std::int64_t(0), kPatience);
    QCOMPARE(different(), std::int64_t(20));
    QCOMPARE(effects(), std::int64_t(20));
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

void WorkerPoolTest::anUnreachableNodeCostsNoAttempts()
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

void WorkerPoolTest::pauseResumeAndResize()
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

void WorkerPoolTest::aPausedPoolWithoutWorkersAsksNothing()
{
    const auto workers = pool();
    workers->setPaused(true);
    workers->setWorkers(0);
    workers->start();
    const auto before = m_nodes->pools[0]->statistics().statements;
    std::this_thread::sleep_for(700ms);
    QCOMPARE(m_nodes->pools[0]->statistics().statements, before);
}

void WorkerPoolTest::aStopUnderLoadLeavesNothingRunning()
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

void WorkerPoolTest::aStopInterruptsHandlersThatWait()
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

void WorkerPoolTest::aStopDoesNotWaitForASilentNode()
{
    enqueue(2'000, TaskKind::PostCreated, 1);
    const auto workers = started();
    QTRY_VERIFY_WITH_TIMEOUT(effects(1) > 0, kPatience);
    VERIFY_OK(m_nodes->servers->servers().pauseNode("pg-2"));
    const auto span = timeToStop(*workers);
    VERIFY_OK(m_nodes->servers->servers().resumeNode("pg-2"));
    QVERIFY2(span < kUninterrupted, qPrintable(QString::number(span.count())));
}

void WorkerPoolTest::aSilentNodeIsWaitedForAndTheOthersServed()
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

void WorkerPoolTest::aKilledNodeComesBack()
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
