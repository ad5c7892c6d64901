// The pictures of the Shards page on a scripted engine: each is reached by button and by keyboard, shows the
// engine's numbers, says what it does not know, and leads to a shard.
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "tests/ui/page_fixture.h"
#include "ui/models/shard_comparison.h"
#include "ui/pages/shard_panel.h"
#include "ui/pages/shards_page.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/lorenz_chart.h"
#include "ui/widgets/segments.h"
#include "ui/widgets/shard_time_map.h"
#include "ui/widgets/treemap.h"

#include <cmath>

using namespace std::chrono_literals;

namespace tests {

class ShardPicturesTest : public QObject
{
    Q_OBJECT

private slots:
    void choiceByKeyboardIsRemembered();
    void onlyWhatIsShownIsAskedFor();
    void overTimeTellsValues();
    void overTimeSwitchesToDeviation();
    void overTimeSaysWhyNot();
    void overTimeKeepsUpWithAMovedWindow();
    void overTimeOpensAShard();
    void overTimeDragsAndZoomsTheSharedWindow();
    void manyShardsShareLines();
    void treemapIsInProportion();
    void treemapByKeyboard();
    void treemapWithoutSizes();
    void treemapTellsWhatIsLastKnown();
    void overTimeOfNothingIsSaid();
    void lorenzTellsGiniAndChance();
    void lorenzIsReadByKeyboard();
    void lorenzWithoutUsersHasNoBand();
    void windowsAreCompared();
    void windowIsPinned();
    void pinnedComparisonKeepsUp();
    void comparisonSaysWhyNot();
    void hangingEngineLeavesTheRest();
};

namespace {

void choose(const PageFixture& fixture, const char* button)
{
    QTest::mouseClick(fixture.find<QToolButton>(button), Qt::LeftButton);
}

// Opens the comparison with the window of 40 to 35 minutes ago pinned; the moment of the snapshot.
backend::TimePoint pinOldWindow(PageFixture& fixture)
{
    fixture.engine().setSequenceAdvances(false);
    if (!fixture.open()) throw std::runtime_error("the fake engine did not open");
    fixture.make<ui::ShardsPage>();
    choose(fixture, "pictureCompare");
    const auto now = fixture.bridge.snapshot()->takenAt;
    fixture.range.choose(now - 40min, now - 35min);
    QTest::mouseClick(fixture.find<QPushButton>("pinWindow"), Qt::LeftButton);
    return now;
}

ui::ShardTimeMap& timeMap(PageFixture& fixture)
{
    choose(fixture, "pictureTime");
    auto& map = *fixture.find<ui::ShardTimeMap>("shardTimeMap");
    [&] { QTRY_VERIFY(map.shardAt(map.plotRect().center().y()) >= 0); }();
    return map;
}

} // namespace

void ShardPicturesTest::choiceByKeyboardIsRemembered()
{
    QTemporaryDir directory;
    QSettings settings(directory.filePath("state.ini"), QSettings::IniFormat);
    {
        PageFixture fixture;
        QVERIFY(fixture.open());
        auto& page = fixture.make<ui::ShardsPage>();
        auto* grid = fixture.find<QToolButton>("pictureGrid");
        QVERIFY(grid->isChecked());
        QVERIFY(QTest::qWaitForWindowExposed(&page));
        grid->setFocus();
        QTest::keyClick(grid, Qt::Key_Right);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Right);
        QTRY_VERIFY(fixture.find<QToolButton>("pictureTreemap")->isChecked());
        QVERIFY(fixture.find<ui::Treemap>("shardTreemap")->isVisible());
        QVERIFY(!fixture.find<ui::ShardTimeMap>("shardTimeMap")->isVisible());
        choose(fixture, "scaleDeviation");
        page.saveState(settings);
    }
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::ShardsPage>();
    page.restoreState(settings);
    QVERIFY(fixture.find<ui::Treemap>("shardTreemap")->isVisible());
    QVERIFY(fixture.find<ui::ShardTimeMap>("shardTimeMap")->deviation());
}

void ShardPicturesTest::onlyWhatIsShownIsAskedFor()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("shardHistory"), 0);
    QCOMPARE(fixture.engine().count("shardDetails"), 0);
    choose(fixture, "pictureTime");
    QTRY_VERIFY(fixture.engine().count("shardHistory") > 1);
    choose(fixture, "pictureTreemap");
    QVERIFY(fixture.waitForNews());
    const int asked = fixture.engine().count("shardHistory");
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("shardHistory"), asked);
}

