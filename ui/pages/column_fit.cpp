#include "ui/pages/column_fit.h"

#include <QHeaderView>
#include <QTableView>
#include <QTimer>
#include <QTreeView>

#include <algorithm>

namespace ui {
namespace {

constexpr int kRoom = 6;        // for figures that grow
constexpr int kMostWidth = 320; // longer texts are elided; their tool tips have all
constexpr const char* kWidthsKnown = "widthsKnown";

template <class View>
void fit(View& view, QHeaderView& header)
{
    if (header.property(kWidthsKnown).toBool() || view.model()->rowCount() == 0) return;
    header.setProperty(kWidthsKnown, true);
    const int stretched = header.stretchLastSection() ? header.logicalIndex(header.count() - 1) : -1;
    for (int column = 0; column < header.count(); ++column) {
        if (column == stretched) continue;
        view.resizeColumnToContents(column);
        header.resizeSection(column, std::min(header.sectionSize(column) + kRoom, kMostWidth));
    }
}

template <class View>
void fitAtFirstRows(View& view, QHeaderView& header)
{
    QObject::connect(view.model(), &QAbstractItemModel::rowsInserted, &view, [&view, &header] {
        // Later, when the rows that belong together have all come.
        if (!header.property(kWidthsKnown).toBool())
            QTimer::singleShot(0, &view, [&view, &header] { fit(view, header); });
    });
}

} // namespace

void fitColumns(QTableView& table)
{
    fitAtFirstRows(table, *table.horizontalHeader());
}

void fitColumns(QTreeView& tree)
{
    fitAtFirstRows(tree, *tree.header());
}

void restoreColumns(QHeaderView& header, const QByteArray& state)
{
    if (!state.isEmpty() && header.restoreState(state)) header.setProperty(kWidthsKnown, true);
}

} // namespace ui
