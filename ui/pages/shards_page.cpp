#include "ui/pages/shards_page.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/models/sort_proxy.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/page_face.h"
#include "ui/pages/tone_delegate.h"
#include "ui/report/report_file.h"
#include "ui/report/report_tables.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/heat_grid.h"
#include "ui/widgets/label.h"
#include "ui/widgets/metric_tile.h"
#include "ui/widgets/ranked_bars.h"
#include "ui/widgets/table_style.h"

#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {
namespace {

using backend::BalanceMetric;

QString valueText(double value, BalanceMetric metric)
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

std::function<QString(double)> formatOf(BalanceMetric metric)
{
    return [metric](double value) { return valueText(value, metric); };
}

QString timesMean(const backend::BalanceSummary& summary)
{
    return summary.known > 0 && summary.mean > 0 ? formatNumber(summary.maxOverMean, 2) : unknownText();
}

} // namespace

ShardsPage::ShardsPage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("shards"), tr("Shards"), context, parent)
{
    m_face = new PageFace(context, this, build());
    connectAll();
    setMetric(BalanceMetric::Deliveries);
    metricChanged();
}

QWidget* ShardsPage::build()
{
    auto* content = new QWidget(this);
    m_splitter = new QSplitter(Qt::Vertical, content);
    m_splitter->setObjectName(QStringLiteral("shardsSplitter"));
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(buildPictures(m_splitter));
    m_splitter->addWidget(buildTable(m_splitter));
    m_splitter->setSizes({5300, 4700}); // parts of what there is
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, kSpacingMedium);
    layout->setSpacing(kSpacingSmall);
    layout->addLayout(buildHead(content));
    layout->addLayout(buildTiles(content));
    layout->addWidget(m_splitter, 1);
    return content;
}

QLayout* ShardsPage::buildHead(QWidget* parent)
{
    m_metric = new QComboBox(parent);
    m_metric->setObjectName(QStringLiteral("balanceMetric"));
    m_metric->setAccessibleName(tr("Metric of the balance"));
    for (const auto metric : backend::kBalanceMetrics)
        m_metric->addItem(reportMetricText(metric), int(metric));
    m_outcome = new Label(context().theme, FontRole::Small, Tone::Muted, parent);
    m_outcome->setObjectName(QStringLiteral("exportOutcome"));
    m_outcome->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_outcome->setWordWrap(true);
    m_export = new QPushButton(tr("&Export report…"), parent);
    m_export->setObjectName(QStringLiteral("exportReport"));
    m_export->setToolTip(tr("All figures of this page as PDF, HTML, CSV or JSON"));
    auto* label = new Label(context().theme, tr("&Balance by"), FontRole::Body, Tone::Muted, parent);
    label->setBuddy(m_metric);
    auto* row = new QHBoxLayout;
    row->addWidget(label);
    row->addWidget(m_metric);
    row->addWidget(m_outcome, 1);
    row->addWidget(m_export);
    return row;
}

QLayout* ShardsPage::buildTiles(QWidget* parent)
{
    auto* row = new QHBoxLayout;
    row->setSpacing(kSpacingSmall);
    const auto tile = [&](const QString& title, const char* name, const QString& toolTip) {
        return addTile(*row, context().theme, name, title, toolTip, parent);
    };
    m_total = tile(tr("Total"), "balanceTotal", tr("Over the shards with a known value"));
    m_shardSpread = tile(tr("Fullest shard / mean"), "shardMaxOverMean", tr("1.00 is perfectly even"));
    m_nodeSpread = tile(tr("Fullest node / mean"), "nodeMaxOverMean", tr("1.00 is perfectly even"));
    m_variation = tile(
        tr("Variation of shards"), "shardVariation",
        tr("Coefficient of variation: standard deviation over mean. Users spread evenly by chance over S "
           "shards vary by √((S−1)/users) already, and counts of few events by √((S−1)/events) besides: up "
           "to twice that is chance, not skew."));
    return row;
}

QWidget* ShardsPage::buildPictures(QWidget* parent)
{
    m_pictures = new QSplitter(Qt::Horizontal, parent);
    m_pictures->setObjectName(QStringLiteral("shardPicturesSplitter"));
    m_pictures->setChildrenCollapsible(false);
    m_heatCard = new Card(context().theme, {}, m_pictures);
    m_heat = new HeatGrid(context().theme, m_heatCard);
    m_heat->setObjectName(QStringLiteral("shardHeat"));
    m_heatCard->body()->addWidget(m_heat, 1);
    m_barsCard = new Card(context().theme, {}, m_pictures);
    m_bars = new RankedBars(context().theme, m_barsCard);
    m_bars->setObjectName(QStringLiteral("nodeBars"));
    auto* scroll = new QScrollArea(m_barsCard);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidget(m_bars);
    for (auto* ground : {scroll->viewport(), static_cast<QWidget*>(m_bars)})
        ground->setAutoFillBackground(false); // the card's shows through
    m_barsCard->body()->addWidget(scroll, 1);
    m_pictures->addWidget(m_heatCard);
    m_pictures->addWidget(m_barsCard);
    m_pictures->setStretchFactor(0, 3);
    m_pictures->setStretchFactor(1, 2);
    return m_pictures;
}

