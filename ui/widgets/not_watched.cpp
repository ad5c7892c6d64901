#include "ui/widgets/not_watched.h"

#include "ui/theme/theme.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>
#include <QPainter>

namespace ui {
namespace {

struct NotWatched
{
    Q_DECLARE_TR_FUNCTIONS(ui::NotWatched)
};

} // namespace

void drawNotWatched(QPainter& painter, const Theme& theme, const QRectF& part, const QRectF& taken)
{
    const auto words = NotWatched::tr("not watched yet");
    painter.setFont(theme.font(FontRole::Small));
    const auto metrics = painter.fontMetrics();
    const QSizeF size(metrics.horizontalAdvance(words) + 2 * kSpacingSmall, metrics.height());
    if (part.width() < size.width() || part.height() < 2 * size.height()) return;
    const QRectF place(part.center() - QPointF(size.width() / 2, size.height() / 2), size);
    if (place.intersects(taken)) return;
    painter.fillRect(place, theme.card());
    painter.setPen(theme.textMuted());
    painter.drawText(place, Qt::AlignCenter, words);
}

QString notWatchedText(backend::TimePoint until)
{
    return NotWatched::tr("Nothing is known before %1 %2: no engine had watched yet.")
        .arg(formatMoment(until), zoneName());
}

} // namespace ui
