#include "backend/report/shard_report.h"
#include "backend/report/tables.h"

namespace backend {
namespace {

std::string csvField(const Figure& figure)
{
    const std::string text = figure.value_or("");
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out += '"';
}

// "value" of a node's load must not share a name with another record's.
std::string columnName(const ReportTable& table, const ReportColumn& column)
{
    return table.record == "shard" ? column.name : table.record + "_" + column.name;
}

} // namespace

std::string renderCsv(const ShardReport& report)
{
    const auto head = headTable(report);
    const auto tables = reportTables(report);
    std::string out = "record";
    for (const auto& column : head.columns)
        out += ',' + column.name;
    std::size_t width = 0;
    for (const auto& table : tables)
        for (const auto& column : table.columns) {
            out += ',' + columnName(table, column);
            ++width;
        }
    out += "\r\n";

    std::string prefix;
    for (const auto& figure : head.rows.front())
        prefix += ',' + csvField(figure);
    std::size_t before = 0;
    for (const auto& table : tables) {
        for (const auto& row : table.rows) {
            out += table.record + prefix + std::string(before, ',');
            for (const auto& figure : row)
                out += ',' + csvField(figure);
            out += std::string(width - before - row.size(), ',') + "\r\n";
        }
        before += table.columns.size();
    }
    return out;
}

} // namespace backend
