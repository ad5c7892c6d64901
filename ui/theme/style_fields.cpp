#include "ui/theme/style_fields.h"

#include <QAbstractSpinBox>
#include <QComboBox>
#include <QPainter>
#include <QStyleOption>
#include <QStyleOptionComboBox>
#include <QStyleOptionFrame>
#include <QStyleOptionSpinBox>
#include <QWidget>

#include <algorithm>

namespace ui {
namespace {

constexpr int kFieldLine = 1, kFieldPaddingX = 8, kFieldPaddingY = 3, kLeastFieldHeight = 19;
constexpr int kSpinWidth = 18, kSpinPaddingRight = 2, kSpinMark = 11;
constexpr int kDropWidth = 20, kDropMark = 12;
constexpr int kLabelRoom = 2; // that Qt leaves around a combo box's text

QSize boxedField(const QSize& contents, int width)
{
    return {contents.width() + width + 2 * kFieldLine,
            std::max(contents.height(), kLeastFieldHeight) + 2 * (kFieldPaddingY + kFieldLine)};
}

void drawField(const StyleColors& colors, const QStyleOption& option, QPainter& painter)
{
    const bool enabled = option.state.testFlag(QStyle::State_Enabled);
    const bool focused = enabled && option.state.testFlag(QStyle::State_HasFocus);
    drawBox(painter, option.rect, enabled ? colors.card : colors.window,
            focused ? colors.accent : colors.cardBorder);
}

bool isInside(const QWidget* widget)
{
    const auto* parent = widget ? widget->parentWidget() : nullptr;
    return qobject_cast<const QAbstractSpinBox*>(parent) || qobject_cast<const QComboBox*>(parent);
}

void drawSpinMark(const StyleColors& colors, const QStyleOptionSpinBox& option, QPainter& painter,
                  QStyle::SubControl part, bool possible)
{
    const bool active =
        possible && option.activeSubControls == part && option.state.testFlag(QStyle::State_MouseOver);
    auto color = active ? colors.text : colors.textMuted;
    if (!possible || !option.state.testFlag(QStyle::State_Enabled)) color.setAlphaF(0.4F);
    drawMark(painter, spinBoxPart(option, part), part == QStyle::SC_SpinBoxUp ? "arrow-up" : "arrow-down",
             color, kSpinMark);
}

} // namespace

QSize lineEditSize(const QSize& contents)
{
    return boxedField(contents, 2 * kFieldPaddingX);
}

QSize spinBoxSize(const QStyleOptionSpinBox& option, const QSize& contents)
{
    const bool buttons = option.buttonSymbols != QAbstractSpinBox::NoButtons;
    return boxedField(contents, kFieldPaddingX + kSpinPaddingRight + (buttons ? kSpinWidth : 0));
}

QSize comboBoxSize(const QSize& contents)
{
    return boxedField(contents, 2 * kFieldPaddingX + kDropWidth + kLabelRoom);
}

QRect lineEditContents(const QStyleOptionFrame& option)
{
    if (option.lineWidth <= 0) return option.rect;
    return option.rect.adjusted(kFieldPaddingX + kFieldLine, kFieldPaddingY + kFieldLine,
                                -kFieldPaddingX - kFieldLine, -kFieldPaddingY - kFieldLine);
}

QRect spinBoxPart(const QStyleOptionSpinBox& option, QStyle::SubControl part)
{
    const auto& all = option.rect;
    const bool buttons = option.buttonSymbols != QAbstractSpinBox::NoButtons;
    const int left = all.right() + 1 - kFieldLine - kSpinWidth, half = all.height() / 2;
    QRect out;
    switch (part) {
    case QStyle::SC_SpinBoxUp:
        if (buttons) out = QRect(left, all.top() + kFieldLine, kSpinWidth, half - kFieldLine);
        break;
    case QStyle::SC_SpinBoxDown:
        if (buttons) out = QRect(left, all.top() + half, kSpinWidth, all.height() - half - kFieldLine);
        break;
    case QStyle::SC_SpinBoxEditField:
        out = all.adjusted(kFieldLine + kFieldPaddingX, kFieldLine + kFieldPaddingY,
                           -kFieldLine - kSpinPaddingRight - (buttons ? kSpinWidth : 0),
                           -kFieldLine - kFieldPaddingY);
        break;
    default:
        out = all;
    }
    return QStyle::visualRect(option.direction, all, out);
}

QRect comboBoxPart(const QStyleOptionComboBox& option, QStyle::SubControl part)
{
    const auto& all = option.rect;
    QRect out = all;
    if (part == QStyle::SC_ComboBoxArrow)
        out = QRect(all.right() + 1 - kFieldLine - kDropWidth, all.top() + kFieldLine, kDropWidth,
                    all.height() - 2 * kFieldLine);
    else if (part == QStyle::SC_ComboBoxEditField)
        out = all.adjusted(kFieldLine + kFieldPaddingX, kFieldLine + kFieldPaddingY,
                           -kFieldLine - kFieldPaddingX - kDropWidth, -kFieldLine - kFieldPaddingY);
    return QStyle::visualRect(option.direction, all, out);
}

void drawLineEdit(const StyleColors& colors, const QStyleOptionFrame& option, QPainter& painter,
                  const QWidget* widget)
{
    if (isInside(widget)) return; // the box around it paints
    if (option.lineWidth > 0)
        drawField(colors, option, painter);
    else
        painter.fillRect(option.rect, option.palette.brush(QPalette::Base));
}

void drawSpinBox(const StyleColors& colors, const QStyleOptionSpinBox& option, QPainter& painter)
{
    if (option.frame) drawField(colors, option, painter);
    if (option.buttonSymbols == QAbstractSpinBox::NoButtons) return;
    drawSpinMark(colors, option, painter, QStyle::SC_SpinBoxUp,
                 option.stepEnabled & QAbstractSpinBox::StepUpEnabled);
    drawSpinMark(colors, option, painter, QStyle::SC_SpinBoxDown,
                 option.stepEnabled & QAbstractSpinBox::StepDownEnabled);
}

void drawComboBox(const StyleColors& colors, const QStyleOptionComboBox& option, QPainter& painter)
{
    if (option.frame) drawField(colors, option, painter);
    auto color = colors.textMuted;
    if (!option.state.testFlag(QStyle::State_Enabled)) color.setAlphaF(0.4F);
    drawMark(painter, comboBoxPart(option, QStyle::SC_ComboBoxArrow), "arrow-down", color, kDropMark);
}

} // namespace ui