void ShardPicturesTest::overTimeTellsValues()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto& map = timeMap(fixture);
    const auto& snapshot = *fixture.bridge.snapshot();
    const double value = snapshot.shards[17].deliveriesPerSecond;
    // The fake's odd minutes have half as much again.
    const auto minute = std::chrono::floor<std::chrono::minutes>(snapshot.takenAt - std::chrono::minutes(2));
    const bool odd = minute.time_since_epoch().count() % 2 == 1;
    const auto text = map.cellText(17, minute + std::chrono::seconds(30));
    QVERIFY2(text.contains(ui::formatRate(odd ? 1.5 * value : value)), qPrintable(text));
    QVERIFY2(text.contains(ui::zoneName()) && text.contains("Shard 17"), qPrintable(text));
    QVERIFY(map.scale().begin == 0 && map.scale().end() >= 22 * 1.5);
    // Nobody knows what was before the history.
    QVERIFY(map.cellText(17, snapshot.takenAt - std::chrono::hours(2)).contains("not known"));
    QVERIFY(map.cellText(17, snapshot.takenAt + std::chrono::hours(2)).contains("not known"));
}

void ShardPicturesTest::overTimeSwitchesToDeviation()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto& map = timeMap(fixture);
    const auto& snapshot = *fixture.bridge.snapshot();
    const auto at = snapshot.takenAt - std::chrono::seconds(100);
    QVERIFY(!map.cellText(3, at).contains("the mean"));
    const auto before = map.grab().toImage();
    choose(fixture, "scaleDeviation");
    const auto summary = backend::shardBalance(snapshot, backend::BalanceMetric::Deliveries);
    const auto part = ui::formatNumber(snapshot.shards[3].deliveriesPerSecond / summary.mean, 2);
    QVERIFY2(map.cellText(3, at).contains(part + " × the mean"), qPrintable(map.cellText(3, at)));
    QVERIFY(map.grab().toImage() != before);
}

void ShardPicturesTest::overTimeSaysWhyNot()
{
    PageFixture fixture;
    fixture.engine().failWith("shardHistory", {backend::ErrorCode::Internal, "out of memory here", false});
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    choose(fixture, "pictureTime");
    auto* map = fixture.find<ui::ShardTimeMap>("shardTimeMap");
    QTRY_VERIFY2(map->readout().contains("out of memory here"), qPrintable(map->readout()));
    fixture.engine().clearFailure("shardHistory");
    QTRY_VERIFY(map->shardAt(map->plotRect().center().y()) >= 0);
}

void ShardPicturesTest::overTimeKeepsUpWithAMovedWindow()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto& map = timeMap(fixture);
    fixture.bridge.setPolling(false); // paused
    fixture.engine().hold("shardHistory");
    const auto end = fixture.range.end();
    fixture.range.choose(end - std::chrono::minutes(30), end - std::chrono::minutes(28));
    fixture.range.choose(end - std::chrono::minutes(40), end - std::chrono::minutes(38)); // meanwhile
    fixture.engine().release("shardHistory");
    QTRY_VERIFY(!map.cellText(1, end - std::chrono::minutes(39)).contains("not known"));
    QVERIFY(map.cellText(1, end - std::chrono::minutes(29)).contains("not known"));
}

void ShardPicturesTest::overTimeOpensAShard()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto& map = timeMap(fixture);
    QTest::mouseClick(&map, Qt::LeftButton, {}, map.lineRect(40).center().toPoint());
    auto* panel = fixture.find<ui::ShardPanel>("shardPanel");
    QVERIFY(panel->isVisible());
    QCOMPARE(panel->shard(), 40);
    QCOMPARE(map.current(), 40);
    QTest::keyClick(&map, Qt::Key_Down);
    QCOMPARE(map.current(), 40 + map.shardsInALine());
    QTest::keyClick(&map, Qt::Key_Return);
    QCOMPARE(panel->shard(), map.current());
    QTest::keyClick(&map, Qt::Key_Home);
    QCOMPARE(map.current(), 0);
    QTest::keyClick(&map, Qt::Key_Left);
    QVERIFY(fixture.range.cursor().has_value()); // the crosshair of all charts
}

