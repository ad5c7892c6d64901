// Scroll bars, progress bars, tabs, splitters and the status bar of RookeryStyle. GUI thread only.
#pragma once

#include "ui/theme/style_colors.h"

#include <QSize>
#include <QStyle>

class QPainter;
class QStyleOption;
class QStyleOptionProgressBar;
class QStyleOptionSlider;
class QStyleOptionTab;
class QWidget;

namespace ui {

inline constexpr int kScrollBarExtent = 11;
inline constexpr int kScrollHandleLeast = 28;
inline constexpr int kProgressHeight = 8;
inline constexpr int kTabPaddingX = 12, kTabPaddingY = 6, kTabLine = 2;

QRect scrollBarPart(const QStyleOptionSlider& option, QStyle::SubControl part);
void drawScrollBar(const StyleColors& colors, const QStyleOptionSlider& option, QPainter& painter);
// `busyStep` from 0 to 1 says where the mark of a bar without known length stands.
void drawProgressBar(const StyleColors& colors, const QStyleOptionProgressBar& option, QPainter& painter,
                     double busyStep);
void drawTabShape(const StyleColors& colors, const QStyleOptionTab& option, QPainter& painter);
void drawTabLabel(const StyleColors& colors, const QStyleOptionTab& option, QPainter& painter,
                  const QStyle& style, const QWidget* widget);
void drawTabPane(const StyleColors& colors, const QRect& rect, QPainter& painter);
void drawSplitter(const StyleColors& colors, const QStyleOption& option, QPainter& painter);
void drawStatusBar(const StyleColors& colors, const QRect& rect, QPainter& painter);

} // namespace ui
