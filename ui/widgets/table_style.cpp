#include "ui/widgets/table_style.h"

#include "ui/theme/theme.h"

#include <QHeaderView>
#include <QTableView>
#include <QTreeView>

namespace ui {
namespace {

void styleView(QAbstractItemView& view)
{
    view.setAlternatingRowColors(true);
    view.setSelectionBehavior(QAbstractItemView::SelectRows);
    view.setEditTriggers(QAbstractItemView::NoEditTriggers);
    view.setFrameShape(QFrame::NoFrame);
    view.setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
}

void styleHeader(QHeaderView& header)
{
    header.setHighlightSections(false);
    header.setSectionsMovable(true);
    header.setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header.setStretchLastSection(true);
}

} // namespace

void styleTable(QTableView& table)
{
    styleView(table);
    styleHeader(*table.horizontalHeader());
    table.verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table.verticalHeader()->setDefaultSectionSize(kRowHeight);
    table.verticalHeader()->hide();
    table.setShowGrid(false);
    table.setWordWrap(false);
    table.setCornerButtonEnabled(false);
    // Tab goes on to the next control; the arrow keys move inside.
    table.setTabKeyNavigation(false);
}

void styleTree(QTreeView& tree)
{
    styleView(tree);
    styleHeader(*tree.header());
    tree.setUniformRowHeights(true);
}

} // namespace ui
