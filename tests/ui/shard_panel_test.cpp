// The details of one shard on a scripted engine: every way that leads there, its numbers, what is not known
// and why, delays and disconnects, and the way on to the Timeline browser.
#include <QLabel>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QToolButton>

#include <algorithm>

#include "tests/ui/page_fixture.h"
#include "ui/models/shard_table.h"
#include "ui/pages/shard_panel.h"
#include "ui/pages/shards_page.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/heat_grid.h"
#include "ui/widgets/time_chart.h"

namespace tests {

using namespace std::chrono_literals;

class ShardPanelTest : public QObject
{
    Q_OBJECT

private slots:
    void openedByCellTableAndArgument();
    void argumentWaitsForTheSession();
    void closesByButtonAndEscape();
    void numbersAreTheEngines();
    void oneFigureIsShownEverywhere();
    void figuresAreOfTheChosenWindow();
    void rowsOpenTheTimelineBrowser();
    void nodeThatIsDownCostsOnlyItsPart();
    void hangingNodeHoldsUpOnlyItsPart();
    void whatWasKnownStaysWhileItIsAwaited();
    void hangingShardHoldsUpNoOther();
    void reasonHasTheWholeWidth();
    void callThatFailsSaysWhy();
    void nothingIsSaidToBeNothing();
    void namesThatAreMissing();
    void lateAnswerOfAnotherShardIsDropped();
    void disconnectedMeanwhile();
};

namespace {

backend::ShardDetails details()
{
    backend::ShardDetails out;
    out.takenAt = backend::TimePoint(1'800'000'000s);
    out.tasks = {{1, "pg-1", {{backend::TaskKind::EdgeChanged, 5, 1, 2, 12.5}}, true, false, {}},
                 {2, "pg-2", {}, true, false, {}}};
    out.authors.since = out.takenAt - 15min;
    out.authors.posts = 31;
    out.authors.authors = {{backend::UserId{71}, "celebrity", 20, 4'000, 90},
                           {backend::UserId{72}, "writer", 11, 33, 0}};
    out.readers.since = out.takenAt - 7min;
    out.readers.pages = 120;
    out.readers.readers = {{backend::UserId{73}, "fan", 60, 60}, {backend::UserId{74}, "guest", 3, 5}};
    return out;
}

QString cell(const PageFixture& fixture, const char* table, int row, int column)
{
    return fixture.find<QTableView>(table)->model()->index(row, column).data().toString();
}

QString note(const PageFixture& fixture, const char* name)
{
    return fixture.find<QLabel>(name)->text();
}

ui::ShardPanel& openPanel(PageFixture& fixture, int shard = 17)
{
    fixture.page->openArgument(QString("shard %1").arg(shard));
    return *fixture.find<ui::ShardPanel>("shardPanel");
}

} // namespace

void ShardPanelTest::openedByCellTableAndArgument()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    auto* panel = fixture.find<ui::ShardPanel>("shardPanel");
    QVERIFY(!panel->isVisible());
    auto* heat = fixture.find<ui::HeatGrid>("shardHeat");
    QTest::mouseClick(heat, Qt::LeftButton, {}, heat->cellRect(37).center());
    QVERIFY(panel->isVisible());
    QCOMPARE(panel->shard(), 37);
    auto* table = fixture.find<QTableView>("shardTable");
    const auto index = table->model()->index(5, 0);
    table->scrollTo(index);
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(index).center());
    QCOMPARE(panel->shard(), 5);
    QTest::keyClick(table, Qt::Key_Down); // it follows the keyboard while it is open
    QCOMPARE(panel->shard(), 6);
    page.openArgument("shard 17");
    QCOMPARE(panel->shard(), 17);
    QCOMPARE(heat->current(), 17);
    page.openArgument("shard 99999");
    QCOMPARE(panel->shard(), 17);
}

void ShardPanelTest::argumentWaitsForTheSession()
{
    PageFixture fixture;
    auto& page = fixture.make<ui::ShardsPage>();
    page.openArgument("shard 12");
    QVERIFY(fixture.open());
    auto* panel = fixture.find<ui::ShardPanel>("shardPanel");
    QTRY_VERIFY(panel->isVisible());
    QCOMPARE(panel->shard(), 12);
}

void ShardPanelTest::closesByButtonAndEscape()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto& panel = openPanel(fixture);
    QTest::mouseClick(fixture.find<QToolButton>("closeShardPanel"), Qt::LeftButton);
    QVERIFY(!panel.isVisible());
    openPanel(fixture);
    QVERIFY(panel.isVisible());
    QTest::keyClick(fixture.find<QToolButton>("closeShardPanel"), Qt::Key_Escape);
    QVERIFY(!panel.isVisible());
    auto* heat = fixture.find<ui::HeatGrid>("shardHeat");
    QTest::mouseClick(heat, Qt::LeftButton, {}, heat->cellRect(8).center());
    QVERIFY(panel.isVisible());
    QTest::keyClick(heat, Qt::Key_Escape);
    QVERIFY(!panel.isVisible());
    // Closed it asks nothing more, once what was under way has come.
    QVERIFY(fixture.waitForNews());
    const int asked = fixture.engine().count("shardDetails");
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("shardDetails"), asked);
}

