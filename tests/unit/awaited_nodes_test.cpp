// Tasks that wait for a node: when they need not be tried, and when they are all the same.
#include <QTest>

#include "backend/fanout/awaited_nodes.h"

using namespace backend;

class AwaitedNodesTest : public QObject
{
    Q_OBJECT

private slots:
    void aTaskWaitsWhileItsNodesAreSilent();
    void underAnotherMapItIsTried();
    void afterAWhileItIsTriedAnyway();

private:
    static constexpr int kAway = 7;
    const TaskRef m_task{1, 50}, m_other{2, 50};
    const Error m_error{ErrorCode::Unavailable, "redis-7 is away", true};
    RedisClient m_redis{{NodeEndpoint{
        .id = kAway, .name = "redis-7", .kind = NodeKind::Redis, .address = "unix:///nowhere/at/all.sock"}}};
};

void AwaitedNodesTest::aTaskWaitsWhileItsNodesAreSilent()
{
    AwaitedNodes nodes;
    QVERIFY(!nodes.reason(m_task, 1, m_redis)); // never tried
    nodes.await(m_task, {kAway}, 1, m_error);
    for (int i = 0; i < 3; ++i) {
        const auto reason = nodes.reason(m_task, 1, m_redis);
        QVERIFY(reason.has_value());
        QCOMPARE(reason->message, m_error.message);
    }
    QVERIFY(!nodes.reason(m_other, 1, m_redis)); // of the same number on another node
}

void AwaitedNodesTest::underAnotherMapItIsTried()
{
    AwaitedNodes nodes;
    nodes.await(m_task, {kAway}, 1, m_error);
    QVERIFY(!nodes.reason(m_task, 2, m_redis)); // its shards may be elsewhere
    QVERIFY(!nodes.reason(m_task, 1, m_redis)); // and is forgotten
}

void AwaitedNodesTest::afterAWhileItIsTriedAnyway()
{
    AwaitedNodes nodes(Milliseconds(0));
    nodes.await(m_task, {kAway}, 1, m_error);
    QVERIFY(!nodes.reason(m_task, 1, m_redis));
}

QTEST_GUILESS_MAIN(AwaitedNodesTest)
#include "awaited_nodes_test.moc"
