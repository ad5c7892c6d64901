// The Nodes page on a scripted engine: every node in the list, the chosen one's details, a dead node, one
// that hangs, missing rights; the doctor on demand and cancelled; the monitoring's own cost; and nothing
// asked while paused or another page is shown.
#include <QFont>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollBar>
#include <QTabWidget>
#include <QTableView>
#include <QTest>

#include "tests/ui/page_fixture.h"
#include "tests/ui/settled.h"
#include "ui/models/node_tables.h"
#include "ui/pages/node_list.h"
#include "ui/pages/nodes_page.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/state_view.h"

#include <algorithm>
#include <utility>

namespace tests {

using namespace std::chrono_literals;

class NodesTest : public QObject
{
    Q_OBJECT

private slots:
    void listsEveryNode();
    void worstNodeIsChosenFirst();
    void nodeThatFailsLaterIsChosenUnlessSomebodyPickedOne();
    void redisDetailsAreShown();
    void postgresDetailsAreShown();
    void listAndDetailsShowOneFigure();
    void opensAtANode();
    void selectionSurvivesRefreshes();
    void deadNodeSaysSinceWhen();
    void reasonNeedsNoScrolling();
    void hangingNodeHoldsNobodyUp();
    void failureKeepsTheLastFigures();
    void missingRightsAreTold();
    void asksAgainWhileShownAndLive();
    void pausedAsksNothing();
    void hiddenAsksNothing();
    void doctorRunsOnceAndOnDemand();
    void doctorTellsNodeByNode();
    void worstFindingIsShownAlsoWhenFoundLast();
    void doctorIsCancelled();
    void doctorFailureIsTold();
    void findingsOfTheNode();
    void ownCostIsShown();
    void sessionGone();

private:
    static constexpr auto kMissing = "notRead Its own figures"; // why there are none
    struct Shown : PageFixture
    {
        explicit Shown(std::chrono::milliseconds interval = 20ms, const char* node = "redis-3")
        {
            opened = open();
            nodes = &make<ui::NodesPage>();
            nodes->setInterval(interval);
            if (node) nodes->openArgument(QString::fromLatin1(node));
        }
        ui::NodesPage* nodes = nullptr;
        bool opened = false;

