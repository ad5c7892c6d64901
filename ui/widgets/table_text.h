// What a table or tree shows, as text for elsewhere: CSV (RFC 4180) and tab-separated lines. Values are raw
// where the model has them (RawRole): numbers without grouping, times in ISO 8601 with their zone, units in
// the header. Text that a spreadsheet would take for a formula is made harmless. Pure; table_reader.h reads.
#pragma once

#include <QByteArray>
#include <QString>

#include <vector>

class QVariant;

namespace ui {

struct TableCell
{
    QString text;
    bool number = false; // anything else is text
};

struct TableCells
{
    std::vector<TableCell> header;
    std::vector<std::vector<TableCell>> rows;
    bool partial = false; // the model has more rows than it has read so far
};

QByteArray toCsv(const TableCells& cells); // UTF-8, lines end in CR LF
QString toTabSeparated(const TableCells& cells);

// A view's property, true while its page has more rows to read than the model knows of.
inline constexpr const char* kRowsMissing = "rowsMissing";
// Property of a view, its columns that are hidden for want of room only: exports have them.
inline constexpr const char* kLeftOutColumns = "leftOutColumns";

// Of one value, as above; not known (invalid, NaN, a dash) is empty.
TableCell tableCell(const QVariant& value);

} // namespace ui
