// Queue & workers: tasks by kind, arrival against drain, workers with their controls, and dead letters. Owned
// by the main window; GUI thread only.
#pragma once

#include "ui/pages/page.h"

#include "ui/models/queue_tables.h"

class QSplitter;
class QTabWidget;
class QTableView;
class QTreeView;

namespace ui {

class DeadLettersView;
class MetricTile;
class PageFace;
class TimeChart;
class WorkerControls;
class WorkerTreeModel;

class QueuePage final : public Page
{
    Q_OBJECT

public:
    QueuePage(const PageContext& context, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot) override;
    void activated() override;
    void refresh() override;
    void openArgument(const QString& argument) override; // "dead letters"
    void saveState(QSettings& settings) const override;
    void restoreState(QSettings& settings) override;

private:
    QWidget* build();
    QLayout* buildTiles(QWidget* parent);
    QWidget* buildUpper(QWidget* parent);
    QWidget* buildKinds(QWidget* parent);
    QWidget* buildTabs(QWidget* parent);
    QWidget* buildWorkers(QWidget* parent);
    void showTiles(const backend::ClusterSnapshot& snapshot);
    void showQueue(const backend::ClusterSnapshot& snapshot);
    void showRates();
    void placeUpper();
    QString blockedReason() const;

    PageFace* m_face = nullptr;
    MetricTile* m_unfinished = nullptr;
    MetricTile* m_oldest = nullptr;
    MetricTile* m_drain = nullptr;
    MetricTile* m_dead = nullptr;
    TimeChart* m_rates = nullptr;
    QueueKindModel* m_kinds = nullptr;
    QTableView* m_kindTable = nullptr;
    WorkerTreeModel* m_workers = nullptr;
    QTreeView* m_tree = nullptr;
    WorkerControls* m_controls = nullptr;
    DeadLettersView* m_letters = nullptr;
    QTabWidget* m_tabs = nullptr;
    QSplitter* m_upper = nullptr;
    bool m_upperChosen = false; // its parts, by somebody
    QSplitter* m_splitter = nullptr;
};

} // namespace ui