        QString text(const char* name) const
        {
            const auto* label = find<QLabel>(name);
            return label ? label->text() : QStringLiteral("(no %1)").arg(QLatin1String(name));
        }
        QTableView& table(const char* name) const { return *find<QTableView>(name); }
        QString cell(const char* name, int row, int column) const
        {
            return table(name).model()->index(row, column).data().toString();
        }
        int listRow(const QString& node) const
        {
            for (int row = 0; row < table("nodeList").model()->rowCount(); ++row)
                if (cell("nodeList", row, ui::ListNameColumn) == node) return row;
            return -1;
        }
        QString tabTitle(const QString& begin) const
        {
            const auto* tabs = find<QTabWidget>("nodeTabs");
            for (int i = 0; i < tabs->count(); ++i)
                if (tabs->isTabVisible(i) && tabs->tabText(i).startsWith(begin)) return tabs->tabText(i);
            return {};
        }
        bool hasDetails() const
        {
            return find<QTabWidget>("nodeTabs")->isVisibleTo(page.get()) && !find<QLabel>(kMissing);
        }
    };
    static backend::ClusterSnapshot withDown(const char* name)
    {
        auto snapshot = fakeSnapshot(1);
        for (auto& node : snapshot.nodes)
            if (node.name == name) {
                node.health = backend::Health::Down;
                node.message =
                    std::string(name) + " has not answered for 35 s: connection refused. Start it.";
                node.connections = -1;
                node.probeMilliseconds = -1;
            }
        return snapshot;
    }
    static constexpr int kRedis3 = 5; // its id
};

void NodesTest::listsEveryNode()
{
    Shown page;
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
        QCOMPARE(page.cell("nodeList", row, ui::ListDiskColumn), ui::formatBytes(node.diskBytes));
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
    QCOMPARE(page.cell("nodeList", page.listRow("pg-1"), ui::ListMemoryColumn), ui::unknownText());
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
    Shown page;
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
    QVERIFY(page.tabTitle("Top statements").isEmpty()); // of PostgreSQL alone
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
    Shown page(20ms, "pg-1");
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
    Shown page(1h);
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
    Shown page;
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
    Shown page;
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
    QTRY_VERIFY2(missing().endsWith("redis-3: connection refused"), qPrintable(missing()));
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

void NodesTest::hangingNodeHoldsNobodyUp()
{
    PageFixture fixture;
    fixture.engine().hold("nodeDetails 5");
    fixture.engine().hold("nodeDetails 6");
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::NodesPage>();
    page.setInterval(20ms);
    page.openArgument("redis-3");
    // What is known without it is there, and the doctor's findings; the rest says for whom it waits.
    QTRY_VERIFY(fixture.find<QLabel>(kMissing));
    QCOMPARE(fixture.find<QLabel>(kMissing)->text(), QString("Waiting for redis-3…"));
    QCOMPARE(fixture.find<QLabel>("slowOperationsHint")->text(), QString("Waiting for redis-3…"));
    QVERIFY(fixture.find<QTabWidget>("nodeTabs")->isVisible());
    const auto known = fixture.engine().lastSnapshot().nodes[4];
    QCOMPARE(QString::fromStdString(known.name), QString("redis-3"));
    QCOMPARE(fixture.find<QLabel>("knownMemory")->text(), ui::formatBytes(known.memoryBytes));
    QCOMPARE(fixture.find<QLabel>("knownRoles")->text(), QString("timelines"));
    QTRY_VERIFY(fixture.waitForNews()); // snapshots come, the list lives
    QTRY_COMPARE(fixture.engine().count("nodeDetails") > 0, true);
    page.openArgument("redis-1");
    QTRY_VERIFY(fixture.find<QLabel>("memoryUsed"));
    // However often one comes back to it, it is asked once.
    const auto asked = [&] {
        const auto calls = fixture.engine().calls();
        return std::count(calls.begin(), calls.end(), "nodeDetails 5");
    };
    for (int i = 0; i < 5; ++i) {
        page.openArgument("redis-3");
        QVERIFY(fixture.waitForNews());
        page.openArgument("redis-1");
    }
    QCOMPARE(asked(), 1);
    // Its late answer is not taken for another node's.
    fixture.engine().releaseAll();
    QVERIFY(fixture.waitForNews());
    QTRY_VERIFY(fixture.find<QLabel>("memoryUsed"));
    QVERIFY(fixture.find<QLabel>("memoryUsed")->text() == ui::formatBytes(5LL << 20)); // redis-1's
}

void NodesTest::failureKeepsTheLastFigures()
{
    Shown page;
    QTRY_VERIFY(page.hasDetails());
    page.engine().failWith("nodeDetails",
                           {backend::ErrorCode::DeadlineExceeded, "did not answer in time", true});
    QTRY_VERIFY2(page.text("nodeTrouble").contains("did not answer in time"),
                 qPrintable(page.text("nodeTrouble")));
    QVERIFY(page.hasDetails()); // as of then
    bool old = false;
    for (const auto* label : page.page->findChildren<QLabel*>("cardSubtitle"))
        old = old || label->text().startsWith("as of ");
    QVERIFY(old);
    page.engine().clearFailure("nodeDetails");
    QTRY_VERIFY(page.text("nodeTrouble").isEmpty());
}

void NodesTest::missingRightsAreTold()
{
    PageFixture fixture;
    auto redis = fakeNodeDetails(fakeSnapshot(1).nodes[4]);
    redis.redis.slowLog = {{}, "redis-3 refuses SLOWLOG: this user has no permissions"};
    redis.redis.latency = {{}, "redis-3 refuses LATENCY"};
    fixture.engine().setNodeDetails(redis);
    auto postgres = fakeNodeDetails(fakeSnapshot(1).nodes[0]);
    postgres.postgres.connections.value->seesOthers = false;
    postgres.postgres.top = {{}, "pg_stat_statements is not installed. CREATE EXTENSION pg_stat_statements"};
    postgres.postgres.horizon = {{}, "permission denied for view pg_prepared_xacts"};
    fixture.engine().setNodeDetails(postgres);
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::NodesPage>();
    page.openArgument("redis-3");
    const auto hint = [&](const char* name) { return fixture.find<QLabel>(name)->text(); };
    QTRY_VERIFY2(hint("slowOperationsHint").contains("no permissions"),
                 qPrintable(hint("slowOperationsHint")));
    QCOMPARE(fixture.find<QTableView>("slowOperations")->model()->rowCount(), 0);
    QCOMPARE(fixture.find<QLabel>("notRead Latency events")->text(), QString("redis-3 refuses LATENCY"));
    QCOMPARE(fixture.find<QLabel>("memoryPolicy")->text(), QString("noeviction")); // the rest is there
    page.openArgument("pg-1");
    QTRY_VERIFY2(hint("topStatementsHint").contains("CREATE EXTENSION"),
                 qPrintable(hint("topStatementsHint")));
    QVERIFY2(hint("slowOperationsHint").contains("pg_read_all_stats"),
             qPrintable(hint("slowOperationsHint")));
    QVERIFY(fixture.find<QLabel>("notRead Vacuum horizon")->text().contains("permission denied"));
}

void NodesTest::asksAgainWhileShownAndLive()
{
    Shown page;
    QTRY_VERIFY(page.engine().count("nodeDetails") > 3);
    QTRY_VERIFY(page.engine().count("ownCost") > 3);
}

void NodesTest::pausedAsksNothing()
{
    Shown page;
    QTRY_VERIFY(page.hasDetails());
    page.bridge.setPolling(false);
    QVERIFY(settled(page.engine()));
    const int looks = page.engine().count("nodeDetails"), costs = page.engine().count("ownCost");
    page.page->setSnapshot(page.bridge.snapshot()); // as when the page is shown again
    page.nodes->openArgument("pg-1");
    QTest::qWait(150);
    QCOMPARE(page.engine().count("nodeDetails"), looks);
    QCOMPARE(page.engine().count("ownCost"), costs);
    QVERIFY(!page.hasDetails());
    QVERIFY2(page.text(kMissing).contains("F5"), qPrintable(page.text(kMissing)));
    page.nodes->refresh(); // is asked for
    QTRY_COMPARE(page.engine().count("nodeDetails"), looks + 1);
    QTRY_VERIFY(page.hasDetails());
}

void NodesTest::hiddenAsksNothing()
{
    Shown page;
    QTRY_VERIFY(page.hasDetails());
    page.page->deactivated();
    int before = -1; // until what was under way has come; the bridge goes on
    const auto details = [&] {
        const int now = page.engine().count("nodeDetails") + page.engine().count("ownCost");
        QTest::qWait(300);
        return std::exchange(before, now) == now;
    };
    QTRY_VERIFY(details());
    const int looks = page.engine().count("nodeDetails"), costs = page.engine().count("ownCost");
    QVERIFY(page.waitForNews());
    QVERIFY(page.waitForNews());
    QCOMPARE(page.engine().count("nodeDetails"), looks);
    QCOMPARE(page.engine().count("ownCost"), costs);
    page.page->activated();
    QTRY_VERIFY(page.engine().count("nodeDetails") > looks);
}

void NodesTest::doctorRunsOnceAndOnDemand()
{
    Shown page;
    QTRY_COMPARE(page.engine().count("doctor"), 1); // at first showing
    QTRY_VERIFY2(page.text("checkupSummary").startsWith("0 errors, 1 warning, 0 notes"),
                 qPrintable(page.text("checkupSummary")));
    QVERIFY(page.text("checkupSummary").contains(ui::zoneName()));
    QCOMPARE(page.cell("allFindings", 0, ui::FindingSeverityColumn), QString("warning"));
    QCOMPARE(page.cell("allFindings", 0, ui::FindingNodeColumn), QString("redis-1"));
    for (int i = 0; i < 3; ++i)
        QVERIFY(page.waitForNews());
    QCOMPARE(page.engine().count("doctor"), 1); // never by itself
    page.engine().setCheckup({});
    page.find<QPushButton>("runCheckup")->click();
    QTRY_COMPARE(page.engine().count("doctor"), 2);
    QTRY_VERIFY(page.text("checkupSummary").startsWith("0 errors, 0 warnings, 0 notes"));
    QCOMPARE(page.table("allFindings").model()->rowCount(), 0);
    QVERIFY(page.text("allFindingsHint").contains("Nothing found"));
}

// A node that hangs holds up nothing that the others said.
void NodesTest::doctorTellsNodeByNode()
{
    const auto looked = [](const std::string& name, bool awaited) {
        backend::NodeCheckup out;
        out.name = name;
        out.awaited = awaited;
        return out;
    };
    backend::Checkup part, whole;
    part.nodes = {looked("pg-1", true), looked("redis-1", false), looked("redis-2", false)};
    part.findings = {
        {backend::Severity::Error, "redis-1", "node.unreachable", "connection refused", "start it", ""}};
    whole = part;
    whole.nodes[0].awaited = false;
    whole.findings.push_back(
        {backend::Severity::Error, "pg-1", "node.unreachable", "did not answer", "", ""});
    PageFixture fixture;
    fixture.engine().setCheckupSoFar(part);
    fixture.engine().setCheckup(whole);
    fixture.engine().hold("doctor: the rest");
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::NodesPage>();
    const auto summary = [&] { return fixture.find<QLabel>("checkupSummary")->text(); };
    const auto rows = [&] { return fixture.find<QTableView>("allFindings")->model()->rowCount(); };
    const QString soFar = "2 of 3 nodes looked at, ";
    QTRY_COMPARE(summary(), "Looking… " + soFar + "waiting for pg-1.");
    QCOMPARE(rows(), 1);
    QVERIFY(fixture.find<QProgressBar>("checkupProgress")->isVisible());
    page.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&page));
    QTest::keyClick(&page, Qt::Key_Escape);
    QTRY_VERIFY2(summary().startsWith("Cancelled") && summary().endsWith(soFar + "not pg-1."),
                 qPrintable(summary()));
    QCOMPARE(rows(), 1); // what was read stays
    fixture.engine().release("doctor: the rest");
    auto* button = fixture.find<QPushButton>("runCheckup");
    QTRY_VERIFY(button->isEnabled());
    QVERIFY2(summary().endsWith(soFar + "not pg-1."), qPrintable(summary()));
    button->click();
    QTRY_VERIFY2(summary().startsWith("2 errors"), qPrintable(summary()));
    QCOMPARE(rows(), 2);
}

