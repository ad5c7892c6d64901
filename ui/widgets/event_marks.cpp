#include "ui/widgets/event_marks.h"

#include "ui/widgets/event_style.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>
#include <QPainter>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr double kMarkSize = 8, kNear = 9; // pixels; nearer marks become one
constexpr float kLineAlpha = 0.55F;
constexpr int kPillPixels = 9; // of its figures
constexpr std::size_t kMostLines = 8;

void drawMark(QPainter& painter, const Theme& theme, const EventMark& mark, const QRectF& plot)
{
    const auto tone = eventTone(*mark.worst);
    const auto color = theme.color(tone);
    const QPointF middle(mark.pixel, plot.bottom() + kMarkStrip / 2.0 + 1);
    if (tone == Tone::Critical) { // what may explain a line is seen beside it
        auto faint = color;
        faint.setAlphaF(kLineAlpha);
        painter.setPen(QPen(faint, 1, Qt::DotLine));
        painter.drawLine(QPointF(mark.pixel, plot.top()), QPointF(mark.pixel, plot.bottom()));
    }
    if (mark.events.size() == 1) {
        drawEventShape(painter, eventShape(mark.worst->kind), middle, kMarkSize, color);
        return;
    }
    auto font = theme.font(FontRole::Strong);
    font.setPixelSize(kPillPixels);
    const auto count = QString::number(mark.events.size());
    const double width = std::max<double>(kMarkStrip, QFontMetricsF(font).horizontalAdvance(count) + 6);
    const QRectF pill(middle.x() - width / 2, middle.y() - kMarkStrip / 2.0, width, kMarkStrip);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(pill, kMarkStrip / 2.0, kMarkStrip / 2.0);
    painter.setPen(theme.card());
    painter.setFont(font);
    painter.drawText(pill, Qt::AlignCenter, count);
}

} // namespace

std::vector<EventMark> eventMarks(const std::vector<backend::Event>& events, double begin, double end,
                                  const QRectF& plot)
{
    const auto first = std::partition_point(
        events.begin(), events.end(), [&](const auto& event) { return secondsOf(event.key.at) < begin; });
    std::vector<EventMark> out;
    for (auto event = first; event != events.end() && secondsOf(event->key.at) <= end; ++event) {
        const double part = (secondsOf(event->key.at) - begin) / std::max(end - begin, 1e-6);
        const double pixel = plot.left() + part * plot.width();
        if (out.empty() || pixel - out.back().pixel > kNear) out.push_back({pixel, &*event, {}});
        auto& mark = out.back();
        mark.events.push_back(&*event);
        if (eventTone(*event) > eventTone(*mark.worst)) mark.worst = &*event;
    }
    return out;
}

void drawEventMarks(QPainter& painter, const Theme& theme, const std::vector<EventMark>& marks,
                    const QRectF& plot)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    for (const auto& mark : marks)
        drawMark(painter, theme, mark, plot);
    painter.restore();
}

QString eventMarkText(const std::vector<EventMark>& marks, const QRectF& plot, QPointF pixel)
{
    if (pixel.y() < plot.bottom() - 2 || pixel.y() > plot.bottom() + kMarkStrip + 3) return {};
    const auto nearest = std::min_element(marks.begin(), marks.end(), [&](const auto& a, const auto& b) {
        return std::abs(a.pixel - pixel.x()) < std::abs(b.pixel - pixel.x());
    });
    if (nearest == marks.end() || std::abs(nearest->pixel - pixel.x()) > kNear) return {};
    QStringList lines;
    for (const auto* event : nearest->events) {
        if (std::size_t(lines.size()) == kMostLines) break;
        lines << eventLine(*event);
    }
    if (const auto more = nearest->events.size() - std::size_t(lines.size()); more > 0)
        lines << QCoreApplication::translate("ui::EventMarks", "and %1 more: see the page Events").arg(more);
    return lines.join(u'\n');
}

} // namespace ui
