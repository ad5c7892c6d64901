// Tasks that wait for a node: when they need not be tried, and when they are all the same.
#include <QTest>

#include "backend/fanout/awaited_nodes.h"

using namespace backend;

class AwaitedNodesTest : public QObject
{
    Q_OBJECT

private slots:
    void aTaskWaitsWhileItsNodesAreSilent();
    void whoWaitsForNobodyIsTried();
    void underAnotherMapItIsTried();
    void afterAWhileItIsTriedAnyway();

private:
    static constexpr int kAway = 7;
    static Task task(int node, std::int64_t id)
    {
        Task out;
        out.ref = {node, id};
        return out;
    }
    bool waits(AwaitedNodes& nodes, const Task& task, std::int64_t epoch)
    {
        return nodes.reasons({&task, 1}, epoch, m_redis, Deadline::after(std::chrono::seconds(5)))[0]
            .has_value();
    }
    const Task m_task = task(1, 50), m_other = task(2, 50);
    const Error m_error{ErrorCode::Unavailable, "redis-7 is away", true};
    RedisClient m_redis{{NodeEndpoint{
        .id = kAway, .name = "redis-7", .kind = NodeKind::Redis, .address = "unix:///nowhere/at/all.sock"}}};
};

void AwaitedNodesTest::aTaskWaitsWhileItsNodesAreSilent()
{
    AwaitedNodes nodes;
    QVERIFY(!waits(nodes, m_task, 1)); // never tried
    nodes.await(m_task.ref, {kAway}, 1, m_error);
    for (int i = 0; i < 3; ++i)
        QVERIFY(waits(nodes, m_task, 1));
    QVERIFY(!waits(nodes, m_other, 1)); // of the same number on another node
    const std::vector<Task> both{m_other, m_task};
    const auto reasons = nodes.reasons(both, 1, m_redis, Deadline::after(std::chrono::seconds(5)));
    QCOMPARE(reasons.size(), std::size_t(2));
    QVERIFY(!reasons[0]);
    QCOMPARE(reasons[1]->message, m_error.message);
}

// Such as one that answers that it is loading: nobody would ever be waited for.
void AwaitedNodesTest::whoWaitsForNobodyIsTried()
{
    AwaitedNodes nodes;
    nodes.await(m_task.ref, {}, 1, m_error);
    QVERIFY(!waits(nodes, m_task, 1));
}

void AwaitedNodesTest::underAnotherMapItIsTried()
{
    AwaitedNodes nodes;
    nodes.await(m_task.ref, {kAway}, 1, m_error);
    QVERIFY(!waits(nodes, m_task, 2)); // its shards may be elsewhere
    QVERIFY(!waits(nodes, m_task, 1)); // and is forgotten
}

void AwaitedNodesTest::afterAWhileItIsTriedAnyway()
{
    AwaitedNodes nodes(Milliseconds(0));
    nodes.await(m_task.ref, {kAway}, 1, m_error);
    QVERIFY(!waits(nodes, m_task, 1));
}

QTEST_GUILESS_MAIN(AwaitedNodesTest)
#include "awaited_nodes_test.moc"