void NodesTest::worstFindingIsShownAlsoWhenFoundLast()
{
    backend::Checkup part, whole;
    part.findings = {{backend::Severity::Note, "redis-1", "redis.note", "a trifle", "nothing", ""}};
    whole = part;
    whole.findings.push_back(
        {backend::Severity::Error, "pg-1", "node.unreachable", "did not answer", "start it", ""});
    PageFixture fixture;
    fixture.engine().setCheckupSoFar(part);
    fixture.engine().setCheckup(whole);
    fixture.engine().hold("doctor: the rest");
    QVERIFY(fixture.open());
    fixture.make<ui::NodesPage>();
    const auto advice = [&] { return fixture.find<QLabel>("allFindingsAdvice")->text(); };
    QTRY_VERIFY2(advice().startsWith("a trifle"), qPrintable(advice()));
    fixture.engine().release("doctor: the rest");
    QTRY_VERIFY2(advice().startsWith("did not answer"), qPrintable(advice()));
    // What somebody chose stays chosen.
    auto* table = fixture.find<QTableView>("allFindings");
    table->setCurrentIndex(table->model()->index(1, 0));
    QVERIFY2(advice().startsWith("a trifle"), qPrintable(advice()));
    fixture.find<QPushButton>("runCheckup")->click();
    QTRY_COMPARE(fixture.engine().count("doctor"), 2);
    QTRY_VERIFY(fixture.find<QPushButton>("runCheckup")->isEnabled());
    QVERIFY2(advice().startsWith("a trifle"), qPrintable(advice()));
}

