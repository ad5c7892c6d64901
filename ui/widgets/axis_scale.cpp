#include "ui/widgets/axis_scale.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ui {
namespace {

constexpr double kShrinkBelow = 0.4; // of the present maximum
constexpr std::array kMantissas{1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0};

} // namespace

double roundAbove(double value)
{
    const double power = std::pow(10, std::floor(std::log10(value)));
    const double mantissa = value / power;
    const auto found = std::find_if(kMantissas.begin(), kMantissas.end(),
                                    [mantissa](double m) { return m >= mantissa * (1 - 1e-12); });
    return (found == kMantissas.end() ? kMantissas.back() : *found) * power;
}

std::vector<double> scaleSteps(double maximum)
{
    if (!(maximum > 0)) return {0};
    const double power = std::pow(10, std::floor(std::log10(maximum) + 1e-9));
    const int mantissa = int(std::lround(maximum / power * 10));
    // How many steps give round labels.
    const int steps = mantissa == 10 || mantissa == 25 || mantissa == 50 ? 5 : mantissa == 15 || mantissa == 30 || mantissa == 60 ? 3 : 4;
    std::vector<double> out;
    for (int i = 0; i <= steps; ++i)
        out.push_back(maximum * i / steps);
    return out;
}

bool AxisScale::fit(double largest)
{
    if (std::isnan(largest)) return false;
    const double wanted = std::max(m_least, largest > 0 ? roundAbove(largest) : m_least);
    if (m_maximum > 0 && wanted <= m_maximum && largest > m_maximum * kShrinkBelow) return false;
    if (wanted == m_maximum) return false;
    m_maximum = wanted;
    return true;
}

} // namespace ui
