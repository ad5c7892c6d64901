// How values of a balance metric are written and scaled, the same in every picture and table of the Shards
// page. Pure functions; any thread.
#pragma once

#include "backend/domain/balance.h"
#include "ui/widgets/axis_scale.h"

#include <QString>

#include <functional>

namespace ui {

QString shardValueText(double value, backend::BalanceMetric metric); // "12.3" "1.5 KiB" "1,234"; NaN: "–"
QString shardMeanText(double mean, backend::BalanceMetric metric);   // small means of counts with a decimal
std::function<QString(double)> shardValueFormat(backend::BalanceMetric metric);
// With its word in a sentence: "12.3 deliveries/s" "1.5 KiB" "1,234 entries".
std::function<QString(double)> shardReadingFormat(backend::BalanceMetric metric);
QString shardMetricWord(backend::BalanceMetric metric); // "deliveries/s", within a sentence
// For pictures in which every value is 0: "Nothing was delivered in this window". when: "in this window".
QString shardNothingText(backend::BalanceMetric metric, const QString& when);
ScaleUnit shardScaleUnit(backend::BalanceMetric metric);

} // namespace ui
