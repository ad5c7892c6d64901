#include "ui/widgets/time_ticks.h"

#include "ui/widgets/formatting.h"

#include <QLocale>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace ui {
namespace {

constexpr double kShort = 1.5; // so many more of short labels have room
constexpr double kNominal = 4; // labels of an axis of usual width: gives the ticks of all
constexpr std::array kTickSteps{1.0,       2.0,       5.0,       10.0,       15.0,       20.0,      30.0,
                                60.0,      120.0,     300.0,     600.0,      900.0,      1800.0,    3600.0,
                                7200.0,    10800.0,   21600.0,   43200.0,    1 * kDay,   2 * kDay,  7 * kDay,
                                14 * kDay, 28 * kDay, 56 * kDay, 112 * kDay, 364 * kDay, 728 * kDay};
constexpr double kYearTold = 180 * kDay; // longer axes say the year

// most: of labels with seconds or with a day before the time; shorter ones may stand closer.
double stepFor(double span, double most)
{
    for (const double step : kTickSteps)
        if ((span < 120 || step >= 60) && span / step <= (step < 60 ? 1 : kShort) * most) return step;
    return kTickSteps.back();
}

double midnight(const QDate& date)
{
    const auto start = timesInUtc() ? date.startOfDay(Qt::UTC) : date.startOfDay();
    return double(start.toMSecsSinceEpoch()) / 1000;
}

// Days begin anew, so that a change to summer time in between moves only its own day's ticks.
std::vector<double> ticksOf(double begin, double end, double step)
{
    std::vector<double> out;
    auto date = shownTime(timeOf(begin)).date();
    const auto days = qint64(step / kDay);
    if (days > 1) date = date.addDays(-(date.toJulianDay() % days));
    while (midnight(date) <= end) {
        const auto next = date.addDays(std::max<qint64>(1, days));
        const double until = std::min(midnight(next), end + 1);
        for (double at = midnight(date); at<until; at += days> 0 ? until : step)
            if (at >= begin && at <= end) out.push_back(at);
        date = next;
    }
    return out;
}

double nowSeconds()
{
    return double(QDateTime::currentMSecsSinceEpoch()) / 1000;
}

QString words(const QDateTime& at, const char* format)
{
    static const QLocale english(QLocale::English, QLocale::UnitedStates); // as all dates of ours
    return english.toString(at, QLatin1StringView(format));
}

} // namespace

// Every axis over the same span has the ticks of one of usual width; where those are closer than its labels
// may stand, each so many-th has one.
std::vector<TimeTick> timeTicks(double begin, double end, int most)
{
    const double span = end - begin, step = stepFor(span, kNominal);
    const auto ticks = ticksOf(begin, end, step);
    const auto everyFor = [&](double labels) {
        return std::max(std::size_t(1), std::size_t(std::ceil(stepFor(span, labels) / step - 0.01)));
    };
    auto every = everyFor(most);
    // The same moments as long as they are in sight; the middle one where none of them is.
    const auto isRound = [&](double tick) {
        return std::int64_t(std::floor(tick / step)) % std::int64_t(every) == 0;
    };
    const auto isLabelled = [&](std::size_t i) {
        return isRound(ticks[i]) ||
               (i == ticks.size() / 2 && std::none_of(ticks.begin(), ticks.end(), isRound));
    };
    const auto isMidnight = [&](double tick) { return shownTime(timeOf(tick)).time() == QTime(0, 0); };
    // Some label has to say which day it is, unless it is today.
    bool dayTold = shownTime(timeOf(begin)).date() == shownTime(timeOf(nowSeconds())).date();
    for (std::size_t i = 0; i < ticks.size(); ++i)
        dayTold = dayTold || (isLabelled(i) && isMidnight(ticks[i]));
    if (!dayTold) every = everyFor(most / kShort);
    std::vector<TimeTick> out;
    const char* day = span > kYearTold ? "MMM d yyyy" : "MMM d";
    const char* clock = step < 60 ? "HH:mm:ss" : "HH:mm";
    for (std::size_t i = 0; i < ticks.size(); ++i) {
        out.push_back({ticks[i], {}});
        if (!isLabelled(i)) continue;
        const auto at = shownTime(timeOf(ticks[i]));
        auto& text = out.back().text;
        if (isMidnight(ticks[i]) && step >= 60)
            text = words(at, day);
        else if (!std::exchange(dayTold, true))
            text = words(at, "MMM d ") + words(at, clock);
        else
            text = words(at, clock);
    }
    return out;
}

} // namespace ui
