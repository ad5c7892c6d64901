// Reads what a table or tree shows, bit by bit: the GUI thread stays free between two calls of read(),
// however many rows there are. Rows that come or go meanwhile in a table are followed; after any other change
// of their order it reads anew. Lives no longer than its view; GUI thread only.
#pragma once

#include <QAbstractItemModel>
#include <QObject>

#include "ui/widgets/table_text.h"

#include <chrono>
#include <vector>

class QAbstractItemView;

namespace ui {

enum class TableRows { All, Selected };

class TableReader final : public QObject
{
    Q_OBJECT

public:
    // Columns as they stand in the view, without hidden ones unless those want room only; rows in its order.
    // A tree's rows are named by their whole path. REQUIRES: a QTableView or QTreeView with a model.
    TableReader(const QAbstractItemView& view, TableRows rows);

    // For about so long; true when all is read.
    bool read(std::chrono::milliseconds most);
    double fraction() const; // 0 … 1 of the rows, where that is known
    TableCells take();       // REQUIRES: read() was true

private:
    struct Run // of chosen rows
    {
        int first = 0, last = 0;
    };
    struct Level // of a tree that is walked through
    {
        QModelIndex parent;
        int row = 0;
    };

    void begin();
    void connectModel();
    void inserted(const QModelIndex& parent, int first, int last);
    void removed(const QModelIndex& parent, int first, int last);
    void chooseRuns();
    void chooseBranches();
    bool readRow(); // or pass over one; false: there is none left
    bool readTableRow();
    bool readBranch();
    void add(int row, const QModelIndex& parent);
    QString title(int column);

    const QAbstractItemView& m_view;
    const QAbstractItemModel& m_model;
    const TableRows m_rows;
    const bool m_flat; // a table
    std::vector<int> m_columns;
    bool m_hasRaw = false;
    bool m_changed = false; // the order of rows: begin anew
    int m_begun = 0;        // so many times
    int m_row = 0;          // of a table: the next one
    std::size_t m_run = 0;
    std::vector<Run> m_runs;             // of a table, when chosen ones are read; ascending
    std::vector<QModelIndex> m_branches; // of a tree, the same
    std::vector<Level> m_levels;         // of a tree, when all are read
    qint64 m_total = 0;
    TableCells m_out;
};

} // namespace ui
