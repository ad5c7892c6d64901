// The pictures of one metric over the logical shards, one at a time: grid with ranked nodes, shard against
// time, treemap of nodes, Lorenz curve, two windows compared. Asks the engine only for the one that is shown.
// Part of the Shards page; GUI thread only.
#pragma once

#include "ui/pages/page.h"

#include "backend/domain/balance.h"
#include "backend/domain/shard_history.h"
#include "ui/pages/shard_window.h"

#include <chrono>

class QSplitter;
class QStackedLayout;

namespace ui {

class Card;
class HeatGrid;
class RankedBars;
class Segments;
class ShardComparisonView;
class ShardLorenzView;
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
    void setShards(const ShownShards& shards); // with a snapshot
    void setCurrent(int shard);
    void timesChanged();
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
    void connectAll();
    void pictureChanged();
    void show(); // the picture that is chosen
    void showGrid();
    void showBars();
    void askHistory();
    void showMap();
    QString datedBy(const backend::ShardSnapshot& shard) const;
    QString nothingText() const;
    QString subtitle(const QString& words) const; // with the note, where there is one

    const PageContext m_context;
    ShownShards m_shards;
    backend::BalanceMetric m_metric = backend::BalanceMetric::Deliveries;
    Segments *m_choice = nullptr, *m_scaleChoice = nullptr;
    QStackedLayout* m_stack = nullptr;
    QSplitter* m_gridSplitter = nullptr;
    Card *m_heatCard = nullptr, *m_barsCard = nullptr, *m_timeCard = nullptr, *m_mapCard = nullptr;
    HeatGrid* m_heat = nullptr;
    RankedBars* m_bars = nullptr;
    ShardTimeMap* m_time = nullptr;
    Treemap* m_map = nullptr;
    ShardLorenzView* m_lorenz = nullptr;
    ShardComparisonView* m_compare = nullptr;
    bool m_historyAsked = false; // on its way
    int m_current = -1;          // a shard
};

} // namespace ui
