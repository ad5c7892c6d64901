#include "ui/pages/overview_page.h"

#include "backend/domain/balance.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/time_range.h"
#include "ui/models/cache_window.h"
#include "ui/pages/health_column.h"
#include "ui/pages/page_face.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/metric_tile.h"
#include "ui/widgets/time_chart.h"

#include <QGridLayout>

#include <algorithm>
#include <array>
#include <cmath>

namespace ui {
namespace {

// When a figure asks for attention. Twitter aimed at five seconds from post to home timeline.
constexpr double kSlowFanoutMs = 1000, kLateFanoutMs = 5000;
constexpr double kSlowQueueSeconds = 5, kLateQueueSeconds = 60;
constexpr double kSkewedBalance = 1.5;               // max/mean, where chance does not explain it
constexpr int kChartStretch = 7, kHealthStretch = 5; // of the columns
constexpr int kRatioPoints = 120;                    // of the hit ratio over the window

constexpr std::array kRatioCaches{"home timeline", "post object", "user object"};

Tone toneFor(double value, double warning, double critical)
{
    return value > critical ? Tone::Critical : value > warning ? Tone::Warning : Tone::Ok;
}

} // namespace

OverviewPage::OverviewPage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("overview"), tr("Overview"), context, parent)
{
    m_face = new PageFace(context, this, build());
    connect(&context.range, &TimeRange::windowChanged, this, [this] {
        if (isVisible()) setSnapshot(this->context().bridge.snapshot());
    });
    connect(&context.range, &TimeRange::moved, this, [this] {
        if (!isVisible() || this->context().range.live() || !this->context().bridge.snapshot()) return;
        showCache();
        showCharts();
    });
}

QWidget* OverviewPage::build()
{
    auto* content = new QWidget(this);
    auto* grid = new QGridLayout(content);
    grid->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, kSpacingMedium);
    grid->setSpacing(kSpacingMedium - 2);
    grid->addLayout(buildTiles(), 0, 0, 1, 3);
    buildCharts(content);
    grid->addWidget(m_delayChart, 1, 0);
    grid->addWidget(m_rateChart, 1, 1);
    grid->addWidget(m_queueChart, 2, 0);
    grid->addWidget(m_cacheChart, 2, 1);
    grid->addWidget(buildHealth(content), 1, 2, 2, 1);
    for (const int column : {0, 1})
        grid->setColumnStretch(column, kChartStretch);
    grid->setColumnStretch(2, kHealthStretch);
    for (const int row : {1, 2})
        grid->setRowStretch(row, 1);
    return content;
}

QLayout* OverviewPage::buildTiles()
{
    auto* row = new QHBoxLayout;
    row->setSpacing(kSpacingMedium - 2);
    m_fanout = addLink(*row, "fanoutTile", tr("Fan-out delay, p95"), QStringLiteral("queue"));
    m_deliveries = addLink(*row, "deliveriesTile", tr("Deliveries"), QStringLiteral("queue"));
    m_queue = addLink(*row, "queueTile", tr("Queue"), QStringLiteral("queue"));
    m_cache = addLink(*row, "cacheTile", tr("Cache hits"), QStringLiteral("cache"));
    m_balance = addLink(*row, "balanceTile", tr("Balance index"), QStringLiteral("shards"));
    m_nodes = addLink(*row, "nodesTile", tr("Nodes"), QStringLiteral("shards"));
    m_balance->setToolTip(
        tr("Deliveries per second of the busiest Redis node over the mean of all. 1 is even; "
           "by chance alone most nodes lie within two standard deviations (2 σ) of the mean."));
    m_fanout->setToolTip(
        tr("From the commit of a post to its entry in a home timeline, over the last 10 s."));
    return row;
}

MetricTile* OverviewPage::addLink(QBoxLayout& row, const char* name, const QString& title,
                                  const QString& page)
{
    auto* tile = addTile(row, context().theme, name, title, {}, this);
    tile->setLink(true);
    connect(tile, &MetricTile::clicked, this, [this, page] { emit openPage(page, {}); });
    return tile;
}

