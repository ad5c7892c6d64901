// Tasks that wait for a node, against a real server: who is due when one of them answers, and when nobody
// does.
#include <QTest>

#include "tests/integration/queue_fixture.h"
#include "tests/support/results.h"

using namespace backend;
using namespace std::chrono_literals;

namespace tests {

class QueueParkingTest : public QObject, private OneQueue
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init() { m_nodes->empty(); }

    void whatIsParkedIsDueWhenOneOfItsNodesAnswers();
    void whatIsParkedWaitsItsTimeFirst();
    void whatIsParkedIsTriedAnywayInTheEnd();
    void theReturnOfManyIsInPortions();
    void whatWaitsIsCountedByNode();

private:
    void park(SqlConnection& connection, const Task& task, std::vector<int> nodes, Milliseconds wait,
              Milliseconds parked = 1h)
    {
        const TaskRetry retry{task,  {ErrorCode::Unavailable, "away", true}, wait, false, std::move(nodes),
                              parked};
        take(queue().retryLater(connection, {&retry, 1}, soon()));
    }
    int unparked(SqlConnection& connection, std::vector<int> nodes)
    {
        return take(queue().unpark(connection, nodes, soon()));
    }
    std::vector<int> awaited(SqlConnection& connection)
    {
        return take(queue().promote(connection, {}, soon())).awaited;
    }
};

void QueueParkingTest::whatIsParkedIsDueWhenOneOfItsNodesAnswers()
{
    m_nodes->enqueue({newTask(), newTask()});
    const auto connection = m_nodes->connect();
    const auto tasks = claim(*connection);
    park(*connection, tasks[0], {7, 9}, 0ms);
    park(*connection, tasks[1], {12}, 0ms);
    QCOMPARE(promoted(*connection), 0);
    QVERIFY((awaited(*connection) == std::vector<int>{7, 9, 12}));
    QCOMPARE(unparked(*connection, {8}), 0);
    QCOMPARE(promoted(*connection), 0);
    QCOMPARE(unparked(*connection, {8, 9}), 1);
    QCOMPARE(promoted(*connection), 1);
    auto again = claim(*connection);
    QCOMPARE(again.size(), std::size_t(1));
    QCOMPARE(again[0].ref, tasks[0].ref);
    QCOMPARE(again[0].attempts, 1); // that one did not count
    // It waits for the other one alone now, and has not been forgotten there.
    QVERIFY((awaited(*connection) == std::vector<int>{7, 12}));
    park(*connection, again[0], {7}, 0ms);
    QCOMPARE(unparked(*connection, {7}), 1);
    QVERIFY(awaited(*connection) == std::vector<int>{12});
    again = claim(*connection);
    QCOMPARE(again.size(), std::size_t(1));
    // Of a task that is gone nothing is left in the way.
    take(queue().complete(*connection, again, {}, soon()));
    QCOMPARE(unparked(*connection, {7, 12}), 1);
    QVERIFY(awaited(*connection).empty());
}

// A node that answers and fails all the same must not be tried without a pause.
void QueueParkingTest::whatIsParkedWaitsItsTimeFirst()
{
    m_nodes->enqueue({newTask()});
    const auto connection = m_nodes->connect();
    park(*connection, claim(*connection)[0], {7}, 10min);
    QCOMPARE(unparked(*connection, {7}), 1);
    QCOMPARE(promoted(*connection), 0);
    m_nodes->sql("UPDATE queue.tasks SET run_at = run_at - interval '9 minutes'");
    QCOMPARE(promoted(*connection), 0);
    m_nodes->sql("UPDATE queue.tasks SET run_at = run_at - interval '1 minute'");
    QCOMPARE(promoted(*connection), 1);
}

