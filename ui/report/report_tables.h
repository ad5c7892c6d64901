// The shard report as tables of text for the drawn page. Figures are rounded exactly as in the report's CSV,
// JSON and HTML, and grouped by thousands as in its HTML; "–" is not known. Pure functions; any thread.
#pragma once

#include "backend/domain/shard_report.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace ui {

struct ReportPageColumn
{
    QString title;
    bool number = true;
    double weight = 1; // of the table's width
};

struct ReportPageTable
{
    QString title;
    std::vector<ReportPageColumn> columns;
    std::vector<QStringList> rows;
};

// Decimal text with a point, without trailing zeros; "–" when negative or NaN.
QString reportFigure(double value, int decimals);
QString reportFigure(std::int64_t value);
QString reportMetricFigure(double value, backend::BalanceMetric metric);
QString reportMetricText(backend::BalanceMetric metric); // "Deliveries/s"
QString reportTimeText(backend::TimePoint time);         // 2026-11-23 06:06:16 UTC

ReportPageTable reportHeadTable(const backend::ShardReport& report);
ReportPageTable reportTrafficTable(const backend::ShardReport& report); // of the whole cluster
ReportPageTable reportBalanceTable(const backend::ShardReport& report);
ReportPageTable reportNodeLoadsTable(const backend::ShardReport& report); // nodes down, metrics across
ReportPageTable reportShardsTable(const backend::ShardReport& report);
ReportPageTable reportNodesTable(const backend::ShardReport& report);
ReportPageTable reportNodeVolumesTable(const backend::ShardReport& report);

} // namespace ui
