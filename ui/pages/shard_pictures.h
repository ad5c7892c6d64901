// The pictures of one metric over the logical shards, one at a time: grid with ranked nodes, shard against
// time, treemap of nodes, Lorenz curve, two windows compared. Asks the engine only for the one that is shown.
// Part of the Shards page; GUI thread only.
#pragma once

#include "ui/pages/page.h"

#include "backend/domain/balance.h"
#include "backend/domain/lorenz.h"
#include "backend/domain/shard_history.h"

#include <chrono>

class QSplitter;
class QStackedLayout;

namespace ui {

class Card;
class HeatGrid;
class Label;
class LorenzChart;
class RankedBars;
class Segments;
class ShardComparisonView;
class ShardTimeMap;
class Treemap;

class ShardPictures final : public QWidget
{
    Q_OBJECT

public:
    enum Picture { Grid, OverTime, Map, Lorenz, Compare };

    ShardPictures(const PageContext& context, QWidget* parent);

    Segments* choice() const { return m_choice; } // which picture; for the page to place
    void setMetric(backend::BalanceMetric metric);
    void setSnapshot(const backend::SnapshotPtr& snapshot); // not null
    void setCurrent(int shard);
    void saveState(QSettings& settings) const;
    void restoreState(QSettings& settings);

signals:
    void shardActivated(int shard); // click, Enter or Space
    void nodeActivated(int node);

private:
    void build();
    QWidget* buildGrid();
    QWidget* buildBars(QWidget* parent);
    QWidget* buildOverTime();
    QWidget* buildMap();
    QWidget* buildLorenz();
    QWidget* buildLorenzFigures(QWidget* parent);
    void connectAll();
    void pictureChanged();
    void show(const backend::ClusterSnapshot& snapshot); // the picture that is chosen
    void showGrid(const backend::ClusterSnapshot& snapshot);
    void showBars(const backend::ClusterSnapshot& snapshot);
    void askHistory();
    void showMap(const backend::ClusterSnapshot& snapshot);
    void showLorenz(const backend::ClusterSnapshot& snapshot);
    void askChance(int bins, double variation);
    void showGini();

    const PageContext m_context;
    backend::SnapshotPtr m_snapshot;
    backend::BalanceMetric m_metric = backend::BalanceMetric::Deliveries;
    Segments *m_choice = nullptr, *m_scaleChoice = nullptr;
    QStackedLayout* m_stack = nullptr;
    QSplitter* m_gridSplitter = nullptr;
    Card *m_heatCard = nullptr, *m_barsCard = nullptr, *m_timeCard = nullptr, *m_mapCard = nullptr,
         *m_lorenzCard = nullptr;
    HeatGrid* m_heat = nullptr;
    RankedBars* m_bars = nullptr;
    ShardTimeMap* m_time = nullptr;
    Treemap* m_map = nullptr;
    LorenzChart* m_lorenz = nullptr;
    Label *m_giniValue = nullptr, *m_giniChance = nullptr, *m_giniVerdict = nullptr;
    ShardComparisonView* m_compare = nullptr;
    bool m_historyAsked = false, m_chanceAsked = false; // on their way
    int m_current = -1; // a shard
    double m_gini = 0;                                  // NaN: not known
    backend::ChanceLorenz m_chance;
    std::pair<int, long> m_chanceKey{}; // what m_chance is of; bins 0: nothing
};

} // namespace ui
