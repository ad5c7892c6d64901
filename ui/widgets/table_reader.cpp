#include "ui/widgets/table_reader.h"

#include "ui/models/table_roles.h"

#include <QAbstractItemView>
#include <QDeadlineTimer>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QTableView>
#include <QTreeView>

#include <algorithm>
#include <utility>

namespace ui {
namespace {

constexpr int kMostBeginnings = 4; // then what changes so often is read in one go
constexpr int kRowsBetweenLooks = 16;

const QHeaderView* headerOf(const QAbstractItemView& view)
{
    if (const auto* table = qobject_cast<const QTableView*>(&view)) return table->horizontalHeader();
    if (const auto* tree = qobject_cast<const QTreeView*>(&view)) return tree->header();
    return nullptr;
}

bool isHidden(const QAbstractItemView& view, int row, const QModelIndex& parent)
{
    if (const auto* table = qobject_cast<const QTableView*>(&view)) return table->isRowHidden(row);
    if (const auto* tree = qobject_cast<const QTreeView*>(&view)) return tree->isRowHidden(row, parent);
    return false;
}

// Rows from the root down: their order is that of a tree.
std::vector<int> placeOf(QModelIndex index)
{
    std::vector<int> out;
    for (; index.isValid(); index = index.parent())
        out.push_back(index.row());
    std::reverse(out.begin(), out.end());
    return out;
}

QString parentsPath(const QModelIndex& parent)
{
    return parent.isValid()
               ? parentsPath(parent.parent()) + parent.siblingAtColumn(0).data().toString() + " / "
               : QString();
}

} // namespace

TableReader::TableReader(const QAbstractItemView& view, TableRows rows)
    : m_view(view)
    , m_model(*view.model())
    , m_rows(rows)
    , m_flat(qobject_cast<const QTableView*>(&view) != nullptr)
{
    connectModel();
    begin();
}

void TableReader::connectModel()
{
    connect(&m_model, &QAbstractItemModel::rowsInserted, this, &TableReader::inserted);
    connect(&m_model, &QAbstractItemModel::rowsRemoved, this, &TableReader::removed);
    const auto change = [this] { m_changed = true; };
    connect(&m_model, &QAbstractItemModel::rowsMoved, this, change);
    connect(&m_model, &QAbstractItemModel::layoutChanged, this, change);
    connect(&m_model, &QAbstractItemModel::modelReset, this, change);
    connect(&m_model, &QAbstractItemModel::columnsInserted, this, change);
    connect(&m_model, &QAbstractItemModel::columnsRemoved, this, change);
}

void TableReader::begin()
{
    ++m_begun;
    m_changed = false;
    m_out = {};
    m_columns.clear();
    m_runs.clear();
    m_branches.clear();
    m_levels.clear();
    m_row = 0;
    m_run = 0;
    const auto* header = headerOf(m_view);
    const auto leftOut = m_view.property(kLeftOutColumns).toList();
    for (int visual = 0; visual < m_model.columnCount(); ++visual) {
        const int logical = header ? header->logicalIndex(visual) : visual;
        if (!header || !header->isSectionHidden(logical) || leftOut.contains(logical))
            m_columns.push_back(logical);
    }
    for (const int column : m_columns)
        m_out.header.push_back({title(column), false});
    m_out.partial = m_view.property(kRowsMissing).toBool() || (m_flat && m_model.canFetchMore({}));
    m_total = m_model.rowCount();
    if (m_rows == TableRows::Selected)
        m_flat ? chooseRuns() : chooseBranches();
    else if (!m_flat)
        m_levels.push_back({});
}

void TableReader::chooseRuns()
{
    for (const auto& range : m_view.selectionModel()->selection())
        if (!range.parent().isValid()) m_runs.push_back({range.top(), range.bottom()});
    std::sort(m_runs.begin(), m_runs.end(), [](const Run& a, const Run& b) { return a.first < b.first; });
    std::vector<Run> apart; // one cell beside another is the same row
    for (const auto& run : m_runs)
        if (!apart.empty() && run.first <= apart.back().last)
            apart.back().last = std::max(apart.back().last, run.last);
        else
            apart.push_back(run);
    m_runs = std::move(apart);
    m_total = 0;
    for (const auto& run : m_runs)
        m_total += run.last - run.first + 1;
}

void TableReader::chooseBranches()
{
    std::vector<std::pair<std::vector<int>, QModelIndex>> chosen;
    for (const auto& range : m_view.selectionModel()->selection())
        for (int row = range.top(); row <= range.bottom(); ++row) {
            const auto index = m_model.index(row, 0, range.parent());
            chosen.emplace_back(placeOf(index), index);
        }
    std::sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    for (auto& [place, index] : chosen)
        m_branches.push_back(index);
    m_total = qint64(m_branches.size());
}

void TableReader::inserted(const QModelIndex& parent, int first, int last)
{
    if (!m_flat || m_rows == TableRows::Selected || parent.isValid())
        m_changed = true;
    else if (first < m_row)
        m_row += last - first + 1;
    m_total = m_model.rowCount();
}

void TableReader::removed(const QModelIndex& parent, int first, int last)
{
    if (!m_flat || m_rows == TableRows::Selected || parent.isValid())
        m_changed = true;
    else if (first < m_row)
        m_row -= std::min(last + 1, m_row) - first;
    m_total = m_model.rowCount();
}

bool TableReader::read(std::chrono::milliseconds most)
{
    if (m_changed) begin();
    const auto until =
        m_begun < kMostBeginnings ? QDeadlineTimer(most) : QDeadlineTimer(QDeadlineTimer::Forever);
    for (int rows = 1; readRow(); ++rows)
        if (rows % kRowsBetweenLooks == 0 && until.hasExpired()) return false;
    return true;
}

double TableReader::fraction() const
{
    const auto done = m_levels.empty() ? qint64(m_out.rows.size()) : qint64(m_levels.front().row);
    return m_total > 0 ? std::min(1.0, double(done) / double(m_total)) : 1;
}

TableCells TableReader::take()
{
    return std::move(m_out);
}

bool TableReader::readRow()
{
    return m_flat ? readTableRow() : readBranch();
}

bool TableReader::readTableRow()
{
    if (m_rows == TableRows::Selected) {
        if (m_run == m_runs.size()) return false;
        const auto& run = m_runs[m_run];
        m_row = std::max(m_row, run.first);
        if (m_row == run.last) ++m_run;
    } else if (m_row >= m_model.rowCount()) {
        return false;
    }
    add(m_row++, {});
    return true;
}

bool TableReader::readBranch()
{
    if (m_rows == TableRows::Selected) {
        const auto next = m_run++;
        if (next >= m_branches.size()) return false;
        add(m_branches[next].row(), m_branches[next].parent());
        return true;
    }
    while (!m_levels.empty() && m_levels.back().row >= m_model.rowCount(m_levels.back().parent)) {
        m_out.partial = m_out.partial || m_model.canFetchMore(m_levels.back().parent);
        m_levels.pop_back();
    }
    if (m_levels.empty()) return false;
    const auto [parent, row] = m_levels.back();
    ++m_levels.back().row;
    if (isHidden(m_view, row, parent)) return true;
    add(row, parent);
    if (const auto first = m_model.index(row, 0, parent); m_model.hasChildren(first))
        m_levels.push_back({first, 0});
    return true;
}

void TableReader::add(int row, const QModelIndex& parent)
{
    if (isHidden(m_view, row, parent)) return;
    const auto path = parentsPath(parent);
    std::vector<TableCell> cells;
    cells.reserve(m_columns.size());
    for (const int column : m_columns) {
        const auto index = m_model.index(row, column, parent);
        auto cell = tableCell(index.data(m_hasRaw ? int(RawRole) : int(Qt::DisplayRole)));
        if (column == 0 && !path.isEmpty()) cell = {path + index.data().toString(), false};
        cells.push_back(std::move(cell));
    }
    m_out.rows.push_back(std::move(cells));
}

QString TableReader::title(int column)
{
    const auto raw = m_model.headerData(column, Qt::Horizontal, RawRole);
    m_hasRaw = m_hasRaw || raw.isValid();
    return (raw.isValid() ? raw : m_model.headerData(column, Qt::Horizontal)).toString();
}

} // namespace ui
