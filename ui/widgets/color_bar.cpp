#include "ui/widgets/color_bar.h"

#include "ui/widgets/figure_text.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ui {

std::vector<ColorBar::Step> colorBarSteps(const AxisScale& scale)
{
    const auto steps = scale.steps();
    const auto values = steps.values();
    const auto labels = scale.labels();
    std::vector<ColorBar::Step> out;
    for (std::size_t i = 0; i < values.size(); ++i)
        out.push_back({(values[i] - steps.begin) / (steps.end() - steps.begin), labels[i]});
    return out;
}

void drawColorBar(QPainter& painter, const Theme& theme, const QRect& strip, const ColorBar& bar)
{
    for (int y = 0; y < strip.height(); ++y) {
        painter.setPen(bar.color(1 - double(y) / std::max(1, strip.height() - 1)));
        painter.drawLine(strip.left(), strip.top() + y, strip.right(), strip.top() + y);
    }
    painter.setPen(theme.textMuted());
    const auto metrics = painter.fontMetrics();
    if (!bar.caption.isEmpty())
        painter.drawText(QRect(strip.left(), strip.bottom() + kSpacingTiny, kColorBarRoom, metrics.height()),
                         Qt::AlignLeft | Qt::AlignTop, bar.caption);
    for (const auto& step : bar.steps) {
        const int y = strip.bottom() - int(std::lround(step.place * (strip.height() - 1)));
        const int baseline =
            std::clamp(y + metrics.ascent() / 2 - 1, strip.top() + metrics.ascent() - 3, strip.bottom() + 1);
        painter.drawLine(strip.right() + 1, y, strip.right() + 3, y);
        drawFigure(painter, {strip.right() + kSpacingTiny + 3, baseline}, step.label);
    }
}

} // namespace ui
