// One clock for everything: the range, and charts that share it. What is chosen in one is what every one
// shows, until the user goes back to live.
#include <QLabel>
#include <QTest>
#include <QWheelEvent>

#include "tests/ui/page_fixture.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/time_chart.h"
#include "ui/widgets/time_ticks.h"

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
    void gapsAreMarked();
    void eventsAreMarkedOnEveryAxis();
    void axisLabelsSuitTheSpan_data();
    void axisLabelsSuitTheSpan();

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
    auto ticks = ui::timeTicks(double(end - std::abs(span)), double(end), 5);
    // Axes of any width have the same ticks; a narrow one has fewer labels, but one at least.
    for (const int most : {1, 2, 4, 10}) {
        const auto other = ui::timeTicks(double(end - std::abs(span)), double(end), most);
        QCOMPARE(other.size(), ticks.size());
        for (std::size_t i = 0; i < other.size(); ++i)
            QCOMPARE(other[i].at, ticks[i].at);
        const auto labels =
            std::count_if(other.begin(), other.end(), [](const auto& tick) { return !tick.text.isEmpty(); });
        QVERIFY2(labels >= 1 && labels <= std::max(2 * most, 2), qPrintable(QString::number(labels)));
    }
    std::erase_if(ticks, [](const auto& tick) { return tick.text.isEmpty(); });
    QVERIFY(ticks.size() >= 2 && ticks.size() <= 8);
    bool day = false;
    for (const auto& [at, label] : ticks) {
        QVERIFY(at >= double(end - std::abs(span)) && at <= double(end));
        QVERIFY2(QRegularExpression(pattern).match(label).hasMatch(), qPrintable(label));
        day = day || label[0].isLetter();
    }
    if (days) QVERIFY(day);
}

} // namespace tests

QTEST_MAIN(tests::TimeRangeTest)
#include "time_range_test.moc"
