#include "ui/models/shard_comparison.h"

#include "backend/domain/lorenz.h"
#include "ui/models/shard_metric.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {
namespace {

constexpr double kUnknownMean = std::numeric_limits<double>::quiet_NaN();

struct ShardComparison
{
    Q_DECLARE_TR_FUNCTIONS(ui::ShardComparison)

public:
    using Row = ShardComparisonRow;
    using Column = ShardComparisonModel::Column;

    static QVariant known(double value) { return std::isnan(value) ? QVariant() : QVariant(value); }

    static Column value(const QString& title, const QString& explanation, double Row::*member)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [member](const Row& r) { return shardValueText(r.*member, r.metric); },
                [member](const Row& r) { return known(r.*member); },
                {},
                {}};
    }

    static Column change()
    {
        return {
            tr("Change"),
            tr("B less A"),
            Qt::AlignRight,
            [](const Row& r) { return signedText(r.b - r.a, shardValueText(std::abs(r.b - r.a), r.metric)); },
            [](const Row& r) { return known(r.b - r.a); },
            {},
            {}};
    }

    static Column percent()
    {
        const auto part = [](const Row& r) { return r.a > 0 ? (r.b / r.a - 1) * 100 : kUnknownMean; };
        return {tr("Change, %"),
                tr("Of A; not known where A is 0"),
                Qt::AlignRight,
                [part](const Row& r) { return signedText(part(r), formatNumber(std::abs(part(r)), 1)); },
                [part](const Row& r) { return known(part(r)); },
                {},
                {}};
    }
};

} // namespace

ShardMeans shardMeans(const backend::ShardHistory& history)
{
    const auto shards = std::size_t(history.shards);
    ShardMeans out{std::vector<double>(shards, 0), int(history.at.size()), 0};
    std::vector<int> counts(shards, 0);
    for (std::size_t column = 0; column < history.at.size(); ++column) {
        bool any = false;
        for (std::size_t shard = 0; shard < shards; ++shard) {
            const float value = history.values[column * shards + shard];
            if (std::isnan(value)) continue;
            any = true;
            ++counts[shard];
            out.byShard[shard] += double(value);
        }
        out.known += any ? 1 : 0;
    }
    for (std::size_t shard = 0; shard < shards; ++shard)
        out.byShard[shard] = counts[shard] > 0 ? out.byShard[shard] / counts[shard] : kUnknownMean;
    return out;
}

BalanceFigures balanceFigures(const ShardMeans& means)
{
    const auto summary = backend::summarize(means.byShard, 0);
    if (summary.known == 0) return {kUnknownMean, kUnknownMean, kUnknownMean, kUnknownMean};
    const bool any = summary.mean > 0;
    return {summary.mean, any ? summary.maxOverMean : kUnknownMean,
            any ? summary.coefficientOfVariation : kUnknownMean, backend::giniOf(means.byShard)};
}

std::vector<ShardComparisonRow> compareShards(const ShardMeans& a, const ShardMeans& b,
                                              backend::BalanceMetric metric)
{
    std::vector<ShardComparisonRow> out;
    const auto at = [](const ShardMeans& means, std::size_t shard) {
        return shard < means.byShard.size() ? means.byShard[shard] : kUnknownMean;
    };
    for (std::size_t shard = 0; shard < std::max(a.byShard.size(), b.byShard.size()); ++shard)
        out.push_back({int(shard), at(a, shard), at(b, shard), metric});
    return out;
}

QString signedText(double value, const QString& absolute)
{
    if (std::isnan(value)) return unknownText();
    return value > 0 ? QStringLiteral("+") + absolute : value < 0 ? QStringLiteral("−") + absolute : absolute;
}

ShardComparisonModel* makeShardComparisonTable(QObject* parent)
{
    using C = ShardComparison;
    using Row = ShardComparisonRow;
    std::vector<ShardComparisonModel::Column> columns{
        {C::tr("Shard"),
         C::tr("Logical shard"),
         Qt::AlignRight,
         [](const Row& r) { return QString::number(r.shard); },
         [](const Row& r) { return QVariant(r.shard); },
         {},
         {}},
        C::value(C::tr("A"), C::tr("Mean of window A"), &Row::a),
        C::value(C::tr("B"), C::tr("Mean of window B"), &Row::b),
        C::change(),
        C::percent(),
    };
    return new ShardComparisonModel(
        std::move(columns), [](const Row& r) { return r.shard; }, parent);
}

} // namespace ui
