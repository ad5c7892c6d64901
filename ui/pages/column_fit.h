// Widths of columns that fit what a table first shows, unless somebody's own widths were restored. GUI thread
// only.
#pragma once

class QByteArray;
class QHeaderView;
class QTableView;
class QTreeView;

namespace ui {

// REQUIRES: the model is set. Widths are set once, when the first rows come.
void fitColumns(QTableView& table);
void fitColumns(QTreeView& tree);

// Widths, order and sorting as QHeaderView::saveState gave them; an empty or foreign state changes nothing.
void restoreColumns(QHeaderView& header, const QByteArray& state);

} // namespace ui
