// The one clock in the window: tables, labels, keys and the top bar follow the chosen range, as far back as
// history is kept.
#include <QAbstractButton>
#include <QAction>
#include <QLabel>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

#include "tests/ui/page_fixture.h"
#include "tests/ui/window_fixture.h"
#include "ui/pages/cache_page.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/time_chart.h"

using namespace std::chrono_literals;

namespace tests {

class TimeWindowTest : public QObject
{
    Q_OBJECT

private slots:
    void tablesFollowTheBrush();
    void keysAndTheTopBar();
    void tablesLeaveTheKeysOfTime();
    void reachesBackAsFarAsHistoryIsKept();
    void longWindowsAreRolledUp();
    void whatCouldNotBeReadIsTriedAgain();
    void aNewSessionDoesNotWaitForTheOldOnesReading();
    void withoutAFileOnlyTheHourIsOffered();
    void theTimeBeforeAnybodyWatchedIsMarked();
    void everyTimeFollowsTheZone();

private:
    static backend::TimePoint now()
    {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    }
};

void TimeWindowTest::tablesFollowTheBrush()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    auto snapshot = fakeSnapshot(1);
    snapshot.takenAt = now();
    auto history = fakeHistory(snapshot.takenAt, 600);
    // 9 hits a second, for one minute in the past 100.
    std::int64_t hits = 0;
    for (std::size_t i = 0; i < history.size(); ++i) {
        hits += i > 300 && i <= 360 ? 100 : 9;
        history[i].caches = {{"home timeline", hits, std::int64_t(i)}};
    }
    const auto begin = history[300].at, end = history[360].at;
    fixture.engine().setSnapshot(snapshot);
    fixture.engine().setHistory(history);
    QVERIFY(fixture.open());
    fixture.make<ui::CachePage>();
    const auto shown = [&](int column) {
        const auto* table = fixture.find<QTableView>("cacheTable")->model();
        return table->index(0, column).data(ui::SortRole).toLongLong();
    };
    QTRY_VERIFY(shown(ui::CacheHitsColumn) > 0);
    fixture.range.choose(begin, end);
    QTRY_COMPARE(shown(ui::CacheHitsColumn), 6000);
    QCOMPARE(shown(ui::CacheMissesColumn), 60);
    // News of the engine leave it alone.
    snapshot.takenAt += 5s;
    snapshot.sequence = 2;
    fixture.engine().setSnapshot(snapshot);
    QTRY_VERIFY(fixture.bridge.snapshot()->sequence == 2);
    QCOMPARE(shown(ui::CacheHitsColumn), 6000);
    fixture.range.reset();
    QTRY_VERIFY(shown(ui::CacheHitsColumn) != 6000);
}

void TimeWindowTest::keysAndTheTopBar()
{
    QTemporaryDir dir;
    WindowFixture fixture(dir.filePath("settings.ini"));
    QVERIFY(fixture.showOpen());
    const auto* chosen = fixture.find<QLabel>("chosenTime");
    auto& range = fixture.range;
    QVERIFY(!chosen->isVisible());
    fixture.press(Qt::Key_Plus);
    QVERIFY(range.chosen() && !range.live());
    QCOMPARE(range.span(), ui::TimeRange::Span(150s));
    QVERIFY(chosen->isVisible());
    QCOMPARE(chosen->text(), QString("%1 %2").arg(range.windowText(), ui::zoneName()));
    QVERIFY(!fixture.find<QAbstractButton>("window5")->isChecked());
    QVERIFY(!fixture.find<QAbstractButton>("liveButton")->isChecked());
    const auto end = range.end();
    fixture.press(Qt::Key_BracketLeft);
    QCOMPARE(range.end(), end - 75s);
    QCOMPARE(chosen->text(), QString("%1 %2").arg(range.windowText(), ui::zoneName()));
    fixture.press(Qt::Key_BracketRight);
    QCOMPARE(range.end(), end);
    fixture.press(Qt::Key_Minus);
    QCOMPARE(range.span(), ui::TimeRange::Span(300s));
    QVERIFY(range.chosen()); // though as long as the preset: it does not follow
    fixture.press(Qt::Key_0);
    QVERIFY(!range.chosen() && range.live());
    QVERIFY(!chosen->isVisible());
    QVERIFY(fixture.find<QAbstractButton>("window5")->isChecked());
}

