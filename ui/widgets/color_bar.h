// The key of a picture's colours: a strip, round steps beside it, what they mean below it. A painting helper;
// GUI thread only.
#pragma once

#include "ui/theme/theme.h"
#include "ui/widgets/axis_scale.h"

#include <functional>
#include <vector>

class QPainter;

namespace ui {

inline constexpr int kColorBarWidth = 10, kColorBarRoom = 92; // room: with labels, at the right of a picture

struct ColorBar
{
    struct Step
    {
        double place = 0; // 0 … 1 from the lower end
        QString label;
    };
    std::function<QColor(double place)> color;
    std::vector<Step> steps;
    QString caption;
};

// From the scale's begin to its end.
std::vector<ColorBar::Step> colorBarSteps(const AxisScale& scale);
void drawColorBar(QPainter& painter, const Theme& theme, const QRect& strip, const ColorBar& bar);

} // namespace ui
