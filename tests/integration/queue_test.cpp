// The queue of one node against a real server: fair order, fenced leases, retries, dead letters, counts.
#include <QTest>

#include "tests/integration/queue_fixture.h"
#include "tests/support/results.h"

#include <set>
#include <thread>

using namespace backend;
using namespace std::chrono_literals;

namespace tests {

class QueueTest : public QObject, private OneQueue
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init() { m_nodes->empty(); }

    void claimsInFairOrder();
    void smallWorkGoesBeforeBulk();
    void flowsTakeTurns();
    void bulkGoesOnBesideSmallWork();
    void smallWorkAloneLeavesBulk();
    void whatWasWaitingKeepsItsOrderAmongBulk();
    void racingClaimsShareOutEveryTaskOnce();
    void aWaitingTaskIsReadyWhenItsTimeHasCome();
    void heldTasksGoAtTheirPace();
    void whatIsAdmittedAndNotDoneBoundsWhatIsNext();
    void oneEngineAtATimeAdmits();
    void heldTasksAreNotLate();
    void completionEndsTasksAndEnqueuesChildren();
    void aLapsedLeaseIsTakenOver();
    void aLapsedLeaseWaitsForItsOwnersEnd();
    void anOldHolderCanNeitherEndNorPutBack();
    void completingInOnePieceIsAllOrNothing();
    void renewingKeepsALease();
    void releasingTakesTheAttemptBack();
    void retriesKeepTheirError();
    void expiryCountsFromTheFirstClaim();
    void buriedWithItsError();
    void anErrorOfStrayBytesIsStored();
    void deadLettersAreRetriedAndDiscardedByExactIds();
    void countsByKindAndState();
    void countsOfALongQueueAreBounded();
    void aPlanMadeWhileEmptyServesALongQueue();

private:
    static NewTask heldTask(int units, Milliseconds rankDelay = 0ms)
    {
        auto task = newTask(TaskKind::ReclaimChunk);
        task.units = units;
        task.rankDelay = rankDelay;
        return task;
    }
    // As if all had been written, and nothing admitted, an hour ago.
    void anHourLater()
    {
        m_nodes->sql("UPDATE queue.tasks SET created_at = created_at - interval '1 hour',"
                     " rank = rank - 3600000000");
        m_nodes->sql("UPDATE queue.pace SET paid_until = paid_until - interval '1 hour'");
    }
    int admitted(SqlConnection& connection, double unitsPerSecond)
    {
        return take(queue().admit(connection, unitsPerSecond, soon()));
    }
    static QString payloads(const std::vector<Task>& tasks)
    {
        QStringList all;
        for (const auto& task : tasks)
            all.append(QString::fromStdString(task.payload));
        return all.join('|');
    }
    void retry(SqlConnection& connection, const Task& task, const Error& error, Milliseconds wait,
               bool counts)
    {
        const TaskRetry retry{task, error, wait, counts};
        take(queue().retryLater(connection, {&retry, 1}, soon()));
    }
    void lapse()
    {
        m_nodes->sql("UPDATE queue.tasks SET lease_until = now() - interval '1 second' WHERE state = 1");
    }
};

void QueueTest::claimsInFairOrder()
{
    std::vector<NewTask> tasks;
    for (const int delay : {300, 100, 0, 200}) {
        tasks.push_back(newTask(TaskKind::DeliverChunk, std::to_string(delay)));
        tasks.back().rankDelay = Milliseconds(delay);
    }
    m_nodes->enqueue(tasks);
    const auto connection = m_nodes->connect();
    const auto first = claim(*connection, 3);
    QCOMPARE(first.size(), std::size_t(3));
    QCOMPARE(first[0].payload, std::string("0"));
    QCOMPARE(first[1].payload, std::string("100"));
    QCOMPARE(first[2].payload, std::string("200"));
    QVERIFY(first[0].kind == TaskKind::DeliverChunk);
    QCOMPARE(first[0].shard, 7);
    QCOMPARE(first[0].attempts, 1);
    QCOMPARE(first[0].ref.node, m_nodes->servers->node("pg-1").id);
    QVERIFY(first[0].leaseToken != first[1].leaseToken);
    QVERIFY(!first[0].expired);
    QCOMPARE(claim(*connection).size(), std::size_t(1));
    QVERIFY(claim(*connection).empty());
}

