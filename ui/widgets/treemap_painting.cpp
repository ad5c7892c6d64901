// How Treemap looks: rectangles, names of nodes, scale, readout.
#include "ui/widgets/color_bar.h"
#include "ui/widgets/figure_text.h"
#include "ui/widgets/last_known_hatch.h"
#include "ui/widgets/treemap.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kLabelPadding = 3;
constexpr double kNodeLine = 2;

} // namespace

void Treemap::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setFont(m_theme.font(FontRole::Small));
    if (m_cells.empty()) {
        painter.setPen(m_theme.textMuted());
        painter.drawText(rect(), Qt::AlignCenter,
                         m_items.empty() ? tr("Waiting for data")
                                         : tr("No shard's size is known yet: the sweep has to count them"));
        return;
    }
    drawCells(painter);
    drawNodes(painter);
    const auto map = mapRect().toRect();
    drawColorBar(
        painter, m_theme,
        {map.right() + kSpacingMedium, map.top() + kSpacingTiny, kColorBarWidth,
         map.height() - kSpacingSmall},
        {[this](double place) { return m_theme.loadColor(place); }, colorBarSteps(m_scale), m_metric});
    m_nothing.draw(painter, m_theme, map);
    drawReadout(painter);
}

void Treemap::drawCells(QPainter& painter) const
{
    const QBrush hatch(m_theme.cardBorder(), Qt::BDiagPattern);
    for (const auto& cell : m_cells) {
        const double load = m_items[cell.item].load;
        painter.fillRect(cell.rect, std::isnan(load) ? hatch : QBrush(m_theme.loadColor(placeOf(load))));
        if (!m_items[cell.item].dated.isEmpty())
            hatchLastKnown(painter, cell.rect,
                           std::isnan(load) ? m_theme.textMuted() : m_theme.onLoad(placeOf(load)));
        if (std::min(cell.rect.width(), cell.rect.height()) >= 4) {
            painter.setPen(QPen(m_theme.card(), 1));
            painter.drawRect(cell.rect);
        }
        drawCellLabel(painter, cell);
    }
}

void Treemap::drawCellLabel(QPainter& painter, const Cell& cell) const
{
    const auto& item = m_items[cell.item];
    const auto metrics = painter.fontMetrics();
    const auto inside = cell.rect.adjusted(kLabelPadding, kLabelPadding, -kLabelPadding, -kLabelPadding);
    const auto number = QString::number(item.shard);
    if (inside.width() < metrics.horizontalAdvance(number) || inside.height() < metrics.height()) return;
    painter.setPen(std::isnan(item.load) ? m_theme.text() : m_theme.onLoad(placeOf(item.load)));
    painter.drawText(inside, Qt::AlignRight | Qt::AlignBottom, number);
}

void Treemap::drawNodes(QPainter& painter) const
{
    painter.setBrush(Qt::NoBrush);
    for (const auto& node : m_nodes) {
        painter.setPen(QPen(m_theme.card(), 2 * kNodeLine));
        painter.drawRect(node.rect);
    }
    const auto metrics = painter.fontMetrics();
    for (const auto& node : m_nodes) {
        const QSizeF size(metrics.horizontalAdvance(node.name) + 2 * kLabelPadding, metrics.height());
        const QRectF tag(node.rect.topLeft() + QPointF(kNodeLine, kNodeLine), size);
        if (!node.rect.contains(tag)) continue;
        painter.fillRect(tag, m_theme.card()); // names stand on cells of any colour
        painter.setPen(m_theme.text());
        painter.drawText(tag, Qt::AlignCenter, node.name);
    }
    const auto frame = [&](int shard, const QColor& color, int width) {
        const auto* cell = cellOf(shard);
        if (!cell) return;
        painter.setPen(QPen(color, width));
        painter.drawRect(cell->rect.adjusted(1, 1, -2, -2));
    };
    frame(m_hovered, m_theme.text(), 1);
    frame(m_current, hasFocus() ? m_theme.accent() : m_theme.text(), 2);
}

void Treemap::drawReadout(QPainter& painter) const
{
    const int shard = m_hovered >= 0 ? m_hovered : m_current;
    painter.setPen(shard >= 0 ? m_theme.text() : m_theme.textMuted());
    const auto metrics = painter.fontMetrics();
    const int baseline = height() - metrics.descent();
    if (anyDated()) {
        drawLastKnownKey(painter, m_theme, {0, baseline - metrics.height()});
        painter.setPen(shard >= 0 ? m_theme.text() : m_theme.textMuted());
    }
    drawFigure(painter, {0, baseline}, shard >= 0 ? cellText(shard) : tr("Point at a rectangle to read it"));
}

} // namespace ui
