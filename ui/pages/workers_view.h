// The second tab of Queue & workers: engines and their workers with the controls, and what each worker did
// over the shared time window. Owned by its page; GUI thread only.
#pragma once

#include <QWidget> // first: Qt 6.4's moc stumbles over <concepts> otherwise

#include "backend/domain/queue_details.h"
#include "ui/pages/page.h"

#include <optional>

class QSplitter;
class QTreeView;

namespace ui {

class Card;
class Label;
class SwimLanes;
class WorkerControls;
class WorkerTreeModel;

class WorkersView final : public QWidget
{
    Q_OBJECT

public:
    WorkersView(const PageContext& context, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot);
    void setBlocked(const QString& reason);
    void setSpans(const backend::WorkerSpans& spans);
    void setProblem(const QString& problem); // why the lanes are those of before
    int pixelsAcross() const;                // of the lanes: no more spans than that can be seen

    void timesChanged();
    void saveState(QSettings& settings) const;
    void restoreState(QSettings& settings);

private:
    QWidget* buildTree(QWidget* parent);
    QWidget* buildLanes(QWidget* parent);

    const PageContext m_context;
    WorkerControls* m_controls = nullptr;
    WorkerTreeModel* m_workers = nullptr;
    QTreeView* m_tree = nullptr;
    Card *m_treeCard = nullptr, *m_lanesCard = nullptr;
    SwimLanes* m_lanes = nullptr;
    std::optional<bool> m_summed; // lanes are shares of each step; empty: none are shown
    Label* m_note = nullptr;
    QSplitter* m_splitter = nullptr;
    backend::SnapshotPtr m_snapshot;
};

} // namespace ui
