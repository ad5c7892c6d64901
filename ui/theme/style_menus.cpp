#include "ui/theme/style_menus.h"

#include <QPainter>
#include <QStyle>
#include <QStyleOptionHeader>
#include <QStyleOptionMenuItem>

#include <algorithm>

namespace ui {
namespace {

constexpr int kPaddingLeft = 12, kPaddingRight = 20, kItemPaddingY = 5;
constexpr int kSeparatorHeight = 9, kSeparatorInset = 6;
constexpr int kMarkRoom = 20, kMark = 14; // of a checked entry
constexpr int kShortcutGap = 16;
constexpr int kIconGap = 6;
constexpr int kSubmenuArrow = 12;

// Text and shortcut, which Qt hands over with a tab between.
std::pair<QString, QString> parts(const QString& text)
{
    const auto tab = text.indexOf(QLatin1Char('\t'));
    return tab < 0 ? std::pair(text, QString()) : std::pair(text.left(tab), text.mid(tab + 1));
}

int textLeft(const QStyleOptionMenuItem& option)
{
    return kPaddingLeft + (option.menuHasCheckableItems ? kMarkRoom : 0) +
           (option.maxIconWidth > 0 ? option.maxIconWidth + kIconGap : 0);
}

void drawLeadingMarks(const QStyleOptionMenuItem& option, QPainter& painter, const QColor& color)
{
    int left = option.rect.left() + kPaddingLeft;
    if (option.menuHasCheckableItems) {
        if (option.checked)
            drawMark(painter, QRect(left - 4, option.rect.top(), kMarkRoom, option.rect.height()), "check",
                     color, kMark);
        left += kMarkRoom;
    }
    if (option.icon.isNull() || option.maxIconWidth <= 0) return;
    const bool enabled = option.state.testFlag(QStyle::State_Enabled);
    const int pixels = std::min(option.maxIconWidth, 16);
    option.icon.paint(&painter, QRect(left, option.rect.top(), pixels, option.rect.height()), Qt::AlignCenter,
                      enabled ? QIcon::Normal : QIcon::Disabled);
}

} // namespace

QSize menuItemSize(const QStyleOptionMenuItem& option, const QSize& contents)
{
    if (option.menuItemType == QStyleOptionMenuItem::Separator) return {contents.width(), kSeparatorHeight};
    const bool shortcut = option.text.contains(QLatin1Char('\t'));
    return {contents.width() + textLeft(option) + kPaddingRight + (shortcut ? kShortcutGap : 0),
            std::max(contents.height(), option.fontMetrics.height()) + 2 * kItemPaddingY};
}

void drawMenuItem(const StyleColors& colors, const QStyleOptionMenuItem& option, QPainter& painter)
{
    const auto& rect = option.rect;
    if (option.menuItemType == QStyleOptionMenuItem::Separator) {
        painter.fillRect(
            QRect(rect.left() + kSeparatorInset, rect.center().y(), rect.width() - 2 * kSeparatorInset, 1),
            colors.cardBorder);
        return;
    }
    const bool enabled = option.state.testFlag(QStyle::State_Enabled);
    const bool selected = enabled && option.state.testFlag(QStyle::State_Selected);
    if (selected) drawBox(painter, rect, colors.accent, colors.accent);
    auto color = selected ? colors.onAccent : colors.text;
    if (!enabled) color = colors.textMuted, color.setAlphaF(0.6F);
    painter.save();
    drawLeadingMarks(option, painter, selected ? colors.onAccent : colors.accent);
    const auto [text, shortcut] = parts(option.text);
    const QRect words = rect.adjusted(textLeft(option), 0, -kPaddingRight, 0);
    painter.setFont(option.font);
    painter.setPen(color);
    painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextShowMnemonic | Qt::TextSingleLine,
                     text);
    if (enabled && !selected) painter.setPen(colors.textMuted);
    painter.drawText(words, Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine, shortcut);
    if (option.menuItemType == QStyleOptionMenuItem::SubMenu) {
        // The mark points down; a submenu opens to the right.
        painter.translate(QPointF(rect.right() - kSubmenuArrow, rect.center().y() + 0.5));
        painter.rotate(-90);
        drawMark(painter, QRect(-kSubmenuArrow / 2, -kSubmenuArrow / 2, kSubmenuArrow, kSubmenuArrow),
                 "arrow-down", color, kSubmenuArrow);
    }
    painter.restore();
}

void drawHeaderSection(const StyleColors& colors, const QRect& rect, QPainter& painter)
{
    painter.fillRect(rect, colors.card);
    painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), colors.cardBorder);
}

void drawHeaderLabel(const StyleColors& colors, const QStyleOptionHeader& option, QPainter& painter,
                     const QStyle& style, const QWidget* widget)
{
    const bool lit = option.state.testFlag(QStyle::State_MouseOver);
    auto label = option;
    label.state.setFlag(QStyle::State_On, false); // no bold text above a selection
    label.palette.setColor(QPalette::ButtonText, lit ? colors.text : colors.textMuted);
    style.drawControl(QStyle::CE_HeaderLabel, &label, &painter, widget);
}

void drawHeaderArrow(const StyleColors& colors, const QStyleOptionHeader& option, QPainter& painter)
{
    const bool up = option.sortIndicator == QStyleOptionHeader::SortUp;
    drawMark(painter, option.rect, up ? "arrow-up" : "arrow-down", colors.textMuted, kHeaderMark);
}

} // namespace ui
