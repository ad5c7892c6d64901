#include "backend/report/shard_report.h"
#include "backend/report/tables.h"

#include <nlohmann/json.hpp>

namespace backend {
namespace {

using Json = nlohmann::ordered_json;

Json jsonValue(const ReportColumn& column, const Figure& figure)
{
    if (!figure) return nullptr;
    return column.number ? Json::parse(*figure) : Json(*figure);
}

Json jsonRow(const ReportTable& table, const std::vector<Figure>& row)
{
    Json out = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i)
        out[table.columns[i].name] = jsonValue(table.columns[i], row[i]);
    return out;
}

} // namespace

std::string renderJson(const ShardReport& report)
{
    const auto head = headTable(report);
    Json out = jsonRow(head, head.rows.front());
    for (const auto& table : reportTables(report)) {
        Json rows = Json::array();
        for (const auto& row : table.rows)
            rows.push_back(jsonRow(table, row));
        out[table.name] = std::move(rows);
    }
    return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace backend
