#include "ui/pages/share_delegate.h"

#include "ui/models/table_roles.h"

#include <QApplication>
#include <QPainter>

namespace ui {
namespace {

constexpr int kMarginX = 8, kMarginY = 6;

} // namespace

ShareDelegate::ShareDelegate(const Theme& theme, int first, int second, QObject* parent)
    : ToneDelegate(theme, parent)
    , m_theme(theme)
    , m_first(first)
    , m_second(second)
{
}

void ShareDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const
{
    const auto share = index.data(SortRole);
    if (!share.isValid()) {
        ToneDelegate::paint(painter, option, index);
        return;
    }
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const auto* style = cell.widget ? cell.widget->style() : QApplication::style();
    style->drawPrimitive(QStyle::PE_PanelItemViewItem, &cell, painter, cell.widget);
    const QRectF bar = QRectF(cell.rect).adjusted(kMarginX, kMarginY, -kMarginX, -kMarginY);
    QRectF first = bar;
    first.setWidth(bar.width() * share.toDouble());
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->fillRect(bar, m_theme.series(m_second));
    painter->fillRect(first, m_theme.series(m_first));
    // The border is seen without colours, too.
    painter->fillRect(QRectF(first.right() - 0.75, bar.top() - 2, 1.5, bar.height() + 4), m_theme.text());
    painter->restore();
}

} // namespace ui
