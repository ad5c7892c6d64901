// How the Nodes page reads a node's details, on a scripted engine: one that hangs, a failure, missing rights;
// and nothing is asked while paused or another page is shown.
#include <QLabel>
#include <QTabWidget>
#include <QTableView>
#include <QTest>

#include "tests/ui/nodes_fixture.h"
#include "tests/ui/settled.h"
#include "ui/models/node_tables.h"
#include "ui/widgets/formatting.h"

#include <algorithm>
#include <utility>

namespace tests {

class NodesReadingTest : public QObject
{
    Q_OBJECT

private slots:
    void hangingNodeHoldsNobodyUp();
    void failureKeepsTheLastFigures();
    void missingRightsAreTold();
    void asksAgainWhileShownAndLive();
    void pausedAsksNothing();
    void hiddenAsksNothing();
};

void NodesReadingTest::hangingNodeHoldsNobodyUp()
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

void NodesReadingTest::failureKeepsTheLastFigures()
{
    ShownNodes page;
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

void NodesReadingTest::missingRightsAreTold()
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

void NodesReadingTest::asksAgainWhileShownAndLive()
{
    ShownNodes page;
    QTRY_VERIFY(page.engine().count("nodeDetails") > 3);
    QTRY_VERIFY(page.engine().count("ownCost") > 3);
}

void NodesReadingTest::pausedAsksNothing()
{
    ShownNodes page;
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

void NodesReadingTest::hiddenAsksNothing()
{
    ShownNodes page;
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

} // namespace tests

QTEST_MAIN(tests::NodesReadingTest)
#include "nodes_reading_test.moc"
