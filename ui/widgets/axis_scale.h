// Scales of live charts: round steps in the unit that is counted (1 MiB, not 977 KiB), which grow at once and
// shrink only after a calm while, so that they stand still; and the words at their steps. Plain values; any
// thread.
#pragma once

#include <QString>

#include <chrono>
#include <vector>

namespace ui {

enum class ScaleUnit { Number, Whole, Percent, Bytes, Seconds, Milliseconds };

struct ScaleSteps
{
    double begin = 0, step = 1;
    int count = 1;

    double end() const { return begin + step * count; }
    std::vector<double> values() const; // count + 1, both ends included
    bool operator==(const ScaleSteps&) const = default;
};

// The shortest scale of one to six round steps that covers low … high. count > 0: of exactly so many steps,
// from 0, for an axis that shares another one's lines. REQUIRES: 0 <= low < high.
ScaleSteps stepsFor(ScaleUnit unit, double low, double high, int count = 0);
// One for each of steps.values(), all in the same unit and with no more decimals than the steps need.
std::vector<QString> scaleLabels(ScaleUnit unit, const ScaleSteps& steps);
// No label of any scale is longer: for margins that stand still.
QString longestScaleLabel();

class AxisScale
{
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds kCalm{15}; // until a scale that has become too long shrinks

    explicit AxisScale(ScaleUnit unit = ScaleUnit::Number, double leastEnd = 1)
        : m_unit(unit)
        , m_leastEnd(leastEnd)
    {
    }

    // Covers low … high from now on; NaN: nothing known, nothing changes. Returns whether the steps are
    // others.
    bool fit(double low, double high, int count = 0, Time now = std::chrono::steady_clock::now());
    void reset() { m_known = false; }
    void setUnit(ScaleUnit unit); // another one starts anew
    ScaleUnit unit() const { return m_unit; }
    ScaleSteps steps() const { return m_known ? m_steps : stepsFor(m_unit, 0, m_leastEnd); }
    std::vector<QString> labels() const { return scaleLabels(m_unit, steps()); }

private:
    void forget(Time now); // what had to be covered

    ScaleUnit m_unit;
    double m_leastEnd;
    bool m_known = false;
    ScaleSteps m_steps;
    double m_low = 0, m_high = 0; // what had to be covered since m_since
    Time m_since{};               // when these steps were last needed
};

} // namespace ui
