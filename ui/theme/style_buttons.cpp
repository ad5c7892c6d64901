#include "ui/theme/style_buttons.h"

#include <QPainter>
#include <QStyle>
#include <QStyleOptionButton>
#include <QStyleOptionToolButton>
#include <QVariant>
#include <QWidget>

#include <algorithm>

namespace ui {
namespace {

constexpr int kButtonLine = 1, kButtonPaddingX = 12, kToolPaddingX = 8, kButtonPaddingY = 4,
              kLeastButtonHeight = 17;
constexpr int kToolRoom = 3; // around a tool button's icon or text

bool has(const QStyleOption& option, QStyle::StateFlag flag)
{
    return option.state.testFlag(flag);
}

QSize boxedButton(const QSize& contents, int paddingX)
{
    return {contents.width() + 2 * (paddingX + kButtonLine),
            std::max(contents.height(), kLeastButtonHeight) + 2 * (kButtonPaddingY + kButtonLine)};
}

struct Box
{
    QColor ground, line;
};

Box pushBox(const StyleColors& colors, const QStyleOptionButton& option)
{
    const bool main = option.features.testFlag(QStyleOptionButton::DefaultButton);
    const bool hovered = has(option, QStyle::State_MouseOver);
    if (!has(option, QStyle::State_Enabled)) return {colors.window, colors.cardBorder};
    if (main)
        return {colors.accent, hovered || has(option, QStyle::State_HasFocus) ? colors.text : colors.accent};
    const auto& line = has(option, QStyle::State_HasFocus) ? colors.accent : colors.cardBorder;
    if (has(option, QStyle::State_Sunken) || has(option, QStyle::State_On)) return {colors.accentSoft, line};
    return {hovered ? colors.hover : colors.card, line};
}

Box toolBox(const StyleColors& colors, const QStyleOptionToolButton& option, bool flat)
{
    const bool hovered = has(option, QStyle::State_MouseOver), checked = has(option, QStyle::State_On);
    const auto nothing = QColor(Qt::transparent);
    const auto& line = checked || has(option, QStyle::State_HasFocus) ? colors.accent
                       : flat                                         ? nothing
                                                                      : colors.cardBorder;
    if (!has(option, QStyle::State_Enabled))
        return {flat ? nothing : colors.window, flat ? nothing : colors.cardBorder};
    if (checked || has(option, QStyle::State_Sunken)) return {colors.accentSoft, line};
    return {hovered ? colors.hover : flat ? nothing : colors.card, line};
}

// Middle and last segments have no line of their own at the left: it is their neighbour's. One that stands
// out has all.
struct Segment
{
    Corners corners = Corners::All;
    bool joinedLeft = false;
};

Segment segmentOf(const QWidget* widget)
{
    const auto name = widget ? widget->property("segment").toString() : QString();
    if (name == QLatin1StringView("first")) return {Corners::Left, false};
    if (name == QLatin1StringView("middle")) return {Corners::None, true};
    if (name == QLatin1StringView("last")) return {Corners::Right, true};
    return {};
}

} // namespace

QSize pushButtonSize(const QSize& contents)
{
    return boxedButton(contents, kButtonPaddingX);
}

QSize toolButtonSize(const QSize& contents, const QWidget* widget)
{
    return boxedButton(contents, kToolPaddingX) +
           QSize(kToolRoom - (segmentOf(widget).joinedLeft ? 1 : 0), kToolRoom);
}

QRect pushButtonContents(const QRect& rect)
{
    return rect.adjusted(kButtonPaddingX + kButtonLine, kButtonPaddingY + kButtonLine,
                         -kButtonPaddingX - kButtonLine, -kButtonPaddingY - kButtonLine);
}

void drawPushButtonBox(const StyleColors& colors, const QStyleOptionButton& option, QPainter& painter)
{
    const auto box = pushBox(colors, option);
    drawBox(painter, option.rect, box.ground, box.line);
}

void drawPushButtonLabel(const StyleColors& colors, const QStyleOptionButton& option, QPainter& painter,
                         const QStyle& style, const QWidget* widget)
{
    auto label = option;
    painter.save();
    const bool enabled = has(option, QStyle::State_Enabled);
    if (!enabled)
        label.palette.setColor(QPalette::ButtonText, colors.textMuted);
    else if (option.features.testFlag(QStyleOptionButton::DefaultButton)) {
        label.palette.setColor(QPalette::ButtonText, colors.onAccent);
        auto font = painter.font();
        font.setWeight(QFont::DemiBold);
        painter.setFont(font);
    }
    style.drawControl(QStyle::CE_PushButtonLabel, &label, &painter, widget);
    painter.restore();
}

void drawToolButton(const StyleColors& colors, const QStyleOptionToolButton& option, QPainter& painter,
                    const QStyle& style, const QWidget* widget)
{
    const bool flat = has(option, QStyle::State_AutoRaise) || (widget && widget->property("flat").toBool());
    const auto segment = segmentOf(widget);
    const bool standsOut = has(option, QStyle::State_On) || has(option, QStyle::State_HasFocus);
    const auto box = toolBox(colors, option, flat);
    drawBox(painter, option.rect.adjusted(segment.joinedLeft && !standsOut ? -1 : 0, 0, 0, 0), box.ground,
            box.line, segment.corners);
    auto label = option;
    label.state.setFlag(QStyle::State_Sunken, false); // it does not move
    const int x = std::min(kToolPaddingX + kButtonLine,
                           std::max(0, (option.rect.width() - option.iconSize.width()) / 2));
    label.rect = option.rect.adjusted(x, kButtonLine, -x, -kButtonLine);
    if (!has(option, QStyle::State_Enabled)) label.palette.setColor(QPalette::ButtonText, colors.textMuted);
    style.drawControl(QStyle::CE_ToolButtonLabel, &label, &painter, widget);
}

} // namespace ui
