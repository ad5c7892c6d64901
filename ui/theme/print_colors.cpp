#include "ui/theme/print_colors.h"

#include "ui/theme/theme_colors.h"

#include <algorithm>
#include <cmath>

namespace ui {

const PrintColors& printColors()
{
    static const PrintColors colors{
        .text = QColor(0x1a2230),
        .textMuted = QColor(0x566274),
        .line = QColor(0xd8dee6),
        .bar = QColor(0x0072b2),
        .band = QColor(0xdfe5ee),
        .mean = QColor(0x1a2230),
        .unknown = QColor(0xf3f5f8),
    };
    return colors;
}

QColor printLoadColor(double load)
{
    const double at = std::clamp(load, 0.0, 1.0) * double(kCividis.size() - 1);
    const auto lower = std::min(std::size_t(at), kCividis.size() - 2);
    const double part = at - double(lower);
    const QColor from(kCividis[lower]), to(kCividis[lower + 1]);
    const auto mix = [part](int a, int b) { return int(std::lround(a + (b - a) * part)); };
    return {mix(from.red(), to.red()), mix(from.green(), to.green()), mix(from.blue(), to.blue())};
}

} // namespace ui