void ShardPanelTest::numbersAreTheEngines()
{
    PageFixture fixture;
    fixture.engine().setShardDetails(details());
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    openPanel(fixture);
    QTRY_COMPARE(cell(fixture, "shardTasks", 0, 0), QString("follow, unfollow"));
    QCOMPARE(fixture.find<QLabel>("shardPanelTitle")->text(), QString("Shard 17"));
    QCOMPARE(cell(fixture, "shardTasks", 0, 1), QString("pg-1"));
    QCOMPARE(cell(fixture, "shardTasks", 0, 2), QString("8"));
    QCOMPARE(cell(fixture, "shardTasks", 0, 3), QString("2"));
    QCOMPARE(cell(fixture, "shardTasks", 0, 4), ui::formatDuration(12.5));
    QCOMPARE(cell(fixture, "hotAuthors", 0, 0), QString("@celebrity"));
    QCOMPARE(cell(fixture, "hotAuthors", 0, 2), QString("4,000"));
    QCOMPARE(cell(fixture, "hotReaders", 1, 1), QString("3–5"));
    QVERIFY(note(fixture, "hotAuthorsNote").contains(ui::formatClock(details().authors.since)));
    QVERIFY(note(fixture, "hotReadersNote").contains("this engine"));
    QVERIFY(note(fixture, "hotReadersNote").contains("120"));
    QVERIFY(note(fixture, "shardTimelinesHealth").contains("Ok"));
    QTRY_VERIFY(fixture.find<ui::TimeChart>("shardSizeChart")->pointsShown() > 0);
}

// The history is read every few seconds: what the chart says last is what the table and the treemap say now.
void ShardPanelTest::oneFigureIsShownEverywhere()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    openPanel(fixture);
    const auto* chart = fixture.find<ui::TimeChart>("shardSizeChart");
    QTRY_VERIFY(chart->pointsShown() > 0);
    auto grown = fixture.engine().lastSnapshot();
    grown.shards[17].bytes = 987 << 10;
    grown.shards[17].sweptAt = grown.takenAt - 3s;
    grown.shards[17].usersReadAt = grown.takenAt - 20s;
    grown.shards[17].postsReadAt = grown.takenAt - 10s;
    const int asked = fixture.engine().count("shardHistory");
    fixture.engine().setSnapshot(grown);
    const auto size = ui::formatBytes(987 << 10);
    QTRY_COMPARE(cell(fixture, "shardTable", 17, ui::ShardBytesColumn), size);
    QCOMPARE(fixture.engine().count("shardHistory"), asked);
    QVERIFY2(chart->readout().contains(size), qPrintable(chart->readout()));
    bool inPanel = false;
    for (const auto* label : fixture.find<ui::ShardPanel>("shardPanel")->findChildren<QLabel*>())
        inPanel = inPanel || label->text() == size;
    QVERIFY(inPanel);
    // How old the parts are.
    QCOMPARE(note(fixture, "shardCounted"), QString("PostgreSQL read %1, Redis swept %2 %3")
                                                .arg(ui::formatClock(grown.takenAt - 20s),
                                                     ui::formatClock(grown.takenAt - 3s), ui::zoneName()));
}

