#include "ui/pages/queue_page.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/bridge/time_range.h"
#include "ui/pages/dead_letters_view.h"
#include "ui/pages/page_face.h"
#include "ui/pages/queue_flow_view.h"
#include "ui/pages/workers_view.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/metric_tile.h"

#include <QHBoxLayout>
#include <QSettings>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace ui {
namespace {

constexpr int kFlowTab = 0, kWorkersTab = 1, kLettersTab = 2;
constexpr int kTrendPoints = 120;

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
    // A part of the past that was chosen is read at once, whatever the next snapshot does.
    connect(&context.range, &TimeRange::moved, this, [this] {
        if (this->context().range.live() || !isVisible()) return; // else with the snapshot
        setSnapshot(this->context().bridge.snapshot());
    });
    connect(&context.range, &TimeRange::windowChanged, this, [this] {
        if (isVisible()) setSnapshot(this->context().bridge.snapshot());
    });
}

HistoryView QueuePage::shownHistory() const
{
    const auto& range = context().range;
    return context().bridge.historyBetween(range.begin(), range.end());
}

QWidget* QueuePage::build()
{
    auto* content = new QWidget(this);
    m_tabs = new QTabWidget(content);
    m_tabs->setObjectName(QStringLiteral("queueTabs"));
    m_tabs->setDocumentMode(true);
    m_flow = new QueueFlowView(context(), m_tabs);
    m_workers = new WorkersView(context(), m_tabs);
    m_letters = new DeadLettersView(context().theme, context().bridge, m_tabs);
    m_letters->setObjectName(QStringLiteral("deadLetters"));
    m_tabs->addTab(m_flow, tr("Queue"));
    m_tabs->addTab(m_workers, tr("Workers"));
    m_tabs->addTab(m_letters, tr("Dead letters"));
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, kSpacingMedium);
    layout->setSpacing(kSpacingSmall);
    layout->addLayout(buildTiles(content));
    layout->addWidget(m_tabs, 1);
    return content;
}

void QueuePage::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    const auto blocked = context().bridge.whyUnchangeable();
    m_workers->setBlocked(blocked);
    m_letters->setBlocked(blocked);
    if (!m_face->show(snapshot)) return;
    if (context().range.chosen())
        showWindowTiles();
    else
        showTiles(*snapshot);
    m_flow->setSnapshot(*snapshot, shownHistory());
    m_workers->setSnapshot(snapshot);
    m_letters->setSnapshot(snapshot);
    const auto paused =
        std::count_if(snapshot->workers.begin(), snapshot->workers.end(),
                      [](const auto& one) { return one.state == backend::WorkerState::Paused; });
    const auto workers = formatCount(std::int64_t(snapshot->workers.size()));
    m_tabs->setTabText(kWorkersTab, paused > 0
                                        ? tr("Workers (%1, %2 paused)").arg(workers, formatCount(paused))
                                        : tr("Workers (%1)").arg(workers));
    const bool counted = snapshot->queueDead > 0 || snapshot->queueNotCounted.empty();
    m_tabs->setTabText(
        kLettersTab, tr("Dead letters (%1)").arg(counted ? formatCount(snapshot->queueDead) : unknownText()));
    readOverTime();
}

void QueuePage::timesChanged()
{
    Page::timesChanged();
    m_flow->timesChanged();
    m_workers->timesChanged();
    m_letters->timesChanged();
}

// Out of the engine's memory: cheap enough for every snapshot. One at a time; what was wished meanwhile
// follows.
void QueuePage::readOverTime()
{
    if (m_reading) {
        m_readAgain = true;
        return;
    }
    m_reading = true;
    const auto& range = context().range;
    context().bridge.call(
        this,
        [begin = range.begin(), end = range.end(),
         spans = std::max(1, m_workers->pixelsAcross())](backend::Engine& engine) {
            return requests::queueOverTime(engine, begin, end, kTrendPoints, spans);
        },
        [this](backend::Result<requests::QueueOverTime> read) {
            m_reading = false;
            if (read) {
                m_flow->setTrends(read->history);
                m_flow->setTimes(read->details);
                m_workers->setSpans(read->workers);
            } else {
                const auto problem = QString::fromStdString(read.error().message);
                m_flow->setProblem(problem);
                m_workers->setProblem(problem);
            }
            if (std::exchange(m_readAgain, false) && isVisible()) readOverTime();
        });
}

void QueuePage::activated()
{
    if (m_tabs->currentIndex() == kLettersTab) m_letters->refresh();
}

void QueuePage::refresh()
{
    m_letters->refresh();
    readOverTime();
}

void QueuePage::openArgument(const QString& argument)
{
    if (argument == QLatin1String("dead") || argument == QLatin1String("dead letters"))
        m_tabs->setCurrentIndex(kLettersTab);
    else if (argument == QLatin1String("workers"))
        m_tabs->setCurrentIndex(kWorkersTab);
    else
        m_tabs->setCurrentIndex(kFlowTab);
}

QString QueuePage::linkArgument() const
{
    switch (m_tabs->currentIndex()) {
    case kLettersTab:
        return QStringLiteral("dead");
    case kWorkersTab:
        return QStringLiteral("workers");
    default:
        return {};
    }
}

void QueuePage::saveState(QSettings& settings) const
{
    m_flow->saveState(settings);
    m_workers->saveState(settings);
    m_letters->saveState(settings);
    settings.setValue("tab", m_tabs->currentIndex());
}

void QueuePage::restoreState(QSettings& settings)
{
    m_flow->restoreState(settings);
    m_workers->restoreState(settings);
    m_letters->restoreState(settings);
    m_tabs->setCurrentIndex(settings.value("tab", kFlowTab).toInt());
}

} // namespace ui