void ShardPicturesTest::overTimeDragsAndZoomsTheSharedWindow()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto& map = timeMap(fixture);
    const auto plot = map.plotRect();
    const auto from = plot.topLeft() + QPoint(plot.width() / 4, 30);
    const auto to = plot.topLeft() + QPoint(plot.width() / 2, 60);
    QTest::mousePress(&map, Qt::LeftButton, {}, from);
    QTest::mouseMove(&map, to);
    QTest::mouseRelease(&map, Qt::LeftButton, {}, to);
    QVERIFY(fixture.range.chosen());
    const auto span = std::chrono::duration<double>(fixture.range.span()).count();
    QVERIFY2(std::abs(span - 75) < 3, qPrintable(QString::number(span))); // a quarter of five minutes
    QVERIFY(!fixture.find<ui::ShardPanel>("shardPanel")->isVisible());    // no click
    QTest::mouseDClick(&map, Qt::LeftButton, {}, from);
    QVERIFY(!fixture.range.chosen() && fixture.range.live());
}

void ShardPicturesTest::manyShardsShareLines()
{
    PageFixture fixture;
    fixture.engine().setSnapshot(fakeSnapshot(1, 4096));
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto& map = timeMap(fixture);
    QVERIFY(map.shardsInALine() > 1);
    QVERIFY(!map.grab().isNull());
    QTest::mouseMove(&map, map.lineRect(2000).center().toPoint());
    QTRY_VERIFY2(map.readout().contains("the line shows shards"), qPrintable(map.readout()));
}

void ShardPicturesTest::treemapIsInProportion()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    choose(fixture, "pictureTreemap");
    auto* map = fixture.find<ui::Treemap>("shardTreemap");
    const auto& snapshot = *fixture.bridge.snapshot();
    double bytes = 0;
    for (const auto& shard : snapshot.shards)
        bytes += double(shard.bytes);
    const double area = map->mapRect().width() * map->mapRect().height();
    for (const auto& shard : snapshot.shards) {
        const auto rect = map->cellRect(shard.shard);
        QVERIFY(std::abs(rect.width() * rect.height() / area - double(shard.bytes) / bytes) < 1e-6);
        const auto text = map->cellText(shard.shard);
        QVERIFY2(text.contains(ui::formatBytes(shard.bytes)), qPrintable(text));
        QVERIFY2(text.contains(ui::formatRate(shard.deliveriesPerSecond)), qPrintable(text));
        QVERIFY2(text.contains(QString("redis-%1").arg(1 + shard.shard % 8)), qPrintable(text));
    }
    QTest::mouseClick(map, Qt::LeftButton, {}, map->cellRect(23).center().toPoint());
    QCOMPARE(fixture.find<ui::ShardPanel>("shardPanel")->shard(), 23);
}

void ShardPicturesTest::treemapByKeyboard()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    choose(fixture, "pictureTreemap");
    auto* map = fixture.find<ui::Treemap>("shardTreemap");
    QTest::keyClick(map, Qt::Key_Home);
    const int first = map->current();
    QVERIFY(first >= 0);
    QTest::keyClick(map, Qt::Key_Right);
    QVERIFY(map->current() != first);
    QVERIFY(map->cellRect(map->current()).center().x() > map->cellRect(first).center().x());
    const int second = map->current();
    QTest::keyClick(map, Qt::Key_Down);
    QVERIFY(map->cellRect(map->current()).center().y() > map->cellRect(second).center().y());
    QVERIFY(map->accessibleDescription().contains(QString("Shard %1 ").arg(map->current())));
    QTest::keyClick(map, Qt::Key_Return);
    QVERIFY(fixture.find<ui::ShardPanel>("shardPanel")->isVisible());
}

void ShardPicturesTest::treemapWithoutSizes()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1, 16);
    for (auto& shard : snapshot.shards)
        if (shard.shard != 3) shard.bytes = -1;
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    choose(fixture, "pictureTreemap");
    auto* map = fixture.find<ui::Treemap>("shardTreemap");
    QCOMPARE(map->withoutSize(), 15);
    QVERIFY(map->cellRect(4).isNull());
    QCOMPARE(map->cellRect(3), map->mapRect());
}

