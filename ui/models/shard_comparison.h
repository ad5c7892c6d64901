// Two windows of time compared, shard by shard and as wholes. Pure values and the table of them; any thread,
// the model GUI thread only.
#pragma once

#include "backend/domain/shard_history.h"
#include "ui/models/table_model.h"

#include <vector>

namespace ui {

// The means of one window.
struct ShardMeans
{
    std::vector<double> byShard; // NaN: nothing known
    int columns = 0, known = 0;  // steps in the window, and those of which anything is known
};
ShardMeans shardMeans(const backend::ShardHistory& history);

struct BalanceFigures
{
    double mean, maxOverMean, variation, gini; // NaN: not known
};
BalanceFigures balanceFigures(const ShardMeans& means);

struct ShardComparisonRow
{
    int shard = 0;
    double a = 0, b = 0; // NaN: not known
    backend::BalanceMetric metric = backend::BalanceMetric::Deliveries;
};
std::vector<ShardComparisonRow> compareShards(const ShardMeans& a, const ShardMeans& b,
                                              backend::BalanceMetric metric);

using ShardComparisonModel = TableModel<ShardComparisonRow, int>;
enum ShardComparisonColumn {
    ComparedShardColumn,
    ComparedAColumn,
    ComparedBColumn,
    ComparedChangeColumn,
    ComparedPercentColumn
};
ShardComparisonModel* makeShardComparisonTable(QObject* parent);

// "+1,234" "−5" "0"
QString signedText(double value, const QString& absolute);

} // namespace ui