void ShardPanelTest::figuresAreOfTheChosenWindow()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    openPanel(fixture);
    const auto& snapshot = *fixture.bridge.snapshot();
    auto minute = std::chrono::floor<std::chrono::minutes>(snapshot.takenAt) - 5min;
    if (minute.time_since_epoch().count() % 2 == 0)
        minute -= 1min; // the fake's odd ones have half as much again
    const auto now = snapshot.shards[17].entries;
    fixture.range.choose(minute, minute + 1min);
    const auto mean = ui::formatCount(now * 3 / 2);
    QTRY_COMPARE(cell(fixture, "shardTable", 17, ui::ShardEntriesColumn), mean);
    const auto figures = fixture.find<ui::ShardPanel>("shardPanel")->findChildren<QLabel*>();
    QVERIFY(
        std::any_of(figures.begin(), figures.end(), [&](const auto* one) { return one->text() == mean; }));
    QVERIFY2(note(fixture, "shardCounted").startsWith("means of the window"),
             qPrintable(note(fixture, "shardCounted")));
}

void ShardPanelTest::rowsOpenTheTimelineBrowser()
{
    PageFixture fixture;
    auto scripted = details();
    scripted.readers.readers[1].handle.clear();
    fixture.engine().setShardDetails(scripted);
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    QSignalSpy opened(&page, &ui::Page::openPage);
    openPanel(fixture);
    auto* authors = fixture.find<QTableView>("hotAuthors");
    QTRY_COMPARE(authors->model()->rowCount(), 2);
    authors->setCurrentIndex(authors->model()->index(1, 0));
    QTest::keyClick(authors, Qt::Key_Return);
    QCOMPARE(opened.takeFirst(), (QVariantList{"timeline", "writer"}));
    auto* readers = fixture.find<QTableView>("hotReaders");
    emit readers->activated(readers->model()->index(1, 0));
    QCOMPARE(opened.takeFirst(), (QVariantList{"timeline", "74"})); // by its id while no handle is known
}

void ShardPanelTest::nodeThatIsDownCostsOnlyItsPart()
{
    PageFixture fixture;
    auto scripted = details();
    scripted.tasks[1].problem = "pg-2 does not answer";
    scripted.authors = {};
    scripted.authors.problem = "pg-2 does not answer";
    fixture.engine().setShardDetails(scripted);
    auto snapshot = fakeSnapshot(1);
    snapshot.nodes[1].health = backend::Health::Down;
    snapshot.nodes[1].message = "pg-2 refuses connections: start it";
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    openPanel(fixture);
    QTRY_VERIFY(note(fixture, "shardTasksNote").contains("Tasks on pg-2: pg-2 does not answer"));
    QVERIFY(note(fixture, "hotAuthorsNote").contains("pg-2 does not answer"));
    QVERIFY(!fixture.find<QTableView>("hotAuthors")->isVisible());
    QCOMPARE(cell(fixture, "shardTasks", 0, 1), QString("pg-1"));
    QCOMPARE(cell(fixture, "hotReaders", 0, 0), QString("@fan"));
    QVERIFY(note(fixture, "shardPostsHealthMessage").contains("pg-2 refuses connections: start it"));
    QVERIFY(note(fixture, "shardUsersHealth").contains("Ok"));
}

