#include "ui/pages/shard_pictures.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/bridge/time_range.h"
#include "ui/models/last_known.h"
#include "ui/models/shard_metric.h"
#include "ui/models/shard_table.h"
#include "ui/pages/shard_comparison_view.h"
#include "ui/pages/shard_lorenz_view.h"
#include "ui/report/report_tables.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/heat_grid.h"
#include "ui/widgets/label.h"
#include "ui/widgets/ranked_bars.h"
#include "ui/widgets/segments.h"
#include "ui/widgets/shard_time_map.h"
#include "ui/widgets/treemap.h"

#include <QHBoxLayout>
#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QStackedLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr int kLeastColumnPixels = 3;

} // namespace

ShardPictures::ShardPictures(const PageContext& context, QWidget* parent)
    : QWidget(parent)
    , m_context(context)
{
    build();
    connectAll();
}

void ShardPictures::build()
{
    m_choice = new Segments(
        tr("Picture"),
        {{"pictureGrid", tr("Grid"), tr("Every shard, and the nodes by rank")},
         {"pictureTime", tr("Over time"), tr("Every shard over the shared time window")},
         {"pictureTreemap", tr("Treemap"), tr("Nodes and their shards: area is bytes, colour is load")},
         {"pictureLorenz", tr("Lorenz"), tr("How unevenly the load is spread, beside chance")},
         {"pictureCompare", tr("Compare"), tr("Two windows of time beside each other")}},
        parentWidget());
    m_choice->setObjectName(QStringLiteral("pictureChoice"));
    m_compare = new ShardComparisonView(m_context, this);
    m_lorenz = new ShardLorenzView(m_context, this);
    m_stack = new QStackedLayout(this);
    for (auto* picture : {buildGrid(), buildOverTime(), buildMap(), static_cast<QWidget*>(m_lorenz),
                          static_cast<QWidget*>(m_compare)})
        m_stack->addWidget(picture);
}

QWidget* ShardPictures::buildGrid()
{
    m_gridSplitter = new QSplitter(Qt::Horizontal, this);
    m_gridSplitter->setObjectName(QStringLiteral("shardPicturesSplitter"));
    m_gridSplitter->setChildrenCollapsible(false);
    m_heatCard = new Card(m_context.theme, {}, m_gridSplitter);
    m_heat = new HeatGrid(m_context.theme, m_heatCard);
    m_heat->setObjectName(QStringLiteral("shardHeat"));
    m_heatCard->body()->addWidget(m_heat, 1);
    m_gridSplitter->addWidget(m_heatCard);
    m_gridSplitter->addWidget(buildBars(m_gridSplitter));
    m_gridSplitter->setStretchFactor(0, 3);
    m_gridSplitter->setStretchFactor(1, 2);
    return m_gridSplitter;
}

QWidget* ShardPictures::buildBars(QWidget* parent)
{
    m_barsCard = new Card(m_context.theme, {}, parent);
    m_bars = new RankedBars(m_context.theme, m_barsCard);
    m_bars->setObjectName(QStringLiteral("nodeBars"));
    auto* scroll = new QScrollArea(m_barsCard);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidget(m_bars);
    for (auto* ground : {scroll->viewport(), static_cast<QWidget*>(m_bars)})
        ground->setAutoFillBackground(false); // the card's shows through
    m_barsCard->body()->addWidget(scroll, 1);
    m_barsCard->setMinimumWidth(m_bars->minimumSizeHint().width() +
                                4 * kSpacingMedium); // never cut at a side
    return m_barsCard;
}

