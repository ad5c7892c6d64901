#include "ui/widgets/last_known_hatch.h"

#include <QCoreApplication>
#include <QPainter>

namespace ui {
namespace {

constexpr float kInk = 0.75F;
constexpr int kSwatchWidth = 16, kSwatchHeight = 10;

struct LastKnownHatch
{
    Q_DECLARE_TR_FUNCTIONS(ui::LastKnownHatch)
};

} // namespace

void hatchLastKnown(QPainter& painter, const QRectF& place, QColor ink)
{
    ink.setAlphaF(kInk);
    painter.fillRect(place, QBrush(ink, Qt::FDiagPattern));
}

void drawLastKnownKey(QPainter& painter, const Theme& theme, QPoint leftBaseline)
{
    const auto metrics = painter.fontMetrics();
    const QRect swatch(leftBaseline.x(), leftBaseline.y() - metrics.ascent() / 2 - kSwatchHeight / 2 + 1,
                       kSwatchWidth, kSwatchHeight);
    constexpr double kMiddle = 0.5;
    painter.fillRect(swatch, theme.loadColor(kMiddle));
    hatchLastKnown(painter, swatch, theme.onLoad(kMiddle));
    painter.setPen(theme.textMuted());
    painter.drawText(leftBaseline + QPoint(kSwatchWidth + kSpacingSmall, 0),
                     LastKnownHatch::tr("hatched: node down, last known"));
}

} // namespace ui
