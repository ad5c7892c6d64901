#include "ui/widgets/idle_note.h"

#include <QPainter>

namespace ui {

// On a ground of its own in the middle.
void IdleNote::draw(QPainter& painter, const Theme& theme, const QRect& picture) const
{
    if (text().isEmpty()) return;
    constexpr int kFlags = Qt::AlignCenter | Qt::TextWordWrap;
    const auto inside = picture.adjusted(kSpacingLarge, 0, -kSpacingLarge, 0);
    const auto words = painter.fontMetrics().boundingRect(inside, kFlags, text());
    painter.fillRect(words.adjusted(-kSpacingMedium, -kSpacingSmall, kSpacingMedium, kSpacingSmall),
                     theme.card());
    painter.setPen(theme.text());
    painter.drawText(inside, kFlags, text());
}

} // namespace ui