// Of one flow, each with its payload; order is that of the places.
std::vector<NewTask> flowOf(std::int64_t flow, const std::vector<std::pair<int, std::string>>& placed)
{
    std::vector<NewTask> tasks;
    for (const auto& [place, payload] : placed) {
        tasks.push_back(newTask(TaskKind::DeliverChunk, payload));
        tasks.back().flow = flow;
        tasks.back().rankDelay = Milliseconds(place);
    }
    return tasks;
}

void QueueTest::smallWorkGoesBeforeBulk()
{
    m_nodes->enqueue(flowOf(11, {{0, "a1"}, {1, "a2"}}));
    m_nodes->enqueue({newTask(TaskKind::PostCreated, "small")});
    auto later = newTask(TaskKind::PostCreated, "small, later");
    later.rankDelay = 1h;
    m_nodes->enqueue({later});
    const auto connection = m_nodes->connect();
    QCOMPARE(payloads(claim(*connection, 3)), QString("small|small, later|a1"));
    QCOMPARE(payloads(claim(*connection, 3)), QString("a2"));
}

void QueueTest::flowsTakeTurns()
{
    const auto connection = m_nodes->connect();
    // Of a burst what is of one range goes together.
    m_nodes->enqueue(flowOf(11, {{0, "a1"}, {1, "a2"}, {2, "a3"}, {0, "A1"}, {1, "A2"}, {2, "A3"}}));
    QCOMPARE(payloads(claim(*connection, 2)), QString("a1|A1"));
    // Who comes later neither waits for all that is there nor passes what is next of it; more of the same
    // author waits for its own.
    m_nodes->enqueue(flowOf(11, {{0, "a4"}, {1, "a5"}}));
    m_nodes->enqueue(flowOf(12, {{0, "b1"}, {1, "b2"}}));
    QCOMPARE(payloads(claim(*connection, 1)), QString("a2"));
    m_nodes->enqueue(flowOf(13, {{0, "c1"}}));
    QCOMPARE(payloads(claim(*connection, 5)), QString("A2|b1|a3|b2|c1"));
    QCOMPARE(payloads(claim(*connection, 9)), QString("A3|a4|a5"));
    QVERIFY(claim(*connection).empty());
}

void QueueTest::bulkGoesOnBesideSmallWork()
{
    m_nodes->enqueue(flowOf(11, {{0, "a1"}, {1, "a2"}}));
    const auto connection = m_nodes->connect();
    for (const char* const bulk : {"a1", "a2"}) {
        m_nodes->enqueue({newTask(), newTask(), newTask(), newTask()}); // more than is claimed
        QCOMPARE(payloads(claim(*connection, 3)), QString(bulk) + "|{}|{}|{}");
    }
    QCOMPARE(claim(*connection, 3).size(), std::size_t(2)); // of small work no more than asked for
}

void QueueTest::smallWorkAloneLeavesBulk()
{
    m_nodes->enqueue(flowOf(11, {{0, "a1"}, {1, "a2"}}));
    const auto connection = m_nodes->connect();
    QVERIFY(claim(*connection, 3, 10s, true).empty());
    m_nodes->enqueue({newTask(TaskKind::PostCreated, "b"), newTask(TaskKind::PostCreated, "c")});
    QCOMPARE(payloads(claim(*connection, 1, 10s, true)), QString("b")); // and none in bulk on top
    QCOMPARE(payloads(claim(*connection, 3, 10s, true)), QString("c"));
    QCOMPARE(payloads(claim(*connection, 3)), QString("a1|a2"));
}

