#include "ui/pages/workers_view.h"

#include "ui/bridge/time_range.h"
#include "ui/models/worker_tree_model.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/tone_delegate.h"
#include "ui/pages/worker_controls.h"
#include "ui/pages/worker_lanes.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/table_style.h"

#include <QHeaderView>
#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace ui {

WorkersView::WorkersView(const PageContext& context, QWidget* parent)
    : QWidget(parent)
    , m_context(context)
{
    m_splitter = new QSplitter(Qt::Vertical, this);
    m_splitter->setObjectName(QStringLiteral("workersSplitter"));
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(buildTree(m_splitter));
    m_splitter->addWidget(buildLanes(m_splitter));
    m_splitter->setSizes({5500, 4500}); // parts of what there is
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, kSpacingSmall, 0, 0);
    layout->addWidget(m_splitter);
}

QWidget* WorkersView::buildTree(QWidget* parent)
{
    auto* card = m_treeCard = new Card(m_context.theme, tr("Workers by engine"), parent);
    m_controls = new WorkerControls(m_context.theme, m_context.bridge, card);
    m_workers = new WorkerTreeModel(this);
    m_tree = new QTreeView(card);
    m_tree->setObjectName(QStringLiteral("workerTree"));
    m_tree->setAccessibleName(tr("Workers by engine"));
    m_tree->setModel(m_workers);
    m_tree->setItemDelegate(new ToneDelegate(m_context.theme, m_tree));
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

QWidget* WorkersView::buildLanes(QWidget* parent)
{
    m_lanesCard = new Card(m_context.theme, tr("Workers over time"), parent);
    m_note = new Label(m_context.theme, tr("Reading…"), FontRole::Body, Tone::Muted, m_lanesCard);
    m_note->setObjectName(QStringLiteral("workerLanesNote"));
    m_note->setWordWrap(true);
    auto* area = new QScrollArea(m_lanesCard);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->viewport()->setAutoFillBackground(false);
    m_lanes = new SwimLanes(m_context.theme, m_context.range, area);
    m_lanes->setObjectName(QStringLiteral("workerLanes"));
    m_lanes->setLooks(workerLooks());
    area->setWidget(m_lanes);
    m_lanes->setAutoFillBackground(false);
    m_lanesCard->body()->addWidget(m_note);
    m_lanesCard->body()->addWidget(area, 1);
    return m_lanesCard;
}

void WorkersView::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    m_snapshot = snapshot;
    m_workers->setSnapshot(*snapshot);
    m_controls->setSnapshot(*snapshot);
    m_treeCard->setSubtitle(m_context.range.notOfWindow(snapshot->takenAt));
}

void WorkersView::setBlocked(const QString& reason)
{
    m_controls->setBlocked(reason);
}

void WorkersView::setSpans(const backend::WorkerSpans& spans)
{
    if (!m_snapshot) return;
    auto lanes = workerLanes(spans, *m_snapshot);
    const bool any = !lanes.empty();
    m_note->setVisible(!any);
    m_lanes->setVisible(any);
    if (!any)
        m_note->setText(tr("No workers: neither this program nor another one on this cluster has any."));
    m_summed = std::any_of(spans.lanes.begin(), spans.lanes.end(),
                           [](const auto& lane) { return !lane.tallies.empty(); });
    timesChanged();
    m_lanes->setLanes(std::move(lanes));
}

void WorkersView::timesChanged()
{
    if (!m_summed) return;
    m_lanesCard->setSubtitle(tr("%1 · %2 · %3")
                                 .arg(*m_summed ? tr("shares of each step: zoom in for single batches")
                                                : tr("each batch by itself"),
                                      m_context.range.windowText(), zoneName()));
}

void WorkersView::setProblem(const QString& problem)
{
    m_summed.reset();
    if (!problem.isEmpty()) m_lanesCard->setSubtitle(tr("not read: %1").arg(problem), Tone::Critical);
}

int WorkersView::pixelsAcross() const
{
    return m_lanes->pixelsAcross();
}

void WorkersView::saveState(QSettings& settings) const
{
    settings.setValue("workersSplitter", m_splitter->saveState());
    settings.setValue("workers", columnsState(*m_tree->header()));
}

void WorkersView::restoreState(QSettings& settings)
{
    m_splitter->restoreState(settings.value("workersSplitter").toByteArray());
    restoreColumns(*m_tree->header(), settings.value("workers").toByteArray());
}

} // namespace ui
