// Every time axis, also those that are not of charts: round ticks that name days where the window is long,
// and a mark for what happened.
#include <QRegularExpression>
#include <QTest>

#include "tests/models/model_samples.h"
#include "ui/bridge/time_range.h"
#include "ui/widgets/curve_chart.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/shard_time_map.h"
#include "ui/widgets/swim_lanes.h"
#include "ui/widgets/time_ticks.h"

#include <cmath>
#include <functional>
#include <limits>

using namespace std::chrono_literals;

namespace tests {

class TimeAxesTest : public QObject
{
    Q_OBJECT

private slots:
    void ticksSuitTheWindow_data();
    void ticksSuitTheWindow();
    void whatHappenedIsMarked();
    void theTimeBeforeAnybodyWatchedIsMarked();
    void readingsNameTheDay();
    void longAxesNameTheYear();

private:
    // All three over the same window.
    struct Axes
    {
        explicit Axes(ui::TimeRange::Span span)
            : lanes(theme, range, nullptr)
            , map(theme, range, nullptr)
            , growth(theme, ui::CurveChart::Across::Time, nullptr)
        {
            range.setReach(ui::TimeRange::kKept);
            const auto end =
                std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
            range.setNewest(end);
            range.choose(end - span, end);
            const double from = ui::secondsOf(range.begin()), to = ui::secondsOf(range.end());
            ui::Lane lane;
            lane.name = "Worker 1";
            lane.knownFrom = from;
            lane.knownTo = to;
            lanes.resize(900, 200);
            lanes.setLanes({lane});
            map.resize(900, 300);
            backend::ShardHistory history;
            history.shards = 4;
            history.at = {range.begin(), range.begin() + span / 2};
            history.step = std::chrono::duration_cast<backend::Milliseconds>(span / 2);
            history.values = {1, 2, 3, 4, 4, 3, 2, 1};
            map.setHistory(history);
            growth.resize(900, 300);
            growth.showEventsOf(range);
            growth.setLines({{"used", 1, {{from, 1}, {to, 2}}, false}}, {});
        }
        std::vector<std::vector<ui::TimeTick>> ticks() const
        {
            return {lanes.ticks(), map.ticks(), growth.ticks()};
        }

