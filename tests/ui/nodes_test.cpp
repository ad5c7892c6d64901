// The Nodes page on a scripted engine: every node in the list, the chosen one's details, a dead node, the
// monitoring's own cost.
#include <QFont>
#include <QLabel>
#include <QScrollBar>
#include <QTableView>
#include <QTest>

#include "tests/ui/nodes_fixture.h"
#include "ui/models/node_tables.h"
#include "ui/pages/node_list.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/state_view.h"

#include <algorithm>

namespace tests {

class NodesTest : public QObject
{
    Q_OBJECT

private slots:
    void listsEveryNode();
    void opsAreMeansOfSeveralSeconds();
    void worstNodeIsChosenFirst();
    void nodeThatFailsLaterIsChosenUnlessSomebodyPickedOne();
    void redisDetailsAreShown();
    void postgresDetailsAreShown();
    void listAndDetailsShowOneFigure();
    void opensAtANode();
    void selectionSurvivesRefreshes();
    void deadNodeSaysSinceWhen();
    void reasonNeedsNoScrolling();
    void ownCostIsShown();
    void sessionGone();
};

void NodesTest::listsEveryNode()
{
    ShownNodes page;
    QVERIFY(page.opened);
    page.engine().setProbedNodes({{1, 200, -1, {}}, {kRedis3, 10'000, 64 << 20, {}}, {4, 10'000, 0, {}}});
    const auto nodes = page.engine().lastSnapshot().nodes;
    QTRY_COMPARE(page.table("nodeList").model()->rowCount(), int(nodes.size()));
    for (const auto& node : nodes) {
        const int row = page.listRow(QString::fromStdString(node.name));
        QVERIFY(row >= 0);
        QCOMPARE(page.cell("nodeList", row, ui::ListStateColumn), QString("ok"));
        QCOMPARE(page.cell("nodeList", row, ui::ListKindColumn), ui::nodeKindText(node.kind));
        QCOMPARE(page.cell("nodeList", row, ui::ListVersionColumn), QString::fromStdString(node.version));
        QCOMPARE(page.cell("nodeList", row, ui::ListDiskColumn), node.kind == backend::NodeKind::Redis
                                                                     ? QString("not told")
                                                                     : ui::formatBytes(node.diskBytes));
        QCOMPARE(page.cell("nodeList", row, ui::ListProbeColumn),
                 ui::formatMilliseconds(node.probeMilliseconds));
    }
    QCOMPARE(page.cell("nodeList", page.listRow("pg-1"), ui::ListRolesColumn), QString("directory, users"));
    // Used of what is allowed; without a limit, or without knowing one, that is said.
    QTRY_COMPARE(page.cell("nodeList", page.listRow("pg-1"), ui::ListConnectionsColumn),
                 QString("10 of 200"));
    QCOMPARE(page.cell("nodeList", page.listRow("pg-2"), ui::ListConnectionsColumn), QString("11"));
    QCOMPARE(page.cell("nodeList", page.listRow("redis-3"), ui::ListMemoryColumn),
             QString("7.0 MiB of 64.0 MiB"));
    const auto unlimited =
        page.table("nodeList").model()->index(page.listRow("redis-2"), ui::ListMemoryColumn);
    QCOMPARE(unlimited.data().toString(), QString("6.0 MiB"));
    QVERIFY(unlimited.data(Qt::ToolTipRole).toString().contains("no limit"));
    QCOMPARE(page.cell("nodeList", page.listRow("pg-1"), ui::ListMemoryColumn), QString("not told"));
}

void NodesTest::worstNodeIsChosenFirst()
{
    PageFixture fixture;
    fixture.engine().setSnapshot(withDown("redis-6"));
    QVERIFY(fixture.open());
    fixture.make<ui::NodesPage>();
    const auto current = [&] {
        return fixture.find<QTableView>("nodeList")->currentIndex().siblingAtColumn(0).data().toString();
    };
    QTRY_COMPARE(current(), QString("redis-6"));
    QCOMPARE(fixture.find<QTableView>("nodeList")->currentIndex().row(), 0);
}

// In one second alone chance makes a hot node.
void NodesTest::opsAreMeansOfSeveralSeconds()
{
    ShownNodes page;
    const auto ops = [&] { return page.cell("nodeList", page.listRow("redis-3"), ui::ListRateColumn); };
    const auto before = page.engine().lastSnapshot();
    const auto node = std::size_t(kRedis3 - 1);
    QCOMPARE(before.nodes[node].name, std::string("redis-3"));
    const auto calm = ui::formatRate(before.nodes[node].commandsPerSecond);
    QTRY_COMPARE(ops(), calm);
    QVERIFY(page.waitForNews());
    page.engine().setSequenceAdvances(false);
    auto busy = page.engine().lastSnapshot();
    ++busy.sequence;
    busy.nodes[node].commandsPerSecond = 1'000'000;
    page.engine().setSnapshot(busy);
    QTRY_VERIFY(ops() != calm);
    QVERIFY2(ops() != ui::formatRate(1'000'000), qPrintable(ops()));
}

void NodesTest::nodeThatFailsLaterIsChosenUnlessSomebodyPickedOne()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::NodesPage>();
    auto* table = fixture.find<QTableView>("nodeList");
    const auto current = [&] { return table->currentIndex().siblingAtColumn(0).data().toString(); };
    QTRY_VERIFY(!current().isEmpty());
    fixture.engine().setSnapshot(withDown("redis-6"));
    QTRY_COMPARE(current(), QString("redis-6"));
    table->setCurrentIndex(table->model()->index(table->currentIndex().row() + 1, 0));
    const auto picked = current();
    QVERIFY(picked != "redis-6");
    fixture.engine().setSnapshot(withDown("redis-2"));
    QVERIFY(fixture.waitForNews());
    QCOMPARE(current(), picked);
}