// What the others say is there at once; the rest says for whom it waits, then what failed.
void ShardPanelTest::hangingNodeHoldsUpOnlyItsPart()
{
    PageFixture fixture;
    auto part = details(), whole = details();
    part.tasks[1].awaited = true;
    part.authors = {};
    part.authors.awaited = "pg-2";
    part.readers.readers[0].handle.clear();
    part.namesAwaited = "pg-1";
    whole.tasks[1].problem = whole.authors.problem = "pg-2 does not answer";
    whole.authors.authors.clear();
    fixture.engine().setShardDetailsSoFar(part);
    fixture.engine().setShardDetails(whole);
    fixture.engine().hold("shardDetails: the rest");
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    openPanel(fixture);
    QTRY_COMPARE(note(fixture, "hotAuthorsNote"), QString("Waiting for pg-2…"));
    QCOMPARE(note(fixture, "shardTasksNote"), QString("Waiting for pg-2…"));
    QCOMPARE(cell(fixture, "shardTasks", 0, 1), QString("pg-1"));
    QCOMPARE(cell(fixture, "hotReaders", 0, 0), QString("id 73"));
    QVERIFY(note(fixture, "hotReadersNote").endsWith("Handles: waiting for pg-1…"));
    fixture.engine().releaseAll();
    QTRY_COMPARE(note(fixture, "hotAuthorsNote"), QString("pg-2 does not answer"));
    QCOMPARE(note(fixture, "shardTasksNote"), QString("Tasks on pg-2: pg-2 does not answer"));
    QCOMPARE(cell(fixture, "hotReaders", 0, 0), QString("@fan"));
    QVERIFY(!note(fixture, "hotReadersNote").contains("aiting"));
}

// Lists do not blink each time they are asked for again.
void ShardPanelTest::whatWasKnownStaysWhileItIsAwaited()
{
    PageFixture fixture;
    fixture.engine().setShardDetails(details());
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto& panel = openPanel(fixture);
    QTRY_COMPARE(cell(fixture, "hotAuthors", 0, 0), QString("@celebrity"));
    const auto asOf = note(fixture, "shardPanelAsOf"), authors = note(fixture, "hotAuthorsNote");
    auto part = details();
    part.takenAt += 60s;
    part.tasks[0] = {1, "pg-1", {}, true, true, {}};
    part.authors = {};
    part.authors.awaited = "pg-2";
    part.namesAwaited = "pg-1";
    part.readers.readers = {{backend::UserId{73}, "", 99, 99}};
    fixture.engine().setShardDetailsSoFar(part);
    fixture.engine().hold("shardDetails: the rest");
    panel.refresh();
    QTRY_COMPARE(cell(fixture, "hotReaders", 0, 1), QString("99")); // what was told is shown
    QCOMPARE(cell(fixture, "hotReaders", 0, 0), QString("@fan"));
    QCOMPARE(cell(fixture, "hotAuthors", 0, 0), QString("@celebrity"));
    QCOMPARE(note(fixture, "hotAuthorsNote"), authors);
    QCOMPARE(cell(fixture, "shardTasks", 0, 2), QString("8"));
    QCOMPARE(note(fixture, "shardPanelAsOf"), asOf); // not all of it is newer
    fixture.engine().releaseAll();
    QTRY_COMPARE(cell(fixture, "hotReaders", 0, 1), QString("60"));
}

void ShardPanelTest::hangingShardHoldsUpNoOther()
{
    PageFixture fixture;
    fixture.engine().setShardDetails(details());
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    fixture.engine().hold("shardDetails 3");
    openPanel(fixture, 3);
    QTRY_COMPARE(fixture.engine().count("shardDetails"), 1);
    openPanel(fixture, 4);
    QTRY_COMPARE(cell(fixture, "hotAuthors", 0, 0), QString("@celebrity"));
    fixture.engine().releaseAll();
}

// A long reason in a column of its own would be many narrow lines.
void ShardPanelTest::reasonHasTheWholeWidth()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    fixture.engine().setSnapshot(withNodeDown(fakeSnapshot(1), 1));
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto& panel = openPanel(fixture);
    QVERIFY(QTest::qWaitForWindowExposed(fixture.page.get()));
    QCOMPARE(note(fixture, "shardUsersHealth"), QString("Down"));
    auto* reason = fixture.find<QLabel>("shardUsersHealthMessage");
    QVERIFY(reason->isVisible() && reason->text().contains("does not answer"));
    QTRY_VERIFY(reason->width() > 3 * panel.width() / 4);
    QVERIFY(!fixture.find<QLabel>("shardPostsHealthMessage")->isVisible());
    QVERIFY(note(fixture, "shardLastKnown").contains("pg-1 is down"));
    fixture.engine().setSnapshot(fakeSnapshot(2));
    QTRY_VERIFY(!reason->isVisible());
    QVERIFY(!fixture.find<QLabel>("shardLastKnown")->isVisible());
}

