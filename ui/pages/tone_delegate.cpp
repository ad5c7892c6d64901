#include "ui/pages/tone_delegate.h"

#include "ui/models/table_roles.h"

#include <QApplication>
#include <QPainter>

namespace ui {
namespace {

constexpr int kIndent = 5;

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
    if (isNumber(index)) {
        QStyledItemDelegate::paint(painter, option, index);
        return;
    }
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const auto* style = cell.widget ? cell.widget->style() : QApplication::style();
    style->drawPrimitive(QStyle::PE_PanelItemViewItem, &cell, painter, cell.widget);
    cell.rect.setLeft(cell.rect.left() + kIndent);
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
}

QSize ToneDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const auto size = QStyledItemDelegate::sizeHint(option, index).expandedTo(QSize(0, kRowHeight));
    return isNumber(index) ? size : size + QSize(kIndent, 0);
}

void ToneDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const auto tone = index.data(ToneRole).value<Tone>();
    if (tone != Tone::Normal) option->palette.setColor(QPalette::Text, m_theme.color(tone));
}

} // namespace ui
