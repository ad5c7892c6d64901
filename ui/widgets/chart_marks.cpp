#include "ui/widgets/chart_marks.h"

#include "ui/widgets/formatting.h"
#include "ui/widgets/not_watched.h"

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr double kLeastBand = 2;
constexpr float kTint = 0.07F, kHatch = 0.30F;

QColor faint(QColor color, float alpha)
{
    color.setAlphaF(alpha);
    return color;
}

} // namespace

GapBands::GapBands(const Theme& theme, QCustomPlot& plot)
    : QCPLayerable(&plot, QStringLiteral("grid"))
    , m_theme(theme)
{
}

void GapBands::applyDefaultAntialiasingHint(QCPPainter* painter) const
{
    painter->setAntialiasing(false);
}

QRectF GapBands::band(const HistoryGap& gap) const
{
    const auto* axis = parentPlot()->xAxis;
    const auto area = axis->axisRect()->rect();
    const double left = area.left();
    const double from = gap.atStart ? left : std::max(axis->coordToPixel(secondsOf(gap.begin)), left);
    const double to = std::min(axis->coordToPixel(secondsOf(gap.end)), double(area.right()) + 1);
    if (to < from) return {};
    return {from, double(area.top()), std::max(to - from, kLeastBand), double(area.height())};
}

void GapBands::draw(QCPPainter* painter)
{
    for (const auto& gap : m_gaps) {
        const auto where = band(gap);
        if (where.isEmpty()) continue;
        painter->fillRect(where, faint(m_theme.textMuted(), kTint));
        painter->fillRect(where, QBrush(faint(m_theme.textMuted(), kHatch), Qt::BDiagPattern));
        if (gap.atStart && m_words) drawNotWatched(*painter, m_theme, where);
    }
}

QString GapBands::textAt(QPointF pixel) const
{
    for (const auto& gap : m_gaps)
        if (gap.atStart && band(gap).contains(pixel))
            return notWatchedText(gap.end);
        else if (band(gap).adjusted(-1, 0, 1, 0).contains(pixel))
            return tr("Nothing is known of %1 %2 (%3): no engine watched, or its sampler stood still.")
                .arg(formatSpan(gap.begin, gap.end), zoneName(),
                     formatDuration(secondsOf(gap.end) - secondsOf(gap.begin)));
    return {};
}

int GapBands::shown() const
{
    return int(
        std::count_if(m_gaps.begin(), m_gaps.end(), [&](const auto& g) { return !band(g).isEmpty(); }));
}

EventTicks::EventTicks(const Theme& theme, QCustomPlot& plot, const std::vector<backend::Event>& events)
    : QCPLayerable(&plot, QStringLiteral("axes"))
    , m_theme(theme)
    , m_events(events)
{
}

void EventTicks::applyDefaultAntialiasingHint(QCPPainter* painter) const
{
    painter->setAntialiasing(true);
}

std::vector<EventMark> EventTicks::marks() const
{
    const auto range = parentPlot()->xAxis->range();
    return eventMarks(m_events, range.lower, range.upper, area());
}

QRectF EventTicks::area() const
{
    const auto rect = parentPlot()->axisRect()->rect();
    return QRectF(rect.left(), rect.top(), rect.width(), rect.height() - 1);
}

void EventTicks::draw(QCPPainter* painter)
{
    drawEventMarks(*painter, m_theme, marks(), area());
}

QString EventTicks::textAt(QPointF pixel) const
{
    return eventMarkText(marks(), area(), pixel);
}

} // namespace ui
