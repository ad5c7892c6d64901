// A table whose rows come again every second: a new table costs only its columns and the key of a row. Rows
// are updated, moved, inserted and removed in place by their key, never reset, so that selection and scroll
// position of the views stay. Owned by its page; GUI thread only.
#pragma once

#include "ui/models/table_roles.h"
#include "ui/widgets/formatting.h"

#include <QAbstractTableModel>
#include <QFont>
#include <QSet>

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

namespace ui {

// One column: its title with the unit, and what a row shows in it.
template <class Row>
struct TableColumn
{
    QString title;       // kZoneMark in it becomes the zone's name
    QString explanation; // tool tip of the header; so here
    Qt::Alignment alignment = Qt::AlignLeft;
    std::function<QString(const Row&)> text;
    std::function<QVariant(const Row&)> sortKey; // invalid: not known, sorts last; absent: the text
    std::function<QString(const Row&)> toolTip;  // absent: none
    std::function<Tone(const Row&)> tone;        // absent: Plain
    QString unit = {};                           // of the raw value, for exports, where the title has none
    std::function<QString(const Row&)> dated{};  // why the figure is not of now; empty: it is. Absent: always

    TableColumn in(const QString& rawUnit) &&
    {
        unit = rawUnit;
        return std::move(*this);
    }
    TableColumn datedBy(std::function<QString(const Row&)> reason) &&
    {
        dated = std::move(reason);
        return std::move(*this);
    }
    bool isDated(const Row& row) const { return dated && !dated(row).isEmpty(); }
    QVariant toolTipOf(const Row& row) const
    {
        const auto words = toolTip ? toolTip(row) : QString();
        if (!isDated(row)) return toolTip ? QVariant(words) : QVariant();
        return words.isEmpty() ? dated(row) : QStringLiteral("%1, %2").arg(words, dated(row));
    }
    // For exports: the sort key of figures and times, else the text.
    QVariant rawValue(const Row& row) const
    {
        if (!sortKey) return text(row);
        const auto key = sortKey(row);
        return alignment == Qt::AlignRight || key.typeId() == QMetaType::QDateTime ? key
                                                                                   : QVariant(text(row));
    }
    QString rawTitle() const { return unit.isEmpty() ? title : QStringLiteral("%1 (%2)").arg(title, unit); }
};

// Of figures that are not of now: the view's own font, in italics.
inline QFont datedFont()
{
    QFont font;
    font.setItalic(true);
    return font;
}

// Key: hashable, unique among the rows.
template <class Row, class Key>
class TableModel : public QAbstractTableModel
{
public:
    using Column = TableColumn<Row>;
    using KeyOf = std::function<Key(const Row&)>;

    TableModel(std::vector<Column> columns, KeyOf keyOf, QObject* parent)
        : QAbstractTableModel(parent)
        , m_columns(std::move(columns))
        , m_keyOf(std::move(keyOf))
    {
    }

    int rowCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : int(m_rows.size());
    }
    int columnCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : int(m_columns.size());
    }
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    const std::vector<Row>& rows() const { return m_rows; }
    // REQUIRES: index valid and of this model.
    const Row& row(const QModelIndex& index) const { return m_rows[std::size_t(index.row())]; }
    Key keyOf(const Row& row) const { return m_keyOf(row); }

    // Becomes exactly `rows`, in their order.
    void setRows(std::vector<Row> rows);

private:
    void removeRowsWithoutKey(const QSet<Key>& keep);
    void placeRow(int position, Row row); // that is here already, at the position or below
    template <class Iterator>
    void insertRun(int position, Iterator first, Iterator last);

    std::vector<Column> m_columns;
    KeyOf m_keyOf;
    std::vector<Row> m_rows;
};

