#include "ui/widgets/table_text.h"

#include "ui/widgets/formatting.h"

#include <QDateTime>
#include <QVariant>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

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

QByteArray toCsv(const TableCells& cells)
{
    return lines(cells, u',', QStringLiteral("\r\n"), quoted).toUtf8();
}

QString toTabSeparated(const TableCells& cells)
{
    return lines(cells, u'\t', QStringLiteral("\n"), oneLine);
}

} // namespace ui
