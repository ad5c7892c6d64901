#include "backend/report/charts.h"
#include "backend/report/shard_report.h"
#include "backend/report/tables.h"

namespace backend {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b2430; --soft: #5c6875; --rule: #d5dbe1; --card: #f6f8fa;
  --bar: #0072b2; --band: #56b4e9; --mean: #d55e00; --unknown: #c3cad1; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e4e9ee; --soft: #98a4b0; --rule: #303841;
  --card: #1c2229; --bar: #56b4e9; --band: #0072b2; --mean: #e69f00; --unknown: #3c454e; } }
@media print { :root { color-scheme: light; --paper: #ffffff; --ink: #000000; --soft: #444444; --rule: #bbbbbb;
  --card: #ffffff; --bar: #0072b2; --band: #56b4e9; --mean: #d55e00; --unknown: #cccccc; }
  section, svg, tr { break-inside: avoid; } thead { display: table-header-group; } body { max-width: none; }
  rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
body { background: var(--paper); color: var(--ink); font: 14px/1.45 Inter, "DejaVu Sans", sans-serif;
  max-width: 1180px; margin: 0 auto; padding: 24px; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 32px 0 8px; } p { margin: 4px 0 12px; }
.soft { color: var(--soft); }
.wide { overflow-x: auto; } .charts { display: flex; flex-wrap: wrap; gap: 24px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
caption { text-align: left; padding: 0 0 6px; color: var(--soft); }
th, td { padding: 4px 10px; border-bottom: 1px solid var(--rule); text-align: left; white-space: nowrap; }
th.n, td.n { text-align: right; } thead th { background: var(--card); }
svg { max-width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 12px; }
.bar { fill: var(--bar); } .band { fill: var(--band); opacity: 0.3; } .unknown { fill: var(--unknown); }
.mean { stroke: var(--mean); stroke-width: 1.5; stroke-dasharray: 4 3; }
)";

std::string htmlCell(const ReportColumn& column, const Figure& figure)
{
    const std::string open = column.number ? "<td class=\"n\">" : "<td>";
    if (!figure) return open + "–</td>";
    return open + xmlText(column.number ? groupedDigits(*figure) : *figure) + "</td>";
}

std::string htmlTable(const ReportTable& table)
{
    std::string out = "<div class=\"wide\"><table id=\"" + table.name + "\">\n<caption>" +
                      xmlText(table.title) + "</caption>\n<thead><tr>";
    for (const auto& column : table.columns)
        out += (column.number ? "<th class=\"n\" scope=\"col\">" : "<th scope=\"col\">") +
               xmlText(column.title) + "</th>";
    out += "</tr></thead>\n<tbody>\n";
    for (const auto& row : table.rows) {
        out += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i)
            out += htmlCell(table.columns[i], row[i]);
        out += "</tr>\n";
    }
    return out + "</tbody></table></div>\n";
}

std::string summaryText(const ShardReportBalance& balance, bool chanceKnown)
{
    if (balance.byShard.known == 0) return "Not known yet.";
    if (balance.byNode.mean <= 0) return "Nothing counted.";
    const auto text = [](double value) { return realFigure(value, 4).value_or("0"); };
    std::string out = "The most loaded node has " + text(balance.byNode.maxOverMean) +
                      " times the mean. Coefficient of variation: shards " +
                      text(balance.byShard.coefficientOfVariation) + ", nodes " +
                      text(balance.byNode.coefficientOfVariation);
    if (chanceKnown)
        out += "; chance alone would give " + text(balance.byShard.chanceCoefficientOfVariation) + " and " +
               text(balance.byNode.chanceCoefficientOfVariation) +
               "; the shaded band around the mean of the nodes is " + chanceBandText(balance);
    return out + ".";
}

std::string metricSection(const ShardReport& report, const ShardReportBalance& balance)
{
    std::string name(toString(balance.metric));
    name[0] = char(name[0] - 'a' + 'A');
    std::string out = "<section>\n<h2>" + name + "</h2>\n<p class=\"soft\">" +
                      summaryText(balance, report.users > 0) + "</p>\n";
    if (balance.byShard.known > 0)
        out += "<div class=\"charts\">\n" + heatmapSvg(report, balance) + rankedBarsSvg(report, balance) +
               "</div>\n";
    return out + "</section>\n";
}

} // namespace

std::string renderHtml(const ShardReport& report)
{
    const std::string title = "Shard report: " + report.clusterName;
    std::string out =
        "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
        "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>" +
        xmlText(title) + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<h1>" + xmlText(title) +
        "</h1>\n<p class=\"soft\">" + xmlText(report.environment) + " · taken at " +
        utcWords(report.takenAt) + " · rates are per second, as of that moment</p>\n";
    out += htmlTable(headTable(report));
    const auto tables = reportTables(report);
    out += "<section>\n<h2>Balance</h2>\n" + htmlTable(tables[0]) + "</section>\n";
    for (const auto& balance : report.balance)
        out += metricSection(report, balance);
    for (std::size_t i = 1; i < tables.size(); ++i)
        out +=
            "<section>\n<h2>" + xmlText(tables[i].title) + "</h2>\n" + htmlTable(tables[i]) + "</section>\n";
    return out + "</body>\n</html>\n";
}

} // namespace backend
