#include "ui/pages/overview_page.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/time_range.h"
#include "ui/models/cache_window.h"
#include "ui/pages/health_column.h"
#include "ui/pages/page_face.h"
#include "ui/pages/shard_window.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/metric_tile.h"
#include "ui/widgets/time_chart.h"

#include <QGridLayout>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <cmath>

namespace ui {
namespace {

constexpr int kChartStretch = 7, kHealthStretch = 5; // of the columns
constexpr int kRatioPoints = 120;                    // of the hit ratio over the window

// Beside all of them together, which the tile tells of.
constexpr std::array kRatioCaches{"home timeline", "post object", "user object"};

} // namespace

OverviewPage::OverviewPage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("overview"), tr("Overview"), context, parent)
{
    m_face = new PageFace(context, this, build());
    m_shards = new ShardWindow(context, this);
    const auto again = [this] {
        if (isVisible()) setSnapshot(this->context().bridge.snapshot());
    };
    connect(&context.range, &TimeRange::windowChanged, this, again);
    connect(m_shards, &ShardWindow::changed, this, again);
    connect(&context.range, &TimeRange::moved, this, [this, again] {
        if (!this->context().range.live()) again();
    });
}

QWidget* OverviewPage::build()
{
    auto* content = new QWidget(this);
    auto* rows = new QVBoxLayout(content);
    rows->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, kSpacingMedium);
    rows->setSpacing(kSpacingMedium - 2);
    auto* grid = new QGridLayout;
    rows->addLayout(grid, 1);
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
    m_fanout = addLink(*row, "fanoutTile", tr("Fan-out p95"), QStringLiteral("queue"));
    m_deliveries = addLink(*row, "deliveriesTile", tr("Deliveries"), QStringLiteral("queue"));
    m_queue = addLink(*row, "queueTile", tr("Queue"), QStringLiteral("queue"));
    m_cache = addLink(*row, "cacheTile", tr("Cache hits"), QStringLiteral("cache"));
    m_balance = addLink(*row, "balanceTile", tr("Balance index"), QStringLiteral("shards"));
    m_nodes = addLink(*row, "nodesTile", tr("Nodes"), QStringLiteral("nodes"));
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
               tr("No deliveries seen in this window"),
               true});
    m_rateChart = chart(
        "rateChart",
        {tr("Traffic"),
         {tr("per second"), formatRate, 10, 0, ScaleUnit::Number, QStringLiteral("88,888")},
         {{}, formatRate, 10},
         {{tr("deliveries"), 1, [](const Point& p) { return p.deliveriesPerSecond; }},
          {tr("posts"), 2, [](const Point& p) { return p.postsPerSecond; }, true},
          {tr("reads"), 3, [](const Point& p) { return p.readsPerSecond; }, true},
          {tr("failed"), 4, [](const Point& p) { return p.failedReadsPerSecond + p.failedWritesPerSecond; },
           true, Tone::Critical},
          {tr("incomplete"), 5, [](const Point& p) { return p.partialPagesPerSecond; }, true, Tone::Warning}},
         {}});
    m_queueChart = chart(
        "queueChart", {tr("Queue"),
                       {tr("tasks, age of the oldest"), {}, 4, 0, ScaleUnit::Whole, QStringLiteral("88,888")},
                       {{}, formatDuration, 0.1, 0, ScaleUnit::Seconds, longTime},
                       {{tr("waiting"), 1, [](const Point& p) { return p.queueUnfinished; }},
                        {tr("oldest"), 2, [](const Point& p) { return p.queueOldestAgeSeconds; }, true}},
                       {}});
    const auto percent = [](double value) { return formatRatio(value / 100); };
    m_cacheChart = chart(
        "cacheChart", {tr("Cache hits"),
                       {tr("of look-ups"), percent, 100, 100, ScaleUnit::Percent, percent(100)},
                       {},
                       {{tr("all"), 8, {}}, {tr("home"), 1, {}}, {tr("posts"), 2, {}}, {tr("users"), 3, {}}},
                       tr("No look-ups seen in this window"),
                       true});
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
    const auto shards = m_shards->shown(snapshot);
    showTiles(*snapshot, shards);
    const auto note = context().range.notOfWindowShort(snapshot->takenAt);
    m_health->setNodes(*context().bridge.recent(), std::max(1.0, context().bridge.recentSeconds()), note);
    m_health->setShards(shards, shards.ofWindow ? shards.note : note);
    showCharts();
}

void OverviewPage::timesChanged()
{
    Page::timesChanged();
    setSnapshot(context().bridge.snapshot()); // asks nobody
}

HistoryView OverviewPage::shownHistory() const
{
    const auto& range = context().range;
    return context().bridge.historyBetween(range.begin(), range.end());
}

// --- charts

void OverviewPage::showCharts()
{
    const auto history = shownHistory();
    for (auto* chart : {m_delayChart, m_rateChart, m_queueChart})
        chart->setHistory(history);
    std::vector<double> at;
    std::vector<std::vector<double>> values;
    const auto add = [&](const std::vector<std::string>& caches) {
        auto series = hitRatioOverTime(history, caches, kRatioPoints);
        if (at.empty()) at = std::move(series.atSeconds);
        values.push_back(std::move(series.percent));
    };
    add(cacheNames(history));
    for (const char* cache : kRatioCaches)
        add({cache});
    m_cacheChart->markGaps(history);
    m_cacheChart->setData(at, values);
}

} // namespace ui