QWidget* ShardPictures::buildOverTime()
{
    m_timeCard = new Card(m_context.theme, {}, this);
    m_scaleChoice = new Segments(tr("Scale"),
                                 {{"scaleLoad", tr("Load"), tr("From 0 to the highest load, on cividis")},
                                  {"scaleDeviation", tr("Deviation"),
                                   tr("From the mean of all shards at that time: blue below, red above")}},
                                 m_timeCard);
    m_scaleChoice->setObjectName(QStringLiteral("timeScale"));
    m_timeCard->addTool(m_scaleChoice);
    m_time = new ShardTimeMap(m_context.theme, m_context.range, m_timeCard);
    m_time->setObjectName(QStringLiteral("shardTimeMap"));
    m_timeCard->body()->addWidget(m_time, 1);
    return m_timeCard;
}

QWidget* ShardPictures::buildMap()
{
    m_mapCard = new Card(m_context.theme, {}, this);
    m_map = new Treemap(m_context.theme, m_mapCard);
    m_map->setObjectName(QStringLiteral("shardTreemap"));
    m_map->setSize(shardValueFormat(backend::BalanceMetric::Bytes));
    m_mapCard->body()->addWidget(m_map, 1);
    return m_mapCard;
}

void ShardPictures::connectAll()
{
    connect(m_choice, &Segments::currentChanged, this, &ShardPictures::pictureChanged);
    connect(m_scaleChoice, &Segments::currentChanged, this,
            [this](int choice) { m_time->setDeviation(choice == 1); });
    connect(m_heat, &HeatGrid::cellActivated, this, &ShardPictures::shardActivated);
    connect(m_time, &ShardTimeMap::shardActivated, this, &ShardPictures::shardActivated);
    connect(m_map, &Treemap::cellActivated, this, &ShardPictures::shardActivated);
    connect(m_compare, &ShardComparisonView::shardActivated, this, &ShardPictures::shardActivated);
    connect(m_bars, &RankedBars::barActivated, this, &ShardPictures::nodeActivated);
    // A live window comes with the snapshots.
    connect(&m_context.range, &TimeRange::moved, this, [this] {
        if (!isVisible() || m_context.range.live()) return;
        if (m_choice->current() == OverTime) askHistory();
        if (m_choice->current() == Compare) m_compare->refresh();
    });
}

void ShardPictures::pictureChanged()
{
    m_stack->setCurrentIndex(m_choice->current());
    if (m_shards.snapshot) show();
}

void ShardPictures::setMetric(backend::BalanceMetric metric)
{
    m_metric = metric;
    const auto name = reportMetricText(metric);
    const auto word = metric == backend::BalanceMetric::Bytes ? tr("in Redis") : shardMetricWord(metric);
    m_heat->setMetric(word, shardValueFormat(metric)); // "Shard 3: 278 KiB in Redis"
    m_bars->setMetric(word, shardValueFormat(metric));
    m_time->setMetric(name, shardScaleUnit(metric), shardReadingFormat(metric));
    m_map->setLoad(name, shardScaleUnit(metric), shardReadingFormat(metric));
    m_time->setNothing(shardNothingText(metric, tr("in this window")));
    m_compare->setMetric(metric);
    m_heatCard->setTitle(tr("Shards · %1").arg(name));
    m_barsCard->setTitle(tr("Nodes · %1").arg(name));
    m_timeCard->setTitle(tr("Shards over time · %1").arg(name));
    m_mapCard->setTitle(tr("Timeline nodes and shards · area: bytes in Redis · colour: %1").arg(name));
    m_lorenz->setMetric(metric);
    if (m_shards.snapshot) show();
}

void ShardPictures::setShards(const ShownShards& shards)
{
    m_shards = shards;
    show();
}

QString ShardPictures::subtitle(const QString& words) const
{
    const auto& note = m_shards.note;
    if (!note.isEmpty()) return note;
    return m_shards.ofWindow ? tr("%1, mean of the window").arg(words) : words;
}

void ShardPictures::setCurrent(int shard)
{
    m_current = shard; // also for pictures that have nothing to show yet
    m_heat->setCurrent(shard);
    m_time->setCurrent(shard);
    m_map->setCurrent(shard);
    m_compare->setCurrent(shard);
}

