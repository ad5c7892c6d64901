// The colours the style paints with, and the few shapes its parts share. Only theme/ includes this. GUI
// thread only.
#pragma once

#include <QColor>
#include <QPainterPath>
#include <QRect>

class QPainter;

namespace ui {

struct StyleColors
{
    QColor window, rail, card, cardBorder, hover, text, textMuted, accent, accentSoft, onAccent;
};

enum class Corners { All, Left, Right, None }; // which are round

QPainterPath roundedPath(const QRectF& rect, qreal radius, Corners corners);
// Fills `rect` with rounded corners and draws its line of one pixel inside of it; colours may be transparent.
void drawBox(QPainter& painter, const QRect& rect, const QColor& ground, const QColor& line,
             Corners corners = Corners::All);
// resources/icons/NAME.svg of `pixels` square in the middle of `rect`.
void drawMark(QPainter& painter, const QRect& rect, const char* name, const QColor& color, int pixels);

} // namespace ui
