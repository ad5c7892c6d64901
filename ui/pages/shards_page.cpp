#include "ui/pages/shards_page.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/bridge/time_range.h"
#include "ui/models/last_known.h"
#include "ui/models/shard_metric.h"
#include "ui/models/sort_proxy.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/more_columns.h"
#include "ui/pages/page_face.h"
#include "ui/pages/shard_panel.h"
#include "ui/pages/shard_pictures.h"
#include "ui/pages/tone_delegate.h"
#include "ui/report/report_file.h"
#include "ui/report/report_tables.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/metric_tile.h"
#include "ui/widgets/save_dialog.h"
#include "ui/widgets/segments.h"
#include "ui/widgets/table_style.h"
#include "ui/widgets/whole_rows.h"

#include <QComboBox>
#include <QDir>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPointer>
#include <QPushButton>
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

QString timesMean(const backend::BalanceSummary& summary)
{
    return summary.known > 0 && summary.mean > 0 ? formatNumber(summary.maxOverMean, 2) : unknownText();
}

} // namespace

ShardsPage::ShardsPage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("shards"), tr("Shards"), context, parent)
{
    m_face = new PageFace(context, this, build());
    m_window = new ShardWindow(context, this);
    connectAll();
    setMetric(BalanceMetric::Deliveries);
    metricChanged();
}

QWidget* ShardsPage::build()
{
    auto* content = new QWidget(this);
    m_pictures = new ShardPictures(context(), content);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, kSpacingMedium);
    layout->setSpacing(kSpacingSmall);
    layout->addLayout(buildHead(content));
    layout->addLayout(buildTiles(content));
    layout->addWidget(buildParts(content), 1);
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
    m_export->setToolTip(
        tr("The figures of this page as PDF, HTML, CSV or JSON; rates are of the last second"));
    auto* label = new Label(context().theme, tr("&Balance by"), FontRole::Body, Tone::Muted, parent);
    label->setBuddy(m_metric);
    auto* row = new QHBoxLayout;
    row->addWidget(label);
    row->addWidget(m_metric);
    row->addSpacing(kSpacingMedium);
    row->addWidget(m_pictures->choice());
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
    m_shardSpread = tile(tr("Top shard / mean"), "shardMaxOverMean",
                         tr("1.00 is perfectly even. Press to open that shard."));
    m_nodeSpread = tile(tr("Top node / mean"), "nodeMaxOverMean",
                        tr("1.00 is perfectly even. Press to open that node."));
    m_shardSpread->setLink(true);
    m_nodeSpread->setLink(true);
    connect(m_shardSpread, &MetricTile::clicked, this, [this] {
        if (const int shard = m_snapshot ? topShard() : -1; shard >= 0) openShard(shard);
    });
    connect(m_nodeSpread, &MetricTile::clicked, this, [this] {
        if (const auto node = m_snapshot ? topNode() : QString(); !node.isEmpty())
            emit openPage(QStringLiteral("nodes"), node);
    });
    m_variation = tile(
        tr("Variation of shards"), "shardVariation",
        tr("Coefficient of variation: standard deviation over mean. Users spread evenly by chance over S "
           "shards vary by √((S−1)/users) already, and counts of few events by √((S−1)/events) besides: up "
           "to twice that (2 σ) is chance, not skew."));
    return row;
}

QWidget* ShardsPage::buildParts(QWidget* parent)
{
    m_columns = new QSplitter(Qt::Horizontal, parent);
    m_columns->setObjectName(QStringLiteral("shardColumns"));
    m_columns->setChildrenCollapsible(false);
    m_splitter = new QSplitter(Qt::Vertical, m_columns);
    m_splitter->setObjectName(QStringLiteral("shardsSplitter"));
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_pictures);
    m_splitter->addWidget(buildTable(m_splitter));
    m_splitter->setSizes({5300, 4700}); // parts of what there is
    m_panel = new ShardPanel(context(), m_columns);
    m_panel->hide();
    m_columns->addWidget(m_splitter);
    m_columns->addWidget(m_panel);
    m_columns->setStretchFactor(0, 1);
    m_columns->setStretchFactor(1, 0);
    return m_columns;
}

