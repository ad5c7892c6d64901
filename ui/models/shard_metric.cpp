#include "ui/models/shard_metric.h"

#include "ui/widgets/formatting.h"

#include <cmath>

namespace ui {

using backend::BalanceMetric;

QString shardValueText(double value, BalanceMetric metric)
{
    if (std::isnan(value)) return unknownText();
    switch (metric) {
    case BalanceMetric::Bytes:
        return formatBytes(std::int64_t(value));
    case BalanceMetric::Deliveries:
    case BalanceMetric::Reads:
        return formatRate(value);
    default:
        return formatCount(std::int64_t(std::llround(value)));
    }
}

std::function<QString(double)> shardValueFormat(BalanceMetric metric)
{
    return [metric](double value) { return shardValueText(value, metric); };
}

QString shardMetricWord(BalanceMetric metric)
{
    const auto word = backend::toString(metric);
    return QString::fromUtf8(word.data(), qsizetype(word.size()));
}

std::function<QString(double)> shardReadingFormat(BalanceMetric metric)
{
    return [metric](double value) {
        const auto text = shardValueText(value, metric);
        return metric == BalanceMetric::Bytes || std::isnan(value)
                   ? text
                   : QStringLiteral("%1 %2").arg(text, shardMetricWord(metric));
    };
}

ScaleUnit shardScaleUnit(BalanceMetric metric)
{
    return metric == BalanceMetric::Bytes ? ScaleUnit::Bytes : ScaleUnit::Number;
}

} // namespace ui
