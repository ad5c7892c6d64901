// One look for all tables and trees. GUI thread only.
#pragma once

class QAbstractItemView;
class QHeaderView;
class QTableView;
class QTreeView;

namespace ui {

inline constexpr int kCellPadding = 8; // between a column's edge and its text, in headers and cells alike
inline constexpr int kCompactRowHeight = 23; // of tables whose rows should all be seen at once

// Copied by Ctrl+C, exported by the context menu (see exporter.h). Row height, no grid, whole rows, sortable
// header that keeps its columns; the caller sets model, names and widths.
void styleTable(QTableView& table);
void styleCompactTable(QTableView& table);
void styleTree(QTreeView& tree);

// Space, "?" and the keys of the time window mean the same in a list as everywhere else, but for + and − in a
// tree. The functions above see to it.
void leaveKeysToWindow(QAbstractItemView& view);

// What the table needs to show all its rows, header included.
int fullHeight(const QTableView& table);

} // namespace ui
