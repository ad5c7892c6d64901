#include "ui/pages/cache_page.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/time_range.h"
#include "ui/models/sort_proxy.h"
#include "ui/pages/cache_details_view.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/page_face.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/table_style.h"
#include "ui/widgets/whole_rows.h"

#include <QHeaderView>
#include <QSettings>
#include <QShortcut>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {
namespace {

constexpr int kNodesTab = 0, kKeysTab = 1;
const QString kKeysArgument = QStringLiteral("keys");
constexpr std::size_t kMostLines = 8;      // of a chart: as many as there are series colours
constexpr int kAllLine = 8;                // colour of all caches together, on the Overview too
constexpr std::ptrdiff_t kSurelyDrawn = 2; // of those with most
constexpr int kRatioBuckets = 60;          // of the window: a second alone says little

QString memoryText(double bytes)
{
    return std::isnan(bytes) ? unknownText() : formatBytes(std::int64_t(bytes));
}

QString percentText(double percent)
{
    return formatRatio(percent / 100);
}

// Positions in snapshot.nodes of its Redis nodes, those first that had most of it in that history.
std::vector<std::size_t> byMost(const backend::ClusterSnapshot& snapshot, const HistoryView& history,
                                std::vector<double> backend::HistoryPoint::*values)
{
    std::vector<std::size_t> out;
    std::vector<double> means(snapshot.nodes.size(), -1);
    const bool allDrawn = redisNodes(snapshot).size() <= kMostLines; // in their own order
    for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) {
        if (snapshot.nodes[i].kind != backend::NodeKind::Redis) continue;
        out.push_back(i);
        if (allDrawn) continue;
        double sum = 0;
        int known = 0;
        for (const auto& point : history) {
            const auto& all = point.*values;
            if (i >= all.size() || std::isnan(all[i])) continue;
            sum += all[i];
            ++known;
        }
        if (known > 0) means[i] = sum / known;
    }
    if (!allDrawn)
        std::stable_sort(out.begin(), out.end(), [&](auto a, auto b) { return means[a] > means[b]; });
    return out;
}

QStringList nodeNames(const backend::ClusterSnapshot& snapshot)
{
    QStringList out;
    for (const auto& node : snapshot.nodes)
        out << QString::fromStdString(node.name);
    return out;
}

// Rolled-up history names caches in another order than the engine does: a cache keeps its line.
std::vector<CacheWindow> inOrderOf(const backend::ClusterSnapshot& snapshot, std::vector<CacheWindow> windows)
{
    const auto& known = snapshot.caches;
    const auto place = [&](const CacheWindow& window) {
        return std::find_if(known.begin(), known.end(), [&](const auto& c) { return c.name == window.name; });
    };
    std::stable_sort(windows.begin(), windows.end(),
                     [&](const auto& a, const auto& b) { return place(a) < place(b); });
    return windows;
}

// Puts a chart where the old one was, which goes later: a drag in it may have brought us here.
void replaceIn(QSplitter& splitter, int position, TimeChart* old, TimeChart* chart)
{
    const auto sizes = splitter.sizes();
    if (old) {
        old->hide();
        old->setObjectName({});
        old->setParent(splitter.window());
        old->deleteLater();
    }
    splitter.insertWidget(position, chart);
    if (old) splitter.setSizes(sizes);
}

} // namespace

CachePage::CachePage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("cache"), tr("Cache"), context, parent)
{
    m_face = new PageFace(context, this, build());
    connect(&context.range, &TimeRange::moved, this, [this] {
        if (!isVisible() || !this->context().bridge.snapshot()) return;
        showWindow();
        if (!this->context().range.live()) showNodes(*this->context().bridge.recent());
    });
}