QWidget* ShardsPage::buildTable(QWidget* parent)
{
    auto* card = new Card(context().theme, tr("Logical shards"), parent);
    m_model = makeShardTable(this);
    m_sorted = new SortProxy(this);
    m_sorted->setSourceModel(m_model);
    m_table = new QTableView(card);
    m_table->setObjectName(QStringLiteral("shardTable"));
    m_table->setAccessibleName(tr("Logical shards"));
    m_table->setModel(m_sorted);
    m_table->setItemDelegate(new ToneDelegate(context().theme, m_table));
    styleCompactTable(*m_table);
    fitColumns(*m_table);
    m_table->setSortingEnabled(true);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->sortByColumn(ShardNumberColumn, Qt::AscendingOrder);
    card->body()->addWidget(m_table);
    return card;
}

void ShardsPage::connectAll()
{
    connect(m_metric, &QComboBox::currentIndexChanged, this, &ShardsPage::metricChanged);
    connect(m_export, &QPushButton::clicked, this, &ShardsPage::exportReport);
    connect(m_heat, &HeatGrid::cellActivated, this, &ShardsPage::selectShard);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& index) {
                if (index.isValid())
                    m_heat->setCurrent(m_model->row(m_sorted->mapToSource(index)).shard.shard);
            });
    connect(m_bars, &RankedBars::barActivated, this, [this](int node) {
        if (m_snapshot && metric() != BalanceMetric::Posts)
            emit openPage("cache", nodeName(*m_snapshot, node));
    });
}

BalanceMetric ShardsPage::metric() const
{
    return BalanceMetric(m_metric->currentData().toInt());
}

void ShardsPage::setMetric(BalanceMetric metric)
{
    m_metric->setCurrentIndex(m_metric->findData(int(metric)));
}

void ShardsPage::metricChanged()
{
    const auto name = reportMetricText(metric());
    m_heat->setMetric(name, formatOf(metric()));
    m_bars->setMetric(name, formatOf(metric()));
    m_heatCard->setTitle(tr("Shards · %1").arg(name));
    m_barsCard->setTitle(tr("Nodes · %1").arg(name));
    if (m_snapshot) showBalance(*m_snapshot);
}

void ShardsPage::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    m_snapshot = snapshot;
    m_export->setEnabled(snapshot != nullptr);
    if (!m_face->show(snapshot)) return;
    m_model->setRows(shardRows(*snapshot));
    showBalance(*snapshot);
}

void ShardsPage::showBalance(const backend::ClusterSnapshot& snapshot)
{
    std::vector<double> shards;
    for (const auto& shard : snapshot.shards)
        shards.push_back(backend::valueOf(shard, metric()));
    const auto byShard = backend::shardBalance(snapshot, metric());
    showSpread(byShard, backend::nodeBalance(snapshot, metric()), backend::usersOf(snapshot) > 0);
    m_heat->setDetail([names = shardRows(snapshot), metric = metric()](int shard) {
        if (shard < 0 || shard >= int(names.size())) return QString();
        const auto& row = names[std::size_t(shard)];
        return tr("on %1").arg(metric == BalanceMetric::Posts ? row.postsNode : row.timelinesNode);
    });
    m_heat->setValues(std::move(shards), byShard.chanceCoefficientOfVariation);
    m_heatCard->setSubtitle(
        byShard.known == int(snapshot.shards.size())
            ? tr("%1 shards").arg(formatCount(byShard.known))
            : tr("%1 of %2 shards known")
                  .arg(formatCount(byShard.known), formatCount(std::int64_t(snapshot.shards.size()))));
    showBars(snapshot);
}

void ShardsPage::showSpread(const backend::BalanceSummary& shards, const backend::BalanceSummary& nodes,
                            bool usersKnown)
{
    const bool rate = metric() == BalanceMetric::Deliveries || metric() == BalanceMetric::Reads;
    m_total->setValue(shards.known > 0 ? valueText(shards.total, metric()) : unknownText(),
                      rate && shards.known > 0 ? tr("/s") : QString());
    m_total->setSubline(rate ? tr("%1, over the last second").arg(reportMetricText(metric()))
                             : tr("%1 of the cluster").arg(reportMetricText(metric())));
    const auto spread = [this](MetricTile* tile, const backend::BalanceSummary& summary) {
        tile->setValue(timesMean(summary), summary.mean > 0 ? tr("× mean") : QString());
        tile->setSubline(summary.known > 0
                             ? tr("most %1, mean %2")
                                   .arg(valueText(summary.max, metric()), valueText(summary.mean, metric()))
                             : tr("not known yet"));
    };
    spread(m_shardSpread, shards);
    spread(m_nodeSpread, nodes);
    const bool known = shards.known > 0 && shards.mean > 0;
    m_variation->setValue(known ? formatNumber(shards.coefficientOfVariation * 100, 1) : unknownText(),
                          known ? tr("%") : QString());
    const double chance = shards.chanceCoefficientOfVariation;
    m_variation->setSubline(!known       ? tr("not known yet")
                            : usersKnown ? tr("by chance alone %1 % (1 σ)").arg(formatNumber(chance * 100, 1))
                                         : tr("chance: users not known yet"));
    m_variation->setStatus(!known || !usersKnown                                          ? Tone::Normal
                           : shards.coefficientOfVariation <= backend::chanceBand(shards) ? Tone::Ok
                                                                                          : Tone::Warning);
}

