#include "ui/widgets/chart_marks.h"

#include "ui/widgets/event_style.h"
#include "ui/widgets/formatting.h"

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr double kMarkSize = 8, kNear = 9; // pixels; nearer marks become one
constexpr double kLeastBand = 2;
constexpr float kTint = 0.07F, kHatch = 0.30F, kLine = 0.55F;
constexpr int kPillPixels = 9; // of its figures
constexpr std::size_t kMostLines = 8;

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
    const double from = std::max(axis->coordToPixel(secondsOf(gap.begin)), double(area.left()));
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
    }
}

QString GapBands::textAt(QPointF pixel) const
{
    for (const auto& gap : m_gaps)
        if (band(gap).adjusted(-1, 0, 1, 0).contains(pixel))
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

std::vector<EventTicks::Mark> EventTicks::marks() const
{
    const auto* axis = parentPlot()->xAxis;
    const auto range = axis->range();
    const auto first = std::partition_point(m_events.begin(), m_events.end(), [&](const auto& event) {
        return secondsOf(event.key.at) < range.lower;
    });
    std::vector<Mark> out;
    for (auto event = first; event != m_events.end() && secondsOf(event->key.at) <= range.upper; ++event) {
        const double pixel = axis->coordToPixel(secondsOf(event->key.at));
        if (out.empty() || pixel - out.back().pixel > kNear) out.push_back({pixel, &*event, {}});
        auto& mark = out.back();
        mark.events.push_back(&*event);
        if (eventTone(*event) > eventTone(*mark.worst)) mark.worst = &*event;
    }
    return out;
}

void EventTicks::draw(QCPPainter* painter)
{
    for (const auto& mark : marks())
        drawMark(*painter, mark);
}

void EventTicks::drawMark(QCPPainter& painter, const Mark& mark) const
{
    const auto area = parentPlot()->axisRect()->rect();
    const auto tone = eventTone(*mark.worst);
    const auto color = m_theme.color(tone);
    const QPointF middle(mark.pixel, area.bottom() + kMarkStrip / 2.0 + 1);
    if (tone == Tone::Critical) { // what may explain a line is seen beside it
        painter.setPen(QPen(faint(color, kLine), 1, Qt::DotLine));
        painter.drawLine(QPointF(mark.pixel, area.top()), QPointF(mark.pixel, area.bottom()));
    }
    if (mark.events.size() == 1) {
        drawEventShape(painter, eventShape(mark.worst->kind), middle, kMarkSize, color);
        return;
    }
    auto font = m_theme.font(FontRole::Strong);
    font.setPixelSize(kPillPixels);
    const auto count = QString::number(mark.events.size());
    const double width = std::max<double>(kMarkStrip, QFontMetricsF(font).horizontalAdvance(count) + 6);
    const QRectF pill(middle.x() - width / 2, middle.y() - kMarkStrip / 2.0, width, kMarkStrip);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(pill, kMarkStrip / 2.0, kMarkStrip / 2.0);
    painter.setPen(m_theme.card());
    painter.setFont(font);
    painter.drawText(pill, Qt::AlignCenter, count);
}

QString EventTicks::textAt(QPointF pixel) const
{
    const auto area = parentPlot()->axisRect()->rect();
    if (pixel.y() < area.bottom() - 2 || pixel.y() > area.bottom() + kMarkStrip + 3) return {};
    const auto all = marks();
    const auto nearest = std::min_element(all.begin(), all.end(), [&](const auto& a, const auto& b) {
        return std::abs(a.pixel - pixel.x()) < std::abs(b.pixel - pixel.x());
    });
    if (nearest == all.end() || std::abs(nearest->pixel - pixel.x()) > kNear) return {};
    QStringList lines;
    for (const auto* event : nearest->events) {
        if (std::size_t(lines.size()) == kMostLines) break;
        lines << eventLine(*event);
    }
    if (const auto more = nearest->events.size() - std::size_t(lines.size()); more > 0)
        lines << tr("and %1 more: see the page Events").arg(more);
    return lines.join(u'\n');
}

} // namespace ui