QWidget* CachePage::build()
{
    auto* content = new QWidget(this);
    const auto splitter = [](Qt::Orientation orientation, const char* name, QWidget* parent) {
        auto* out = new QSplitter(orientation, parent);
        out->setObjectName(QLatin1String(name));
        out->setChildrenCollapsible(false);
        return out;
    };
    m_splitter = splitter(Qt::Vertical, "cacheSplitter", content);
    m_upper = splitter(Qt::Horizontal, "cacheUpperSplitter", m_splitter);
    m_middle = splitter(Qt::Horizontal, "cacheMiddleSplitter", m_splitter);
    m_upper->addWidget(buildCaches(m_upper));
    m_splitter->addWidget(m_upper);
    m_splitter->addWidget(m_middle);
    m_splitter->addWidget(buildTabs(m_splitter));
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, kSpacingMedium);
    layout->addWidget(m_splitter);
    remakeRatioChart({});
    m_nodeCharts = {{"nodeMemoryChart",
                     tr("Memory by node"),
                     tr("Memory by node, %1 of %2, the fullest among them"),
                     {{}, &memoryText, 1024 * 1024, 0, ScaleUnit::Bytes, QStringLiteral("888.8 MiB")},
                     &backend::HistoryPoint::nodeMemoryBytes},
                    {"nodeCommandsChart",
                     tr("Commands/s by node"),
                     tr("Commands/s by node, %1 of %2, the busiest among them"),
                     {{}, &formatRate, 10, 0, ScaleUnit::Number, QStringLiteral("88,888")},
                     &backend::HistoryPoint::nodeCommandsPerSecond}};
    for (auto& chart : m_nodeCharts)
        remakeNodeChart(chart, {}, {});
    for (auto* half : {m_upper, m_middle})
        half->setSizes({5000, 5000}); // parts of what there is
    connect(m_splitter, &QSplitter::splitterMoved, this, [this] { m_chosen = true; });
    return content;
}

QWidget* CachePage::buildCaches(QWidget* parent)
{
    m_cacheCard = new Card(context().theme, tr("Hits and misses"), parent);
    m_caches = makeCacheTable(this);
    m_cacheTable = new QTableView(m_cacheCard);
    m_cacheTable->setObjectName(QStringLiteral("cacheTable"));
    m_cacheTable->setAccessibleName(tr("Hits and misses by cache"));
    m_cacheTable->setModel(m_caches);
    m_cacheTable->setItemDelegate(new ToneDelegate(context().theme, m_cacheTable));
    styleCompactTable(*m_cacheTable);
    m_cacheTable->setSortingEnabled(false);
    fitColumns(*m_cacheTable);
    m_cacheCard->body()->addWidget(new WholeRows(m_cacheTable, m_cacheCard));
    return m_cacheCard;
}

QWidget* CachePage::buildTabs(QWidget* parent)
{
    m_tabs = new QTabWidget(parent);
    m_tabs->setObjectName(QStringLiteral("cacheTabs"));
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(buildNodes(m_tabs), tr("Redis nodes"));
    m_details = new CacheDetailsView(context().theme, context().bridge, m_tabs);
    m_details->setObjectName(QStringLiteral("cacheDetails"));
    m_tabs->addTab(m_details, tr("Keys and single flight"));
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
        if (this->context().bridge.snapshot()) m_details->tick();
    });
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), m_details);
    escape->setContext(Qt::WidgetWithChildrenShortcut);
    connect(escape, &QShortcut::activated, m_details, &CacheDetailsView::giveUp);
    return m_tabs;
}

QWidget* CachePage::buildNodes(QWidget* parent)
{
    auto* card = m_nodeCard = new Card(context().theme, {}, parent);
    m_nodes = makeRedisNodeTable(this);
    m_sortedNodes = new SortProxy(this);
    m_sortedNodes->setSourceModel(m_nodes);
    m_nodeTable = new QTableView(card);
    m_nodeTable->setObjectName(QStringLiteral("redisNodes"));
    m_nodeTable->setAccessibleName(tr("Redis nodes"));
    m_nodeTable->setModel(m_sortedNodes);
    m_nodeTable->setItemDelegate(new ToneDelegate(context().theme, m_nodeTable));
    styleCompactTable(*m_nodeTable);
    fitColumns(*m_nodeTable);
    m_nodeTable->setSortingEnabled(true);
    m_nodeTable->sortByColumn(RedisNameColumn, Qt::AscendingOrder);
    connect(m_nodeTable, &QTableView::activated, this, [this](const QModelIndex& index) {
        emit openPage(QStringLiteral("nodes"), index.siblingAtColumn(RedisNameColumn).data().toString());
    });
    card->body()->addWidget(new WholeRows(m_nodeTable, card));
    return card;
}

