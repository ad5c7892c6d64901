#include "ui/models/sort_proxy.h"

#include "ui/models/table_roles.h"

namespace ui {

SortProxy::SortProxy(QObject* parent)
    : QSortFilterProxyModel(parent)
{
    setSortRole(SortRole);
    setDynamicSortFilter(true);
}

bool SortProxy::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    const QVariant a = sourceModel()->data(left, SortRole);
    const QVariant b = sourceModel()->data(right, SortRole);
    const bool ascending = sortOrder() == Qt::AscendingOrder;
    if (a.isValid() != b.isValid()) return a.isValid() == ascending;
    if (a.isValid()) {
        const auto order = QVariant::compare(a, b);
        if (order == QPartialOrdering::Less) return true;
        if (order == QPartialOrdering::Greater) return false;
        if (order == QPartialOrdering::Unordered) return a.toString().localeAwareCompare(b.toString()) < 0;
    }
    return ascending ? left.row() < right.row() : left.row() > right.row();
}

} // namespace ui
