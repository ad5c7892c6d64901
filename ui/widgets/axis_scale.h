// The end of a scale that begins at 0: a round number above the largest value, which grows at once and shrinks only
// when the values have become much smaller, so that live scales stand still. Plain values; any thread.
#pragma once

#include <vector>

namespace ui {

// The smallest of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 × 10^k that is not below value. REQUIRES: value > 0.
double roundAbove(double value);
// Four or five even steps from 0 to a maximum of roundAbove, both ends included.
std::vector<double> scaleSteps(double maximum);

class AxisScale
{
public:
    explicit AxisScale(double leastMaximum = 1)
        : m_least(leastMaximum)
    {
    }

    // Returns whether the maximum changed. NaN: nothing known, nothing changes.
    bool fit(double largest);
    void reset() { m_maximum = 0; }
    double maximum() const { return m_maximum > 0 ? m_maximum : m_least; }

private:
    double m_least;
    double m_maximum = 0; // 0: nothing seen yet
};

} // namespace ui