void ShardPanelTest::callThatFailsSaysWhy()
{
    PageFixture fixture;
    fixture.engine().failWith("shardDetails", {backend::ErrorCode::Internal, "something broke", false});
    fixture.engine().failWith("shardHistory", {backend::ErrorCode::Internal, "no past", false});
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto& panel = openPanel(fixture);
    for (const auto* name : {"shardTasksNote", "hotAuthorsNote", "hotReadersNote"})
        QTRY_COMPARE(note(fixture, name), QString("something broke"));
    QTRY_VERIFY(fixture.find<QLabel>("shardSizeProblem")->isVisible());
    QVERIFY(note(fixture, "shardSizeProblem").contains("no past"));
    fixture.engine().setShardDetails(details());
    fixture.engine().clearFailure("shardDetails");
    fixture.engine().clearFailure("shardHistory");
    panel.refresh();
    QTRY_COMPARE(cell(fixture, "hotReaders", 0, 0), QString("@fan"));
    QVERIFY(!note(fixture, "hotReadersNote").contains("broke"));
    QTRY_VERIFY(!fixture.find<QLabel>("shardSizeProblem")->isVisible());
}

void ShardPanelTest::nothingIsSaidToBeNothing()
{
    PageFixture fixture; // nothing scripted: no task, no author, no reader
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    openPanel(fixture);
    QTRY_COMPARE(note(fixture, "shardTasksNote"), QString("None"));
    QVERIFY(note(fixture, "hotAuthorsNote").startsWith("Nobody"));
    QVERIFY(note(fixture, "hotReadersNote").startsWith("No "));
    for (const auto* table : {"shardTasks", "hotAuthors", "hotReaders"})
        QVERIFY(!fixture.find<QTableView>(table)->isVisible());
}

void ShardPanelTest::namesThatAreMissing()
{
    PageFixture fixture;
    auto scripted = details();
    scripted.namesProblem = "pg-1 does not answer";
    for (auto& author : scripted.authors.authors)
        author.handle.clear();
    scripted.tasks[0].whole = false;
    fixture.engine().setShardDetails(scripted);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    openPanel(fixture);
    QTRY_COMPARE(cell(fixture, "hotAuthors", 0, 0), QString("id 71"));
    QVERIFY(note(fixture, "hotAuthorsNote").contains("Handles: pg-1 does not answer"));
    QVERIFY(note(fixture, "shardTasksNote").contains("pg-1 has a long queue"));
}

void ShardPanelTest::lateAnswerOfAnotherShardIsDropped()
{
    PageFixture fixture;
    fixture.engine().setShardDetails(details());
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    fixture.engine().hold("shardDetails");
    openPanel(fixture, 3);
    QTRY_COMPARE(fixture.engine().count("shardDetails"), 1);
    openPanel(fixture, 4);
    QCOMPARE(note(fixture, "hotAuthorsNote"), QString("Reading…"));
    fixture.engine().release("shardDetails");
    QTRY_COMPARE(cell(fixture, "hotAuthors", 0, 0), QString("@celebrity"));
    const auto calls = fixture.engine().calls();
    QVERIFY(std::count(calls.begin(), calls.end(), "shardDetails 3") == 1);
    QVERIFY(std::count(calls.begin(), calls.end(), "shardDetails 4") >= 1);
}

void ShardPanelTest::disconnectedMeanwhile()
{
    PageFixture fixture;
    fixture.engine().setShardDetails(details());
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    fixture.engine().hold("shardDetails");
    auto& panel = openPanel(fixture);
    QTRY_COMPARE(fixture.engine().count("shardDetails"), 1);
    fixture.bridge.close();
    fixture.engine().releaseAll();
    QTRY_VERIFY(!panel.isVisible()); // the page says that nothing is connected
    QVERIFY(fixture.open());
    QTRY_VERIFY(panel.isVisible());
    panel.refresh();
    QTRY_COMPARE(cell(fixture, "hotAuthors", 0, 0), QString("@celebrity"));
}

} // namespace tests

QTEST_MAIN(tests::ShardPanelTest)
#include "shard_panel_test.moc"