QWidget* ShardsPage::buildTable(QWidget* parent)
{
    m_tableCard = new Card(context().theme, tr("Logical shards"), parent);
    m_model = makeShardTable(this);
    m_sorted = new SortProxy(this);
    m_sorted->setSourceModel(m_model);
    m_table = new QTableView(m_tableCard);
    m_table->setObjectName(QStringLiteral("shardTable"));
    m_table->setAccessibleName(tr("Logical shards"));
    m_table->setModel(m_sorted);
    m_table->setItemDelegate(new ToneDelegate(context().theme, m_table));
    styleCompactTable(*m_table);
    fitColumns(*m_table);
    m_table->setSortingEnabled(true);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->sortByColumn(ShardNumberColumn, Qt::AscendingOrder);
    m_lastKnown = new Label(context().theme, FontRole::Small, Tone::Warning, m_tableCard);
    m_lastKnown->setObjectName(QStringLiteral("shardsLastKnown"));
    m_lastKnown->setWordWrap(true);
    m_lastKnown->hide();
    m_tableCard->body()->addWidget(m_lastKnown);
    m_tableCard->body()->addWidget(new WholeRows(m_table, m_tableCard), 1);
    // Beside the panel, which shows the same of its shard, and in a small window not all have room.
    m_tableCard->addTool(new MoreColumns(context().theme, *m_table,
                                         {ShardLastKnownColumn, ShardSweptColumn, ShardPostsNodeColumn,
                                          ShardUsersNodeColumn, ShardTimelinesNodeColumn, ShardUsersColumn,
                                          ShardTimelinesColumn, ShardPostgresBytesColumn},
                                         m_tableCard));
    return m_tableCard;
}

void ShardsPage::connectAll()
{
    connect(m_metric, &QComboBox::currentIndexChanged, this, &ShardsPage::metricChanged);
    connect(m_export, &QPushButton::clicked, this, &ShardsPage::exportReport);
    connect(m_pictures, &ShardPictures::shardActivated, this, &ShardsPage::openShard);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        const int shard = selectedShard();
        if (shard < 0) return;
        m_pictures->setCurrent(shard);
        if (m_panel->isVisible()) m_panel->showShard(shard);
    });
    const auto open = [this] { openShard(selectedShard()); };
    connect(m_table, &QTableView::clicked, this, open);
    connect(m_table, &QTableView::activated, this, open);
    connect(m_pictures, &ShardPictures::nodeActivated, this, [this](int node) {
        if (m_snapshot) emit openPage("nodes", nodeName(*m_snapshot, node));
    });
    connect(m_window, &ShardWindow::changed, this, [this] {
        if (isVisible()) setSnapshot(m_snapshot);
    });
    connect(&context().range, &TimeRange::moved, this, [this] {
        if (isVisible() && context().range.chosen()) setSnapshot(m_snapshot);
    });
    connect(m_panel, &ShardPanel::closed, this, &ShardsPage::closeShard);
    connect(m_panel, &ShardPanel::userChosen, this,
            [this](const QString& handle) { emit openPage("timeline", handle); });
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
    m_pictures->setMetric(metric());
    if (m_shards.snapshot) showBalance();
}

void ShardsPage::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    m_snapshot = snapshot;
    m_export->setEnabled(snapshot != nullptr && !m_exporting);
    if (!m_face->show(snapshot)) return;
    m_shards = m_window->shown(snapshot);
    m_model->setRows(shardRows(*m_shards.snapshot, m_shards.ofWindow));
    showLastKnown();
    m_tableCard->setSubtitle(tableNote());
    showBalance();
    m_pictures->setShards(m_shards);
    m_panel->setShards(m_shards, tableNote());
    if (m_wantedShard >= 0) openShard(std::exchange(m_wantedShard, -1));
}

void ShardsPage::timesChanged()
{
    Page::timesChanged();
    m_panel->timesChanged();
    m_pictures->timesChanged();
}

void ShardsPage::refresh()
{
    if (m_panel->isVisible()) m_panel->refresh();
}

