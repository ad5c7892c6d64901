// The painting of SwimLanes.
#include "ui/widgets/swim_lanes.h"

#include "ui/bridge/time_range.h"
#include "ui/widgets/formatting.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kBarMargin = 3;
constexpr int kLaneTickPixels = 96;
constexpr int kLookSample = 12, kSampleGap = 5;
constexpr float kHatchAlpha = 0.35F, kLaneBrushAlpha = 0.18F;

} // namespace

QBrush SwimLanes::brushOf(int look) const
{
    const auto& it = m_looks[std::size_t(look)];
    return {it.series > 0 ? m_theme.series(it.series) : m_theme.color(it.tone), it.pattern};
}

void SwimLanes::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setFont(m_theme.font(FontRole::Small));
    for (int lane = 0; lane < int(m_lanes.size()); ++lane)
        drawLane(painter, lane);
    drawAxis(painter);
    drawLegend(painter);
    drawEventMarks(painter, m_theme, marks(), plot());
    drawCursor(painter);
}

void SwimLanes::drawLane(QPainter& painter, int index) const
{
    const auto& lane = m_lanes[std::size_t(index)];
    const auto rect = laneRect(index);
    const auto ground = rect.adjusted(0, kBarMargin, 0, -kBarMargin);
    const bool focused = hasFocus() && index == m_current;
    painter.setPen(focused ? m_theme.accent() : m_theme.text());
    const QRect name(0, rect.top(), m_left - kNameGap, rect.height());
    painter.drawText(name, Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(lane.name, Qt::ElideMiddle, name.width()));
    painter.fillRect(ground, m_theme.alternate());
    painter.save();
    painter.setClipRect(ground);
    painter.setRenderHint(QPainter::Antialiasing); // bars narrower than a pixel weigh what they are worth
    painter.setPen(Qt::NoPen);
    for (const auto& bar : lane.bars) {
        const double left = xOf(bar.begin), right = xOf(bar.end);
        if (right < ground.left() || left > ground.right() + 1) continue;
        const double top = ground.bottom() + 1 - bar.to * ground.height();
        painter.fillRect(QRectF(left, top, right - left, (bar.to - bar.from) * ground.height()),
                         brushOf(bar.look));
    }
    painter.restore();
    drawUnknown(painter, lane, ground);
    if (focused) {
        painter.setPen(QPen(m_theme.accent(), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(ground.adjusted(0, -1, -1, 0));
    }
}

void SwimLanes::drawUnknown(QPainter& painter, const Lane& lane, const QRect& rect) const
{
    auto color = m_theme.textMuted();
    color.setAlphaF(kHatchAlpha);
    const auto hatch = [&](double from, double to) {
        from = std::max(from, double(rect.left()));
        to = std::min(to, double(rect.right() + 1));
        if (to - from < 1) return;
        const QRectF part(from, rect.top(), to - from, rect.height());
        painter.fillRect(part, m_theme.card());
        painter.fillRect(part, QBrush(color, Qt::BDiagPattern));
        const int needed = painter.fontMetrics().horizontalAdvance(lane.outside) + 2 * kSpacingSmall;
        if (part.width() < needed) return;
        const QRectF words(part.left() + kSpacingSmall, part.top(), needed, part.height());
        painter.fillRect(words.adjusted(-2, 1, 0, -1), m_theme.card());
        painter.setPen(m_theme.textMuted());
        painter.drawText(words.adjusted(kSpacingTiny, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                         lane.outside);
    };
    if (lane.knownFrom >= lane.knownTo) {
        hatch(rect.left(), rect.right() + 1);
        return;
    }
    hatch(rect.left(), xOf(lane.knownFrom));
    hatch(xOf(lane.knownTo), rect.right() + 1);
}

void SwimLanes::drawAxis(QPainter& painter) const
{
    const int bottom = plot().bottom() + 1, base = bottom + kMarkStrip + painter.fontMetrics().ascent();
    int free = m_left; // the zone stands before the first
    for (const auto& tick : ticks()) {
        const int x = int(xOf(tick.at));
        painter.setPen(m_theme.grid());
        painter.drawLine(x, 0, x, bottom + 2);
        if (tick.text.isEmpty()) continue;
        const int width = painter.fontMetrics().horizontalAdvance(tick.text);
        const int left = std::min(x - width / 2, this->width() - width);
        if (left < free) continue;
        painter.setPen(m_theme.textMuted());
        painter.drawText(left, base, tick.text);
        free = left + width + kSpacingSmall;
    }
    painter.setPen(m_theme.textMuted());
    painter.drawText(0, base, zoneName());
}

std::vector<TimeTick> SwimLanes::ticks() const
{
    return timeTicks(secondsOf(m_range.begin()), secondsOf(m_range.end()),
                     std::max(2, plot().width() / kLaneTickPixels));
}

void SwimLanes::drawLegend(QPainter& painter) const
{
    const int top =
        plot().bottom() + 1 + kMarkStrip + painter.fontMetrics().height() + kSpacingTiny + kSpacingSmall;
    int x = m_left;
    const auto entry = [&](const QBrush& brush, const QString& name) {
        const QRect sample(x, top + (painter.fontMetrics().height() - kLookSample) / 2, kLookSample,
                           kLookSample);
        painter.fillRect(sample, m_theme.alternate());
        painter.fillRect(sample, brush);
        painter.setPen(m_theme.cardBorder());
        painter.drawRect(sample.adjusted(0, 0, -1, -1));
        painter.setPen(m_theme.textMuted());
        x += kLookSample + kSampleGap;
        painter.drawText(x, top + painter.fontMetrics().ascent(), name);
        x += painter.fontMetrics().horizontalAdvance(name) + kSpacingLarge;
    };
    for (const int look : legendEntries())
        entry(brushOf(look), m_looks[std::size_t(look)].name);
    if (!m_lanes.empty()) entry(Qt::NoBrush, tr("idle"));
}

void SwimLanes::drawCursor(QPainter& painter) const
{
    if (const auto cursor = m_range.cursor()) {
        const int x = int(xOf(secondsOf(*cursor)));
        painter.setPen(m_theme.textMuted());
        if (x >= plot().left() && x <= plot().right()) painter.drawLine(x, 0, x, plot().bottom());
    }
    if (!m_pressedAt || !m_draggedTo) return;
    auto color = m_theme.accent();
    color.setAlphaF(kLaneBrushAlpha);
    const auto [left, right] = std::minmax(*m_pressedAt, *m_draggedTo);
    painter.fillRect(QRect(left, 0, right - left, plot().height()).intersected(plot()), color);
}

} // namespace ui
