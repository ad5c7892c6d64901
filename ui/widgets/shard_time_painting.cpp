// How ShardTimeMap looks: picture, marks, axes, scale.
#include "ui/bridge/time_range.h"
#include "ui/widgets/color_bar.h"
#include "ui/widgets/figure_text.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/not_watched.h"
#include "ui/widgets/shard_time_map.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kShardLabels = 40; // width at the left
constexpr double kMapBrushAlpha = 0.25;
constexpr int kLeastTickPixels = 84;
constexpr int kLeastNoteWidth = 200;

// So many shards between two labels that these do not touch: 1, 2, 4, 8 …
int shardsPerLabel(int shards, double shardHeight, int textHeight)
{
    int step = 1;
    while (step < shards && step * shardHeight < textHeight)
        step *= 2;
    return step;
}

} // namespace

QRect ShardTimeMap::plotRect() const
{
    const int small = QFontMetrics(m_theme.font(FontRole::Small)).height();
    return rect().adjusted(kShardLabels, small + kSpacingTiny, -kColorBarRoom,
                           -(2 * small + kSpacingMedium + kMarkStrip - kSpacingTiny));
}

void ShardTimeMap::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setFont(m_theme.font(FontRole::Small));
    const auto plot = plotRect();
    painter.setPen(m_theme.textMuted());
    if (m_image.isNull()) {
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, m_why);
        return;
    }
    drawPicture(painter, plot);
    const auto seen = seenPart(plot);
    drawNotWatched(painter, m_theme, notWatched(), m_nothing.place(painter.fontMetrics(), seen));
    drawMarks(painter, plot);
    drawShardAxis(painter, plot);
    drawTimeAxis(painter, plot);
    drawEventMarks(painter, m_theme, marks(), plot);
    drawScale(painter, plot);
    m_nothing.draw(painter, m_theme, seen);
    drawFoot(painter, plot);
}

// Where it is said that there is nothing to see: beside what nobody saw, if that leaves room.
QRect ShardTimeMap::seenPart(const QRect& plot) const
{
    auto seen = plot;
    seen.setLeft(std::max(plot.left(), int(std::ceil(notWatched().right()))));
    return seen.width() >= kLeastNoteWidth ? seen : plot;
}

// What is read out at the left, in the room that the words at the right leave.
void ShardTimeMap::drawFoot(QPainter& painter, const QRect& plot) const
{
    const auto metrics = painter.fontMetrics();
    const int base = height() - metrics.descent();
    const auto axis =
        tr("Time, %1 · a column is %2")
            .arg(zoneName(), formatDuration(std::chrono::duration<double>(m_history.step).count()));
    const int axisLeft = plot.right() + kColorBarRoom - metrics.horizontalAdvance(axis);
    painter.setPen(m_theme.textMuted());
    painter.drawText(axisLeft, base, axis);
    painter.setPen(shownShard() >= 0 ? m_theme.text() : m_theme.textMuted());
    drawFigure(painter, {plot.left(), base},
               metrics.elidedText(readout(), Qt::ElideRight, axisLeft - kSpacingMedium - plot.left()));
}

void ShardTimeMap::drawPicture(QPainter& painter, const QRect& plot) const
{
    painter.fillRect(plot, QBrush(m_theme.cardBorder(), Qt::BDiagPattern)); // seen where nothing is known
    painter.save();
    painter.setClipRect(plot);
    const double left = xOf(m_history.at.front()), right = xOf(m_history.at.back() + m_history.step);
    painter.drawImage(QRectF(left, plot.top(), right - left, plot.height()), m_image);
    painter.restore();
}

void ShardTimeMap::drawMarks(QPainter& painter, const QRect& plot) const
{
    painter.save();
    painter.setClipRect(plot.adjusted(-1, -1, 1, 1));
    painter.setBrush(Qt::NoBrush);
    const auto frame = [&](int shard, const QColor& color, int width) {
        if (shard < 0) return;
        painter.setPen(QPen(color, width));
        painter.drawRect(lineRect(shard).adjusted(0, -1, -1, 0));
    };
    frame(m_hovered, m_theme.text(), 1);
    frame(m_current, hasFocus() ? m_theme.accent() : m_theme.text(), 2);
    if (const auto cursor = m_range.cursor()) {
        const double x = xOf(*cursor);
        painter.setPen(QPen(m_theme.text(), 1));
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
    }
    if (m_drag == Drag::Brush && m_brushTo != m_pressedAt) {
        auto ground = m_theme.accent();
        painter.setPen(QPen(ground, 1));
        ground.setAlphaF(kMapBrushAlpha);
        painter.setBrush(ground);
        painter.drawRect(QRectF(std::min(m_pressedAt, m_brushTo), plot.top(),
                                std::abs(m_brushTo - m_pressedAt), plot.height()));
    }
    painter.restore();
}

void ShardTimeMap::drawShardAxis(QPainter& painter, const QRect& plot) const
{
    painter.setPen(m_theme.textMuted());
    const int high = painter.fontMetrics().height();
    painter.drawText(QRect(0, 0, plot.left() + plot.width(), high), Qt::AlignLeft | Qt::AlignTop,
                     tr("Shard"));
    const double shardHeight = double(plot.height()) / m_history.shards;
    const int step = shardsPerLabel(m_history.shards, shardHeight, high);
    for (int shard = 0; shard < m_history.shards; shard += step) {
        const auto line = lineRect(shard);
        painter.drawText(QRectF(0, line.center().y() - high / 2.0, plot.left() - kSpacingSmall, high),
                         Qt::AlignRight | Qt::AlignVCenter, QString::number(shard));
    }
}

std::vector<TimeTick> ShardTimeMap::ticks() const
{
    return timeTicks(secondsOf(m_range.begin()), secondsOf(m_range.end()),
                     std::max(2, plotRect().width() / kLeastTickPixels));
}

void ShardTimeMap::drawTimeAxis(QPainter& painter, const QRect& plot) const
{
    const auto metrics = painter.fontMetrics();
    double free = 0;
    for (const auto& tick : ticks()) {
        const double x = xOf(timeOf(tick.at));
        painter.setPen(m_theme.cardBorder());
        painter.drawLine(QPointF(x, plot.bottom() + 1), QPointF(x, plot.bottom() + 3));
        if (tick.text.isEmpty()) continue;
        const double width = metrics.horizontalAdvance(tick.text);
        const QRectF place(x - width / 2, plot.bottom() + kMarkStrip, width + 1, metrics.height());
        if (place.right() > plot.right() + kSpacingMedium || place.left() < free) continue;
        painter.setPen(m_theme.textMuted());
        painter.drawText(place, Qt::AlignLeft | Qt::AlignTop, tick.text);
        free = place.right() + kSpacingSmall;
    }
}

void ShardTimeMap::drawScale(QPainter& painter, const QRect& plot) const
{
    const QRect strip(plot.right() + kSpacingMedium, plot.top(), kColorBarWidth, plot.height());
    if (!m_deviation) {
        drawColorBar(
            painter, m_theme, strip,
            {[this](double place) { return m_theme.loadColor(place); }, colorBarSteps(m_scale), m_metric});
        return;
    }
    // From nothing to twice the mean, always: what lies above is drawn as its end.
    drawColorBar(painter, m_theme, strip,
                 {[this](double place) { return m_theme.divergingColor(2 * place - 1); },
                  {{0, tr("−100 %")},
                   {0.25, tr("−50 %")},
                   {0.5, tr("mean")},
                   {0.75, tr("+50 %")},
                   {1, tr("≥ +100 %")}},
                  tr("of the mean")});
}

} // namespace ui