void QueueParkingTest::whatIsParkedIsTriedAnywayInTheEnd()
{
    m_nodes->enqueue({newTask()});
    const auto connection = m_nodes->connect();
    park(*connection, claim(*connection)[0], {7}, 0ms, 1h);
    m_nodes->sql("UPDATE queue.tasks SET run_at = run_at - interval '59 minutes'");
    QCOMPARE(promoted(*connection), 0);
    m_nodes->sql("UPDATE queue.tasks SET run_at = run_at - interval '1 minute'");
    QCOMPARE(promoted(*connection), 1);
    QCOMPARE(unparked(*connection, {7}), 0); // it is ready already
    QCOMPARE(claim(*connection).size(), std::size_t(1));
}

void QueueParkingTest::theReturnOfManyIsInPortions()
{
    m_nodes->sql("INSERT INTO queue.tasks (kind, shard, payload, rank, state, run_at, expires_at)"
                 " SELECT 2, 0, '{}', n, 2, now() + interval '4 hours', now() + interval '1 day'"
                 " FROM generate_series(1, 12000) AS n");
    m_nodes->sql("INSERT INTO queue.parked (node, task, free_at) SELECT 7, id, now() FROM queue.tasks");
    const auto connection = m_nodes->connect();
    // Parked for a second node, too, each is due once, and no more at once.
    m_nodes->sql("INSERT INTO queue.parked (node, task, free_at) SELECT 8, id, now() FROM queue.tasks"
                 " ORDER BY id LIMIT 3000");
    QCOMPARE(unparked(*connection, {8, 7}), 2'500); // those of the other half are due already
    QCOMPARE(unparked(*connection, {7}), 5'000);
    QCOMPARE(promoted(*connection), 5'000);
    const auto first = claim(*connection, 1);
    QCOMPARE(unparked(*connection, {7}), 4'500);
    QCOMPARE(unparked(*connection, {7, 8}), 0); // 500 that are due
    QVERIFY(awaited(*connection).empty());
    QCOMPARE(first.size(), std::size_t(1));
}

void QueueParkingTest::whatWaitsIsCountedByNode()
{
    m_nodes->enqueue({newTask(), newTask()});
    const auto connection = m_nodes->connect();
    QVERIFY(take(queue().counts(*connection, soon())).parked.empty());
    const auto tasks = claim(*connection);
    park(*connection, tasks[0], {7, 9}, 0ms);
    park(*connection, tasks[1], {9}, 0ms);
    auto parked = take(queue().counts(*connection, soon())).parked;
    QCOMPARE(parked.size(), std::size_t(2));
    QCOMPARE(parked[0].node * 1'000 + parked[0].tasks, 7'001);
    QCOMPARE(parked[1].node * 1'000 + parked[1].tasks, 9'002);
    // Many are not counted to the last: a look is to cost little.
    m_nodes->sql("WITH t AS (INSERT INTO queue.tasks (kind, shard, payload, rank, state, run_at, expires_at)"
                 " SELECT 3, 0, '{}', n, 2, now() + interval '4 hours', now() + interval '1 day'"
                 " FROM generate_series(1, 30000) AS n RETURNING id)"
                 " INSERT INTO queue.parked (node, task, free_at) SELECT 9, id, now() FROM t");
    parked = take(queue().counts(*connection, soon())).parked;
    QCOMPARE(parked[1].tasks, kParkedCounted);
    QCOMPARE(parked[0].tasks, 1);
    // Of a task that is gone, or is being done, nothing waits.
    m_nodes->sql("DELETE FROM queue.parked AS p USING queue.tasks AS t WHERE t.id = p.task AND t.kind = 3"
                 " AND t.rank > 500");
    m_nodes->sql("DELETE FROM queue.tasks WHERE kind = 3");
    QCOMPARE(take(queue().counts(*connection, soon())).parked[1].tasks, 2);
    QCOMPARE(unparked(*connection, {7}), 1);
    QCOMPARE(promoted(*connection), 1);
    parked = take(queue().counts(*connection, soon())).parked;
    QCOMPARE(parked[0].node * 1'000 + parked[0].tasks, 9'001);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::QueueParkingTest)
#include "queue_parking_test.moc"