void NodesTest::redisDetailsAreShown()
{
    ShownNodes page;
    QTRY_VERIFY(page.hasDetails());
    QCOMPARE(page.text("memoryMost"), QString("64.0 MiB"));
    QCOMPARE(page.text("memoryPolicy"), QString("noeviction"));
    QCOMPARE(page.text("keysHitRatio"), QString("90.0 %, of all clients"));
    QVERIFY(page.text("clientsConnected").endsWith("of 10,000"));
    QCOMPARE(page.text("persistenceAof"), QString("off"));
    QCOMPARE(page.text("persistenceSave"), QString("save 3600 1"));
    QVERIFY(page.text("persistenceLastAt").endsWith(ui::zoneName()));
    QCOMPARE(page.text("replicationRole"), QString("primary"));
    QCOMPARE(page.tabTitle("Slow log"), QString("Slow log (2)"));
    QCOMPARE(page.tabTitle("Replicas"), QString("Replicas (1)"));
    QVERIFY(page.tabTitle("Statements").isEmpty()); // of PostgreSQL alone
    QCOMPARE(page.table("slowOperations").model()->rowCount(), 2);
    QCOMPARE(page.cell("slowOperations", 0, ui::SlowTextColumn), QString("ZRANGE {3}:home:42 0 -1"));
    QCOMPARE(page.cell("slowOperations", 0, ui::SlowDurationColumn), QString("25 ms"));
    QCOMPARE(page.cell("slowOperations", 0, ui::SlowWhoColumn), QString("10.0.0.9:51000 (rookery)"));
    QVERIFY(page.text("slowOperationsHint").contains("10 ms"));
    QCOMPARE(page.cell("replicas", 0, ui::ReplicaBytesColumn), QString("120 B"));
    // The window of the ratio is said, next to it.
    bool windowSaid = false;
    for (const auto* label : page.page->findChildren<QLabel*>())
        windowSaid = windowSaid || label->text() == QString("Keys · last 30 s");
    QVERIFY(windowSaid);
}

void NodesTest::postgresDetailsAreShown()
{
    ShownNodes page(20ms, "pg-1");
    QTRY_VERIFY(page.hasDetails());
    QCOMPARE(page.text("connectionsOpen"), QString("10 of 200, 3 reserved"));
    QCOMPARE(page.text("activityHitRatio"), QString("98.0 %"));
    QVERIFY(page.text("horizonXmin").startsWith("345 transactions by process 4711"));
    QVERIFY(page.text("horizonOldest").startsWith("12.5 s: process 4711"));
    QCOMPARE(page.text("replicationSlots"), QString("1, 1 of them unused"));
    QCOMPARE(page.text("storageDatabase"), QString("40.0 MiB"));
    QCOMPARE(page.tabTitle("Running"), QString("Running (1)"));
    QCOMPARE(page.cell("slowOperations", 0, ui::SlowTextColumn), QString("SELECT pg_sleep(60)"));
    QCOMPARE(page.cell("slowOperations", 0, ui::SlowStateColumn), QString("waits for Timeout: PgSleep"));
    QCOMPARE(page.cell("topStatements", 0, ui::TopCallsColumn), QString("500"));
    QCOMPARE(page.cell("deadRows", 0, ui::DeadNameColumn), QString("users_0003.follows"));
    QCOMPARE(page.cell("deadRows", 1, ui::DeadVacuumColumn), QString("runs now"));
    QCOMPARE(page.table("replicas").model()->rowCount(), 2);
}

