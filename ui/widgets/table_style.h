// One look for all tables and trees. GUI thread only.
#pragma once

class QTableView;
class QTreeView;

namespace ui {

// Row height, no grid, whole rows, sortable header that keeps its columns; the caller sets model, names and widths.
void styleTable(QTableView& table);
void styleTree(QTreeView& tree);

} // namespace ui