void NodesTest::doctorIsCancelled()
{
    PageFixture fixture;
    fixture.engine().hold("doctor");
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::NodesPage>();
    const auto summary = [&] { return fixture.find<QLabel>("checkupSummary")->text(); };
    auto* button = fixture.find<QPushButton>("runCheckup");
    QTRY_COMPARE(fixture.engine().count("doctor"), 1);
    QTRY_VERIFY(fixture.find<QProgressBar>("checkupProgress")->isVisible());
    QCOMPARE(button->text(), QString("Cancel"));
    page.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&page));
    QTest::keyClick(&page, Qt::Key_Escape);
    QTRY_VERIFY2(summary().startsWith("Cancelled"), qPrintable(summary()));
    QVERIFY(!fixture.find<QProgressBar>("checkupProgress")->isVisible());
    QVERIFY(!button->isEnabled()); // the engine is still at it
    fixture.engine().release("doctor");
    QTRY_VERIFY(button->isEnabled());
    QCOMPARE(fixture.find<QTableView>("allFindings")->model()->rowCount(), 0); // its answer is dropped
    button->click();
    QTRY_COMPARE(fixture.find<QTableView>("allFindings")->model()->rowCount(), 1);
}

void NodesTest::doctorFailureIsTold()
{
    PageFixture fixture;
    fixture.engine().failWith("doctor", {backend::ErrorCode::Unavailable, "the directory is gone", true});
    QVERIFY(fixture.open());
    fixture.make<ui::NodesPage>();
    QTRY_VERIFY(fixture.find<QLabel>("checkupSummary")->text().contains("the directory is gone"));
    QVERIFY(fixture.find<QPushButton>("runCheckup")->isEnabled());
}

