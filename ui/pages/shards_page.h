// Shards: how evenly one metric is spread over the logical shards and the nodes, beside what chance alone
// would give, as a choice of pictures; all shards as a table; one of them in full beside them; the report as
// a file. Owned by the main window; GUI thread only.
#pragma once

#include "ui/pages/page.h"

#include "backend/domain/balance.h"
#include "ui/models/shard_table.h"
#include "ui/pages/shard_window.h"

#include <optional>
#include <stop_token>

class QComboBox;
class QPushButton;
class QSplitter;
class QTableView;

namespace ui {

class Card;
class Label;
class MetricTile;
class PageFace;
class ShardPanel;
class ShardPictures;
class SortProxy;

class ShardsPage final : public Page
{
    Q_OBJECT

public:
    ShardsPage(const PageContext& context, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot) override;
    void refresh() override;
    void timesChanged() override;
    void showExample() override; // the details of the fullest shard
    void
    openArgument(const QString& argument) override; // "shard 17" with its details, or a metric: "reads/s"
    QString linkArgument() const override;
    void saveState(QSettings& settings) const override;
    void restoreState(QSettings& settings) override;

    // Asks where to and writes the report of the newest snapshot there; exportTo does not ask.
    void exportReport();
    void exportTo(const QString& path);

protected:
    void keyPressEvent(QKeyEvent* event) override; // Esc gives up a report, else closes the details

signals:
    void reportWritten(const QString& path);

private:
    QWidget* build();
    QLayout* buildHead(QWidget* parent);
    QLayout* buildTiles(QWidget* parent);
    QWidget* buildParts(QWidget* parent);
    QWidget* buildTable(QWidget* parent);
    void connectAll();
    void metricChanged();
    void showBalance();
    QString tableNote() const;
    void showLastKnown();
    int topShard() const;
    QString topNode() const;
    void showSpread(const backend::BalanceSummary& shards, const backend::BalanceSummary& nodes,
                    bool usersKnown);
    void selectShard(int shard);
    void openShard(int shard); // selects it and shows its details
    void closeShard();
    int selectedShard() const; // -1: none
    void setMetric(backend::BalanceMetric metric);
    backend::BalanceMetric metric() const;
    void giveUpExport();
    void showOutcome(const QString& text, bool failed);

    PageFace* m_face = nullptr;
    QComboBox* m_metric = nullptr;
    QPushButton* m_export = nullptr;
    Label *m_outcome = nullptr, *m_lastKnown = nullptr;
    MetricTile* m_shardSpread = nullptr;
    MetricTile* m_nodeSpread = nullptr;
    MetricTile* m_variation = nullptr;
    MetricTile* m_total = nullptr;
    ShardPictures* m_pictures = nullptr;
    ShardPanel* m_panel = nullptr;
    ShardTableModel* m_model = nullptr;
    SortProxy* m_sorted = nullptr;
    QTableView* m_table = nullptr;
    QSplitter* m_splitter = nullptr;
    QSplitter* m_columns = nullptr; // pictures and table, the panel
    Card* m_tableCard = nullptr;
    ShardWindow* m_window = nullptr;
    backend::SnapshotPtr m_snapshot;             // the newest
    ShownShards m_shards;                        // it, or the chosen part of the past
    int m_wantedShard = -1;                      // asked for before there was anything to show
    std::optional<std::stop_source> m_exporting; // the report that is being written
};

} // namespace ui