void OverviewPage::buildCharts(QWidget* parent)
{
    using Point = backend::HistoryPoint;
    const auto chart = [&](const char* name, TimeChart::Options options) {
        auto* out = new TimeChart(context().theme, context().range, std::move(options), parent);
        out->setObjectName(QLatin1StringView(name));
        return out;
    };
    const auto longTime = QStringLiteral("888 ms");
    m_delayChart =
        chart("delayChart",
              {tr("Fan-out delay"),
               {tr("commit to delivery"), formatMilliseconds, 10, 0, ScaleUnit::Milliseconds, longTime},
               {},
               {{tr("p50"), 1, [](const Point& p) { return p.fanoutP50Ms; }},
                {tr("p95"), 2, [](const Point& p) { return p.fanoutP95Ms; }},
                {tr("p99"), 3, [](const Point& p) { return p.fanoutP99Ms; }}},
               tr("No deliveries in this window")});
    m_rateChart = chart("rateChart",
                        {tr("Traffic"),
                         {tr("per second"), formatRate, 10, 0, ScaleUnit::Number, QStringLiteral("88,888")},
                         {{}, formatRate, 10},
                         {{tr("deliveries"), 1, [](const Point& p) { return p.deliveriesPerSecond; }},
                          {tr("posts"), 2, [](const Point& p) { return p.postsPerSecond; }, true},
                          {tr("reads"), 3, [](const Point& p) { return p.readsPerSecond; }, true}},
                         {}});
    m_queueChart = chart(
        "queueChart", {tr("Queue"),
                       {tr("tasks, age of the oldest"), {}, 4, 0, ScaleUnit::Whole, QStringLiteral("88,888")},
                       {{}, formatDuration, 0.1, 0, ScaleUnit::Seconds, longTime},
                       {{tr("waiting"), 1, [](const Point& p) { return p.queueUnfinished; }},
                        {tr("oldest"), 2, [](const Point& p) { return p.queueOldestAgeSeconds; }, true}},
                       {}});
    const auto percent = [](double value) { return formatRatio(value / 100); };
    m_cacheChart =
        chart("cacheChart", {tr("Cache hits"),
                             {tr("of look-ups"), percent, 100, 100, ScaleUnit::Percent, percent(100)},
                             {},
                             {{tr("home"), 1, {}}, {tr("posts"), 2, {}}, {tr("users"), 3, {}}},
                             tr("No look-ups in this window")});
}

QWidget* OverviewPage::buildHealth(QWidget* parent)
{
    m_health = new HealthColumn(context().theme, parent);
    connect(m_health, &HealthColumn::nodeActivated, this, [this](const backend::NodeSnapshot& node) {
        emit openPage(QStringLiteral("nodes"), QString::fromStdString(node.name));
    });
    connect(m_health, &HealthColumn::shardActivated, this, [this](int shard) {
        emit openPage(QStringLiteral("shards"), QStringLiteral("shard %1").arg(shard));
    });
    return m_health;
}

void OverviewPage::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    if (!m_face->show(snapshot)) return;
    showTiles(*snapshot);
    showCharts();
}

void OverviewPage::timesChanged()
{
    Page::timesChanged();
    setSnapshot(context().bridge.snapshot()); // asks nobody
}

// --- tiles

void OverviewPage::showTiles(const backend::ClusterSnapshot& snapshot)
{
    showFanout(snapshot);
    showQueue(snapshot);
    showCache();
    showBalance(snapshot);
    showNodes(snapshot);
}

void OverviewPage::showFanout(const backend::ClusterSnapshot& snapshot)
{
    const bool known = snapshot.fanoutP95Ms >= 0;
    const auto [number, unit] = durationFigure(snapshot.fanoutP95Ms / 1000);
    m_fanout->setValue(number, unit);
    m_fanout->setSubline(
        known ? tr("p50 %1 · p99 %2")
                    .arg(formatMilliseconds(snapshot.fanoutP50Ms), formatMilliseconds(snapshot.fanoutP99Ms))
              : tr("no deliveries in 10 s"));
    m_fanout->setStatus(known ? toneFor(snapshot.fanoutP95Ms, kSlowFanoutMs, kLateFanoutMs) : Tone::Muted);
    m_deliveries->setValue(formatRate(snapshot.deliveriesPerSecond), tr("/s"));
    m_deliveries->setSubline(
        tr("%1 posts/s · %2 reads/s")
            .arg(formatRate(snapshot.postsPerSecond), formatRate(snapshot.readsPerSecond)));
}

