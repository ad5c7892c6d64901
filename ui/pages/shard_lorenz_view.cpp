#include "ui/pages/shard_lorenz_view.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/models/last_known.h"
#include "ui/models/shard_metric.h"
#include "ui/pages/shard_window.h"
#include "ui/report/report_tables.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/lorenz_chart.h"

#include <QHBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {
namespace {

constexpr double kChanceSteps = 50; // the band is drawn anew when its width changes by a fiftieth

} // namespace

ShardLorenzView::ShardLorenzView(const PageContext& context, QWidget* parent)
    : Card(context.theme, {}, parent)
    , m_context(context)
    , m_gini(std::numeric_limits<double>::quiet_NaN())
{
    build();
}

void ShardLorenzView::build()
{
    m_chart = new LorenzChart(m_context.theme, this);
    m_chart->setObjectName(QStringLiteral("lorenzChart"));
    auto* row = new QHBoxLayout;
    row->setSpacing(kSpacingLarge);
    row->addWidget(m_chart, 3);
    row->addWidget(buildFigures(), 2);
    body()->addLayout(row, 1);
}

QWidget* ShardLorenzView::buildFigures()
{
    auto* side = new QWidget(this);
    const auto label = [&](const char* name, FontRole role, Tone tone, const QString& text = {}) {
        auto* out = new Label(m_context.theme, text, role, tone, side);
        out->setObjectName(QLatin1String(name));
        out->setWordWrap(true);
        return out;
    };
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins({});
    column->addWidget(label("giniTitle", FontRole::Body, Tone::Muted, tr("Gini coefficient of the shards")));
    column->addWidget(m_giniValue = label("giniValue", FontRole::Value, Tone::Normal));
    column->addWidget(m_giniVerdict = label("giniVerdict", FontRole::Strong, Tone::Normal));
    column->addWidget(m_giniChance = label("giniChance", FontRole::Body, Tone::Normal));
    column->addSpacing(kSpacingMedium);
    column->addWidget(
        label("lorenzExplanation", FontRole::Small, Tone::Muted,
              tr("0 is perfectly even (the dashed line), 1 is everything on one shard. The band "
                 "is what chance gives when equal users fall onto the shards by themselves: the "
                 "coefficient of variation is then about √((S−1)/users), and counts of few events "
                 "vary by √((S−1)/events) besides.")));
    column->addStretch(1);
    return side;
}

void ShardLorenzView::setMetric(backend::BalanceMetric metric)
{
    m_metric = metric;
    setTitle(tr("Lorenz curve of the shards · %1").arg(reportMetricText(metric)));
    m_chanceKey = {};
    m_chance = {};
}

void ShardLorenzView::show(const ShownShards& shards)
{
    std::vector<double> values;
    for (const auto& shard : shards.snapshot->shards)
        values.push_back(backend::valueOf(shard, m_metric));
    const auto summary = backend::shardBalance(*shards.snapshot, m_metric, shards.seconds);
    m_gini = backend::giniOf(values);
    m_chart->setCurve(backend::lorenzOf(std::move(values)), shardMetricWord(m_metric));
    const auto& all = shards.snapshot->shards;
    const auto dated =
        std::count_if(all.begin(), all.end(), [&](const auto& s) { return backend::lastKnown(s, m_metric); });
    setSubtitle(!shards.note.isEmpty() ? shards.note
                : dated > 0 && !shards.ofWindow
                    ? (backend::countsEvents(m_metric) ? ratesDated(*shards.snapshot)
                                                       : tr("%1 shards as last known: node down").arg(dated))
                : shards.ofWindow ? tr("mean of the window")
                : backend::countsEvents(m_metric)
                    ? tr("over the last %1 s").arg(formatWholeCount(shards.seconds))
                    : QString());
    if (summary.chanceCoefficientOfVariation > 0)
        askChance(summary.known, summary.chanceCoefficientOfVariation);
    else {
        m_chanceKey = {};
        m_chance = {};
        m_chart->setChance({});
    }
    showGini();
}

// Drawn by lot, a few milliseconds with many shards: not on this thread.
void ShardLorenzView::askChance(int bins, double variation)
{
    const std::pair<int, long> key{bins, std::lround(std::log(variation) * kChanceSteps)};
    if (m_chanceAsked || key == m_chanceKey) return;
    m_chanceAsked = true;
    m_context.bridge.call(
        this,
        [bins, variation](backend::Engine&) -> backend::Result<backend::ChanceLorenz> {
            return backend::chanceLorenz(bins, variation);
        },
        [this, key, metric = m_metric](backend::Result<backend::ChanceLorenz> chance) {
            m_chanceAsked = false;
            if (!chance || metric != m_metric) return; // the next snapshot asks again
            m_chanceKey = key;
            m_chance = *chance;
            m_chart->setChance(std::move(*chance));
            showGini();
        });
}

void ShardLorenzView::showGini()
{
    m_giniValue->setText(formatNumber(m_gini, 3));
    if (std::isnan(m_gini)) {
        m_giniVerdict->setText(tr("Not known yet"));
        m_giniVerdict->setTone(Tone::Muted);
        m_giniChance->clear();
        return;
    }
    if (m_chance.low.empty()) {
        m_giniVerdict->clear();
        m_giniChance->setText(
            tr("What chance would give is not known: the users of the shards are not counted yet."));
        return;
    }
    const bool chance = m_gini <= m_chance.giniHigh;
    m_giniVerdict->setText(chance ? tr("No more than chance") : tr("More uneven than chance"));
    m_giniVerdict->setTone(chance ? Tone::Ok : Tone::Warning);
    m_giniChance->setText(tr("By chance alone %1, and in 95 of 100 cases between %2 and %3.")
                              .arg(formatNumber(m_chance.giniMedian, 3), formatNumber(m_chance.giniLow, 3),
                                   formatNumber(m_chance.giniHigh, 3)));
}

} // namespace ui
