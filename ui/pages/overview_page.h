// Overview: is every post reaching its readers in time, and if not, where is the trouble? Tiles that lead to
// the pages behind them, four charts, the nodes and the shards. Owned by the main window; GUI thread only.
#pragma once

#include <QString>

#include "ui/pages/page.h"

class QBoxLayout;

namespace ui {

class HealthColumn;
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
    void showTiles(const backend::ClusterSnapshot& snapshot);
    void showFanout(const backend::ClusterSnapshot& snapshot);
    void showQueue(const backend::ClusterSnapshot& snapshot);
    void showCache();
    void showBalance(const backend::ClusterSnapshot& snapshot);
    void showNodes(const backend::ClusterSnapshot& snapshot);
    void showCharts();

    PageFace* m_face = nullptr;
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
