#include "ui/pages/tone_delegate.h"

#include "ui/models/table_roles.h"

namespace ui {

ToneDelegate::ToneDelegate(const Theme& theme, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
{
}

QSize ToneDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    return QStyledItemDelegate::sizeHint(option, index).expandedTo(QSize(0, kRowHeight));
}

void ToneDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const auto tone = index.data(ToneRole).value<Tone>();
    if (tone != Tone::Normal) option->palette.setColor(QPalette::Text, m_theme.color(tone));
}

} // namespace ui
