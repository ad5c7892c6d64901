// Menus and the headers of views in RookeryStyle. GUI thread only.
#pragma once

#include "ui/theme/style_colors.h"

#include <QSize>

class QPainter;
class QStyle;
class QStyleOptionHeader;
class QStyleOptionMenuItem;
class QWidget;

namespace ui {

inline constexpr int kHeaderPaddingX = 8, kHeaderPaddingY = 5, kHeaderMark = 11;

QSize menuItemSize(const QStyleOptionMenuItem& option, const QSize& contents);
void drawMenuItem(const StyleColors& colors, const QStyleOptionMenuItem& option, QPainter& painter);
void drawHeaderSection(const StyleColors& colors, const QRect& rect, QPainter& painter);
void drawHeaderLabel(const StyleColors& colors, const QStyleOptionHeader& option, QPainter& painter,
                     const QStyle& style, const QWidget* widget);
void drawHeaderArrow(const StyleColors& colors, const QStyleOptionHeader& option, QPainter& painter);

} // namespace ui