void ShardPictures::show()
{
    switch (m_choice->current()) {
    case OverTime:
        askHistory();
        break;
    case Map:
        showMap();
        break;
    case Lorenz:
        m_lorenz->show(m_shards);
        break;
    case Compare:
        m_compare->refresh();
        break;
    default:
        break;
    }
    showGrid(); // cheap, and its current cell is the page's
}

// --- the grid and the nodes

void ShardPictures::showGrid()
{
    const auto& snapshot = *m_shards.snapshot;
    std::vector<double> shards;
    std::vector<bool> dated;
    for (const auto& shard : snapshot.shards) {
        shards.push_back(backend::valueOf(shard, m_metric));
        dated.push_back(!datedBy(shard).isEmpty());
    }
    m_heat->setNothing(nothingText());
    const auto byShard = backend::shardBalance(snapshot, m_metric, m_shards.seconds);
    m_heat->setDetail([this, names = shardRows(snapshot)](int shard) {
        if (shard < 0 || shard >= int(names.size())) return QString();
        const auto& row = names[std::size_t(shard)];
        const auto on =
            tr("on %1").arg(m_metric == backend::BalanceMetric::Posts ? row.postsNode : row.timelinesNode);
        auto why = datedBy(row.shard);
        if (why.isEmpty() && !m_shards.ofWindow) why = missingText(*m_shards.snapshot, row.shard, m_metric);
        return why.isEmpty() ? on : QStringLiteral("%1, %2").arg(on, why);
    });
    m_heat->setValues(std::move(shards), byShard.chanceCoefficientOfVariation, std::move(dated));
    m_heatCard->setSubtitle(subtitle(
        byShard.known == int(snapshot.shards.size())
            ? tr("%1 shards").arg(formatCount(byShard.known))
            : tr("%1 of %2 shards known")
                  .arg(formatCount(byShard.known), formatCount(std::int64_t(snapshot.shards.size())))));
    showBars();
}

// Why the shard's figure is not of now; empty: it is, or it is a mean over the window.
QString ShardPictures::datedBy(const backend::ShardSnapshot& shard) const
{
    return m_shards.ofWindow ? QString() : lastKnownText(*m_shards.snapshot, shard, m_metric);
}

QString ShardPictures::nothingText() const
{
    return shardNothingText(m_metric, m_shards.ofWindow
                                          ? tr("in this window")
                                          : tr("in the last %1 s").arg(formatWholeCount(m_shards.seconds)));
}

void ShardPictures::showBars()
{
    const auto& snapshot = *m_shards.snapshot;
    std::vector<RankedBars::Bar> bars;
    for (const auto& load : backend::loadByNode(snapshot, m_metric)) {
        bars.push_back({load.node, QString::fromStdString(load.name), load.value,
                        load.shards == 1 ? tr("1 shard") : tr("%1 shards").arg(formatCount(load.shards)),
                        load.lastKnown && !m_shards.ofWindow});
    }
    const auto summary = backend::nodeBalance(snapshot, m_metric, m_shards.seconds);
    const auto down = std::count_if(bars.begin(), bars.end(), [](const auto& bar) { return bar.lastKnown; });
    const auto nodes =
        bars.size() == 1 ? tr("1 node") : tr("%1 nodes").arg(formatCount(std::int64_t(bars.size())));
    QStringList dead; // of which nothing is known now, nor counted
    for (const auto& node : snapshot.nodes)
        if (node.health == backend::Health::Down &&
            std::any_of(bars.begin(), bars.end(),
                        [&](const auto& bar) { return bar.id == node.id && !bar.lastKnown; }))
            dead << QString::fromStdString(node.name);
    QStringList shorter;
    if (!dead.isEmpty() && !m_shards.ofWindow && m_shards.note.isEmpty())
        shorter << tr("%1, %2 down").arg(nodes, formatCount(dead.size()))
                << tr("%1 down").arg(formatCount(dead.size()));
    m_barsCard->setSubtitle(subtitle(!dead.isEmpty() && !m_shards.ofWindow
                                         ? tr("%1, down: %2").arg(nodes, dead.join(QStringLiteral(", ")))
                                     : down == 0 ? nodes
                                     : backend::countsEvents(m_metric)
                                         ? tr("%1, hatched: not of now").arg(nodes)
                                         : tr("%1, hatched: down").arg(nodes)),
                            Tone::Muted, shorter);
    m_bars->setBars(std::move(bars), summary.known > 0 ? summary.mean : kUnknown,
                    backend::chanceBand(summary));
}

