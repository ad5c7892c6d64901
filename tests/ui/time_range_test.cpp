// One clock for everything: what is chosen in one chart is what every chart, table and label shows, until the
// user goes back to live.
#include <QAbstractButton>
#include <QAction>
#include <QLabel>
#include <QRegularExpression>
#include <QTableView>
#include <QTest>
#include <QTreeView>
#include <QWheelEvent>

#include "tests/ui/page_fixture.h"
#include "tests/ui/window_fixture.h"
#include "ui/pages/cache_page.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/time_chart.h"
#include "ui/widgets/time_ticks.h"

#include <QTemporaryDir>

#include <ctime>

using namespace std::chrono_literals;

namespace tests {

class TimeRangeTest : public QObject
{
    Q_OBJECT

private slots:
    void followsTheNewestWhileLive();
    void aChosenPartStands();
    void aPartStaysWithinWhatIsKept();
    void zoomKeepsThePlaceOfTheMouse();
    void aPresetOrLiveEndsThePart();
    void aPinHoldsTheCrosshair();
    void aBrushInOneChartIsEveryChartsWindow();
    void shiftDragAndWheelMoveAllCharts();
    void aTouchpadZooms();
    void aClickPinsInAllCharts();
    void theKeyboardReadsAndPins();
    void aDoubleClickGoesBackToLive();
    void tablesFollowTheBrush();
    void keysAndTheTopBar();
    void tablesLeaveTheKeysOfTime();
    void reachesBackAsFarAsHistoryIsKept();
    void longWindowsAreRolledUp();
    void whatCouldNotBeReadIsTriedAgain();
    void aNewSessionDoesNotWaitForTheOldOnesReading();
    void withoutAFileOnlyTheHourIsOffered();
    void gapsAreMarked();
    void theTimeBeforeAnybodyWatchedIsMarked();
    void eventsAreMarkedOnEveryAxis();
    void axisLabelsSuitTheSpan_data();
    void axisLabelsSuitTheSpan();
    void everyTimeFollowsTheZone();

private:
    // Two charts that share a range, with a point a second over the last ten minutes, the newest at `end`.
    struct Charts
    {
        explicit Charts(backend::TimePoint newest)
            : one(theme, range, options("one"), &window)
            , other(theme, range, options("other"), &window)
        {
            window.resize(700, 500);
            one.setGeometry(0, 0, 700, 250);
            other.setGeometry(0, 250, 700, 250);
            range.setNewest(newest);
            const auto points = fakeHistory(newest, 600);
            one.setHistory(points);
            other.setHistory(points);
            window.show();
        }
        static ui::TimeChart::Options options(const QString& name)
        {
            const auto posts = [](const backend::HistoryPoint& p) { return p.postsPerSecond; };
            return {name, {}, {}, {{"posts", 1, posts}}, {}};
        }
        static QWidget* plot(const ui::TimeChart& chart) { return chart.findChild<QWidget*>("plot"); }
        // Presses at one share of the plot's width and lets go at another.
        static void drag(const ui::TimeChart& chart, double from, double to,
                         Qt::KeyboardModifiers modifiers = {})
        {
            auto* on = plot(chart);
            const auto at = [&](double share) { return QPoint(int(on->width() * share), on->height() / 2); };
            QTest::mousePress(on, Qt::LeftButton, modifiers, at(from));
            // QTest::mouseMove tells no buttons.
            QMouseEvent move(QEvent::MouseMove, at(to), on->mapToGlobal(at(to)), Qt::NoButton, Qt::LeftButton,
                             modifiers);
            QApplication::sendEvent(on, &move);
            QTest::mouseRelease(on, Qt::LeftButton, modifiers, at(to));
        }
        static void wheel(const ui::TimeChart& chart, int eighths)
        {
            auto* on = plot(chart);
            const QPointF at(on->width() / 2.0, on->height() / 2.0);
            QWheelEvent event(at, on->mapToGlobal(at), {}, {0, eighths}, Qt::NoButton, {}, Qt::NoScrollPhase,
                              false);
            QApplication::sendEvent(on, &event);
        }

