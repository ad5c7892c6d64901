// Comparing a user's timeline in Redis with PostgreSQL and repairing it in the Timeline browser, with errors,
// delays and a disconnect in the middle, on a scripted engine.
#include "tests/ui/timeline_tools_fixture.h"
#include "ui/models/comparison_table.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/state_view.h"

namespace tests {

class TimelineComparingTest : public QObject, private TimelineToolsFixture
{
    Q_OBJECT

private slots:
    void comparesBothSidesAndMarksDifferences();
    void repairAsksFirstAndShowsAgain();
    void repairIsOffWhereNothingDiffers();
    void readOnlySaysWhyRepairIsOff();
    void failedComparisonAndRepairSaySo();
    void escCancelsAComparison();
    void disconnectInTheMiddleLeavesNothingBehind();
};

void TimelineComparingTest::comparesBothSidesAndMarksDifferences()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    QCOMPARE(fixture.engine().count("compareTimeline"), 0); // only when somebody looks
    showTab(fixture, "userTabs", 1);
    QTRY_COMPARE(rows(fixture, "compareTable")->rowCount(), 7);
    QCOMPARE(cell(fixture, 1, ui::ComparedRedisColumn), QString("not there"));
    QCOMPARE(cell(fixture, 1, ui::ComparedVerdictColumn), QString("missing"));
    QCOMPARE(cell(fixture, 1, ui::ComparedPostgresColumn), QString::number(postAt(2).value));
    QCOMPARE(cell(fixture, 0, ui::ComparedVerdictColumn), QString("waiting in the queue"));
    QCOMPARE(cell(fixture, 3, ui::ComparedMeaningColumn), QString("score -5"));
    QCOMPARE(cell(fixture, 4, ui::ComparedPostgresColumn), QString("not there"));
    QVERIFY(cell(fixture, 5, 0).startsWith("Floor:") && cell(fixture, 5, 0).contains(ui::zoneName()));
    QCOMPARE(fixture.find<QTableView>("compareTable")->columnSpan(5, 0), int(ui::ComparisonColumnCount));
    QVERIFY(text(fixture, "compareSummary").contains("@anna differs: 1 missing, 1 extra, 1 wrong score"));
    QVERIFY2(text(fixture, "compareCounts").contains("4 entries on redis-3") &&
                 text(fixture, "compareCounts").contains("1 below the floor"),
             qPrintable(text(fixture, "compareCounts")));
    fixture.find<QPushButton>("compareFaultsOnly")->setChecked(true);
    QCOMPARE(rows(fixture, "compareTable")->rowCount(), 4);
    QCOMPARE(fixture.find<QTableView>("compareTable")->columnSpan(3, 0), int(ui::ComparisonColumnCount));
    QCOMPARE(fixture.find<QTableView>("compareTable")->columnSpan(2, 0), 1);
    // From a row to why it is so.
    auto* table = fixture.find<QTableView>("compareTable");
    table->setCurrentIndex(table->model()->index(0, 0));
    table->setFocus();
    QTest::keyClick(table, Qt::Key_Return);
    const auto asked = "explain " + std::to_string(postAt(2).value) + " " + std::to_string(kAnna);
    QTRY_VERIFY([&] {
        const auto calls = fixture.engine().calls();
        return std::find(calls.begin(), calls.end(), asked) != calls.end();
    }());
}

void TimelineComparingTest::repairAsksFirstAndShowsAgain()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    showTab(fixture, "userTabs", 1);
    QTRY_VERIFY(fixture.find<QPushButton>("compareRepair")->isEnabled());
    QString words;
    answer("no such button", &words);
    click(fixture, "compareRepair");
    QVERIFY2(words.contains("@anna") && words.contains("1 missing, 1 extra") && words.contains("redis-3"),
             qPrintable(words));
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("repairTimelines"), 0);
    answer("confirmRepair", &words);
    click(fixture, "compareRepair");
    QTRY_VERIFY(text(fixture, "compareSummary").startsWith("No difference"));
    QCOMPARE(fixture.engine().count("repairTimelines"), 1);
    QVERIFY(text(fixture, "compareOutcome").contains("built again"));
    QVERIFY(!fixture.find<QPushButton>("compareRepair")->isEnabled());
}

