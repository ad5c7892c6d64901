// Scales of charts: round in their own unit, still while values move, shrinking after a calm while; and
// legends whose entries never touch.
#include <QTest>

#include "ui/theme/theme.h"
#include "ui/widgets/axis_scale.h"
#include "ui/widgets/chart_legend.h"
#include "ui/widgets/figure_text.h"
#include "ui/widgets/heat_grid.h"

#include <cmath>

namespace tests {

using namespace std::chrono_literals;
using ui::ScaleUnit;

class ChartScaleTest : public QObject
{
    Q_OBJECT

private slots:
    void labels_data();
    void labels();
    void everyScaleCoversAndIsShort_data();
    void everyScaleCoversAndIsShort();
    void sharedStepsHaveTheSameCount();
    void growsAtOnceAndShrinksWhenCalm();
    void aPeakKeepsTheScale();
    void legendEntriesNeverTouch_data();
    void legendEntriesNeverTouch();
    void heatScaleIsOfTheMean();

private:
    static QStringList words(ScaleUnit unit, double low, double high)
    {
        QStringList out;
        for (const auto& label : ui::scaleLabels(unit, ui::stepsFor(unit, low, high)))
            out << label;
        return out;
    }
};

void ChartScaleTest::labels_data()
{
    QTest::addColumn<int>("unit");
    QTest::addColumn<double>("high");
    QTest::addColumn<QStringList>("expected");
    const auto row = [](const char* name, ScaleUnit unit, double high, const QStringList& expected) {
        QTest::newRow(name) << int(unit) << high << expected;
    };
    row("whole rates", ScaleUnit::Number, 37.4, {"0", "10", "20", "30", "40"});
    row("halves", ScaleUnit::Number, 1.4, {"0", "0.5", "1.0", "1.5"});
    row("thousands in one unit", ScaleUnit::Number, 19'500, {"0", "5 k", "10 k", "15 k", "20 k"});
    row("tasks are whole", ScaleUnit::Whole, 3, {"0", "1", "2", "3"});
    row("percent", ScaleUnit::Percent, 100, {"0 %", "20 %", "40 %", "60 %", "80 %", "100 %"});
    row("bytes are binary", ScaleUnit::Bytes, 1.4 * 1024 * 1024, {"0", "512 KiB", "1 MiB", "1.5 MiB"});
    row("few bytes", ScaleUnit::Bytes, 3, {"0", "1 B", "2 B", "3 B"});
    row("milliseconds", ScaleUnit::Milliseconds, 52, {"0", "20 ms", "40 ms", "60 ms"});
    row("seconds in one unit", ScaleUnit::Milliseconds, 1400, {"0", "0.5 s", "1.0 s", "1.5 s"});
    row("minutes", ScaleUnit::Seconds, 170, {"0", "1 min", "2 min", "3 min"});
    row("days", ScaleUnit::Seconds, 86400 * 2.9, {"0", "1 d", "2 d", "3 d"});
}

void ChartScaleTest::labels()
{
    QFETCH(int, unit);
    QFETCH(double, high);
    QFETCH(QStringList, expected);
    QCOMPARE(words(ScaleUnit(unit), 0, high), expected);
}

void ChartScaleTest::everyScaleCoversAndIsShort_data()
{
    QTest::addColumn<int>("unit");
    for (int unit = 0; unit <= int(ScaleUnit::Milliseconds); ++unit)
        QTest::newRow(std::to_string(unit).c_str()) << unit;
}

void ChartScaleTest::everyScaleCoversAndIsShort()
{
    QFETCH(int, unit);
    for (double high = 1; high < 1e12; high *= 1.07)
        for (const double part : {0.0, 0.5, 0.9}) {
            const auto steps = ui::stepsFor(ScaleUnit(unit), part * high, high);
            const auto values = steps.values();
            const auto about = QByteArray::number(high) + " from " + QByteArray::number(part * high);
            QVERIFY2(values.front() <= part * high && values.back() >= high * (1 - 1e-9), about);
            QVERIFY2(values.size() >= 2 && values.size() <= 7, about);
            // From 0 at least half of the room is used; a day's clock and whole numbers have coarser steps.
            if (part == 0 && high >= 4) QVERIFY2(high > 0.49 * values.back(), about);
            QCOMPARE(ui::scaleLabels(ScaleUnit(unit), steps).size(), values.size());
        }
}

void ChartScaleTest::sharedStepsHaveTheSameCount()
{
    for (const int count : {1, 3, 4, 5, 6})
        for (double high = 0.3; high < 1e7; high *= 1.3) {
            const auto steps = ui::stepsFor(ScaleUnit::Number, 0, high, count);
            QCOMPARE(steps.count, count);
            QVERIFY(steps.end() >= high * (1 - 1e-9));
        }
}

void ChartScaleTest::growsAtOnceAndShrinksWhenCalm()
{
    ui::AxisScale scale;
    ui::AxisScale::Time now{};
    scale.fit(0, 371, 0, now);
    QCOMPARE(scale.steps().end(), 400.0);
    QVERIFY(scale.fit(0, 990, 0, now += 1s));
    QCOMPARE(scale.steps().end(), 1000.0);
    for (int second = 1; second < 15; ++second)
        QVERIFY(!scale.fit(0, 171, 0, now += 1s));
    QVERIFY(scale.fit(0, 150, 0, now += 1s));
    QCOMPARE(scale.steps().end(), 200.0); // what these fifteen seconds needed, not the last one alone
    QVERIFY(!scale.fit(NAN, NAN, 0, now += 60s));
}

void ChartScaleTest::aPeakKeepsTheScale()
{
    ui::AxisScale scale;
    ui::AxisScale::Time now{};
    scale.fit(0, 990, 0, now);
    for (int second = 1; second < 100; ++second)
        QVERIFY(!scale.fit(0, second % 10 == 0 ? 950 : 10, 0, now += 1s));
}

void ChartScaleTest::legendEntriesNeverTouch_data()
{
    QTest::addColumn<int>("width");
    for (const int width : {120, 200, 340, 520, 900})
        QTest::newRow(std::to_string(width).c_str()) << width;
}

void ChartScaleTest::legendEntriesNeverTouch()
{
    QFETCH(int, width);
    const ui::Theme theme(ui::ThemeMode::Light);
    const QStringList names{"home timeline", "author timeline", "public timeline", "post object", "counters"};
    std::vector<ui::ChartLegend::Entry> entries;
    for (const auto& name : names)
        entries.push_back({name, int(entries.size()) + 1, {}, "8"});
    ui::ChartLegend legend(theme, entries, {"now", "there"}, nullptr);
    legend.setMoment("there");
    legend.setValues(std::vector<QString>(entries.size(), "100.0 %"));
    const QFontMetrics metrics(theme.font(ui::FontRole::Small));
    for (const int besideHeight : {0, 60, 200}) {
        legend.setBeside(besideHeight);
        legend.resize(width, besideHeight > 0 ? besideHeight : legend.heightForWidth(width));
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const auto cell = legend.entryRect(i);
            QVERIFY(cell.width() >=
                    metrics.horizontalAdvance(names[qsizetype(i)]) + ui::figureWidth(metrics, "100.0 %"));
            QVERIFY(besideHeight > 0 || cell.bottom() < legend.height());
            QVERIFY(!cell.intersects(legend.momentRect()));
            for (std::size_t other = 0; other < i; ++other)
                QVERIFY(!cell.intersects(legend.entryRect(other)));
        }
    }
}

void ChartScaleTest::heatScaleIsOfTheMean()
{
    const ui::Theme theme(ui::ThemeMode::Dark);
    ui::HeatGrid heat(theme, nullptr);
    heat.setMetric("deliveries/s", {});
    std::vector<double> even(64, 148.0);
    even[3] = 171;
    heat.setValues(even, 0.1);
    const auto calm = heat.scale();
    QVERIFY(calm.begin > 0.5 && calm.begin < 0.9 && calm.end() > 1.1 && calm.end() < 1.5);
    // Twice the load of all is the same picture.
    for (auto& value : even)
        value *= 2;
    heat.setValues(even, 0.1);
    QCOMPARE(heat.scale(), calm);
    even[5] = 148 * 2 * 5;
    heat.setValues(even, 0.1);
    QVERIFY(heat.scale().begin == 0 && heat.scale().end() >= 4.5);
}

} // namespace tests

QTEST_MAIN(tests::ChartScaleTest)
#include "chart_scale_test.moc"