        ui::Theme theme{ui::ThemeMode::Light};
        ui::TimeRange range;
        QWidget window;
        ui::TimeChart one, other;
    };
    static backend::TimePoint now()
    {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    }
    static double seconds(ui::TimeRange::Span span) { return std::chrono::duration<double>(span).count(); }
};

// --- the range

void TimeRangeTest::followsTheNewestWhileLive()
{
    ui::TimeRange range;
    const auto at = now();
    range.setNewest(at);
    QCOMPARE(range.end(), at);
    QCOMPARE(range.begin(), at - 5min);
    range.setLive(false);
    range.setNewest(at + 10s);
    QCOMPARE(range.end(), at);
    range.setLive(true);
    QCOMPARE(range.end(), at + 10s);
}

void TimeRangeTest::aChosenPartStands()
{
    ui::TimeRange range;
    const auto at = now();
    range.setNewest(at);
    range.choose(at - 100s, at - 160s); // either way round
    QVERIFY(range.chosen() && !range.live());
    QCOMPARE(range.begin(), at - 160s);
    QCOMPARE(range.end(), at - 100s);
    range.setNewest(at + 30s);
    QCOMPARE(range.end(), at - 100s);
    QCOMPARE(range.windowText(),
             QString("%1 – %2").arg(ui::formatClock(at - 160s), ui::formatClock(at - 100s)));
    range.shift(40s);
    QCOMPARE(range.begin(), at - 120s);
    QCOMPARE(range.span(), ui::TimeRange::Span(60s));
}

void TimeRangeTest::aPartStaysWithinWhatIsKept()
{
    ui::TimeRange range;
    const auto at = now();
    range.setNewest(at);
    range.choose(at - 60s, at - 58s); // too short: grows to both sides
    QCOMPARE(range.span(), ui::TimeRange::kShortest);
    QCOMPARE(range.begin() + range.span() / 2, at - 59s);
    range.choose(at + 5min, at + 10min); // not the future
    QCOMPARE(range.end(), at);
    QCOMPARE(range.span(), ui::TimeRange::Span(5min));
    range.shift(-100h); // nor what nobody kept
    QCOMPARE(range.begin(), at - ui::TimeRange::kLongest);
    range.choose(at - 100h, at);
    QCOMPARE(range.span(), ui::TimeRange::kLongest);
    for (int i = 0; i < 100; ++i)
        range.zoom(0.5);
    QCOMPARE(range.span(), ui::TimeRange::kShortest);
}

void TimeRangeTest::zoomKeepsThePlaceOfTheMouse()
{
    ui::TimeRange range;
    const auto at = now();
    range.setNewest(at);
    range.choose(at - 400s, at - 200s);
    range.zoom(0.5, at - 350s); // a quarter from the left
    QCOMPARE(range.begin(), at - 375s);
    QCOMPARE(range.end(), at - 275s);
    range.zoom(2, at - 350s);
    QCOMPARE(range.begin(), at - 400s);
    QCOMPARE(range.end(), at - 200s);
}

void TimeRangeTest::aPresetOrLiveEndsThePart()
{
    ui::TimeRange range;
    const auto at = now();
    range.setNewest(at);
    range.choose(at - 100s, at - 50s);
    range.setWindow(5min); // the same preset as before
    QVERIFY(!range.chosen() && range.live());
    QCOMPARE(range.begin(), at - 5min);
    range.choose(at - 100s, at - 50s);
    range.setNewest(at + 3s);
    range.setLive(true);
    QVERIFY(!range.chosen());
    QCOMPARE(range.end(), at + 3s);
    QCOMPARE(range.begin(), at + 3s - 5min);
}

void TimeRangeTest::aPinHoldsTheCrosshair()
{
    ui::TimeRange range;
    const auto at = now();
    range.setNewest(at);
    range.pin(at - 20s);
    range.setCursor(at - 5s);
    QCOMPARE(range.cursor(), std::optional(at - 20s));
    range.setCursor(std::nullopt);
    QCOMPARE(range.cursor(), std::optional(at - 20s));
    range.choose(at - 200s, at - 100s); // it is not to be seen any more
    QVERIFY(!range.pinned() && !range.cursor());
    range.setCursor(at - 150s);
    QCOMPARE(range.cursor(), std::optional(at - 150s));
}

// --- charts

void TimeRangeTest::aBrushInOneChartIsEveryChartsWindow()
{
    const auto at = now();
    Charts charts(at);
    const int before = charts.other.pointsShown();
    QVERIFY(before >= 299);
    Charts::drag(charts.one, 0.4, 0.6);
    QVERIFY(charts.range.chosen());
    // A fifth of the widget: a little more than a fifth of the window, whose axes have margins.
    const double brushed = seconds(charts.range.span());
    QVERIFY2(brushed > 58 && brushed < 80, qPrintable(QString::number(brushed)));
    for (const auto* chart : {&charts.one, &charts.other})
        QVERIFY(std::abs(chart->pointsShown() - brushed) <= 2);
    const auto chosen = charts.range.begin();
    Charts::drag(charts.other, 0.9, 0.5); // from right to left, closer still, in the other chart
    QVERIFY(charts.range.begin() > chosen);
    QVERIFY(seconds(charts.range.span()) < brushed);
    QVERIFY(!charts.range.live());
}

void TimeRangeTest::shiftDragAndWheelMoveAllCharts()
{
    const auto at = now();
    Charts charts(at);
    const auto span = charts.range.span();
    Charts::drag(charts.one, 0.3, 0.5, Qt::ShiftModifier); // the past comes to the right
    QCOMPARE(charts.range.span(), span);
    const double moved = seconds(at - charts.range.end());
    QVERIFY2(moved > 58 && moved < 80, qPrintable(QString::number(moved)));
    QVERIFY(charts.other.pointsShown() >= 299);
    Charts::wheel(charts.other, 120);
    QVERIFY(charts.range.span() < span);
    Charts::wheel(charts.other, -120);
    QVERIFY(std::abs(seconds(charts.range.span() - span)) < 1);
    QVERIFY(std::abs(seconds(at - charts.range.end()) - moved) < 1);
}

void TimeRangeTest::aClickPinsInAllCharts()
{
    const auto at = now();
    Charts charts(at);
    const auto words = charts.other.readout();
    Charts::drag(charts.one, 0.5, 0.5);
    QVERIFY(charts.range.pinned());
    QVERIFY(!charts.range.chosen() && charts.range.live());
    const auto pinned = charts.other.readout();
    QVERIFY2(pinned != words, qPrintable(pinned));
    QVERIFY(charts.one.findChild<QLabel*>("cardSubtitle")->text().startsWith("pin "));
    charts.range.setNewest(at + 1s);
    QCOMPARE(charts.other.readout(), pinned);
    Charts::drag(charts.other, 0.2, 0.2);
    QVERIFY(!charts.range.pinned());
}

void TimeRangeTest::aDoubleClickGoesBackToLive()
{
    const auto at = now();
    Charts charts(at);
    Charts::drag(charts.one, 0.4, 0.6);
    QVERIFY(charts.range.chosen());
    auto* on = Charts::plot(charts.other);
    // As a mouse does it: a click, then the second press.
    QTest::mouseClick(on, Qt::LeftButton, {}, on->rect().center());
    QTest::mouseDClick(on, Qt::LeftButton, {}, on->rect().center());
    QVERIFY(!charts.range.chosen() && charts.range.live());
    QVERIFY(!charts.range.pinned());
    QCOMPARE(charts.range.end(), at);
    QVERIFY(charts.one.pointsShown() >= 299);
}

// --- pages

void TimeRangeTest::tablesFollowTheBrush()
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

void TimeRangeTest::keysAndTheTopBar()
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

// --- beyond the hour

void TimeRangeTest::reachesBackAsFarAsHistoryIsKept()
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

void TimeRangeTest::longWindowsAreRolledUp()
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
    QTRY_VERIFY(chart->pointsShown() > 3 * 1'200);
    QVERIFY(chart->pointsShown() <= 3 * 1'320);
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

void TimeRangeTest::aNewSessionDoesNotWaitForTheOldOnesReading()
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

void TimeRangeTest::withoutAFileOnlyTheHourIsOffered()
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

// --- gaps and events

void TimeRangeTest::gapsAreMarked()
{
    const auto at = now();
    Charts charts(at);
    QCOMPARE(charts.one.gapsShown(), 0);
    auto points = fakeHistory(at, 600);
    points.erase(points.end() - 120, points.end() - 60);
    charts.one.setHistory(points);
    QCOMPARE(charts.one.gapsShown(), 1);
    auto* on = Charts::plot(charts.one);
    QString words; // somewhere in the middle of the plot
    for (int x = 0; x < on->width() && words.isEmpty(); ++x)
        words = charts.one.markText({x, on->height() / 3});
    QVERIFY2(words.startsWith("Nothing is known of ") && words.contains("1 min"), qPrintable(words));
    QVERIFY(words.contains(ui::zoneName()));
    // A late second is none; nor is what lies outside the window.
    points = fakeHistory(at, 600);
    points.erase(points.end() - 30, points.end() - 28);
    charts.one.setHistory(points);
    QCOMPARE(charts.one.gapsShown(), 0);
    points = fakeHistory(at, 600);
    points.erase(points.end() - 500, points.end() - 400);
    charts.one.setHistory(points);
    QCOMPARE(charts.one.gapsShown(), 0);
    charts.range.choose(at - 10min, at);
    QCOMPARE(charts.one.gapsShown(), 1);
    charts.one.clear();
    QCOMPARE(charts.one.gapsShown(), 0);
}

// A session of two minutes with an hour chosen.
void TimeRangeTest::theTimeBeforeAnybodyWatchedIsMarked()
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
        const auto* on = Charts::plot(*chart);
        const auto words = chart->markText({on->width() / 2, on->height() / 3});
        QVERIFY2(words.startsWith("Nothing is known before " + ui::formatMoment(first)), qPrintable(words));
        QVERIFY(chart->markText({on->width() - 20, on->height() / 3}).isEmpty());
    }
    // What has the point before it to show is none.
    fixture.range.choose(now() - 60s, now());
    for (const char* name : {"rateChart", "cacheChart"})
        QTRY_COMPARE(fixture.find<ui::TimeChart>(name)->gapsShown(), 0);
}

void TimeRangeTest::eventsAreMarkedOnEveryAxis()
{
    const auto at = now();
    Charts charts(at);
    const auto event = [&](std::chrono::seconds before, backend::EventKind kind, const char* what) {
        backend::Event out;
        out.key = {at - before, before.count()};
        out.kind = kind;
        out.what = what;
        out.where = "redis-3";
        return out;
    };
    charts.range.setEvents({event(1000s, backend::EventKind::NodeBack, "long ago"),
                            event(200s, backend::EventKind::NodeLost, "lost it"),
                            event(61s, backend::EventKind::SettingChanged, "threshold"),
                            event(60s, backend::EventKind::WorkersChanged, "paused")});
    for (const auto* chart : {&charts.one, &charts.other})
        QCOMPARE(chart->marksShown(), 2); // the last two are one
    auto* on = Charts::plot(charts.other);
    QStringList texts;
    for (int y = on->height() - 1; y > on->height() / 2; --y)
        for (int x = 0; x < on->width(); ++x)
            if (const auto text = charts.other.markText({x, y}); !text.isEmpty() && !texts.contains(text))
                texts << text;
    QCOMPARE(texts.size(), 2);
    QVERIFY2(texts[0].contains("redis-3: lost it") && texts[0].contains(ui::zoneName()),
             qPrintable(texts[0]));
    QVERIFY(texts[0].startsWith(ui::formatMoment(at - 200s)));
    QCOMPARE(texts[1].count('\n'), 1);
    charts.range.choose(at - 62s, at - 52s); // close enough to tell them apart
    QCOMPARE(charts.one.marksShown(), 2);
    charts.range.setEvents({});
    QCOMPARE(charts.one.marksShown(), 0);
}

void TimeRangeTest::axisLabelsSuitTheSpan_data()
{
    QTest::addColumn<qint64>("span");
    QTest::addColumn<QString>("pattern"); // of every label
    QTest::addColumn<bool>("days");       // one at least names a day
    QTest::newRow("a minute") << qint64(60) << "^\\d\\d:\\d\\d:\\d\\d$" << false;
    QTest::newRow("an hour") << qint64(3600) << "^(\\d\\d:\\d\\d|[A-Z][a-z]{2} \\d+)$" << false;
    QTest::newRow("a day") << qint64(86400) << "^(\\d\\d:\\d\\d|[A-Z][a-z]{2} \\d+)$" << true;
    QTest::newRow("a week") << qint64(7 * 86400) << "^(12:00|[A-Z][a-z]{2} \\d+)$" << true;
    QTest::newRow("a month") << qint64(30 * 86400) << "^[A-Z][a-z]{2} \\d+$" << true;
    QTest::newRow("long ago") << qint64(-3600) << "^([A-Z][a-z]{2} \\d+ )?\\d\\d:\\d\\d$" << true;
}

void TimeRangeTest::axisLabelsSuitTheSpan()
{
    QFETCH(const qint64, span);
    QFETCH(const QString, pattern);
    QFETCH(const bool, days);
    // Noon: no day begins in the hour before it.
    const auto noon = ui::shownTime(now()).date().addDays(-1).startOfDay().toSecsSinceEpoch() + 12 * 3600;
    const auto end = span < 0 ? noon : noon + 86400;
    const auto ticks = ui::timeTicks(double(end - std::abs(span)), double(end), 5);
    QVERIFY(ticks.size() >= 2 && ticks.size() <= 8);
    bool day = false;
    for (const auto& [at, label] : ticks) {
        QVERIFY(at >= double(end - std::abs(span)) && at <= double(end));
        QVERIFY2(QRegularExpression(pattern).match(label).hasMatch(), qPrintable(label));
        day = day || label[0].isLetter();
    }
    if (days) QVERIFY(day);
}

// --- the zone

void TimeRangeTest::everyTimeFollowsTheZone()
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

// Its steps are parts of a wheel's.
void TimeRangeTest::aTouchpadZooms()
{
    Charts charts(now());
    Charts::wheel(charts.one, 120);
    const auto once = charts.range.span();
    charts.range.reset();
    for (int i = 0; i < 8; ++i)
        Charts::wheel(charts.one, 15);
    QVERIFY2(std::abs(seconds(charts.range.span() - once)) < 0.01,
             qPrintable(QString::number(seconds(charts.range.span()))));
}

void TimeRangeTest::theKeyboardReadsAndPins()
{
    const auto at = now();
    Charts charts(at);
    backend::Event event;
    event.key.at = at - 2s;
    event.kind = backend::EventKind::NodeLost;
    event.what = "redis-3 does not answer";
    charts.range.setEvents({event});
    auto& one = charts.one;
    charts.window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&charts.window));
    one.setFocus(Qt::TabFocusReason);
    QTest::keyClick(&one, Qt::Key_Left); // from the newest point on
    QVERIFY(charts.range.cursor() == at);
    QTest::keyClick(&one, Qt::Key_Left);
    QTest::keyClick(&one, Qt::Key_Left);
    QVERIFY(charts.range.cursor() == at - 2s);
    QVERIFY2(one.readout().contains(ui::formatTime(at - 2s)) && one.readout().contains("redis-3"),
             qPrintable(one.readout()));
    QCOMPARE(one.accessibleDescription(), one.readout());
    QCOMPARE(charts.other.readout().contains(ui::formatTime(at - 2s)), true);
    QTest::keyClick(&one, Qt::Key_Right);
    QVERIFY(charts.range.cursor() == at - 1s);
    QTest::keyClick(&one, Qt::Key_Return);
    QVERIFY(charts.range.pinned());
    QTest::keyClick(&one, Qt::Key_Left); // takes the pin along
    QVERIFY(charts.range.pinned() && charts.range.cursor() == at - 2s);
    QTest::keyClick(&one, Qt::Key_Home);
    QVERIFY(charts.range.cursor() >= charts.range.begin() &&
            charts.range.cursor() < charts.range.begin() + 1s);
    QTest::keyClick(&one, Qt::Key_End);
    QVERIFY(charts.range.cursor() == at);
    QTest::keyClick(&one, Qt::Key_Return);
    QVERIFY(!charts.range.pinned());
    QTest::keyClick(&one, Qt::Key_Left);
    charts.other.setFocusPolicy(Qt::StrongFocus);
    charts.other.setFocus();
    QVERIFY(!charts.range.cursor());
}

// Those of a table are the arrows; it must not look for a row that begins with "0".
void TimeRangeTest::tablesLeaveTheKeysOfTime()
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

void TimeRangeTest::whatCouldNotBeReadIsTriedAgain()
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

} // namespace tests

QTEST_MAIN(tests::TimeRangeTest)
#include "time_range_test.moc"