// --- over time

void ShardPictures::timesChanged()
{
    m_compare->timesChanged();
}

void ShardPictures::askHistory()
{
    if (m_historyAsked) return;
    m_historyAsked = true;
    const auto begin = m_context.range.begin(), end = m_context.range.end();
    const int most = std::max(2, m_time->plotRect().width() / kLeastColumnPixels);
    m_context.bridge.call(
        this,
        [metric = m_metric, begin, end, most](backend::Engine& engine) {
            return requests::shardHistory(engine, metric, begin, end, most);
        },
        [this, metric = m_metric, begin, end](backend::Result<backend::ShardHistory> history) {
            m_historyAsked = false;
            const auto& range = m_context.range;
            if (!history)
                m_time->clear(tr("The history of the shards could not be read: %1")
                                  .arg(QString::fromStdString(history.error().message)));
            else if (metric == m_metric) {
                m_time->setHistory(std::move(*history));
                m_time->setCurrent(m_current);
            }
            const bool moved = !range.live() && (range.begin() != begin || range.end() != end);
            if (history && isVisible() && m_choice->current() == OverTime && (moved || metric != m_metric))
                askHistory();
            const int together = m_time->shardsInALine();
            m_timeCard->setSubtitle(
                together > 1 ? tr("each line is %1 shards, the farthest out is drawn").arg(together)
                             : QString());
        });
}

// --- treemap

void ShardPictures::showMap()
{
    const auto& snapshot = *m_shards.snapshot;
    std::vector<Treemap::Item> items;
    for (const auto& shard : snapshot.shards) {
        auto dated = lastKnownText(snapshot, shard, backend::BalanceMetric::Bytes); // of the areas
        if (dated.isEmpty()) dated = lastKnownText(snapshot, shard, m_metric);      // of the colours
        items.push_back({shard.shard, shard.timelinesNode, nodeName(snapshot, shard.timelinesNode),
                         backend::valueOf(shard, backend::BalanceMetric::Bytes),
                         backend::valueOf(shard, m_metric), m_shards.ofWindow ? QString() : dated});
    }
    m_map->setNothing(nothingText());
    m_map->setItems(std::move(items));
    m_map->setCurrent(m_current);
    const int without = m_map->withoutSize();
    m_mapCard->setSubtitle(subtitle(
        without == 0 ? tr("%1 shards").arg(formatCount(std::int64_t(snapshot.shards.size())))
                     : tr("%1 of %2 shards are empty or not counted yet")
                           .arg(formatCount(without), formatCount(std::int64_t(snapshot.shards.size())))));
}

// --- settings

void ShardPictures::saveState(QSettings& settings) const
{
    settings.setValue("picture", m_choice->current());
    settings.setValue("deviation", m_scaleChoice->current());
    settings.setValue("pictures", m_gridSplitter->saveState());
}

void ShardPictures::restoreState(QSettings& settings)
{
    m_choice->setCurrent(settings.value("picture", m_choice->current()).toInt());
    m_scaleChoice->setCurrent(settings.value("deviation", m_scaleChoice->current()).toInt());
    m_gridSplitter->restoreState(settings.value("pictures").toByteArray());
}

} // namespace ui
