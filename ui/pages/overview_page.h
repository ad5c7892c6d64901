// Overview: is every post reaching its readers in time, and if not, where is the trouble? Tiles that lead to
// the pages behind them, four charts, the nodes and the shards. Owned by the main window; GUI thread only.
#pragma once

#include "ui/pages/page.h"

class QBoxLayout;

namespace ui {

class HealthColumn;
class ShardWindow;
struct HistoryView;
struct ShownShards;
class MetricTile;
class PageFace;
class TimeChart;

class OverviewPage final : public Page
{
    Q_OBJECT

public:
    OverviewPage(const PageContext& context, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot) override;
    void timesChanged() override;

private:
    QWidget* build();
    QLayout* buildTiles();
    QWidget* buildHealth(QWidget* parent);
    void buildCharts(QWidget* parent);
    MetricTile* addLink(QBoxLayout& row, const char* name, const QString& title, const QString& page);
    // Of the newest snapshot, or of the part of the past that is chosen.
    void showTiles(const backend::ClusterSnapshot& snapshot, const ShownShards& shards);
    void showTraffic(const backend::ClusterSnapshot& snapshot);
    void showTraffic(const HistoryView& history);
    void showRatesDated(const QString& asOf);
    void showFanout(const backend::ClusterSnapshot& snapshot);
    void showFanout(const HistoryView& history);
    void showQueue(const backend::ClusterSnapshot& snapshot);
    void showQueue(const HistoryView& history);
    void showCache();
    void showBalance(const ShownShards& shards);
    void showBalance(const HistoryView& history);
    void showNodes(const backend::ClusterSnapshot& snapshot);
    void showCharts();
    HistoryView shownHistory() const;

    PageFace* m_face = nullptr;
    ShardWindow* m_shards = nullptr;
    MetricTile* m_fanout = nullptr;
    MetricTile* m_deliveries = nullptr;
    MetricTile* m_queue = nullptr;
    MetricTile* m_cache = nullptr;
    MetricTile* m_balance = nullptr;
    MetricTile* m_nodes = nullptr;
    TimeChart* m_delayChart = nullptr;
    TimeChart* m_rateChart = nullptr;
    TimeChart* m_queueChart = nullptr;
    TimeChart* m_cacheChart = nullptr;
    HealthColumn* m_health = nullptr;
};

} // namespace ui
