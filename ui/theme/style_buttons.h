// Push buttons and tool buttons of RookeryStyle. A tool button's property "flat" takes its box away;
// "segment" (first, middle, last) joins it with its neighbours. GUI thread only.
#pragma once

#include "ui/theme/style_colors.h"

#include <QSize>

class QPainter;
class QStyle;
class QStyleOptionButton;
class QStyleOptionToolButton;
class QWidget;

namespace ui {

QSize pushButtonSize(const QSize& contents);
QSize toolButtonSize(const QSize& contents, const QWidget* widget);
QRect pushButtonContents(const QRect& rect);
void drawPushButtonBox(const StyleColors& colors, const QStyleOptionButton& option, QPainter& painter);
// The label is drawn by `style`; this says in which colours and font.
void drawPushButtonLabel(const StyleColors& colors, const QStyleOptionButton& option, QPainter& painter,
                         const QStyle& style, const QWidget* widget);
void drawToolButton(const StyleColors& colors, const QStyleOptionToolButton& option, QPainter& painter,
                    const QStyle& style, const QWidget* widget);

} // namespace ui
