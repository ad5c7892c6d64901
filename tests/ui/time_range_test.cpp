// One clock for everything: what is chosen in one chart is what every chart, table and label shows, until the
// user goes back to live.
#include <QAbstractButton>
#include <QLabel>
#include <QTableView>
#include <QTest>
#include <QWheelEvent>

#include "tests/ui/page_fixture.h"
#include "tests/ui/window_fixture.h"
#include "ui/pages/cache_page.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/time_chart.h"

#include <QTemporaryDir>

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
    void aClickPinsInAllCharts();
    void aDoubleClickGoesBackToLive();
    void tablesFollowTheBrush();
    void keysAndTheTopBar();

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

} // namespace tests

QTEST_MAIN(tests::TimeRangeTest)
#include "time_range_test.moc"
