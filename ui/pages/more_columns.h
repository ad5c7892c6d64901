// The button over a table in which not all columns have room: says how many are left out, names them in its
// tool tip, and shows them all, or not, at a click. Hidden while nothing is left out. Owned by its card; GUI
// thread only.
#pragma once

#include <QToolButton>

#include <vector>

class QTableView;

namespace ui {

class Theme;

class MoreColumns final : public QToolButton
{
    Q_OBJECT

public:
    // REQUIRES: fitColumns(table) was called; the table outlives this.
    MoreColumns(const Theme& theme, QTableView& table, std::vector<int> leastImportantFirst, QWidget* parent);

private:
    void say(const QStringList& titles);

    QTableView& m_table;
};

} // namespace ui
