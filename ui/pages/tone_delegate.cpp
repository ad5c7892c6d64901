#include "ui/pages/tone_delegate.h"

#include "ui/models/table_roles.h"
#include "ui/widgets/table_style.h"

#include <QApplication>
#include <QPainter>

namespace ui {
namespace {

constexpr int kStyleMargin = 3; // that the style leaves itself
constexpr int kIndent = kCellPadding - kStyleMargin;

bool isNumber(const QModelIndex& index)
{
    return Qt::Alignment(index.data(Qt::TextAlignmentRole).toInt()).testFlag(Qt::AlignRight);
}

} // namespace

ToneDelegate::ToneDelegate(const Theme& theme, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
{
}

void ToneDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const
{
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const auto* style = cell.widget ? cell.widget->style() : QApplication::style();
    style->drawPrimitive(QStyle::PE_PanelItemViewItem, &cell, painter, cell.widget);
    // Texts stand under their header's: words at the left, figures at the right.
    cell.rect.adjust(isNumber(index) ? 0 : kIndent, 0, isNumber(index) ? -kIndent : 0, 0);
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
}

QSize ToneDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    return QStyledItemDelegate::sizeHint(option, index).expandedTo(QSize(0, kRowHeight)) +
           QSize(2 * kIndent, 0);
}

void ToneDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const auto tone = index.data(ToneRole).value<Tone>();
    if (tone == Tone::Normal) return;
    for (const auto role : {QPalette::Text, QPalette::HighlightedText}) // also in the chosen row
        option->palette.setColor(role, m_theme.color(tone));
}

} // namespace ui