void CachePage::remakeRatioChart(const QStringList& caches)
{
    TimeChart::Options options;
    options.title = tr("Hit ratio");
    options.left.unit = tr("of look-ups");
    options.left.format = &percentText;
    options.left.fixedMaximum = 100;
    options.left.scale = ScaleUnit::Percent;
    options.left.longestReading = formatRatio(1);
    options.emptyText = tr("No look-ups seen in the window");
    for (int i = 0; i < caches.size() && i < kAllLine - 1; ++i)
        options.series.push_back({caches[i], i + 1, {}, false});
    if (!caches.isEmpty()) options.series.push_back({tr("all"), kAllLine, {}, false});
    auto* chart = new TimeChart(context().theme, context().range, std::move(options), m_upper);
    chart->setObjectName(QStringLiteral("hitRatioChart"));
    replaceIn(*m_upper, 1, m_ratios, chart);
    m_ratios = chart;
    m_chartCaches = caches;
}

void CachePage::remakeNodeChart(NodeChart& chart, const backend::ClusterSnapshot& snapshot,
                                std::vector<std::size_t> drawn)
{
    TimeChart::Options options;
    const auto all = redisNodes(snapshot).size();
    options.title = drawn.size() < all ? chart.titleOfSome.arg(drawn.size()).arg(all) : chart.title;
    options.left = chart.axis;
    for (std::size_t i = 0; i < drawn.size(); ++i)
        options.series.push_back({QString::fromStdString(snapshot.nodes[drawn[i]].name), int(i) + 1,
                                  [at = drawn[i], value = chart.value](const backend::HistoryPoint& point) {
                                      const auto& values = point.*value;
                                      return at < values.size() ? values[at]
                                                                : std::numeric_limits<double>::quiet_NaN();
                                  },
                                  false});
    auto* made = new TimeChart(context().theme, context().range, std::move(options), m_middle);
    made->setObjectName(QLatin1String(chart.name));
    replaceIn(*m_middle, int(&chart - m_nodeCharts.data()), chart.chart, made);
    chart.chart = made;
    chart.drawn = std::move(drawn);
}

// Lines stay those they are while the first of the window are among them.
void CachePage::showNodeChart(NodeChart& chart, const backend::ClusterSnapshot& snapshot,
                              const HistoryView& history)
{
    auto most = byMost(snapshot, history, chart.value);
    const auto isDrawn = [&](std::size_t node) {
        return std::find(chart.drawn.begin(), chart.drawn.end(), node) != chart.drawn.end();
    };
    const auto first = most.begin(),
               second = first + std::min<std::ptrdiff_t>(kSurelyDrawn, std::ssize(most));
    if (nodeNames(snapshot) != m_chartNodes || !std::all_of(first, second, isDrawn)) {
        most.resize(std::min(most.size(), kMostLines));
        std::sort(most.begin(), most.end());
        remakeNodeChart(chart, snapshot, std::move(most));
    }
    chart.chart->setHistory(history);
}

void CachePage::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    if (!m_face->show(snapshot)) return;
    showWindow();
    showNodes(*context().bridge.recent());
    m_details->tick();
    if (!m_chosen && isVisible()) placeParts();
}

// Both tables get what all their rows need, within reason; the charts get the rest. Until somebody moves a
// border.
void CachePage::placeParts()
{
    const auto needed = [](const QTableView& table) {
        return table.parentWidget()->parentWidget()->sizeHint().height() - table.sizeHint().height() +
               fullHeight(table);
    };
    const int height = m_splitter->height() - 2 * m_splitter->handleWidth();
    const int tabs = std::max(needed(*m_nodeTable), m_details->neededHeight()) +
                     m_tabs->tabBar()->sizeHint().height() + kSpacingSmall;
    const int nodes = std::min(tabs, height * 2 / 5);
    const int upper = std::clamp(needed(*m_cacheTable), height / 4, (height - nodes) * 3 / 5);
    const int charts = height - nodes - upper, top = upper + std::max(0, charts - upper) / 4;
    const QList<int> sizes{top, height - nodes - top, nodes};
    if (sizes != m_splitter->sizes()) m_splitter->setSizes(sizes);
}