        ui::Theme theme{ui::ThemeMode::Light};
        ui::TimeRange range;
        ui::SwimLanes lanes;
        ui::ShardTimeMap map;
        ui::CurveChart growth;
    };
    // All that the tool tips of marks say, over the whole widget.
    static QStringList marksOf(const QWidget& widget, const std::function<QString(QPoint)>& textAt)
    {
        QStringList out;
        for (int y = 0; y < widget.height(); ++y)
            for (int x = 0; x < widget.width(); ++x)
                if (const auto text = textAt({x, y}); !text.isEmpty() && !out.contains(text)) out << text;
        return out;
    }
};

void TimeAxesTest::ticksSuitTheWindow_data()
{
    QTest::addColumn<qint64>("seconds");
    QTest::addColumn<bool>("days");
    QTest::newRow("a minute") << qint64(60) << false;
    QTest::newRow("a day") << qint64(86'400) << true;
    QTest::newRow("a week") << qint64(7 * 86'400) << true;
    QTest::newRow("a month") << qint64(30 * 86'400) << true;
}

void TimeAxesTest::ticksSuitTheWindow()
{
    QFETCH(const qint64, seconds);
    QFETCH(const bool, days);
    const Axes axes{std::chrono::seconds(seconds)};
    static const QRegularExpression day(QStringLiteral("^[A-Z][a-z]{2} \\d+"));
    for (const auto& ticks : axes.ticks()) {
        QVERIFY2(ticks.size() >= 2 && ticks.size() <= 15, qPrintable(QString::number(ticks.size())));
        const bool named = std::any_of(ticks.begin(), ticks.end(),
                                       [](const auto& tick) { return day.match(tick.text).hasMatch(); });
        if (days) QVERIFY2(named, qPrintable(ticks.front().text));
    }
}

void TimeAxesTest::whatHappenedIsMarked()
{
    Axes axes{300s};
    const auto event = [&](std::chrono::seconds before, const char* what) {
        backend::Event out;
        out.key = {axes.range.end() - before, before.count()};
        out.kind = backend::EventKind::NodeLost;
        out.what = what;
        out.where = "redis-3";
        return out;
    };
    QCOMPARE(axes.lanes.marksShown(), 0);
    axes.range.setEvents({event(4'000s, "long ago"), event(200s, "lost it"), event(60s, "lost another"),
                          event(60s, "and one more")});
    QCOMPARE(axes.lanes.marksShown(), 2);
    QCOMPARE(axes.map.marksShown(), 2);
    QCOMPARE(axes.growth.eventsShown(), 2);
    for (const auto& texts : {marksOf(axes.lanes, [&](QPoint at) { return axes.lanes.markText(at); }),
                              marksOf(axes.map, [&](QPoint at) { return axes.map.markText(at); })}) {
        QCOMPARE(texts.size(), 2);
        QVERIFY2(texts[0].contains("redis-3: lost it") && texts[0].contains(ui::zoneName()),
                 qPrintable(texts[0]));
        QCOMPARE(texts[1].count('\n'), 1);
    }
    // They are painted: in the colour of what is critical.
    const auto critical = axes.theme.color(ui::Tone::Critical).rgb();
    for (auto* widget : std::initializer_list<QWidget*>{&axes.lanes, &axes.map, &axes.growth}) {
        const auto image = widget->grab().toImage();
        int found = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                found += image.pixel(x, y) == critical;
        QVERIFY2(found > 10, widget->metaObject()->className());
    }
}

void TimeAxesTest::theTimeBeforeAnybodyWatchedIsMarked()
{
    Axes axes{3'600s};
    QVERIFY(axes.map.notWatched().isEmpty());
    const auto nan = std::numeric_limits<float>::quiet_NaN();
    backend::ShardHistory history;
    history.shards = 2;
    history.step = 60'000ms;
    for (int minute = 0; minute < 60; ++minute) {
        history.at.push_back(axes.range.begin() + std::chrono::minutes(minute));
        const float value = minute < 45 ? nan : 1;
        history.values.insert(history.values.end(), {nan, value});
    }
    const auto wordsIn = [&] { // pixels of letters: no hatch and no ground
        const auto image = axes.map.grab(axes.map.plotRect()).toImage();
        int found = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width() / 2; ++x)
                found += image.pixel(x, y) == axes.theme.textMuted().rgb();
        return found;
    };
    QCOMPARE(wordsIn(), 0);
    axes.map.setHistory(history);
    const auto plot = axes.map.plotRect();
    const auto part = axes.map.notWatched();
    QVERIFY(std::abs(part.width() - 0.75 * plot.width()) < 3);
    QCOMPARE(int(part.height()), plot.height());
    QVERIFY(wordsIn() > 10);
    history.at.clear(); // as it is told where only what is known is
    for (int minute = 45; minute < 60; ++minute)
        history.at.push_back(axes.range.begin() + std::chrono::minutes(minute));
    history.values.assign(30, 1);
    axes.map.setHistory(history);
    QVERIFY(std::abs(axes.map.notWatched().width() - 0.75 * plot.width()) < 3);
}

void TimeAxesTest::readingsNameTheDay()
{
    Axes axes{std::chrono::seconds(7 * 86'400)};
    const auto at = axes.range.begin() + 3600s; // a week ago
    const auto moment = ui::formatMoment(at);
    QVERIFY(moment != ui::formatClock(at));
    QVERIFY2(axes.lanes.textAt(0, ui::secondsOf(at)).contains(moment),
             qPrintable(axes.lanes.textAt(0, ui::secondsOf(at))));
    QVERIFY2(axes.map.cellText(1, at).contains(moment), qPrintable(axes.map.cellText(1, at)));
}

// A line that is full in years.
void TimeAxesTest::longAxesNameTheYear()
{
    const double begin = ui::secondsOf(kSampleTime);
    for (const double years : {1.0, 5.0, 12.0}) {
        auto ticks = ui::timeTicks(begin, begin + years * 365 * 86'400, 6);
        std::erase_if(ticks, [](const auto& tick) { return tick.text.isEmpty(); });
        QVERIFY2(ticks.size() >= 2 && ticks.size() <= 10, qPrintable(QString::number(ticks.size())));
        for (const auto& tick : ticks)
            QVERIFY2(tick.text.endsWith(ui::shownTime(ui::timeOf(tick.at)).toString(" yyyy")),
                     qPrintable(tick.text));
    }
}

} // namespace tests

QTEST_MAIN(tests::TimeAxesTest)
#include "time_axes_test.moc"
