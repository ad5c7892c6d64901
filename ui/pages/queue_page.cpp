#include "ui/pages/queue_page.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/time_range.h"
#include "ui/models/worker_tree_model.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/dead_letters_view.h"
#include "ui/pages/page_face.h"
#include "ui/pages/tone_delegate.h"
#include "ui/pages/worker_controls.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/metric_tile.h"
#include "ui/widgets/table_style.h"
#include "ui/widgets/time_chart.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QSettings>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace ui {
namespace {

constexpr int kWorkersTab = 0, kLettersTab = 1;
constexpr double kFreshSeconds = 1, kOldSeconds = 10, kVeryOldSeconds = 60; // for the oldest waiting task

} // namespace

QueuePage::QueuePage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("queue"), tr("Queue & workers"), context, parent)
{
    m_face = new PageFace(context, this, build());
    m_dead->setLink(true);
    connect(m_dead, &MetricTile::clicked, this, [this] { m_tabs->setCurrentIndex(kLettersTab); });
    connect(m_tabs, &QTabWidget::currentChanged, this, [this](int tab) {
        if (tab == kLettersTab) m_letters->refresh();
    });
    connect(&context.range, &TimeRange::moved, this, [this] {
        if (isVisible() && !this->context().range.live()) showRates(); // else with the snapshot
    });
}

QWidget* QueuePage::build()
{
    auto* content = new QWidget(this);
    m_splitter = new QSplitter(Qt::Vertical, content);
    m_splitter->setObjectName(QStringLiteral("queueSplitter"));
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(buildUpper(m_splitter));
    m_splitter->addWidget(buildTabs(m_splitter));
    m_splitter->setSizes({5000, 5000}); // parts of what there is
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, kSpacingMedium);
    layout->setSpacing(kSpacingSmall);
    layout->addLayout(buildTiles(content));
    layout->addWidget(m_splitter, 1);
    return content;
}

QLayout* QueuePage::buildTiles(QWidget* parent)
{
    auto* row = new QHBoxLayout;
    row->setSpacing(kSpacingSmall);
    const auto tile = [&](const QString& title, const char* name, const QString& toolTip) {
        return addTile(*row, context().theme, name, title, toolTip, parent);
    };
    m_unfinished =
        tile(tr("Unfinished tasks"), "queueUnfinished", tr("Ready, running and waiting for a retry"));
    m_oldest = tile(tr("Oldest waiting"), "queueOldest", tr("Age of the oldest unfinished task"));
    m_drain = tile(tr("Time to drain"), "queueDrain", tr("At the present rates of arrival and drain"));
    m_dead = tile(tr("Dead letters"), "queueDead", tr("Tasks that failed for good and wait for a person"));
    return row;
}

QWidget* QueuePage::buildUpper(QWidget* parent)
{
    TimeChart::Options options;
    options.title = tr("Arrival against drain");
    options.left = {tr("tasks/s"), &formatRate, 4, 0, ScaleUnit::Number, QStringLiteral("8,888")};
    options.right = {{}, {}, 4, 0, ScaleUnit::Whole, QStringLiteral("88,888")};
    options.series = {
        {tr("arriving"), 1, [](const backend::HistoryPoint& p) { return p.arrivalsPerSecond; }, false},
        {tr("done"), 2, [](const backend::HistoryPoint& p) { return p.drainPerSecond; }, false},
        {tr("unfinished"), 3, [](const backend::HistoryPoint& p) { return p.queueUnfinished; }, true},
    };
    m_rates = new TimeChart(context().theme, context().range, std::move(options), parent);
    m_rates->setObjectName(QStringLiteral("queueRates"));
    m_upper = new QSplitter(Qt::Horizontal, parent);
    m_upper->setObjectName(QStringLiteral("queueUpperSplitter"));
    m_upper->setChildrenCollapsible(false);
    m_upper->addWidget(m_rates);
    m_upper->addWidget(buildKinds(m_upper));
    connect(m_upper, &QSplitter::splitterMoved, this, [this] { m_upperChosen = true; });
    return m_upper;
}

