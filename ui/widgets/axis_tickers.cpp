#include "ui/widgets/axis_tickers.h"

#include "ui/widgets/time_chart.h"

#include "ui/widgets/formatting.h"

#include <array>

namespace ui {
namespace {

constexpr double kDay = 86400;
constexpr double kShort = 1.5; // so many more of short labels have room
constexpr std::array kSteps{1.0,     2.0,     5.0,      10.0,     15.0,     20.0,     30.0,   60.0,
                            120.0,   300.0,   600.0,    900.0,    1800.0,   3600.0,   7200.0, 10800.0,
                            21600.0, 43200.0, 1 * kDay, 2 * kDay, 7 * kDay, 14 * kDay};

// most: of labels with seconds or with a day before the time; shorter ones may stand closer.
double stepFor(double span, double most)
{
    for (const double step : kSteps)
        if ((span < 120 || step >= 60) && span / step <= (step < 60 ? 1 : kShort) * most) return step;
    return kSteps.back();
}

double midnight(const QDate& date)
{
    const auto start = timesInUtc() ? date.startOfDay(Qt::UTC) : date.startOfDay();
    return double(start.toMSecsSinceEpoch()) / 1000;
}

// Days begin anew, so that a change to summer time in between moves only its own day's ticks.
QVector<double> ticksOf(const QCPRange& range, double step)
{
    QVector<double> out;
    auto date = shownTime(timeOf(range.lower)).date();
    const auto days = qint64(step / kDay);
    if (days > 1) date = date.addDays(-(date.toJulianDay() % days));
    while (midnight(date) <= range.upper) {
        const auto next = date.addDays(std::max<qint64>(1, days));
        const double end = std::min(midnight(next), range.upper + 1);
        for (double at = midnight(date); at<end; at += days> 0 ? end : step)
            if (at >= range.lower && at <= range.upper) out.append(at);
        date = next;
    }
    return out;
}

double now()
{
    return double(QDateTime::currentMSecsSinceEpoch()) / 1000;
}

QString words(const QDateTime& at, const char* format)
{
    static const QLocale english(QLocale::English, QLocale::UnitedStates); // as all dates of ours
    return english.toString(at, QLatin1StringView(format));
}

} // namespace

std::vector<QString> timeLabels(double begin, double end, int most)
{
    TimeTicker ticker;
    ticker.setMost(most);
    QVector<double> ticks;
    QVector<QString> labels;
    ticker.generate({begin, end}, {}, {}, 0, ticks, nullptr, &labels);
    return {labels.begin(), labels.end()};
}

void ScaleTicker::setSteps(ScaleUnit unit, const ScaleSteps& steps)
{
    if (steps == m_steps && !m_labels.isEmpty()) return;
    m_steps = steps;
    const auto values = steps.values();
    const auto labels = scaleLabels(unit, steps);
    m_ticks = QVector<double>(values.begin(), values.end());
    m_labels = QVector<QString>(labels.begin(), labels.end());
}

void ScaleTicker::generate(const QCPRange&, const QLocale&, QChar, int, QVector<double>& ticks,
                           QVector<double>* subTicks, QVector<QString>* labels)
{
    ticks = m_ticks;
    if (subTicks) subTicks->clear();
    if (labels) *labels = m_labels;
}

void TimeTicker::generate(const QCPRange& range, const QLocale&, QChar, int, QVector<double>& ticks,
                          QVector<double>* subTicks, QVector<QString>* labels)
{
    double step = stepFor(range.size(), m_most);
    ticks = ticksOf(range, step);
    // Some label has to say which day it is, unless it is today.
    bool dayTold = shownTime(timeOf(range.lower)).date() == shownTime(timeOf(now())).date();
    for (const double tick : ticks)
        dayTold = dayTold || shownTime(timeOf(tick)).time() == QTime(0, 0);
    if (!dayTold) ticks = ticksOf(range, step = stepFor(range.size(), m_most / kShort));
    if (subTicks) subTicks->clear();
    if (!labels) return;
    labels->clear();
    const char* clock = step < 60 ? "HH:mm:ss" : "HH:mm";
    for (const double tick : ticks) {
        const auto at = shownTime(timeOf(tick));
        if (at.time() == QTime(0, 0) && step >= 60)
            labels->append(words(at, "MMM d"));
        else if (!dayTold && labels->isEmpty())
            labels->append(words(at, "MMM d ") + words(at, clock));
        else
            labels->append(words(at, clock));
    }
}

} // namespace ui
