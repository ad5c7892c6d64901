// Sorts a table by its SortRole: values that are not known stay at the end in both directions, equal ones
// keep the order of the source. Owned by its page; GUI thread only.
#pragma once

#include <QSortFilterProxyModel>

namespace ui {

class SortProxy final : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    explicit SortProxy(QObject* parent);

protected:
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;
};

} // namespace ui