// Those of a table are the arrows; it must not look for a row that begins with "0".
void TimeWindowTest::tablesLeaveTheKeysOfTime()
{
    QTemporaryDir dir;
    WindowFixture fixture(dir.filePath("settings.ini"));
    QVERIFY(fixture.showOpen());
    fixture.window->showPage("shards");
    auto* table = fixture.find<QTableView>("shardTable");
    QTRY_VERIFY(table->model()->rowCount() > 0);
    table->setFocus();
    auto& range = fixture.range;
    fixture.press(Qt::Key_Plus);
    QVERIFY(range.chosen());
    const auto span = range.span(), shorter = span / 2;
    fixture.press(Qt::Key_Equal);
    QCOMPARE(range.span(), shorter);
    fixture.press(Qt::Key_Minus);
    QCOMPARE(range.span(), span);
    const auto end = range.end();
    fixture.press(Qt::Key_BracketLeft);
    QVERIFY(range.end() < end);
    fixture.press(Qt::Key_BracketRight);
    QCOMPARE(range.end(), end);
    fixture.press(Qt::Key_0);
    QVERIFY(!range.chosen());
    QVERIFY(table->hasFocus());
    // A tree opens and closes with + and −.
    fixture.window->showPage("queue", "workers");
    auto* tree = fixture.find<QTreeView>("workerTree");
    QTRY_VERIFY(tree->model()->rowCount() > 0);
    const auto engine = tree->model()->index(0, 0);
    tree->setCurrentIndex(engine);
    tree->setFocus();
    tree->expand(engine);
    fixture.press(Qt::Key_Minus);
    QVERIFY(!tree->isExpanded(engine));
    QVERIFY(!range.chosen());
    fixture.press(Qt::Key_BracketLeft);
    QVERIFY(range.chosen());
}

void TimeWindowTest::reachesBackAsFarAsHistoryIsKept()
{
    ui::TimeRange range;
    const auto at = now();
    range.setNewest(at);
    range.setWindow(24h);
    QCOMPARE(range.window(), std::chrono::minutes(60)); // until it is known that more is kept
    QCOMPARE(range.wantedWindow(), std::chrono::minutes(24h));
    range.setReach(ui::TimeRange::kKept);
    QCOMPARE(range.window(), std::chrono::minutes(24h));
    QCOMPARE(range.begin(), at - 24h);
    QCOMPARE(range.windowText(), QString("last 24 h"));
    range.zoom(2);
    QCOMPARE(range.span(), ui::TimeRange::Span(48h));
    range.shift(-24h * 20);
    QCOMPARE(range.end(), at - 24h * 20);
    range.shift(-24h * 100);
    QCOMPARE(range.begin(), at - ui::TimeRange::kKept);
    QVERIFY2(range.windowText().contains(ui::shownTime(range.begin()).toString("d")),
             qPrintable(range.windowText())); // which day is told
    range.reset();
    range.setReach(ui::TimeRange::kLongest, "why");
    QCOMPARE(range.window(), std::chrono::minutes(60));
    QCOMPARE(range.begin(), at - 1h);
    QCOMPARE(range.reachReason(), QString("why"));
}