// Differences within the visible window: an engine's life time says nothing about now.
void CachePage::showWindow()
{
    const auto& range = context().range;
    const auto shown = context().bridge.historyBetween(range.begin(), range.end());
    const double seconds = knownSeconds(shown);
    std::vector<CacheRow> rows;
    QStringList names;
    CacheWindow all{tr("all").toStdString()};
    for (auto& window : inOrderOf(*context().bridge.snapshot(), cacheWindows(shown))) {
        names << QString::fromStdString(window.name);
        all.hits += window.hits;
        all.misses += window.misses;
        rows.push_back({std::move(window), seconds});
    }
    if (!rows.empty()) rows.insert(rows.begin(), {std::move(all), seconds}); // in view however low the window
    m_caches->setRows(std::move(rows));
    const bool whole = seconds + 2 >= std::chrono::duration<double>(range.span()).count();
    m_cacheCard->setSubtitle(whole ? range.windowText()
                                   : tr("%1, known for %2").arg(range.windowText(), formatDuration(seconds)));
    if (names != m_chartCaches && !names.isEmpty()) remakeRatioChart(names);
    std::vector<double> at;
    std::vector<std::vector<double>> percent;
    const auto add = [&](const std::vector<std::string>& caches) {
        auto series = hitRatioOverTime(shown, caches, kRatioBuckets);
        at = std::move(series.atSeconds);
        percent.push_back(std::move(series.percent));
    };
    for (int i = 0; i < m_chartCaches.size() && i < kAllLine - 1; ++i)
        add({m_chartCaches[i].toStdString()});
    if (!m_chartCaches.isEmpty()) add(cacheNames(shown));
    m_ratios->markGaps(shown);
    m_ratios->setData(at, percent);
}

void CachePage::showNodes(const backend::ClusterSnapshot& snapshot)
{
    m_nodes->setRows(redisNodes(snapshot));
    m_nodeCard->setSubtitle(context().range.notOfWindow(snapshot.takenAt));
    const auto history = context().bridge.historyBetween(context().range.begin(), context().range.end());
    for (auto& chart : m_nodeCharts)
        showNodeChart(chart, snapshot, history);
    m_chartNodes = nodeNames(snapshot);
}

void CachePage::openArgument(const QString& argument)
{
    m_tabs->setCurrentIndex(argument == kKeysArgument ? kKeysTab : kNodesTab);
    for (int row = 0; row < m_sortedNodes->rowCount(); ++row) {
        const auto index = m_sortedNodes->index(row, RedisNameColumn);
        if (index.data().toString() != argument) continue;
        m_nodeTable->setCurrentIndex(index);
        m_nodeTable->scrollTo(index);
    }
}

QString CachePage::linkArgument() const
{
    if (m_tabs->currentIndex() == kKeysTab) return kKeysArgument;
    const auto index = m_nodeTable->currentIndex();
    return index.isValid() ? index.siblingAtColumn(RedisNameColumn).data().toString() : QString();
}

void CachePage::timesChanged()
{
    Page::timesChanged();
    if (context().bridge.snapshot()) showWindow();
    m_details->timesChanged();
}

void CachePage::refresh()
{
    m_details->refresh();
}

void CachePage::saveState(QSettings& settings) const
{
    if (m_chosen) settings.setValue("splitter", m_splitter->saveState());
    settings.setValue("upper", m_upper->saveState());
    settings.setValue("middle", m_middle->saveState());
    settings.setValue("tab", m_tabs->currentIndex());
    settings.setValue("nodes", columnsState(*m_nodeTable->horizontalHeader()));
}

void CachePage::restoreState(QSettings& settings)
{
    m_chosen = m_splitter->restoreState(settings.value("splitter").toByteArray());
    m_upper->restoreState(settings.value("upper").toByteArray());
    m_middle->restoreState(settings.value("middle").toByteArray());
    m_tabs->setCurrentIndex(settings.value("tab", 0).toInt());
    restoreColumns(*m_nodeTable->horizontalHeader(), settings.value("nodes").toByteArray());
}

} // namespace ui