// The details are read every few seconds and through a connection of their own; the list is of the last
// probe.
void NodesTest::listAndDetailsShowOneFigure()
{
    ShownNodes page(1h);
    QTRY_VERIFY(page.hasDetails());
    auto probed = fakeSnapshot(1);
    for (auto& node : probed.nodes) {
        node.connections = 43;
        if (node.memoryBytes >= 0) node.memoryBytes = 21 << 20;
    }
    page.engine().setSnapshot(probed);
    QTRY_COMPARE(page.cell("nodeList", page.listRow("redis-3"), ui::ListConnectionsColumn), QString("43"));
    QCOMPARE(page.text("clientsConnected"), QString("43 of 10,000"));
    QCOMPARE(page.text("memoryUsed"), QString("21.0 MiB"));
    QCOMPARE(page.text("memoryPeak"), QString("21.0 MiB")); // which the reading before it did not see
    page.nodes->openArgument("pg-1");
    QTRY_VERIFY(page.find<QLabel>("connectionsOpen"));
    QCOMPARE(page.text("connectionsOpen"), QString("43 of 200, 3 reserved"));
}

void NodesTest::opensAtANode()
{
    ShownNodes page;
    const auto current = [&] {
        return page.table("nodeList").currentIndex().siblingAtColumn(0).data().toString();
    };
    QTRY_COMPARE(current(), QString("redis-3"));
    page.nodes->openArgument("pg-2");
    QCOMPARE(current(), QString("pg-2"));
    const auto asked = [&] {
        const auto calls = page.engine().calls();
        return std::count(calls.begin(), calls.end(), "nodeDetails 2");
    };
    QTRY_VERIFY(asked() > 0);
    page.nodes->openArgument("nobody");
    QCOMPARE(current(), QString("pg-2"));
}

void NodesTest::selectionSurvivesRefreshes()
{
    ShownNodes page;
    QTRY_VERIFY(page.hasDetails());
    page.engine().setSnapshot(withDown("redis-7")); // which then comes first
    QTRY_COMPARE(page.cell("nodeList", 0, ui::ListNameColumn), QString("redis-7"));
    QCOMPARE(page.table("nodeList").currentIndex().siblingAtColumn(0).data().toString(), QString("redis-3"));
    page.table("slowOperations").setCurrentIndex(page.table("slowOperations").model()->index(1, 0));
    const int looks = page.engine().count("nodeDetails");
    QTRY_VERIFY(page.engine().count("nodeDetails") > looks + 2);
    QCOMPARE(page.table("slowOperations").currentIndex().row(), 1);
}

void NodesTest::deadNodeSaysSinceWhen()
{
    PageFixture fixture;
    fixture.engine().setSnapshot(withDown("redis-3"));
    const auto since = fakeSnapshot(1).takenAt - 35s;
    fixture.engine().setProbedNodes({{kRedis3, -1, -1, since}});
    fixture.engine().failWith("nodeDetails 5",
                              {backend::ErrorCode::Unavailable, "redis-3: connection refused", true});
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::NodesPage>();
    page.setInterval(20ms);
    const auto trouble = [&] { return fixture.find<QLabel>("nodeTrouble")->text(); };
    QTRY_VERIFY2(trouble().contains("No answer since " + ui::formatTime(since)), qPrintable(trouble()));
    QTRY_VERIFY2(trouble().contains("redis-3 has not answered for 35 s"), qPrintable(trouble()));
    QVERIFY(fixture.find<QLabel>("nodeTrouble")->isVisible());
    QCOMPARE(fixture.find<QTableView>("nodeList")
                 ->model()
                 ->index(0, ui::ListConnectionsColumn)
                 .data(Qt::ToolTipRole),
             QVariant("nothing known since " + ui::formatTime(since) + ": it does not answer"));
    const auto missing = [&] {
        const auto* label = fixture.find<QLabel>(kMissing);
        return label ? label->text() : QString();
    };
    QTRY_VERIFY2(missing().startsWith("Not read: it does not answer"), qPrintable(missing()));
    // The same is not said twice; without the probes' word the details' error is.
    QVERIFY(!trouble().contains("details cannot be read"));
    fixture.engine().setProbedNodes({});
    QTRY_VERIFY2(trouble().contains("redis-3: connection refused"), qPrintable(trouble()));
    // The list goes on, with what is wrong in words.
    const auto* list = fixture.find<QTableView>("nodeList")->model();
    QCOMPARE(list->rowCount(), 10);
    QCOMPARE(list->index(0, ui::ListStateColumn).data().toString(), QString("down"));
    QVERIFY(list->index(0, ui::ListMessageColumn).data().toString().contains("connection refused"));
    QCOMPARE(list->index(0, ui::ListProbeColumn).data().toString(), ui::unknownText());
    QVERIFY(list->index(0, ui::ListProbeColumn).data(Qt::ToolTipRole).toString().contains("for 35 s"));
    QVERIFY(fixture.waitForNews());
    // It comes back by itself.
    fixture.engine().clearFailure("nodeDetails 5");
    fixture.engine().setSnapshot(fakeSnapshot(1));
    QTRY_VERIFY(!fixture.find<QLabel>("nodeTrouble")->isVisible());
    QTRY_VERIFY(missing().isEmpty());
}