void TimeWindowTest::longWindowsAreRolledUp()
{
    QTemporaryDir dir;
    WindowFixture fixture(dir.filePath("settings.ini"));
    backend::HistoryRange kept;
    kept.step = 60s;
    const auto newest = now();
    for (int minute = 23 * 60; minute > 0; --minute) { // but for one hour
        if (minute > 300 && minute <= 360) continue;
        backend::HistoryPoint point = fakeHistory(newest - std::chrono::minutes(minute), 1).front();
        point.postsPerSecond = 50;
        kept.mean.push_back(point);
        point.postsPerSecond = 10;
        kept.min.push_back(point);
        point.postsPerSecond = 90;
        kept.max.push_back(point);
    }
    fixture.engine().setKept(kept);
    QVERIFY(fixture.showOpen());
    const auto* button = fixture.find<QAbstractButton>("window1440");
    QTRY_VERIFY(button->isEnabled());
    fixture.engine().hold("historyRange");
    fixture.click("window1440");
    QVERIFY(button->isChecked());
    QTRY_VERIFY(fixture.engine().count("historyRange") >= 2);
    QVERIFY(fixture.waitForNews()); // the window lives on while the file is read
    const auto* chart = fixture.find<ui::TimeChart>("rateChart");
    QVERIFY(chart->findChild<QLabel*>("cardSubtitle")->text().contains("reading history"));
    fixture.engine().release("historyRange");
    QTRY_VERIFY(chart->pointsShown() > 5 * 1'200);
    QVERIFY(chart->pointsShown() <= 5 * 1'320);
    QTRY_COMPARE(chart->gapsShown(), 2); // and the first hour, before anything was kept
    QVERIFY2(chart->findChild<QLabel*>("cardSubtitle")->text().contains("last 24 h by 1 min"),
             qPrintable(chart->findChild<QLabel*>("cardSubtitle")->text()));
    // Back to seconds.
    fixture.click("window5");
    QTRY_VERIFY(!chart->findChild<QLabel*>("cardSubtitle")->text().contains(" by "));
    // What cannot be read is none.
    fixture.engine().failWith("historyRange", {backend::ErrorCode::Unavailable, "no disk", true});
    fixture.click("window10080");
    QTRY_COMPARE(fixture.find<QLabel>("historyError")->text().contains("no disk"), true);
}

void TimeWindowTest::whatCouldNotBeReadIsTriedAgain()
{
    QTemporaryDir dir;
    WindowFixture fixture(dir.filePath("settings.ini"));
    backend::HistoryRange kept;
    kept.step = 60s;
    const auto newest = now();
    for (int minute = 23 * 60; minute > 0; --minute)
        kept.mean.push_back(fakeHistory(newest - std::chrono::minutes(minute), 1).front());
    fixture.engine().setKept(kept);
    QVERIFY(fixture.showOpen());
    QTRY_VERIFY(fixture.find<QAbstractButton>("window1440")->isEnabled());
    const auto* chart = fixture.find<ui::TimeChart>("rateChart");
    const auto error = [&] { return fixture.find<QLabel>("historyError")->text(); };
    const backend::Error broken{backend::ErrorCode::Unavailable, "no disk", true};
    fixture.engine().failWith("historyRange", broken);
    fixture.range.choose(newest - 10h, newest - 6h);
    QTRY_VERIFY(error().contains("no disk"));
    QCOMPARE(chart->pointsShown(), 0);
    // By itself, after a while.
    fixture.engine().clearFailure("historyRange");
    QTRY_VERIFY_WITH_TIMEOUT(chart->pointsShown() > 0, 20'000);
    QVERIFY(!error().contains("no disk"));
    // At once by F5.
    fixture.engine().failWith("historyRange", broken);
    fixture.range.choose(newest - 20h, newest - 15h);
    QTRY_VERIFY(error().contains("no disk"));
    fixture.engine().clearFailure("historyRange");
    const int before = fixture.engine().count("historyRange");
    fixture.press(Qt::Key_F5);
    QTRY_VERIFY(fixture.engine().count("historyRange") > before);
    QTRY_VERIFY(chart->pointsShown() > 0);
    // F5 reads again what is there, too.
    const int again = fixture.engine().count("historyRange");
    fixture.press(Qt::Key_F5);
    QTRY_VERIFY(fixture.engine().count("historyRange") > again);
}

void TimeWindowTest::aNewSessionDoesNotWaitForTheOldOnesReading()
{
    QTemporaryDir dir;
    WindowFixture fixture(dir.filePath("settings.ini"));
    backend::HistoryRange kept;
    kept.step = 60s;
    for (int minute = 23 * 60; minute > 0; --minute)
        kept.mean.push_back(fakeHistory(now() - std::chrono::minutes(minute), 1).front());
    fixture.engine().setKept(kept);
    QVERIFY(fixture.showOpen());
    QTRY_VERIFY(fixture.find<QAbstractButton>("window1440")->isEnabled());
    const auto old = fixture.fake;
    old->engine->hold("historyRange");
    const int before = old->engine->count("historyRange");
    fixture.click("window1440");
    QTRY_COMPARE(old->engine->count("historyRange"), before + 1);
    fixture.fake = std::make_shared<FakeBackend>();
    fixture.engine().setKept(kept);
    fixture.window->openSession({});
    QTRY_COMPARE(fixture.fake->opened.load(), 1);
    const auto shown = [&] { // pages are made anew
        const auto* chart = fixture.find<ui::TimeChart>("rateChart");
        return chart ? chart->pointsShown() : 0;
    };
    QTRY_VERIFY(shown() > 3 * 1'200);
    // What the old one says at last changes nothing.
    old->engine->release("historyRange");
    QVERIFY(fixture.waitForNews());
    QTest::qWait(100);
    QVERIFY(shown() > 3 * 1'200);
}

void TimeWindowTest::withoutAFileOnlyTheHourIsOffered()
{
    QTemporaryDir dir;
    WindowFixture fixture(dir.filePath("settings.ini"));
    QVERIFY(fixture.showOpen());
    QTRY_VERIFY(!fixture.range.reachReason().isEmpty());
    for (const char* name : {"window360", "window1440", "window10080", "window43200"}) {
        QVERIFY(!fixture.find<QAbstractButton>(name)->isEnabled());
        QVERIFY(fixture.find<QAbstractButton>(name)->toolTip().contains("no history on disk"));
    }
    QVERIFY(fixture.find<QAbstractButton>("window60")->isEnabled());
    for (int i = 0; i < 20; ++i)
        fixture.press(Qt::Key_Minus);
    QCOMPARE(fixture.range.span(), ui::TimeRange::kLongest);
}

// A session of two minutes with an hour chosen.
void TimeWindowTest::theTimeBeforeAnybodyWatchedIsMarked()
{
    QTemporaryDir dir;
    WindowFixture fixture(dir.filePath("settings.ini"));
    const auto first = now() - 119s;
    fixture.engine().setHistory(fakeHistory(now(), 120));
    QVERIFY(fixture.showOpen());
    fixture.click("window60");
    for (const char* name : {"rateChart", "cacheChart"}) {
        const auto* chart = fixture.find<ui::TimeChart>(name);
        QTRY_VERIFY(chart->pointsShown() > 0);
        QTRY_COMPARE(chart->gapsShown(), 1);
        const auto* on = chart->findChild<QWidget*>("plot");
        const auto words = chart->markText({on->width() / 2, on->height() / 3});
        QVERIFY2(words.startsWith("Nothing is known before " + ui::formatMoment(first)), qPrintable(words));
        QVERIFY(chart->markText({on->width() - 20, on->height() / 3}).isEmpty());
    }
    // What has the point before it to show is none.
    fixture.range.choose(now() - 60s, now());
    for (const char* name : {"rateChart", "cacheChart"})
        QTRY_COMPARE(fixture.find<ui::TimeChart>(name)->gapsShown(), 0);
}

void TimeWindowTest::everyTimeFollowsTheZone()
{
    qputenv("TZ", "Asia/Kolkata");
    tzset();
    QTemporaryDir dir;
    {
        WindowFixture fixture(dir.filePath("settings.ini"));
        QVERIFY(fixture.showOpen());
        auto* zone = fixture.find<QAbstractButton>("zone");
        QVERIFY2(!zone->text().contains("UTC") || zone->text().contains("+05:30"), qPrintable(zone->text()));
        const auto at = now();
        const auto local = ui::formatTime(at);
        fixture.find<QAction>("zoneUtc")->trigger();
        QCOMPARE(zone->text(), QString("Times in UTC"));
        QVERIFY(ui::formatTime(at).endsWith(" UTC"));
        QVERIFY(ui::formatTime(at) != local);
        const auto* chart = fixture.find<ui::TimeChart>("rateChart");
        QVERIFY(chart->findChild<QLabel*>("cardSubtitle")->text().contains("UTC"));
        fixture.window->close();
    }
    {
        WindowFixture again(dir.filePath("settings.ini")); // kept
        QCOMPARE(again.find<QAbstractButton>("zone")->text(), QString("Times in UTC"));
        again.find<QAction>("zoneLocal")->trigger();
        QVERIFY(again.find<QAbstractButton>("zone")->text() != QString("Times in UTC"));
    }
    ui::setTimesInUtc(false);
    qunsetenv("TZ");
    tzset();
}

} // namespace tests

QTEST_MAIN(tests::TimeWindowTest)
#include "time_window_test.moc"