QWidget* QueuePage::buildKinds(QWidget* parent)
{
    auto* card = new Card(context().theme, tr("Tasks by kind"), parent);
    m_kinds = makeQueueKindTable(this);
    m_kindTable = new QTableView(card);
    m_kindTable->setObjectName(QStringLiteral("queueKinds"));
    m_kindTable->setAccessibleName(tr("Tasks by kind"));
    m_kindTable->setModel(m_kinds);
    m_kindTable->setItemDelegate(new ToneDelegate(context().theme, m_kindTable));
    styleCompactTable(*m_kindTable);
    m_kindTable->setSortingEnabled(false);
    fitColumns(*m_kindTable);
    card->body()->addWidget(m_kindTable);
    return card;
}

QWidget* QueuePage::buildTabs(QWidget* parent)
{
    m_tabs = new QTabWidget(parent);
    m_tabs->setObjectName(QStringLiteral("queueTabs"));
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(buildWorkers(m_tabs), tr("Workers"));
    auto* card = new Card(context().theme, {}, m_tabs);
    m_letters = new DeadLettersView(context().theme, context().bridge, card);
    m_letters->setObjectName(QStringLiteral("deadLetters"));
    card->body()->addWidget(m_letters);
    m_tabs->addTab(card, tr("Dead letters"));
    return m_tabs;
}

QWidget* QueuePage::buildWorkers(QWidget* parent)
{
    auto* card = new Card(context().theme, {}, parent);
    m_controls = new WorkerControls(context().theme, context().bridge, card);
    m_workers = new WorkerTreeModel(this);
    m_tree = new QTreeView(card);
    m_tree->setObjectName(QStringLiteral("workerTree"));
    m_tree->setAccessibleName(tr("Workers by engine"));
    m_tree->setModel(m_workers);
    m_tree->setItemDelegate(new ToneDelegate(context().theme, m_tree));
    styleTree(*m_tree);
    m_tree->setSortingEnabled(false);
    fitColumns(*m_tree);
    connect(m_workers, &QAbstractItemModel::rowsInserted, m_tree, [this](const QModelIndex& engine) {
        // Engines open when they come; one that somebody closed stays closed.
        if (engine.isValid() && m_workers->rowCount(engine) > 0 &&
            !m_tree->property("seen").toList().contains(engine.data(WorkerTreeModel::EngineSlotRole))) {
            auto seen = m_tree->property("seen").toList();
            seen << engine.data(WorkerTreeModel::EngineSlotRole);
            m_tree->setProperty("seen", seen);
            m_tree->expand(engine);
        }
    });
    card->body()->addWidget(m_controls);
    card->body()->addWidget(m_tree, 1);
    return card;
}

QString QueuePage::blockedReason() const
{
    const auto& bridge = context().bridge;
    if (bridge.state() != EngineBridge::State::Open) return tr("Not connected.");
    if (bridge.readOnly()) return tr("Read-only: this connection refuses every change.");
    return {};
}

void QueuePage::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    const auto blocked = blockedReason();
    m_controls->setBlocked(blocked);
    m_letters->setBlocked(blocked);
    if (!m_face->show(snapshot)) return;
    showTiles(*snapshot);
    showQueue(*snapshot);
    m_controls->setSnapshot(*snapshot);
    m_letters->setSnapshot(snapshot);
    showRates();
    if (!m_upperChosen && isVisible()) placeUpper();
}

void QueuePage::showRates()
{
    m_rates->setHistory(context().bridge.historyBetween(context().range.begin(), context().range.end()));
}

// The table gets what its columns need and the chart the rest, until somebody moves the border. In steps, so
// that a figure's next digit moves nothing.
void QueuePage::placeUpper()
{
    constexpr int kStep = 40;
    const int chrome = m_kindTable->parentWidget()->width() - m_kindTable->viewport()->width();
    const int needed = (fittedWidth(*m_kindTable) + chrome + kStep) / kStep * kStep;
    const int room = m_upper->width() - m_upper->handleWidth();
    const int table = std::min(needed, room * 13 / 20);
    if (m_upper->sizes().value(1) < table || m_upper->sizes().value(1) > table + 2 * kStep)
        m_upper->setSizes({room - table, table});
}