void NodesTest::reasonNeedsNoScrolling()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    fixture.engine().setSnapshot(withNodeDown(fakeSnapshot(1), 1)); // pg-1
    QVERIFY(fixture.open());
    fixture.make<ui::NodesPage>();
    auto& list = *fixture.find<QTableView>("nodeList");
    QTRY_VERIFY(list.model()->rowCount() > 0);
    const int row = 0; // what is down stands first
    const auto why = list.model()->index(row, ui::ListMessageColumn);
    QVERIFY2(why.data().toString().startsWith("it does not answer"), qPrintable(why.data().toString()));
    QVERIFY(why.data(Qt::ToolTipRole).toString().contains("has not answered for 7 s"));
    QTRY_COMPARE(list.horizontalScrollBar()->maximum(), 0);
    // The others take no more than they need, so that it is read as far as there is room.
    QTRY_VERIFY(list.columnWidth(ui::ListMessageColumn) > list.columnWidth(ui::ListRolesColumn));
    const auto disk = list.model()->index(row, ui::ListDiskColumn);
    QVERIFY(disk.data(Qt::FontRole).value<QFont>().italic());
    QVERIFY(disk.data(Qt::ToolTipRole).toString().contains("pg-1 is down"));
}

void NodesTest::ownCostIsShown()
{
    ShownNodes page;
    QTRY_VERIFY(page.text("ownCostSummary").startsWith("Counting")); // not known is not zero
    backend::OwnCost cost;
    cost.windowSeconds = 60;
    cost.probeWindowSeconds = 300;
    backend::NodeCost postgres, redis;
    postgres.node = 1;
    postgres.name = "pg-1";
    postgres.requestsPerSecond = 4;
    postgres.requestsTotal = 12'345;
    postgres.sentBytesPerSecond = 500;
    postgres.probeP50Ms = 1.25;
    postgres.probeP99Ms = 7;
    redis.node = 3;
    redis.name = "redis-1";
    redis.kind = backend::NodeKind::Redis;
    redis.requestsPerSecond = 12.5;
    redis.sentBytesPerSecond = 100;
    redis.receivedBytesPerSecond = 4096;
    redis.missed = 3;
    cost.nodes = {postgres, redis};
    page.engine().setOwnCost(cost);
    const QString expected =
        "4.0 SQL statements/s and 12.5 Redis commands/s; 600 B/s sent, 4.0 KiB/s received from Redis; "
        "over the last 1 min 0 s";
    QTRY_COMPARE(page.text("ownCostSummary").left(60), expected.left(60));
    QVERIFY2(page.text("ownCostSummary").contains("Probe percentiles: of the last 5 min"),
             qPrintable(page.text("ownCostSummary")));
    QCOMPARE(page.cell("ownCostTable", 0, ui::CostNameColumn), QString("pg-1"));
    const auto* costs = page.table("ownCostTable").model();
    QVERIFY(
        costs->index(0, ui::CostRequestsColumn).data(Qt::ToolTipRole).toString().startsWith("12,345 since"));
    QCOMPARE(page.cell("ownCostTable", 0, ui::CostReceivedColumn), ui::unknownText()); // not measured
    QCOMPARE(page.cell("ownCostTable", 0, ui::CostP99Column), ui::formatMilliseconds(7));
    QCOMPARE(page.cell("ownCostTable", 1, ui::CostMissedColumn), QString("3"));
    QCOMPARE(page.cell("ownCostTable", 1, ui::CostP50Column), ui::unknownText());
}

void NodesTest::sessionGone()
{
    ShownNodes page;
    QTRY_VERIFY(page.hasDetails());
    page.bridge.close();
    QTRY_COMPARE(page.find<ui::StateView>("pageState")->kind(), ui::StateView::Kind::Disconnected);
    QVERIFY(page.find<ui::StateView>("pageState")->isVisible());
}

} // namespace tests

QTEST_MAIN(tests::NodesTest)
#include "nodes_test.moc"
