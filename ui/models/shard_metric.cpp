#include "ui/models/shard_metric.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <cmath>

namespace ui {
namespace {

struct ShardMetric
{
    Q_DECLARE_TR_FUNCTIONS(ui::ShardMetric)
};

} // namespace

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

QString shardMeanText(double mean, BalanceMetric metric)
{
    return metric == BalanceMetric::Bytes ? shardValueText(mean, metric) : formatRate(mean);
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

QString shardNothingText(BalanceMetric metric, const QString& when)
{
    switch (metric) {
    case BalanceMetric::Deliveries:
        return ShardMetric::tr("Nothing was delivered %1").arg(when);
    case BalanceMetric::Reads:
        return ShardMetric::tr("Nothing was read %1").arg(when);
    case BalanceMetric::Posts:
        return ShardMetric::tr("No shard has a post");
    default:
        return ShardMetric::tr("No shard has a home timeline in Redis");
    }
}

ScaleUnit shardScaleUnit(BalanceMetric metric)
{
    return metric == BalanceMetric::Bytes ? ScaleUnit::Bytes : ScaleUnit::Number;
}

} // namespace ui
