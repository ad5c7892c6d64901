// Line edits, spin boxes and combo boxes of RookeryStyle: one frame, the marks inside. GUI thread only.
#pragma once

#include "ui/theme/style_colors.h"

#include <QSize>
#include <QStyle>

class QPainter;
class QStyleOption;
class QStyleOptionComboBox;
class QStyleOptionFrame;
class QStyleOptionSpinBox;
class QWidget;

namespace ui {

QSize lineEditSize(const QSize& contents);
QSize spinBoxSize(const QStyleOptionSpinBox& option, const QSize& contents);
QSize comboBoxSize(const QSize& contents);
QRect lineEditContents(const QStyleOptionFrame& option);
QRect spinBoxPart(const QStyleOptionSpinBox& option, QStyle::SubControl part);
QRect comboBoxPart(const QStyleOptionComboBox& option, QStyle::SubControl part);
void drawLineEdit(const StyleColors& colors, const QStyleOptionFrame& option, QPainter& painter,
                  const QWidget* widget);
void drawSpinBox(const StyleColors& colors, const QStyleOptionSpinBox& option, QPainter& painter);
// The text is CE_ComboBoxLabel's.
void drawComboBox(const StyleColors& colors, const QStyleOptionComboBox& option, QPainter& painter);

} // namespace ui