void QueueTest::whatWasWaitingKeepsItsOrderAmongBulk()
{
    m_nodes->enqueue(flowOf(11, {{0, "a1"}, {1, "a2"}, {2, "a3"}}));
    const auto connection = m_nodes->connect();
    const auto first = claim(*connection, 1);
    m_nodes->enqueue(flowOf(12, {{0, "b1"}}));
    VERIFY_OK(queue().release(*connection, first, soon()));
    const auto again = claim(*connection, 1);
    QCOMPARE(payloads(again), QString("a1")); // given back, it is first again
    VERIFY_OK(queue().bury(*connection, again[0], {ErrorCode::Internal, "x", false}, soon()));
    m_nodes->enqueue(flowOf(13, {{0, "c1"}, {1, "c2"}, {2, "c3"}}));
    m_nodes->enqueue({newTask(TaskKind::PostCreated, "small")});
    const std::vector<std::int64_t> dead{again[0].ref.id};
    QCOMPARE(take(queue().reviveDead(*connection, dead, soon())), 1);
    // Revived, it is no small work, and its turn is next: beside a2.
    QCOMPARE(payloads(claim(*connection, 3)), QString("small|a1|a2"));
}

void QueueTest::racingClaimsShareOutEveryTaskOnce()
{
    std::vector<NewTask> tasks(2'000, newTask());
    m_nodes->enqueue(tasks);
    std::vector<std::set<std::int64_t>> claimed(4);
    {
        std::vector<std::jthread> threads;
        for (auto& mine : claimed)
            threads.emplace_back([this, &mine] {
                const auto connection = m_nodes->connect();
                for (auto some = claim(*connection, 7); !some.empty(); some = claim(*connection, 7))
                    for (const auto& task : some)
                        mine.insert(task.ref.id);
            });
    }
    std::set<std::int64_t> all;
    std::size_t sum = 0;
    for (const auto& mine : claimed) {
        sum += mine.size();
        all.insert(mine.begin(), mine.end());
    }
    QCOMPARE(sum, std::size_t(2'000));
    QCOMPARE(all.size(), std::size_t(2'000));
}

void QueueTest::aWaitingTaskIsReadyWhenItsTimeHasCome()
{
    auto later = newTask();
    later.runAfter = 1h;
    m_nodes->enqueue({later});
    const auto connection = m_nodes->connect();
    QCOMPARE(promoted(*connection), 0);
    QVERIFY(claim(*connection).empty());
    m_nodes->sql("UPDATE queue.tasks SET run_at = now()");
    QCOMPARE(promoted(*connection), 1);
    QCOMPARE(claim(*connection).size(), std::size_t(1));
}

// Each task costs 100 s here, so that no delay of this machine makes a difference.
void QueueTest::heldTasksGoAtTheirPace()
{
    constexpr double kPace = 0.05;
    const auto connection = m_nodes->connect();
    QCOMPARE(admitted(*connection, kPace), 0);
    m_nodes->enqueue({heldTask(5, 2'000ms), heldTask(5), heldTask(5), newTask()});
    QCOMPARE(promoted(*connection), 0);
    QCOMPARE(claim(*connection).size(), std::size_t(1)); // the one that is not under the pace
    QCOMPARE(admitted(*connection, kPace), 0);           // each has its time to wait, the first as well
    QVERIFY(claim(*connection).empty());
    m_nodes->sql(
        "UPDATE queue.tasks SET created_at = created_at - interval '210 s', rank = rank - 210000000");
    m_nodes->sql("UPDATE queue.pace SET paid_until = paid_until - interval '210 s'");
    const auto now = m_nodes->number("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
    QCOMPARE(admitted(*connection, kPace), 1); // not two: a time that nobody used is lost but for the last
    QCOMPARE(admitted(*connection, kPace), 0);
    // It stands back as far as it was meant to, counted from now.
    QVERIFY(m_nodes->number("SELECT rank FROM queue.tasks WHERE state = 0") >= now + 2'000'000);
    auto tasks = claim(*connection);
    QCOMPARE(tasks.size(), std::size_t(1));
    QCOMPARE(tasks[0].attempts, 1);
    VERIFY_OK(queue().complete(*connection, tasks, {}, soon()));
    anHourLater();
    QCOMPARE(admitted(*connection, kPace), 1);
}

void QueueTest::whatIsAdmittedAndNotDoneBoundsWhatIsNext()
{
    const auto connection = m_nodes->connect();
    m_nodes->enqueue({heldTask(5), heldTask(5)});
    anHourLater();
    QCOMPARE(admitted(*connection, 0.05), 1);
    const auto tasks = claim(*connection);
    QCOMPARE(tasks.size(), std::size_t(1));
    anHourLater();
    QCOMPARE(admitted(*connection, 0.05), 0); // the first is still at work
    retry(*connection, tasks[0], {ErrorCode::Unavailable, "a node is away", true}, 1h, false);
    QCOMPARE(admitted(*connection, 0.05), 0);
    m_nodes->sql("UPDATE queue.tasks SET run_at = now() WHERE run_at IS NOT NULL");
    QCOMPARE(promoted(*connection), 1);
    VERIFY_OK(queue().complete(*connection, claim(*connection), {}, soon()));
    QCOMPARE(admitted(*connection, 0.05), 1);
}

void QueueTest::oneEngineAtATimeAdmits()
{
    m_nodes->enqueue({heldTask(1)});
    anHourLater();
    const auto connection = m_nodes->connect(), other = m_nodes->connect();
    {
        TAKE(transaction, SqlTransaction::begin(*other, soon()));
        QCOMPARE(admitted(*other, 1), 1);
        QCOMPARE(admitted(*connection, 1), 0);
    } // rolled back: the other died
    QCOMPARE(admitted(*connection, 1), 1);
}

void QueueTest::heldTasksAreNotLate()
{
    m_nodes->enqueue({heldTask(1)});
    anHourLater();
    const auto connection = m_nodes->connect();
    const auto counts = take(queue().counts(*connection, soon())).kinds;
    QCOMPARE(counts[5].retry, std::int64_t(1));
    QVERIFY(counts[5].oldestAgeSeconds < 60);
}

void QueueTest::completionEndsTasksAndEnqueuesChildren()
{
    m_nodes->enqueue({newTask(), newTask()});
    const auto connection = m_nodes->connect();
    const auto tasks = claim(*connection);
    const std::vector<NewTask> children{newTask(TaskKind::DeliverChunk, "child")};
    VERIFY_OK(queue().complete(*connection, tasks, children, soon()));
    const auto left = claim(*connection);
    QCOMPARE(left.size(), std::size_t(1));
    QCOMPARE(left[0].payload, std::string("child"));
    VERIFY_ERROR(queue().complete(*connection, tasks, {}, soon()), ErrorCode::LeaseLost);
}

void QueueTest::aLapsedLeaseIsTakenOver()
{
    m_nodes->enqueue({newTask()});
    const auto connection = m_nodes->connect();
    const auto abandoned = claim(*connection, 1, 1ms); // a worker that died
    int ready = 0;
    QTRY_VERIFY_WITH_TIMEOUT((ready += promoted(*connection)) == 1, 60'000);
    const auto taken = claim(*connection);
    QCOMPARE(taken.size(), std::size_t(1));
    QCOMPARE(taken[0].ref.id, abandoned[0].ref.id);
    QCOMPARE(taken[0].attempts, 2);
    QVERIFY(taken[0].leaseToken != abandoned[0].leaseToken);
    QCOMPARE(promoted(*connection), 0); // the new lease stands
}

void QueueTest::aLapsedLeaseWaitsForItsOwnersEnd()
{
    m_nodes->enqueue({newTask(), newTask()});
    const auto connection = m_nodes->connect();
    take(connection->execute("SET application_name = 'gone'", {}, soon()));
    QCOMPARE(claim(*connection, 1, 1ms).size(), std::size_t(1));
    take(connection->execute("SET application_name = 'other'", {}, soon()));
    QCOMPARE(claim(*connection).size(), std::size_t(1)); // its lease stands
    Promotion looked;
    QTRY_VERIFY_WITH_TIMEOUT(!(looked = take(queue().promote(*connection, {}, soon()))).owners.empty(),
                             60'000);
    QCOMPARE(looked.tasks, 0);
    QVERIFY(looked.owners == std::vector<std::string>{"gone"});
    QVERIFY(claim(*connection).empty());
    looked = take(queue().promote(*connection, looked.owners, soon()));
    QVERIFY(looked.tasks == 1 && looked.owners.empty());
    QCOMPARE(claim(*connection).size(), std::size_t(1));
    take(connection->execute("RESET application_name", {}, soon()));
}

void QueueTest::anOldHolderCanNeitherEndNorPutBack()
{
    m_nodes->enqueue({newTask()});
    const auto connection = m_nodes->connect();
    const auto old = claim(*connection);
    lapse();
    QCOMPARE(promoted(*connection), 1);
    // Ready again, and nobody has it: the old holder has lost it already.
    VERIFY_ERROR(queue().complete(*connection, old, {}, soon()), ErrorCode::LeaseLost);
    const auto taken = claim(*connection);

    const TaskRetry retry{old[0], {ErrorCode::Internal, "late", false}, 0ms, true};
    VERIFY_ERROR(queue().retryLater(*connection, {&retry, 1}, soon()), ErrorCode::LeaseLost);
    VERIFY_ERROR(queue().bury(*connection, old[0], retry.error, soon()), ErrorCode::LeaseLost);
    VERIFY_OK(queue().release(*connection, old, soon()));
    QCOMPARE(take(queue().renew(*connection, old, 10s, soon())), std::vector<std::int64_t>{old[0].ref.id});
    {
        TAKE(transaction, SqlTransaction::begin(*connection, soon()));
        VERIFY_OK(connection->execute("INSERT INTO effect VALUES (1, 1)", {}, soon()));
        VERIFY_ERROR(queue().complete(*connection, old, {}, soon()), ErrorCode::LeaseLost);
    }
    QCOMPARE(m_nodes->number("SELECT count(*) FROM effect"), std::int64_t(0));
    QCOMPARE(m_nodes->number("SELECT count(*) FROM queue.dead_letters"), std::int64_t(0));
    VERIFY_OK(queue().complete(*connection, taken, {}, soon()));
    QCOMPARE(m_nodes->number("SELECT count(*) FROM queue.tasks"), std::int64_t(0));
}

void QueueTest::completingInOnePieceIsAllOrNothing()
{
    m_nodes->enqueue({newTask(), newTask()});
    const auto connection = m_nodes->connect();
    auto tasks = claim(*connection);
    const std::vector<NewTask> children{newTask(TaskKind::DeliverChunk)};
    const SqlStatement effect{"INSERT INTO effect VALUES (1, 1)", {}};
    const SqlStatement wrong{"INSERT INTO effect VALUES (1 / (SELECT 0), 1)", {}};
    auto stranger = tasks;
    stranger[1].leaseToken ^= 1;
    QVERIFY(!queue().completeAll(*connection, stranger, children, {effect}, soon()));
    QVERIFY(!queue().completeAll(*connection, tasks, children, {effect, wrong}, soon()));
    QCOMPARE(m_nodes->number("SELECT count(*) FROM effect"), std::int64_t(0));
    QCOMPARE(m_nodes->number("SELECT count(*) FROM queue.tasks"), std::int64_t(2));
    VERIFY_OK(queue().completeAll(*connection, tasks, children, {effect}, soon()));
    QCOMPARE(m_nodes->number("SELECT count(*) FROM effect"), std::int64_t(1));
    QCOMPARE(m_nodes->number("SELECT count(*) FROM queue.tasks WHERE kind = 3"), std::int64_t(1));
    QCOMPARE(m_nodes->number("SELECT count(*) FROM queue.tasks"), std::int64_t(1));
}

void QueueTest::renewingKeepsALease()
{
    m_nodes->enqueue({newTask()});
    const auto connection = m_nodes->connect();
    const auto tasks = claim(*connection);
    lapse();
    QVERIFY(
        take(queue().renew(*connection, tasks, 10s, soon())).empty()); // nobody has taken it: it stands again
    QCOMPARE(promoted(*connection), 0);
    VERIFY_OK(queue().complete(*connection, tasks, {}, soon()));
}

void QueueTest::releasingTakesTheAttemptBack()
{
    m_nodes->enqueue({newTask()});
    const auto connection = m_nodes->connect();
    VERIFY_OK(queue().release(*connection, claim(*connection), soon()));
    const auto again = claim(*connection);
    QCOMPARE(again[0].attempts, 1);
    QVERIFY(again[0].waited); // it has not run yet
    retry(*connection, again[0], {ErrorCode::Unavailable, "later", true}, 0ms, false);
    lapse();
    promoted(*connection);
    const auto later = claim(*connection);
    QCOMPARE(later.size(), std::size_t(1));
    QCOMPARE(later[0].attempts, 1);
    QVERIFY(!later[0].waited);
    VERIFY_OK(queue().release(*connection, later, soon()));
    QVERIFY(!claim(*connection)[0].waited);
}

void QueueTest::retriesKeepTheirError()
{
    m_nodes->enqueue({newTask(), newTask()});
    const auto connection = m_nodes->connect();
    const auto tasks = claim(*connection);
    retry(*connection, tasks[0], {ErrorCode::Internal, "it is \"broken\", 'really'", false}, 0ms, true);
    retry(*connection, tasks[1], {ErrorCode::Unavailable, "away", true}, 1h, false);
    QVERIFY(claim(*connection).empty());
    QCOMPARE(promoted(*connection), 1);
    const auto again = claim(*connection);
    QCOMPARE(again.size(), std::size_t(1));
    QCOMPARE(again[0].attempts, 2);
    const auto rows = m_nodes->sql("SELECT error, attempts FROM queue.tasks ORDER BY id");
    QCOMPARE(rows.text(0, 0), std::string_view("it is \"broken\", 'really'"));
    QCOMPARE(rows.text(1, 0), std::string_view("away"));
    QCOMPARE(rows.integer(1, 1), std::int64_t(0));
}

void QueueTest::expiryCountsFromTheFirstClaim()
{
    m_nodes->enqueue({newTask()});
    m_nodes->sql(
        "UPDATE queue.tasks SET expires_at = now() - interval '3 days'"); // a queue that was paused for long
    const auto connection = m_nodes->connect();
    const auto first = claim(*connection);
    QVERIFY(!first[0].expired);
    QVERIFY(first[0].expiresAt > first[0].createdAt + 23h);
    lapse();
    promoted(*connection);
    const auto second = claim(*connection);
    QCOMPARE(second.size(), std::size_t(1));
    QVERIFY(second[0].expiresAt == first[0].expiresAt); // somebody may have begun it: no more time
    VERIFY_OK(queue().release(*connection, second, soon()));
    m_nodes->sql("UPDATE queue.tasks SET expires_at = now() - interval '1 second'");
    QVERIFY(claim(*connection)[0].expired);
}

void QueueTest::buriedWithItsError()
{
    m_nodes->enqueue({newTask(TaskKind::EdgeChanged, R"({"a":1})")});
    const auto connection = m_nodes->connect();
    const auto task = claim(*connection)[0];
    VERIFY_OK(queue().bury(*connection, task, {ErrorCode::Internal, "user 4711 is 'odd'", false}, soon()));
    QCOMPARE(m_nodes->number("SELECT count(*) FROM queue.tasks"), std::int64_t(0));
    const auto letters = take(queue().deadLetters(*connection, 10, soon()));
    QCOMPARE(letters.size(), std::size_t(1));
    QVERIFY(letters[0].ref == task.ref);
    QVERIFY(letters[0].kind == TaskKind::EdgeChanged);
    QCOMPARE(letters[0].shard, 7);
    QCOMPARE(letters[0].payload, std::string(R"({"a":1})"));
    QCOMPARE(letters[0].error, std::string("user 4711 is 'odd'"));
    QCOMPARE(letters[0].signature, std::string("user # is \"…\""));
    QCOMPARE(letters[0].attempts, 1);
    QVERIFY(letters[0].createdAt == task.createdAt);
    QVERIFY(letters[0].diedAt >= letters[0].createdAt);
}

void QueueTest::anErrorOfStrayBytesIsStored()
{
    m_nodes->enqueue({newTask(), newTask()});
    const auto connection = m_nodes->connect();
    const auto tasks = claim(*connection);
    Error stray{ErrorCode::Internal, std::string("zero \0 and \xff", 12), false};
    stray.message.append(100'000, 'x');
    retry(*connection, tasks[0], stray, 1h, true);
    VERIFY_OK(queue().bury(*connection, tasks[1], stray, soon()));
    QCOMPARE(m_nodes->number("SELECT length(error) FROM queue.tasks"), std::int64_t(4'000));
}

void QueueTest::deadLettersAreRetriedAndDiscardedByExactIds()
{
    m_nodes->enqueue({newTask(), newTask(), newTask()});
    const auto connection = m_nodes->connect();
    const auto tasks = claim(*connection);
    for (const auto& task : tasks)
        VERIFY_OK(queue().bury(*connection, task, {ErrorCode::Internal, "no", false}, soon()));
    QCOMPARE(take(queue().deadLetters(*connection, 2, soon())).size(), std::size_t(2));
    QVERIFY(take(queue().deadLetters(*connection, 2, soon()))[0].ref == tasks[2].ref); // newest first

    const std::vector<std::int64_t> revived{tasks[0].ref.id, 999'999'999};
    QCOMPARE(take(queue().reviveDead(*connection, revived, soon())), 1);
    QCOMPARE(take(queue().reviveDead(*connection, revived, soon())), 0);
    const auto again = claim(*connection);
    QCOMPARE(again.size(), std::size_t(1));
    QVERIFY(again[0].ref == tasks[0].ref);
    QCOMPARE(again[0].attempts, 1);
    QVERIFY(tasks[0].waited && *tasks[0].waited >= 0us);
    QVERIFY(!again[0].waited); // it was no wait for a worker
    QVERIFY(again[0].createdAt == tasks[0].createdAt);
    QVERIFY(again[0].expiresAt > tasks[0].expiresAt);
    VERIFY_ERROR(queue().complete(*connection, {tasks.data(), 1}, {}, soon()), ErrorCode::LeaseLost);

    const std::vector<std::int64_t> discarded{tasks[2].ref.id};
    QCOMPARE(take(queue().discardDead(*connection, discarded, soon())), 1);
    const auto left = take(queue().deadLetters(*connection, 10, soon()));
    QCOMPARE(left.size(), std::size_t(1));
    QVERIFY(left[0].ref == tasks[1].ref);
}

void QueueTest::countsByKindAndState()
{
    m_nodes->enqueue({newTask(), newTask(), newTask(), newTask(), newTask(TaskKind::EdgeChanged)});
    m_nodes->sql("UPDATE queue.tasks SET created_at = now() - interval '90 seconds' WHERE kind = 4");
    const auto connection = m_nodes->connect();
    const auto tasks = claim(*connection, 3);
    retry(*connection, tasks[0], {ErrorCode::Internal, "x", false}, 1h, true);
    VERIFY_OK(queue().bury(*connection, tasks[1], {ErrorCode::Internal, "x", false}, soon()));
    const auto counts = take(queue().counts(*connection, soon())).kinds;
    QCOMPARE(counts.size(), kTaskKinds.size());
    const auto& posts = counts[1];
    QVERIFY(posts.kind == TaskKind::PostCreated);
    QCOMPARE(posts.ready, std::int64_t(1));
    QCOMPARE(posts.running, std::int64_t(1));
    QCOMPARE(posts.retry, std::int64_t(1));
    QCOMPARE(posts.dead, std::int64_t(1));
    QVERIFY(posts.oldestAgeSeconds >= 0 && posts.oldestAgeSeconds < 60);
    QCOMPARE(counts[3].ready, std::int64_t(1));
    QVERIFY(counts[3].oldestAgeSeconds >= 90 && counts[3].oldestAgeSeconds < 150);
    QCOMPARE(counts[0].ready + counts[0].dead, std::int64_t(0));
    QCOMPARE(counts[0].oldestAgeSeconds, 0.0);
}

void QueueTest::countsOfALongQueueAreBounded()
{
    m_nodes->sql(
        "INSERT INTO queue.tasks (kind, shard, rank, expires_at, payload, created_at) SELECT 2 + g % 2, 0, "
        "g, now(),"
        " repeat('x', 100), now() - interval '1 hour' * (g = 1)::int FROM generate_series(1, 400000) AS g");
    const auto connection = m_nodes->connect();
    std::ignore = claim(*connection, 5);
    const auto before = std::chrono::steady_clock::now();
    const auto counts = take(queue().counts(*connection, soon())).kinds;
    qInfo("counting 400,000 tasks: %.1f ms",
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count());
    for (const auto& count : {counts[1], counts[2]}) {
        QVERIFY2(count.ready > 160'000 && count.ready < 240'000, qPrintable(QString::number(count.ready)));
        QVERIFY(count.oldestAgeSeconds < 4'000);
    }
    QCOMPARE(counts[1].running + counts[2].running, std::int64_t(5)); // few: exact
    QVERIFY(counts[2].oldestAgeSeconds >= 3'600); // the oldest is one of them, and at the head
}

void QueueTest::aPlanMadeWhileEmptyServesALongQueue()
{
    const auto connection = m_nodes->connect();
    for (int i = 0; i < 10; ++i) { // after five runs a prepared statement keeps its plan
        QVERIFY(claim(*connection).empty());
        QCOMPARE(promoted(*connection), 0);
    }
    m_nodes->sql("INSERT INTO queue.tasks (kind, shard, rank, expires_at, payload) SELECT 2, 0, g, now(), 'x'"
                 " FROM generate_series(1, 100000) AS g");
    TAKE(transaction, SqlTransaction::begin(*connection, soon()));
    const auto rowsScanned = [&] { // by this connection: in this transaction and since it last told
        const auto rows = connection->execute("SELECT seq_tup_read, idx_scan FROM pg_stat_xact_user_tables"
                                              " WHERE relname = 'tasks'",
                                              {}, soon());
        return std::pair{take(rows).integer(0, 0), take(rows).integer(0, 1)};
    };
    const auto before = rowsScanned();
    const auto tasks = claim(*connection, 10);
    QCOMPARE(tasks.size(), std::size_t(10));
    QVERIFY(take(queue().renew(*connection, tasks, 10s, soon())).empty());
    retry(*connection, tasks[0], {ErrorCode::Internal, "x", false}, 0ms, true);
    VERIFY_OK(queue().release(*connection, {&tasks[1], 1}, soon()));
    VERIFY_OK(queue().bury(*connection, tasks[2], {ErrorCode::Internal, "x", false}, soon()));
    QCOMPARE(promoted(*connection), 1);
    VERIFY_OK(queue().complete(*connection, {&tasks[3], 7}, {}, soon()));
    QCOMPARE(rowsScanned().first, before.first);
    QVERIFY(rowsScanned().second > before.second); // the statistics do count
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::QueueTest)
#include "queue_test.moc"
