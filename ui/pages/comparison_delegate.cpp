#include "ui/pages/comparison_delegate.h"

#include "ui/models/comparison_table.h"
#include "ui/widgets/table_style.h"

#include <QPainter>

namespace ui {
namespace {

constexpr double kTint = 0.12; // of the tone, behind a row that differs

} // namespace

ComparisonDelegate::ComparisonDelegate(const Theme& theme, QObject* parent)
    : ToneDelegate(theme, parent)
    , m_theme(theme)
{
}

void ComparisonDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                               const QModelIndex& index) const
{
    const auto* model = qobject_cast<const QAbstractTableModel*>(index.model());
    const auto& row = static_cast<const ComparisonModel*>(model)->row(index);
    if (!row.entry) {
        paintFloor(*painter, option, row.floorText);
        return;
    }
    if (backend::isFault(row.entry->verdict)) {
        auto tint = m_theme.color(verdictTone(row.entry->verdict));
        tint.setAlphaF(kTint);
        painter->fillRect(option.rect, tint);
    }
    ToneDelegate::paint(painter, option, index);
}

void ComparisonDelegate::paintFloor(QPainter& painter, const QStyleOptionViewItem& option,
                                    const QString& text) const
{
    painter.save();
    if (option.state.testFlag(QStyle::State_Selected)) painter.fillRect(option.rect, m_theme.accentSoft());
    painter.setFont(m_theme.font(FontRole::Small));
    const int middle = option.rect.center().y(), left = option.rect.left() + kCellPadding;
    const int wide = painter.fontMetrics().horizontalAdvance(text);
    painter.setPen(QPen(m_theme.accent(), 1, Qt::DashLine));
    painter.drawLine(left + wide + kSpacingSmall, middle, option.rect.right(), middle);
    painter.setPen(m_theme.accent());
    painter.drawText(option.rect.adjusted(kCellPadding, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
    painter.restore();
}

} // namespace ui
