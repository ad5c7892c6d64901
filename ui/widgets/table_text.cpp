#include "ui/widgets/table_text.h"

#include "ui/models/table_roles.h"
#include "ui/widgets/formatting.h"

#include <QAbstractItemView>
#include <QDateTime>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QTableView>
#include <QTreeView>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

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

class Reader
{
public:
    Reader(const QAbstractItemView& view, TableRows rows)
        : m_view(view)
        , m_model(*view.model())
        , m_rows(rows)
    {
        const auto* header = headerOf(view);
        for (int visual = 0; visual < m_model.columnCount(); ++visual) {
            const int logical = header ? header->logicalIndex(visual) : visual;
            if (!header || !header->isSectionHidden(logical)) m_columns.push_back(logical);
        }
    }

    TableCells read()
    {
        for (const int column : m_columns)
            m_out.header.push_back({title(column), false});
        readBelow({}, {});
        return std::move(m_out);
    }

private:
    QString title(int column)
    {
        const auto raw = m_model.headerData(column, Qt::Horizontal, RawRole);
        m_hasRaw = m_hasRaw || raw.isValid();
        return (raw.isValid() ? raw : m_model.headerData(column, Qt::Horizontal)).toString();
    }

    void readBelow(const QModelIndex& parent, const QString& path)
    {
        m_out.partial =
            m_out.partial || m_model.canFetchMore(parent) || m_view.property(kRowsMissing).toBool();
        const int count = m_model.rowCount(parent);
        for (int row = 0; row < count; ++row) {
            if (isHidden(m_view, row, parent)) continue;
            const auto first = m_model.index(row, 0, parent);
            const bool wanted =
                m_rows == TableRows::All || m_view.selectionModel()->rowIntersectsSelection(row, parent);
            if (wanted) m_out.rows.push_back(cells(row, parent, path));
            if (m_model.hasChildren(first)) readBelow(first, path + first.data().toString() + " / ");
        }
    }

    std::vector<TableCell> cells(int row, const QModelIndex& parent, const QString& path) const
    {
        std::vector<TableCell> out;
        for (const int column : m_columns) {
            const auto index = m_model.index(row, column, parent);
            auto cell = tableCell(index.data(m_hasRaw ? int(RawRole) : int(Qt::DisplayRole)));
            if (column == 0 && !path.isEmpty()) cell = {path + index.data().toString(), false};
            out.push_back(std::move(cell));
        }
        return out;
    }

    const QAbstractItemView& m_view;
    const QAbstractItemModel& m_model;
    const TableRows m_rows;
    std::vector<int> m_columns;
    bool m_hasRaw = false;
    TableCells m_out;
};

// A spreadsheet takes what begins so for a formula, and may run it: an apostrophe makes it text.
QString harmless(const TableCell& cell)
{
    auto text = cell.text;
    text.remove(QChar(0));
    if (cell.number || text.isEmpty()) return text;
    return QStringLiteral("=+-@\t\r").contains(text.front()) ? u'\'' + text : text;
}

QString quoted(const TableCell& cell)
{
    auto text = harmless(cell);
    const bool plain = std::none_of(text.cbegin(), text.cend(), [](QChar c) {
        return c == u'"' || c == u',' || c == u'\r' || c == u'\n';
    });
    if (plain && text.trimmed().size() == text.size()) return text;
    return u'"' + text.replace(u'"', QStringLiteral("\"\"")) + u'"';
}

QString oneLine(const TableCell& cell)
{
    return harmless({cell.text.simplified(), cell.number});
}

template <class Text>
QString lines(const TableCells& cells, QChar between, const QString& end, Text text)
{
    QString out;
    const auto add = [&](const std::vector<TableCell>& row) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) out += between;
            out += text(row[i]);
        }
        out += end;
    };
    add(cells.header);
    for (const auto& row : cells.rows)
        add(row);
    return out;
}

} // namespace

TableCell tableCell(const QVariant& value)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
        return {};
    case QMetaType::Double:
    case QMetaType::Float: {
        const double number = value.toDouble();
        if (!std::isfinite(number)) return {};
        const bool whole = number == std::floor(number) && std::abs(number) < 1e15;
        return {whole ? QString::number(number, 'f', 0) : QString::number(number, 'g', 15), true};
    }
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
        return {value.toString(), true};
    case QMetaType::QDateTime: {
        const auto time = value.toDateTime(); // a local one would not say its offset
        return {time.toOffsetFromUtc(time.offsetFromUtc()).toString(Qt::ISODateWithMs), true};
    }
    default: {
        const auto text = value.toString();
        return text == unknownText() ? TableCell{} : TableCell{text, false};
    }
    }
}

TableCells readTable(const QAbstractItemView& view, TableRows rows)
{
    return view.model() ? Reader(view, rows).read() : TableCells{};
}

QByteArray toCsv(const TableCells& cells)
{
    return lines(cells, u',', QStringLiteral("\r\n"), quoted).toUtf8();
}

QString toTabSeparated(const TableCells& cells)
{
    return lines(cells, u'\t', QStringLiteral("\n"), oneLine);
}

} // namespace ui