void QueuePage::showTiles(const backend::ClusterSnapshot& snapshot)
{
    m_unfinished->setValue(formatCount(snapshot.queueUnfinished),
                           snapshot.queueUnfinished == 1 ? tr("task") : tr("tasks"));
    m_unfinished->setSubline(
        tr("%1/s arriving, %2/s done")
            .arg(formatRate(snapshot.arrivalsPerSecond), formatRate(snapshot.drainPerSecond)));
    const bool any = snapshot.queueUnfinished > 0;
    const auto age = durationFigure(any ? snapshot.queueOldestAgeSeconds : 0);
    m_oldest->setValue(any ? age.number : tr("none"), any ? age.unit : QString());
    m_oldest->setSubline(any ? tr("since it was committed") : tr("nothing waits"));
    m_oldest->setStatus(!any || snapshot.queueOldestAgeSeconds < kOldSeconds ? Tone::Ok
                        : snapshot.queueOldestAgeSeconds < kVeryOldSeconds   ? Tone::Warning
                                                                             : Tone::Critical);
    if (!any) {
        m_drain->setValue(tr("drained"), {});
        m_drain->setSubline(tr("the queue is empty"));
    } else if (snapshot.secondsToDrain) {
        const auto left = durationFigure(*snapshot.secondsToDrain);
        m_drain->setValue(left.number, left.unit);
        m_drain->setSubline(tr("at the present rates"));
    } else {
        // What the workers hold already is no backlog; between two claims the rates say nothing of it.
        const bool atWork = snapshot.queueUnfinished <= std::int64_t(snapshot.workers.size()) &&
                            snapshot.queueOldestAgeSeconds < kFreshSeconds;
        m_drain->setValue(atWork ? tr("now") : unknownText(), {});
        m_drain->setSubline(atWork                           ? tr("no more tasks than workers")
                            : snapshot.arrivalsPerSecond < 0 ? tr("rates are not known yet")
                                                             : tr("the queue grows or stands"));
    }
    m_dead->setValue(formatCount(snapshot.queueDead), {});
    m_dead->setSubline(snapshot.queueDead > 0 ? tr("wait for a decision")
                                              : tr("no task has failed for good"));
    m_dead->setStatus(snapshot.queueDead > 0 ? Tone::Critical : Tone::Ok);
}

void QueuePage::showQueue(const backend::ClusterSnapshot& snapshot)
{
    m_kinds->setRows(snapshot.queue);
    m_workers->setSnapshot(snapshot);
    m_tabs->setTabText(kWorkersTab,
                       tr("Workers (%1)").arg(formatCount(std::int64_t(snapshot.workers.size()))));
    m_tabs->setTabText(kLettersTab, tr("Dead letters (%1)").arg(formatCount(snapshot.queueDead)));
}

void QueuePage::activated()
{
    if (m_tabs->currentIndex() == kLettersTab) m_letters->refresh();
}

void QueuePage::refresh()
{
    m_letters->refresh();
}

void QueuePage::openArgument(const QString& argument)
{
    if (argument == QLatin1String("dead letters")) m_tabs->setCurrentIndex(kLettersTab);
}

void QueuePage::saveState(QSettings& settings) const
{
    settings.setValue("splitter", m_splitter->saveState());
    if (m_upperChosen) settings.setValue("upper", m_upper->saveState());
    settings.setValue("workers", columnsState(*m_tree->header()));
    settings.setValue("tab", m_tabs->currentIndex());
}

void QueuePage::restoreState(QSettings& settings)
{
    m_splitter->restoreState(settings.value("splitter").toByteArray());
    m_upperChosen = m_upper->restoreState(settings.value("upper").toByteArray());
    restoreColumns(*m_tree->header(), settings.value("workers").toByteArray());
    m_tabs->setCurrentIndex(settings.value("tab", kWorkersTab).toInt());
}

} // namespace ui
