// What is shown of one logical shard, the same figures as the table's and the pictures': the nodes that hold
// it with their health, its volumes and rates, and when they were counted. Part of ShardPanel; GUI thread
// only.
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

    // Unknown shards change nothing. note: of when the figures are; empty: now, as counted last.
    void show(const backend::ClusterSnapshot& snapshot, bool ofWindow, const QString& note, int shard);
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
    Label* m_counted = nullptr; // when
    Label* m_dated = nullptr;   // why figures are not of now
};

} // namespace ui
