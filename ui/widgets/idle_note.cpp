#include "ui/widgets/idle_note.h"

#include <QPainter>

namespace ui {

namespace {

constexpr int kFlags = Qt::AlignCenter | Qt::TextWordWrap;

QRect inside(const QRect& picture)
{
    return picture.adjusted(kSpacingLarge, 0, -kSpacingLarge, 0);
}

} // namespace

QRect IdleNote::place(const QFontMetrics& metrics, const QRect& picture) const
{
    if (text().isEmpty()) return {};
    return metrics.boundingRect(inside(picture), kFlags, text())
        .adjusted(-kSpacingMedium, -kSpacingSmall, kSpacingMedium, kSpacingSmall);
}

// On a ground of its own in the middle.
void IdleNote::draw(QPainter& painter, const Theme& theme, const QRect& picture) const
{
    if (text().isEmpty()) return;
    painter.fillRect(place(painter.fontMetrics(), picture), theme.card());
    painter.setPen(theme.text());
    painter.drawText(inside(picture), kFlags, text());
}

} // namespace ui
