// Widths of columns that fit what a table shows, grow with its figures and use all the room there is, until
// somebody chooses widths of their own. GUI thread only.
#pragma once

#include <QStringList>

#include <functional>
#include <vector>

class QByteArray;
class QHeaderView;
class QTableView;
class QTreeView;

namespace ui {

// REQUIRES: the model is set. A last column of words takes what the others leave, else all share it.
void fitColumns(QTableView& table);
void fitColumns(QTreeView& tree);

// A last column of long words gets what the others leave, never more, and no bar below: its texts are elided.
void elideLastColumn(QTableView& table);

// While not all columns fit, these are left out, the first ones first; exports have them all the same. told
// gets the titles of those that are, whenever that changes.
void leaveOutColumns(QTableView& table, std::vector<int> leastImportantFirst,
                     std::function<void(const QStringList& titles)> told);
// All of them, whether they fit or not: the table then scrolls.
void showAllColumns(QTableView& table, bool all);

// What fitColumns() needs to show everything in full.
int fittedWidth(const QTableView& table);

// Order, sorting, and the widths if somebody chose them.
QByteArray columnsState(const QHeaderView& header);
// An empty or foreign state changes nothing.
void restoreColumns(QHeaderView& header, const QByteArray& state);

} // namespace ui
