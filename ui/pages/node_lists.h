// The tabs with a node's lists: slow operations, top statements, tables with dead rows, replicas. Each says
// what it shows, from which threshold, or why it is empty. Owned by its view; GUI thread only.
#pragma once

#include <QObject>

#include "ui/models/node_tables.h"

class QTabWidget;

namespace ui {

class HintedTable;

class NodeLists final : public QObject
{
    Q_OBJECT

public:
    // Adds its tabs at the end of `tabs`, which owns their widgets.
    NodeLists(const Theme& theme, QTabWidget& tabs, QObject* parent);

    void show(const backend::NodeDetails& details);
    // Nothing was read of such a node, and why.
    void showNothing(backend::NodeKind kind, const QString& why);

private:
    HintedTable* add(const Theme& theme, const char* name, const QString& title, QAbstractItemModel* model);
    void fitTabs(backend::NodeKind kind);
    void showSlow(const backend::NodeDetails& details);
    void showTop(const backend::NodeDetails& details);
    void showTables(const backend::NodeDetails& details);
    void showReplicas(const backend::NodeDetails& details);

    QTabWidget& m_tabs;
    SlowOperationModel* m_slowModel = nullptr;
    TopStatementModel* m_topModel = nullptr;
    DeadRowsModel* m_deadModel = nullptr;
    ReplicaModel* m_replicaModel = nullptr;
    HintedTable* m_slow = nullptr;
    HintedTable* m_top = nullptr;
    HintedTable* m_dead = nullptr;
    HintedTable* m_replicas = nullptr;
};

} // namespace ui