void ShardsPage::showBars(const backend::ClusterSnapshot& snapshot)
{
    std::vector<RankedBars::Bar> bars;
    for (const auto& load : backend::loadByNode(snapshot, metric())) {
        bars.push_back({load.node, QString::fromStdString(load.name), load.value,
                        load.shards == 1 ? tr("1 shard") : tr("%1 shards").arg(formatCount(load.shards))});
    }
    const auto summary = backend::nodeBalance(snapshot, metric());
    m_barsCard->setSubtitle(bars.size() == 1 ? tr("1 node")
                                             : tr("%1 nodes").arg(formatCount(std::int64_t(bars.size()))));
    m_bars->setBars(std::move(bars),
                    summary.known > 0 ? summary.mean : std::numeric_limits<double>::quiet_NaN(),
                    backend::chanceBand(summary));
}

void ShardsPage::selectShard(int shard)
{
    for (int row = 0; row < m_model->rowCount(); ++row) {
        if (m_model->rows()[std::size_t(row)].shard.shard != shard) continue;
        const auto index = m_sorted->mapFromSource(m_model->index(row, ShardNumberColumn));
        m_table->setCurrentIndex(index);
        m_table->scrollTo(index);
    }
}

void ShardsPage::openArgument(const QString& argument)
{
    for (const auto metric : backend::kBalanceMetrics) {
        const auto name = backend::toString(metric);
        if (argument == QString::fromUtf8(name.data(), qsizetype(name.size()))) setMetric(metric);
    }
    if (argument.startsWith(QLatin1String("shard "))) selectShard(argument.mid(6).toInt());
    bool number = false;
    const int shard = argument.toInt(&number);
    if (number) selectShard(shard);
}

QString ShardsPage::linkArgument() const
{
    const auto index = m_table->currentIndex();
    return index.isValid() ? QString::number(m_model->row(m_sorted->mapToSource(index)).shard.shard)
                           : QString();
}

void ShardsPage::exportReport()
{
    const auto filters = reportFileFilters();
    QString filter = filters.front();
    const auto name = m_snapshot ? QString::fromStdString(m_snapshot->clusterName) : QString();
    auto path = QFileDialog::getSaveFileName(this, tr("Export shard report"),
                                             QDir::home().filePath(tr("shard report %1.pdf").arg(name)),
                                             filters.join(QStringLiteral(";;")), &filter);
    if (path.isEmpty()) return;
    if (QFileInfo(path).suffix().isEmpty()) path += QLatin1Char('.') + reportFileSuffix(filter);
    exportTo(path);
}

void ShardsPage::exportTo(const QString& path)
{
    if (!m_snapshot) return;
    m_export->setEnabled(false);
    showOutcome(tr("Writing %1…").arg(QDir::toNativeSeparators(path)), false);
    context().bridge.call(
        this,
        [snapshot = m_snapshot, path](backend::Engine& engine) {
            const auto report = requests::shardReport(engine, *snapshot);
            return writeReport(
                report, [&](const auto& what, auto format) { return requests::render(engine, what, format); },
                path);
        },
        [this, path](backend::Result<void> written) {
            m_export->setEnabled(m_snapshot != nullptr);
            if (!written) {
                showOutcome(QString::fromStdString(written.error().message), true);
                return;
            }
            showOutcome(tr("Report written to %1").arg(QDir::toNativeSeparators(path)), false);
            emit reportWritten(path);
        });
}

void ShardsPage::showOutcome(const QString& text, bool failed)
{
    m_outcome->setTone(failed ? Tone::Critical : Tone::Muted);
    m_outcome->setText(text);
}

void ShardsPage::saveState(QSettings& settings) const
{
    settings.setValue("metric", m_metric->currentIndex());
    settings.setValue("splitter", m_splitter->saveState());
    settings.setValue("pictures", m_pictures->saveState());
    settings.setValue("columns", columnsState(*m_table->horizontalHeader()));
}

void ShardsPage::restoreState(QSettings& settings)
{
    m_metric->setCurrentIndex(settings.value("metric", m_metric->currentIndex()).toInt());
    m_splitter->restoreState(settings.value("splitter").toByteArray());
    m_pictures->restoreState(settings.value("pictures").toByteArray());
    restoreColumns(*m_table->horizontalHeader(), settings.value("columns").toByteArray());
}

} // namespace ui
