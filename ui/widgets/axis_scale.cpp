#include "ui/widgets/axis_scale.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace ui {
namespace {

constexpr double kTolerance = 1e-9;
constexpr int kMostSteps = 6;
constexpr std::array kRound{1.0, 2.0, 5.0, 10.0};
constexpr std::array kRoundFine{1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0};
constexpr std::array kClock{10.0,   20.0,   30.0,   60.0,    120.0,   300.0,   600.0, 1200.0,
                            1800.0, 3600.0, 7200.0, 14400.0, 21600.0, 43200.0, kDay};

struct AxisText
{
    Q_DECLARE_TR_FUNCTIONS(ui::AxisScale)
};

double decimalStep(double atLeast, std::span<const double> mantissas)
{
    const double power = std::pow(10, std::floor(std::log10(atLeast) + kTolerance));
    const auto found = std::find_if(mantissas.begin(), mantissas.end(),
                                    [&](double m) { return m * power >= atLeast * (1 - kTolerance); });
    return (found == mantissas.end() ? mantissas.back() : *found) * power;
}

double clockStep(double atLeast)
{
    if (atLeast <= kClock.front()) return decimalStep(atLeast, kRound);
    if (atLeast > kDay) return kDay * decimalStep(atLeast / kDay, kRound);
    return *std::lower_bound(kClock.begin(), kClock.end(), atLeast * (1 - kTolerance));
}

// The shortest round step that is not below atLeast.
double roundStep(ScaleUnit unit, double atLeast, bool fine)
{
    switch (unit) {
    case ScaleUnit::Bytes:
        return std::exp2(std::max(0.0, std::ceil(std::log2(atLeast) - kTolerance)));
    case ScaleUnit::Seconds:
        return clockStep(atLeast);
    case ScaleUnit::Milliseconds:
        return clockStep(atLeast / 1000) * 1000;
    case ScaleUnit::Whole:
        if (atLeast <= 1) return 1;
        return std::ceil(decimalStep(atLeast, fine ? std::span<const double>(kRoundFine) : kRound) -
                         kTolerance);
    case ScaleUnit::Number:
    case ScaleUnit::Percent:
        break;
    }
    return decimalStep(atLeast, fine ? std::span<const double>(kRoundFine) : kRound);
}

int decimalsOf(double step)
{
    int decimals = 0;
    for (double scaled = step;
         decimals < 3 && std::abs(scaled - std::round(scaled)) > 1e-6 * std::max(1.0, scaled); scaled *= 10)
        ++decimals;
    return decimals;
}

QString bytesLabel(double bytes)
{
    static constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    std::size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < units.size(); ++unit)
        bytes /= 1024;
    return QStringLiteral("%1 %2").arg(formatNumber(bytes, std::min(2, decimalsOf(bytes))),
                                       QLatin1StringView(units[unit]));
}

struct LabelUnit
{
    double size = 1;
    QString name;
};

LabelUnit durationUnit(double stepSeconds, double endSeconds)
{
    if (endSeconds < 1 - kTolerance) return {0.001, AxisText::tr("ms")};
    if (stepSeconds < 60) return {1, AxisText::tr("s")};
    if (stepSeconds < 3600) return {60, AxisText::tr("min")};
    if (stepSeconds < kDay) return {3600, AxisText::tr("h")};
    return {kDay, AxisText::tr("d")};
}

LabelUnit labelUnit(ScaleUnit unit, const ScaleSteps& steps)
{
    if (unit == ScaleUnit::Seconds) return durationUnit(steps.step, steps.end());
    if (unit == ScaleUnit::Milliseconds) {
        auto out = durationUnit(steps.step / 1000, steps.end() / 1000);
        out.size *= 1000;
        return out;
    }
    if (unit == ScaleUnit::Percent) return {1, QStringLiteral("%")};
    LabelUnit out;
    for (const char* name : {"k", "M", "G", "T"}) {
        if (steps.end() / out.size < 10'000 * (1 - kTolerance)) break;
        out = {out.size * 1000, QLatin1String(name)};
    }
    return out;
}

} // namespace

std::vector<double> ScaleSteps::values() const
{
    std::vector<double> out;
    for (int i = 0; i <= count; ++i)
        out.push_back(begin + step * i);
    return out;
}

ScaleSteps stepsFor(ScaleUnit unit, double low, double high, int count)
{
    if (count > 0) return {0, roundStep(unit, high / count, true), count};
    ScaleSteps best;
    double shortest = INFINITY;
    for (const int parts : {5, 4, 3, kMostSteps}) {
        const double step = roundStep(unit, (high - low) / parts, false);
        const double begin = std::floor(low / step + kTolerance) * step;
        const int needed = std::max(1, int(std::ceil((high - begin) / step - kTolerance)));
        if (needed > kMostSteps || needed * step >= shortest * (1 - kTolerance)) continue;
        shortest = needed * step;
        best = {begin, step, needed};
    }
    return best;
}

std::vector<QString> scaleLabels(ScaleUnit unit, const ScaleSteps& steps)
{
    std::vector<QString> out;
    const auto [size, name] = labelUnit(unit, steps);
    const int decimals = decimalsOf(steps.step / size);
    for (const double value : steps.values()) {
        if (value == 0 && unit != ScaleUnit::Percent)
            out.push_back(QStringLiteral("0"));
        else if (unit == ScaleUnit::Bytes)
            out.push_back(bytesLabel(value));
        else
            out.push_back(QStringLiteral("%1 %2").arg(formatNumber(value / size, decimals), name).trimmed());
    }
    return out;
}

QString longestScaleLabel()
{
    return QStringLiteral("1.75 MiB");
}

void AxisScale::setUnit(ScaleUnit unit)
{
    if (unit == m_unit) return;
    m_unit = unit;
    reset();
}

bool AxisScale::fit(double low, double high, int count, Time now)
{
    if (std::isnan(high) || std::isnan(low)) return false;
    const auto before = steps();
    high = std::max(high, m_leastEnd);
    if (high - low < high * 1e-6) low = 0; // all the same
    if (!m_known) forget(now);
    m_low = std::min(m_low, low);
    m_high = std::max(m_high, high);
    const bool covers =
        m_known && low >= m_steps.begin && high <= m_steps.end() && (count == 0 || count == m_steps.count);
    const bool needed = covers && stepsFor(m_unit, low, high, count) == m_steps;
    const bool calm = now - m_since >= kCalm;
    if (!covers || calm) m_steps = stepsFor(m_unit, m_low, m_high, count);
    if (!covers || calm || needed) forget(now);
    m_known = true;
    return steps() != before;
}

void AxisScale::forget(Time now)
{
    m_low = INFINITY;
    m_high = -INFINITY;
    m_since = now;
}

} // namespace ui
