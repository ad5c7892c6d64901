// Shards: how evenly one metric is spread over the logical shards and the nodes, beside what chance alone
// would give; all shards as a table; the report as a file. Owned by the main window; GUI thread only.
#pragma once

#include "ui/pages/page.h"

#include "backend/domain/balance.h"
#include "ui/models/shard_table.h"

class QComboBox;
class QPushButton;
class QSplitter;
class QTableView;

namespace ui {

class Card;
class HeatGrid;
class Label;
class MetricTile;
class PageFace;
class RankedBars;
class SortProxy;

class ShardsPage final : public Page
{
    Q_OBJECT

public:
    ShardsPage(const PageContext& context, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot) override;
    void openArgument(const QString& argument) override; // "shard 17", or a metric: "deliveries/s"
    QString linkArgument() const override;
    void saveState(QSettings& settings) const override;
    void restoreState(QSettings& settings) override;

    // Asks where to and writes the report of the newest snapshot there; exportTo does not ask.
    void exportReport();
    void exportTo(const QString& path);

signals:
    void reportWritten(const QString& path);

private:
    QWidget* build();
    QLayout* buildHead(QWidget* parent);
    QLayout* buildTiles(QWidget* parent);
    QWidget* buildPictures(QWidget* parent);
    QWidget* buildTable(QWidget* parent);
    void connectAll();
    void metricChanged();
    void showBalance(const backend::ClusterSnapshot& snapshot);
    void showSpread(const backend::BalanceSummary& shards, const backend::BalanceSummary& nodes,
                    bool usersKnown);
    void showBars(const backend::ClusterSnapshot& snapshot);
    void selectShard(int shard);
    void setMetric(backend::BalanceMetric metric);
    backend::BalanceMetric metric() const;
    void showOutcome(const QString& text, bool failed);

    PageFace* m_face = nullptr;
    QComboBox* m_metric = nullptr;
    QPushButton* m_export = nullptr;
    Label* m_outcome = nullptr;
    MetricTile* m_shardSpread = nullptr;
    MetricTile* m_nodeSpread = nullptr;
    MetricTile* m_variation = nullptr;
    MetricTile* m_total = nullptr;
    Card* m_heatCard = nullptr;
    Card* m_barsCard = nullptr;
    HeatGrid* m_heat = nullptr;
    RankedBars* m_bars = nullptr;
    ShardTableModel* m_model = nullptr;
    SortProxy* m_sorted = nullptr;
    QTableView* m_table = nullptr;
    QSplitter* m_pictures = nullptr;
    QSplitter* m_splitter = nullptr;
    backend::SnapshotPtr m_snapshot;
};

} // namespace ui