void NodesTest::findingsOfTheNode()
{
    Shown page(20ms, "redis-1");
    backend::Checkup checkup;
    checkup.findings = {
        {backend::Severity::Error, "", "engine.none", "no engine runs", "start one", "rookeryctl serve"},
        {backend::Severity::Note, "redis-1", "redis.maxmemory", "maxmemory is not set", "set it",
         "CONFIG SET"},
        {backend::Severity::Warning, "redis-1", "redis.memory", "it is nearly full", "add nodes", ""},
        {backend::Severity::Warning, "pg-1", "postgres.x", "something", "do", ""}};
    QTRY_COMPARE(page.engine().count("doctor"), 1);
    QTRY_COMPARE(page.table("allFindings").model()->rowCount(), 1);
    page.engine().setCheckup(checkup);
    page.find<QPushButton>("runCheckup")->click();
    QTRY_COMPARE(page.table("allFindings").model()->rowCount(), 4);
    QCOMPARE(page.cell("allFindings", 0, ui::FindingNodeColumn), QString("cluster")); // the worst first
    QTRY_COMPARE(page.tabTitle("Findings"), QString("Findings (2)"));
    QCOMPARE(page.cell("nodeFindings", 0, ui::FindingMeasuredColumn), QString("it is nearly full"));
    auto& own = page.table("nodeFindings");
    own.setCurrentIndex(own.model()->index(1, 0));
    QVERIFY(page.text("nodeFindingsAdvice").contains("set it"));
    QCOMPARE(page.text("nodeFindingsCommand"), QString("CONFIG SET"));
    page.nodes->openArgument("redis-2");
    QTRY_COMPARE(page.tabTitle("Findings"), QString("Findings (0)"));
}

void NodesTest::ownCostIsShown()
{
    Shown page;
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
    Shown page;
    QTRY_VERIFY(page.hasDetails());
    page.bridge.close();
    QTRY_COMPARE(page.find<ui::StateView>("pageState")->kind(), ui::StateView::Kind::Disconnected);
    QVERIFY(page.find<ui::StateView>("pageState")->isVisible());
}

} // namespace tests

QTEST_MAIN(tests::NodesTest)
#include "nodes_test.moc"