template <class Row, class Key>
QVariant TableModel<Row, Key>::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const Row& r = row(index);
    const Column& column = m_columns[std::size_t(index.column())];
    switch (role) {
    case Qt::DisplayRole:
        return column.text(r);
    case Qt::TextAlignmentRole:
        return QVariant(column.alignment | Qt::AlignVCenter);
    case Qt::ToolTipRole:
        return column.toolTipOf(r);
    case Qt::FontRole:
        return column.isDated(r) ? QVariant(datedFont()) : QVariant();
    case SortRole:
        return column.sortKey ? column.sortKey(r) : QVariant(column.text(r));
    case ToneRole:
        return QVariant::fromValue(column.isDated(r) ? Tone::Muted
                                   : column.tone     ? column.tone(r)
                                                     : Tone::Normal);
    case RawRole:
        return column.rawValue(r);
    default:
        return {};
    }
}

template <class Row, class Key>
QVariant TableModel<Row, Key>::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= int(m_columns.size())) return {};
    const Column& column = m_columns[std::size_t(section)];
    switch (role) {
    case Qt::DisplayRole:
        return withZone(column.title);
    case RawRole:
        return withZone(column.rawTitle());
    case Qt::ToolTipRole:
        return column.explanation.isEmpty() ? QVariant() : QVariant(withZone(column.explanation));
    case Qt::TextAlignmentRole:
        return QVariant(column.alignment | Qt::AlignVCenter);
    default:
        return {};
    }
}

template <class Row, class Key>
void TableModel<Row, Key>::setRows(std::vector<Row> rows)
{
    QSet<Key> keep;
    for (const Row& r : rows)
        keep.insert(m_keyOf(r));
    removeRowsWithoutKey(keep);
    QSet<Key> present;
    for (const Row& r : m_rows)
        present.insert(m_keyOf(r));
    std::size_t placed = 0;
    while (placed < rows.size() && placed < m_rows.size()) {
        auto end = placed; // of a run of new rows, told to the views at once
        while (end < rows.size() && !present.contains(m_keyOf(rows[end])))
            ++end;
        if (end > placed)
            insertRun(int(placed), std::make_move_iterator(rows.begin() + std::ptrdiff_t(placed)),
                      std::make_move_iterator(rows.begin() + std::ptrdiff_t(end)));
        else
            placeRow(int(end++), std::move(rows[placed]));
        placed = end;
    }
    insertRun(int(m_rows.size()), std::make_move_iterator(rows.begin() + std::ptrdiff_t(placed)),
              std::make_move_iterator(rows.end()));
    if (!m_rows.empty())
        emit dataChanged(index(0, 0), index(int(m_rows.size()) - 1, int(m_columns.size()) - 1));
}

template <class Row, class Key>
void TableModel<Row, Key>::removeRowsWithoutKey(const QSet<Key>& keep)
{
    for (int last = int(m_rows.size()) - 1; last >= 0; --last) {
        if (keep.contains(m_keyOf(m_rows[std::size_t(last)]))) continue;
        int first = last;
        while (first > 0 && !keep.contains(m_keyOf(m_rows[std::size_t(first) - 1])))
            --first;
        beginRemoveRows({}, first, last);
        m_rows.erase(m_rows.begin() + first, m_rows.begin() + last + 1);
        endRemoveRows();
        last = first;
    }
}

template <class Row, class Key>
void TableModel<Row, Key>::placeRow(int position, Row row)
{
    const Key key = m_keyOf(row);
    const auto here = m_rows.begin() + position;
    const auto found = std::find_if(here, m_rows.end(), [&](const Row& r) { return m_keyOf(r) == key; });
    if (found == m_rows.end()) { // its key came twice
        insertRun(position, std::make_move_iterator(&row), std::make_move_iterator(&row + 1));
        return;
    }
    if (found != here) {
        const int from = int(found - m_rows.begin());
        beginMoveRows({}, from, from, {}, position);
        std::rotate(here, found, found + 1);
        endMoveRows();
    }
    m_rows[std::size_t(position)] = std::move(row);
}

template <class Row, class Key>
template <class Iterator>
void TableModel<Row, Key>::insertRun(int position, Iterator first, Iterator last)
{
    if (first == last) return;
    beginInsertRows({}, position, position + int(last - first) - 1);
    m_rows.insert(m_rows.begin() + position, first, last);
    endInsertRows();
}

} // namespace ui