void ShardsPage::showExample()
{
    if (!m_snapshot || m_snapshot->shards.empty()) return;
    const auto fullest = std::max_element(m_snapshot->shards.begin(), m_snapshot->shards.end(),
                                          [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
    openShard(fullest->shard);
}

// What the shards' history does not hold is of the newest snapshot.
QString ShardsPage::tableNote() const
{
    if (!m_shards.ofWindow) return m_shards.note;
    return tr("means of the window; users, PostgreSQL and nodes %1")
        .arg(context().range.notOfWindow(m_snapshot->takenAt));
}

// Why there are dashes: a node is down, or a young session has not counted everything yet.
void ShardsPage::showLastKnown()
{
    auto note = m_shards.ofWindow ? QString() : lastKnownNote(*m_snapshot);
    m_lastKnown->setTone(Tone::Warning);
    const auto& shards = m_snapshot->shards;
    const auto counted = std::count_if(shards.begin(), shards.end(),
                                       [](const auto& shard) { return shard.sweptAt.has_value(); });
    if (note.isEmpty() && !m_shards.ofWindow && std::size_t(counted) < shards.size()) {
        note = tr("Timelines, entries and bytes are counted shard by shard: %1 of %2 so far")
                   .arg(counted)
                   .arg(shards.size());
        m_lastKnown->setTone(Tone::Muted);
    }
    m_lastKnown->setText(note);
    m_lastKnown->setVisible(!note.isEmpty());
}

// The one with most of what is shown; -1: nothing is known, or there is none.
int ShardsPage::topShard() const
{
    int top = -1;
    double most = 0;
    for (const auto& shard : m_shards.snapshot->shards) {
        const double value = backend::valueOf(shard, metric());
        if (std::isnan(value) || value <= most) continue;
        most = value;
        top = shard.shard;
    }
    return top;
}

QString ShardsPage::topNode() const
{
    const auto loads = backend::loadByNode(*m_shards.snapshot, metric());
    return loads.empty() || !(loads.front().value > 0) ? QString()
                                                       : QString::fromStdString(loads.front().name);
}

void ShardsPage::showBalance()
{
    const auto& snapshot = *m_shards.snapshot;
    showSpread(backend::shardBalance(snapshot, metric(), m_shards.seconds),
               backend::nodeBalance(snapshot, metric(), m_shards.seconds), backend::usersOf(snapshot) > 0);
}

void ShardsPage::showSpread(const backend::BalanceSummary& shards, const backend::BalanceSummary& nodes,
                            bool usersKnown)
{
    const bool rate = metric() == BalanceMetric::Deliveries || metric() == BalanceMetric::Reads;
    m_total->setValue(shards.known > 0 ? shardValueText(shards.total, metric()) : unknownText(),
                      rate && shards.known > 0 ? tr("/s") : QString());
    const auto chosen = context().range.chosen() && m_snapshot;
    m_total->setSubline(
        m_shards.ofWindow ? tr("%1, mean of the window").arg(reportMetricText(metric()))
        : chosen          ? context().range.notOfWindowShort(m_snapshot->takenAt)
        : rate
            ? tr("%1, over the last %2 s").arg(reportMetricText(metric()), formatWholeCount(m_shards.seconds))
            : tr("%1 of the cluster").arg(reportMetricText(metric())));
    const bool whole = std::size_t(shards.known) == m_shards.snapshot->shards.size();
    const auto nothing =
        whole ? tr("nothing to compare: all are 0") : tr("nothing to compare: all known are 0");
    const auto spread = [&](MetricTile* tile, const backend::BalanceSummary& summary, const QString& top) {
        tile->setValue(timesMean(summary), summary.mean > 0 ? tr("× mean") : QString());
        tile->setSubline(summary.known == 0  ? tr("not known yet")
                         : summary.mean <= 0 ? nothing
                                             : tr("%1: %2, mean %3")
                                                   .arg(top, shardValueText(summary.max, metric()),
                                                        shardMeanText(summary.mean, metric())));
    };
    spread(m_shardSpread, shards, tr("shard %1").arg(topShard()));
    spread(m_nodeSpread, nodes, topNode());
    const bool known = shards.known > 0 && shards.mean > 0;
    m_variation->setValue(known ? formatNumber(shards.coefficientOfVariation * 100, 1) : unknownText(),
                          known ? tr("%") : QString());
    const double chance = backend::chanceBand(shards);
    m_variation->setSubline(!known ? (shards.known > 0 ? nothing : tr("not known yet"))
                            : usersKnown
                                ? tr("by chance alone up to %1 % (2 σ)").arg(formatNumber(chance * 100, 1))
                                : tr("chance: users not known yet"));
    m_variation->setStatus(!known || !usersKnown                                          ? Tone::Normal
                           : shards.coefficientOfVariation <= backend::chanceBand(shards) ? Tone::Ok
                                                                                          : Tone::Warning);
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

int ShardsPage::selectedShard() const
{
    const auto index = m_table->currentIndex();
    return index.isValid() ? m_model->row(m_sorted->mapToSource(index)).shard.shard : -1;
}

void ShardsPage::openShard(int shard)
{
    if (!m_snapshot) {
        m_wantedShard = shard;
        return;
    }
    if (shard < 0 || shard >= int(m_snapshot->shards.size())) return;
    selectShard(shard);
    m_pictures->setCurrent(shard);
    m_panel->setShards(m_shards, tableNote());
    m_panel->showShard(shard);
    m_panel->show();
}

void ShardsPage::closeShard()
{
    const bool focused = m_panel->isAncestorOf(focusWidget());
    m_panel->hide();
    if (focused) m_table->setFocus();
}

void ShardsPage::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape && m_exporting)
        giveUpExport();
    else if (event->key() == Qt::Key_Escape && m_panel->isVisible())
        closeShard();
    else
        Page::keyPressEvent(event);
}

void ShardsPage::openArgument(const QString& argument)
{
    for (const auto metric : backend::kBalanceMetrics) {
        const auto name = backend::toString(metric);
        if (argument == QString::fromUtf8(name.data(), qsizetype(name.size()))) setMetric(metric);
    }
    if (argument.startsWith(QLatin1String("shard "))) openShard(argument.mid(6).toInt());
    bool number = false;
    const int shard = argument.toInt(&number);
    if (number) openShard(shard);
}

QString ShardsPage::linkArgument() const
{
    const auto index = m_table->currentIndex();
    return index.isValid() ? QString::number(m_model->row(m_sorted->mapToSource(index)).shard.shard)
                           : QString();
}

void ShardsPage::exportReport()
{
    const auto name = m_snapshot ? QString::fromStdString(m_snapshot->clusterName) : QString();
    const QPointer<ShardsPage> here(this); // the page may go while the dialog is open
    const auto path =
        askWhereToSave(this, tr("Export shard report"),
                       QDir::home().filePath(tr("shard report %1.pdf").arg(name)), reportFileFilters());
    if (here && !path.isEmpty()) exportTo(path);
}

void ShardsPage::exportTo(const QString& path)
{
    if (!m_snapshot || m_exporting) return;
    m_exporting.emplace();
    m_export->setEnabled(false);
    showOutcome(tr("Writing %1… Esc gives up.").arg(QDir::toNativeSeparators(path)), false);
    context().bridge.call(
        this,
        [snapshot = m_snapshot, path, stop = m_exporting->get_token()](backend::Engine& engine) {
            const auto report = requests::shardReport(engine, *snapshot);
            return writeReport(
                report, [&](const auto& what, auto format) { return requests::render(engine, what, format); },
                path, stop);
        },
        [this, path](backend::Result<void> written) {
            const bool stopped = m_exporting && m_exporting->stop_requested();
            m_exporting.reset();
            m_export->setEnabled(m_snapshot != nullptr);
            if (!written && stopped && written.error().code == backend::ErrorCode::Cancelled) {
                showOutcome(tr("Given up: no report was written."), false);
                return;
            }
            if (!written) {
                showOutcome(QString::fromStdString(written.error().message), true);
                return;
            }
            showOutcome(tr("Report written to %1").arg(QDir::toNativeSeparators(path)), false);
            emit reportWritten(path);
        });
}

// It ends at the next step of the writing; what became of it is told then.
void ShardsPage::giveUpExport()
{
    m_exporting->request_stop();
    showOutcome(tr("Giving up…"), false);
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
    settings.setValue("columnSizes", m_columns->saveState());
    m_pictures->saveState(settings);
    settings.setValue("columns", columnsState(*m_table->horizontalHeader()));
}

void ShardsPage::restoreState(QSettings& settings)
{
    m_metric->setCurrentIndex(settings.value("metric", m_metric->currentIndex()).toInt());
    m_splitter->restoreState(settings.value("splitter").toByteArray());
    m_columns->restoreState(settings.value("columnSizes").toByteArray());
    m_pictures->restoreState(settings);
    restoreColumns(*m_table->horizontalHeader(), settings.value("columns").toByteArray());
}

} // namespace ui