void ShardPicturesTest::treemapTellsWhatIsLastKnown()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    fixture.engine().setSnapshot(withNodeDown(fakeSnapshot(1), 5)); // redis-3
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    choose(fixture, "pictureTreemap");
    auto* map = fixture.find<ui::Treemap>("shardTreemap");
    QVERIFY2(map->cellText(2).contains("redis-3 is down"), qPrintable(map->cellText(2)));
    QVERIFY(!map->cellText(3).contains("down"));
    const auto saysDown = [&] { // beside the nodes' bars, of which its own is 0
        const auto subtitles = fixture.page->findChildren<QLabel*>("cardSubtitle");
        return std::any_of(subtitles.begin(), subtitles.end(),
                           [](const auto* one) { return one->text() == "8 nodes, down: redis-3"; });
    };
    choose(fixture, "pictureGrid");
    QVERIFY(saysDown());
    choose(fixture, "pictureTreemap");
    const auto mapHeight = map->mapRect().height();
    fixture.engine().setSnapshot(fakeSnapshot(2));
    QTRY_VERIFY(!map->cellText(2).contains("down"));
    QVERIFY(map->mapRect().height() > mapHeight); // no key of hatching any more
    QVERIFY(!saysDown());
}

void ShardPicturesTest::overTimeOfNothingIsSaid()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    fixture.engine().setSequenceAdvances(false);
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto& map = timeMap(fixture);
    QCOMPARE(map.note(), QString());
    for (auto& shard : snapshot.shards)
        shard.deliveriesPerSecond = 0;
    snapshot.sequence = 2;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(map.note(), QString("Nothing was delivered in this window"));
}

void ShardPicturesTest::lorenzTellsGiniAndChance()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    auto* box = fixture.find<QComboBox>("balanceMetric");
    box->setCurrentIndex(box->findData(int(backend::BalanceMetric::Entries)));
    choose(fixture, "pictureLorenz");
    std::vector<double> values;
    for (const auto& shard : fixture.bridge.snapshot()->shards)
        values.push_back(double(shard.entries));
    QCOMPARE(fixture.find<QLabel>("giniValue")->text(), ui::formatNumber(backend::giniOf(values), 3));
    const auto summary = backend::shardBalance(*fixture.bridge.snapshot(), backend::BalanceMetric::Entries);
    const auto chance = backend::chanceLorenz(64, summary.chanceCoefficientOfVariation);
    auto* words = fixture.find<QLabel>("giniChance");
    QTRY_VERIFY2(words->text().contains(ui::formatNumber(chance.giniHigh, 3)), qPrintable(words->text()));
    QCOMPARE(fixture.find<QLabel>("giniVerdict")->text(), backend::giniOf(values) <= chance.giniHigh
                                                              ? QString("No more than chance")
                                                              : QString("More uneven than chance"));
    // One shard that holds as much as all others together.
    auto hot = *fixture.bridge.snapshot();
    for (const auto& shard : fixture.bridge.snapshot()->shards)
        hot.shards[9].entries += shard.entries;
    ++hot.sequence;
    fixture.engine().setSnapshot(hot);
    QTRY_COMPARE(fixture.find<QLabel>("giniVerdict")->text(), QString("More uneven than chance"));
}

void ShardPicturesTest::lorenzIsReadByKeyboard()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    choose(fixture, "pictureLorenz");
    auto* chart = fixture.find<ui::LorenzChart>("lorenzChart");
    QVERIFY(chart->readout().contains("50.0 %"));
    QTest::keyClick(chart, Qt::Key_Left);
    QVERIFY2(chart->readout().contains("49.0 %"), qPrintable(chart->readout()));
    QTest::keyClick(chart, Qt::Key_End);
    QVERIFY2(chart->readout().contains("100.0 %"), qPrintable(chart->readout()));
}

void ShardPicturesTest::lorenzWithoutUsersHasNoBand()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    snapshot.shards[5].users = -1;
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    choose(fixture, "pictureLorenz");
    QVERIFY(fixture.find<QLabel>("giniChance")->text().contains("not counted yet"));
    QVERIFY(fixture.find<QLabel>("giniVerdict")->text().isEmpty());
    QVERIFY(!fixture.find<ui::LorenzChart>("lorenzChart")->readout().contains("by chance"));
}