void TimelineComparingTest::repairIsOffWhereNothingDiffers()
{
    PageFixture fixture;
    auto clean = damaged();
    clean.entries = {clean.entries[0], clean.entries[2]};
    QVERIFY(start(fixture));
    fixture.engine().setComparison(clean);
    showTab(fixture, "userTabs", 1);
    QTRY_VERIFY(text(fixture, "compareSummary").startsWith("No difference"));
    auto* repair = fixture.find<QPushButton>("compareRepair");
    QVERIFY(!repair->isEnabled() && repair->toolTip().contains("Nothing differs"));
    // A timeline that is not kept can be built; a dormant reader's cannot.
    clean.state = backend::TimelineComparison::State::NotKept;
    fixture.engine().setComparison(clean);
    click(fixture, "compareAgain");
    auto* state = fixture.find<ui::StateView>("compareState");
    QTRY_COMPARE(state->title(), QString("No timeline is kept"));
    QVERIFY(repair->isEnabled());
    clean.state = backend::TimelineComparison::State::Dormant;
    fixture.engine().setComparison(clean);
    click(fixture, "compareAgain");
    QTRY_COMPARE(state->title(), QString("Nothing to compare"));
    QVERIFY(!repair->isEnabled() && repair->toolTip().contains("dormant"));
}

void TimelineComparingTest::readOnlySaysWhyRepairIsOff()
{
    PageFixture fixture;
    fixture.engine().setReadOnly(true);
    QVERIFY(start(fixture));
    showTab(fixture, "userTabs", 1);
    QTRY_COMPARE(rows(fixture, "compareTable")->rowCount(), 7); // looking is allowed
    auto* repair = fixture.find<QPushButton>("compareRepair");
    QVERIFY(!repair->isEnabled());
    QVERIFY(repair->toolTip().contains("Read-only"));
    QVERIFY(text(fixture, "compareOutcome").contains("Read-only"));
    QVERIFY(fixture.find<QLabel>("compareOutcome")->isVisible());
}

void TimelineComparingTest::failedComparisonAndRepairSaySo()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().failWith("compareTimeline",
                              {backend::ErrorCode::Unavailable, "pg-2 does not answer", true});
    showTab(fixture, "userTabs", 1);
    auto* state = fixture.find<ui::StateView>("compareState");
    QTRY_VERIFY(state->text().contains("pg-2 does not answer"));
    QVERIFY(!fixture.find<QPushButton>("compareRepair")->isEnabled());
    fixture.engine().clearFailure("compareTimeline");
    click(fixture, "compareAgain");
    QTRY_COMPARE(rows(fixture, "compareTable")->rowCount(), 7);
    fixture.engine().failWith("repairTimelines", {backend::ErrorCode::Unavailable, "redis-3 is down", true});
    QString words;
    answer("confirmRepair", &words);
    click(fixture, "compareRepair");
    QTRY_VERIFY(text(fixture, "compareOutcome").contains("not repaired: redis-3 is down"));
    QTRY_VERIFY(text(fixture, "compareSummary").contains("differs")); // it was looked at again
}

void TimelineComparingTest::escCancelsAComparison()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().hold("compareTimeline");
    showTab(fixture, "userTabs", 1);
    QTRY_COMPARE(fixture.engine().count("compareTimeline"), 1);
    auto* state = fixture.find<ui::StateView>("compareState");
    QVERIFY(state->text().contains("Esc cancels"));
    QTest::keyClick(fixture.page.get(), Qt::Key_Escape);
    QCOMPARE(state->title(), QString("Cancelled"));
    fixture.engine().release("compareTimeline");
    QVERIFY(fixture.waitForNews());
    QCOMPARE(rows(fixture, "compareTable")->rowCount(), 0); // the late answer is dropped
    click(fixture, "compareAgain");
    QTRY_COMPARE(rows(fixture, "compareTable")->rowCount(), 7);
}

void TimelineComparingTest::disconnectInTheMiddleLeavesNothingBehind()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().hold("compareTimeline");
    showTab(fixture, "userTabs", 1);
    QTRY_COMPARE(fixture.engine().count("compareTimeline"), 1);
    fixture.bridge.close();
    auto* message = fixture.find<ui::StateView>("timelineMessage");
    QTRY_VERIFY(message->isVisible() && message->title() == "Not connected");
    fixture.engine().releaseAll();
    QTRY_COMPARE(fixture.fake->closed.load(), 1);
    QCOMPARE(rows(fixture, "compareTable")->rowCount(), 0);
    QVERIFY(message->isVisible());
}

} // namespace tests

QTEST_MAIN(tests::TimelineComparingTest)
#include "timeline_comparing_test.moc"
