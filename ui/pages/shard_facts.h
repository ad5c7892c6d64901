// What the snapshot says of one logical shard: the nodes that hold it with their health, and its volumes and
// rates. Part of ShardPanel; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/snapshot.h"

#include <vector>

class QVBoxLayout;

namespace ui {

class Label;
class Theme;
struct ShardRow;

class ShardFacts final : public QWidget
{
    Q_OBJECT

public:
    ShardFacts(const Theme& theme, QWidget* parent);

    void show(const backend::ClusterSnapshot& snapshot, int shard); // unknown shards change nothing
    using QWidget::show;

private:
    struct NodeRow
    {
        Label *role, *name, *health, *message;
    };
    void buildNodes(QVBoxLayout& column);
    void buildFigures(QVBoxLayout& column);
    void showNodes(const backend::ClusterSnapshot& snapshot, const backend::ShardSnapshot& shard);
    void showFigures(const ShardRow& row);

    const Theme& m_theme;
    std::vector<NodeRow> m_nodes; // users, posts, timelines
    std::vector<Label*> m_figures;
    Label* m_dated = nullptr; // why figures are not of now
};

} // namespace ui
