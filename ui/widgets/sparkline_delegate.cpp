#include "ui/widgets/sparkline_delegate.h"

#include <QApplication>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kLeastSparklineWidth = 70;
constexpr int kMarginX = 8, kMarginY = 3;
constexpr float kAreaAlpha = 0.22F;

double largestOf(const std::vector<double>& values, double least)
{
    double largest = least;
    for (const double value : values)
        if (!std::isnan(value)) largest = std::max(largest, value);
    return largest;
}

// Calls visit(begin, end) for each run of known values.
template <class Visit>
void eachRun(const std::vector<double>& values, Visit visit)
{
    for (std::size_t begin = 0; begin < values.size();) {
        if (std::isnan(values[begin])) {
            ++begin;
            continue;
        }
        std::size_t end = begin;
        while (end < values.size() && !std::isnan(values[end]))
            ++end;
        visit(begin, end);
        begin = end;
    }
}

} // namespace

SparklineDelegate::SparklineDelegate(const Theme& theme, Look look, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
    , m_look(std::move(look))
{
}

void SparklineDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const
{
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const auto* style = cell.widget ? cell.widget->style() : QApplication::style();
    style->drawPrimitive(QStyle::PE_PanelItemViewItem, &cell, painter, cell.widget);
    const auto found = m_lines.find(m_look.key(index));
    if (found == m_lines.end() || found->second.at.empty()) return;
    const auto& line = found->second;
    const QRectF room = QRectF(cell.rect).adjusted(kMarginX, kMarginY, -kMarginX, -kMarginY);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    drawArea(*painter, room, line);
    const double largest = largestOf(line.second, largestOf(line.first, 0));
    drawLine(*painter, room, line, line.first, largest, m_look.firstSeries);
    drawLine(*painter, room, line, line.second, largest, m_look.secondSeries);
    painter->restore();
}

void SparklineDelegate::drawLine(QPainter& painter, const QRectF& room, const Sparkline& line,
                                 const std::vector<double>& values, double largest, int series) const
{
    QPen pen(m_theme.series(series), 1.2);
    if (const auto dash = m_theme.seriesDash(series); !dash.isEmpty()) pen.setDashPattern(dash);
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    const double scale = largest > 0 ? room.height() / largest : 0;
    eachRun(values, [&](std::size_t begin, std::size_t end) {
        QPolygonF points;
        for (std::size_t i = begin; i < end; ++i)
            points << QPointF(room.left() + line.at[i] * room.width(), room.bottom() - values[i] * scale);
        if (points.size() == 1)
            painter.drawPoint(points.first());
        else
            painter.drawPolyline(points);
    });
}

void SparklineDelegate::drawArea(QPainter& painter, const QRectF& room, const Sparkline& line) const
{
    const double largest = largestOf(line.area, 0);
    if (largest <= 0) return;
    auto color = m_theme.series(m_look.areaSeries);
    color.setAlphaF(kAreaAlpha);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    eachRun(line.area, [&](std::size_t begin, std::size_t end) {
        const auto x = [&](std::size_t i) { return room.left() + line.at[i] * room.width(); };
        QPolygonF area;
        area << QPointF(x(begin), room.bottom());
        for (std::size_t i = begin; i < end; ++i)
            area << QPointF(x(i), room.bottom() - line.area[i] / largest * room.height());
        area << QPointF(x(end - 1), room.bottom());
        painter.drawPolygon(area);
    });
}

QSize SparklineDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    return {kLeastSparklineWidth, QStyledItemDelegate::sizeHint(option, index).height()};
}

} // namespace ui
