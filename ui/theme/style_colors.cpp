#include "ui/theme/style_colors.h"

#include "ui/theme/svg_icon.h"
#include "ui/theme/theme.h"

#include <QIcon>
#include <QPainter>

namespace ui {

QPainterPath roundedPath(const QRectF& rect, qreal radius, Corners corners)
{
    QPainterPath path;
    path.setFillRule(Qt::WindingFill);
    if (corners == Corners::None) {
        path.addRect(rect);
        return path;
    }
    const bool left = corners != Corners::Right, right = corners != Corners::Left;
    const qreal d = 2 * radius;
    path.moveTo(rect.left() + (left ? radius : 0), rect.top());
    if (right)
        path.arcTo(QRectF(rect.right() - d, rect.top(), d, d), 90, -90);
    else
        path.lineTo(rect.topRight());
    if (right)
        path.arcTo(QRectF(rect.right() - d, rect.bottom() - d, d, d), 0, -90);
    else
        path.lineTo(rect.bottomRight());
    if (left)
        path.arcTo(QRectF(rect.left(), rect.bottom() - d, d, d), 270, -90);
    else
        path.lineTo(rect.bottomLeft());
    if (left) path.arcTo(QRectF(rect.left(), rect.top(), d, d), 180, -90);
    path.closeSubpath();
    return path;
}

void drawBox(QPainter& painter, const QRect& rect, const QColor& ground, const QColor& line, Corners corners)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(line.alpha() == 0 ? QPen(Qt::NoPen) : QPen(line, 1));
    painter.setBrush(ground);
    painter.drawPath(roundedPath(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), kControlRadius - 0.5, corners));
    painter.restore();
}

void drawMark(QPainter& painter, const QRect& rect, const char* name, const QColor& color, int pixels)
{
    QRect place(0, 0, pixels, pixels);
    place.moveTopLeft({rect.left() + (rect.width() - pixels) / 2, rect.top() + (rect.height() - pixels) / 2});
    svgIcon(QLatin1StringView(name), color).paint(&painter, place);
}

} // namespace ui
