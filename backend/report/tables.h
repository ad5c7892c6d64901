// The shard report as tables of figures and words, rounded and written once; CSV, JSON and HTML all render
// these. Internal to backend/report. Pure; any thread.
#pragma once

#include "backend/domain/shard_report.h"
#include "backend/report/figures.h"

#include <string>
#include <vector>

namespace backend {

struct ReportColumn
{
    std::string name;  // with its unit: "timelines_bytes"
    std::string title; // for people: "Timelines, bytes"
    bool number = true;
};

struct ReportTable
{
    std::string record; // "shard", "balance", "node_load", "node": of one row
    std::string name;   // "shards", …: of all
    std::string title;
    std::vector<ReportColumn> columns;
    std::vector<std::vector<Figure>> rows; // words or figures; empty: not known
};

// What identifies the report: one row.
ReportTable headTable(const ShardReport& report);
std::vector<ReportTable> reportTables(const ShardReport& report);

// The value of a metric as every table writes it.
Figure metricFigure(double value, BalanceMetric metric);

} // namespace backend
