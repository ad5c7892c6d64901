// The Overview's right column: every node with its health, worst first, above the deliveries of all logical
// shards. Both lead to the pages behind them. Owned by the overview; GUI thread only.
#pragma once

#include <QWidget>

#include <cstdint>
#include <vector>

#include "ui/pages/node_table.h"

class QTableView;

namespace ui {

class Card;
class HeatGrid;
class Theme;
struct ShownShards;

class HealthColumn final : public QWidget
{
    Q_OBJECT

public:
    HealthColumn(const Theme& theme, QWidget* parent);

    // note: of what time they are, where that is not the window; may be empty.
    void setNodes(const backend::ClusterSnapshot& snapshot, double seconds, const QString& note);
    void setShards(const ShownShards& shards, const QString& note);

    QSize sizeHint() const override;

signals:
    void nodeActivated(const backend::NodeSnapshot& node);
    void shardActivated(int shard);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildNodes(const Theme& theme);
    void buildShards(const Theme& theme);
    void showNodeNote();
    void placeParts(); // all nodes, within reason; the map gets the rest

    Card* m_nodeCard = nullptr;
    NodeTableModel* m_model = nullptr;
    QTableView* m_table = nullptr;
    double m_nodeSeconds = 1; // that rates are means of
    QString m_nodeNote;
    bool m_loadShown = true; // there is room for that column
    Card* m_shardCard = nullptr;
    HeatGrid* m_heat = nullptr;
};

} // namespace ui
