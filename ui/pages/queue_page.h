// Queue & workers: what arrives, waits and is done by kind, workers with their controls and what they did
// when, and dead letters. Owned by the main window; GUI thread only.
#pragma once

#include "ui/pages/page.h" // first: Qt 6.4's moc stumbles over <span>'s <concepts> otherwise

#include "ui/bridge/history_view.h"

class QLayout;
class QTabWidget;

namespace ui {

class DeadLettersView;
class MetricTile;
class PageFace;
class QueueFlowView;
class WorkersView;

class QueuePage final : public Page
{
    Q_OBJECT

public:
    QueuePage(const PageContext& context, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot) override;
    void activated() override;
    void refresh() override;
    void timesChanged() override;
    void openArgument(const QString& argument) override; // "dead", "workers"; anything else: the queue
    QString linkArgument() const override;
    void saveState(QSettings& settings) const override;
    void restoreState(QSettings& settings) override;

private:
    QWidget* build();
    QLayout* buildTiles(QWidget* parent);
    void showTiles(const backend::ClusterSnapshot& snapshot);
    void showDrainDated(const QString& asOf);
    void showNoDrain(const backend::ClusterSnapshot& snapshot);
    void showWindowTiles(); // of the part of the past that is chosen
    void showWindowDrain(const HistoryView& history);
    HistoryView shownHistory() const;
    void readOverTime();

    PageFace* m_face = nullptr;
    MetricTile* m_unfinished = nullptr;
    MetricTile* m_oldest = nullptr;
    MetricTile* m_drain = nullptr;
    MetricTile* m_dead = nullptr;
    QTabWidget* m_tabs = nullptr;
    QueueFlowView* m_flow = nullptr;
    WorkersView* m_workers = nullptr;
    DeadLettersView* m_letters = nullptr;
    bool m_reading = false, m_readAgain = false;
};

} // namespace ui