void ShardPicturesTest::windowsAreCompared()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    // A whole minute against the one before it: the fake's odd ones have half as much again.
    auto minute = std::chrono::floor<std::chrono::minutes>(fixture.bridge.snapshot()->takenAt) -
                  std::chrono::minutes(5);
    if (minute.time_since_epoch().count() % 2 == 0) minute -= std::chrono::minutes(1);
    fixture.range.choose(minute, minute + std::chrono::minutes(1));
    choose(fixture, "pictureCompare");
    const auto* table = fixture.find<QTableView>("compareTable");
    QTRY_COMPARE(table->model()->rowCount(), 64);
    for (int row = 0; row < 64; ++row)
        QCOMPARE(table->model()->index(row, ui::ComparedPercentColumn).data().toString(), QString("+50.0"));
    QCOMPARE(fixture.find<QLabel>("compareMax2")->text(), QString("0.00"));
    const auto summary =
        backend::shardBalance(*fixture.bridge.snapshot(), backend::BalanceMetric::Deliveries);
    QCOMPARE(fixture.find<QLabel>("compareMax0")->text(), ui::formatNumber(summary.maxOverMean, 2));
    QCOMPARE(fixture.find<QLabel>("compareMean0")->text(), ui::formatRate(summary.mean));
    QCOMPARE(fixture.find<QLabel>("compareMean1")->text(), ui::formatRate(summary.mean * 1.5));
    QVERIFY(fixture.find<QLabel>("compareWindowB")->text().contains(ui::formatSpan(minute, minute + 1min)));
}

void ShardPicturesTest::windowIsPinned()
{
    PageFixture fixture;
    const auto now = pinOldWindow(fixture);
    QVERIFY(fixture.find<QToolButton>("comparePinned")->isChecked());
    fixture.range.choose(now - std::chrono::minutes(10), now - std::chrono::minutes(5));
    auto* a = fixture.find<QLabel>("compareWindowA");
    QTRY_VERIFY2(a->text().contains(ui::formatSpan(now - 40min, now - 35min)), qPrintable(a->text()));
    auto* b = fixture.find<QLabel>("compareWindowB");
    QTRY_VERIFY2(b->text().contains(ui::formatSpan(now - 10min, now - 5min)), qPrintable(b->text()));
    choose(fixture, "compareBefore");
    QTRY_VERIFY2(a->text().contains(ui::formatClock(now - std::chrono::minutes(15))), qPrintable(a->text()));
    // Before anything was kept.
    fixture.range.choose(now - std::chrono::minutes(59), now - std::chrono::minutes(49));
    QTRY_VERIFY2(a->text().contains("is known"), qPrintable(a->text()));
}

void ShardPicturesTest::comparisonSaysWhyNot()
{
    PageFixture fixture;
    fixture.engine().failWith("shardHistory", {backend::ErrorCode::Unavailable, "no history today", true});
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    choose(fixture, "pictureCompare");
    auto* problem = fixture.find<QLabel>("compareProblem");
    QTRY_VERIFY2(problem->isVisible() && problem->text().contains("no history today"),
                 qPrintable(problem->text()));
    fixture.engine().clearFailure("shardHistory");
    QTRY_VERIFY(!problem->isVisible());
}

void ShardPicturesTest::hangingEngineLeavesTheRest()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::ShardsPage>();
    fixture.engine().hold("shardHistory");
    choose(fixture, "pictureTime");
    QTRY_COMPARE(fixture.engine().count("shardHistory"), 1);
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("shardHistory"), 1); // not one more each second
    choose(fixture, "pictureTreemap");
    QVERIFY(!fixture.find<ui::Treemap>("shardTreemap")->cellRect(5).isNull());
    fixture.engine().releaseAll();
}

// The last move of window B is shown, however many came while an answer was on its way.
void ShardPicturesTest::pinnedComparisonKeepsUp()
{
    PageFixture fixture;
    const auto now = pinOldWindow(fixture);
    auto* b = fixture.find<QLabel>("compareWindowB");
    QTRY_VERIFY(b->text().contains(ui::formatSpan(now - 40min, now - 35min)));
    fixture.engine().hold("shardHistory");
    fixture.range.choose(now - 20min, now - 15min);
    fixture.range.choose(now - 10min, now - 5min);
    fixture.engine().release("shardHistory");
    QTRY_VERIFY2(b->text().contains(ui::formatSpan(now - 10min, now - 5min)), qPrintable(b->text()));
}

} // namespace tests

QTEST_MAIN(tests::ShardPicturesTest)
#include "shard_pictures_test.moc"

#include <algorithm>