void OverviewPage::showQueue(const backend::ClusterSnapshot& snapshot)
{
    m_queue->setValue(formatCount(snapshot.queueUnfinished),
                      snapshot.queueUnfinished == 1 ? tr("task") : tr("tasks"));
    auto words = snapshot.queueUnfinished > 0
                     ? tr("oldest %1").arg(formatDuration(snapshot.queueOldestAgeSeconds))
                     : tr("nothing waits");
    if (snapshot.queueDead > 0)
        words += tr(" · %1 dead").arg(formatCount(snapshot.queueDead));
    else if (snapshot.queueUnfinished > 0 && snapshot.secondsToDrain)
        words += tr(" · drains in %1").arg(formatDuration(*snapshot.secondsToDrain));
    m_queue->setSubline(words);
    const auto tone = toneFor(snapshot.queueOldestAgeSeconds, kSlowQueueSeconds, kLateQueueSeconds);
    m_queue->setStatus(snapshot.queueDead > 0 ? std::max(tone, Tone::Warning) : tone);
}

void OverviewPage::showCache()
{
    const auto& range = context().range;
    // The top bar tells which part was chosen; a tile has no room for it.
    const auto when =
        range.chosen()
            ? tr("chosen %1").arg(formatDuration(std::chrono::duration<double>(range.span()).count()))
            : range.windowText();
    std::int64_t hits = 0, lookups = 0;
    for (const auto& window : cacheWindows(context().bridge.historyBetween(range.begin(), range.end()))) {
        hits += window.hits;
        lookups += window.lookups();
    }
    if (lookups == 0) {
        m_cache->setValue(tr("n/a"), {});
        m_cache->setSubline(tr("no look-ups, %1").arg(when));
        return;
    }
    auto ratio = formatRatio(double(hits) / double(lookups));
    ratio.chop(2); // the unit is set smaller
    m_cache->setValue(ratio, tr("%"));
    m_cache->setSubline(tr("of %1, %2").arg(formatCompact(double(lookups)), when));
}

void OverviewPage::showBalance(const backend::ClusterSnapshot& snapshot)
{
    const auto balance = backend::nodeBalance(snapshot, backend::BalanceMetric::Deliveries);
    if (balance.mean <= 0) {
        m_balance->setValue(tr("n/a"), {});
        m_balance->setSubline(tr("no deliveries now"));
        m_balance->setStatus(Tone::Muted);
        return;
    }
    const double band = backend::chanceBand(balance);
    m_balance->setValue(formatNumber(balance.maxOverMean, 2), tr("max/mean"));
    m_balance->setSubline(band > 0 ? tr("by chance ± %1 (2 σ)").arg(formatRatio(band))
                                   : tr("of deliveries/s by node"));
    const bool skewed = balance.maxOverMean > kSkewedBalance && balance.coefficientOfVariation > band;
    m_balance->setStatus(skewed ? Tone::Warning : Tone::Ok);
}

void OverviewPage::showNodes(const backend::ClusterSnapshot& snapshot)
{
    const auto count = [&](backend::Health health) {
        return std::count_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                             [health](const auto& node) { return node.health == health; });
    };
    const auto ok = count(backend::Health::Ok), down = count(backend::Health::Down);
    const auto degraded = count(backend::Health::Degraded), all = std::ptrdiff_t(snapshot.nodes.size());
    m_nodes->setValue(formatCount(ok), tr("of %1 ok").arg(all));
    QStringList troubles;
    if (down > 0) troubles << tr("%1 down").arg(down);
    if (degraded > 0) troubles << tr("%1 degraded").arg(degraded);
    if (const auto unknown = all - ok - down - degraded; unknown > 0)
        troubles << tr("%1 not known").arg(unknown);
    m_nodes->setSubline(troubles.isEmpty() ? tr("every node answers") : troubles.join(QStringLiteral(" · ")));
    m_nodes->setStatus(down > 0 ? Tone::Critical : troubles.isEmpty() ? Tone::Ok : Tone::Warning);
    m_health->setSnapshot(snapshot);
}

// --- charts

void OverviewPage::showCharts()
{
    const auto& range = context().range;
    const auto history = context().bridge.historyBetween(range.begin(), range.end());
    for (auto* chart : {m_delayChart, m_rateChart, m_queueChart})
        chart->setHistory(history);
    std::vector<double> at;
    std::vector<std::vector<double>> values;
    for (const char* cache : kRatioCaches) {
        auto series = hitRatioOverTime(history, cache, kRatioPoints);
        if (at.empty()) at = std::move(series.atSeconds);
        values.push_back(std::move(series.percent));
    }
    m_cacheChart->markGaps(history);
    m_cacheChart->setData(at, values);
}

} // namespace ui
