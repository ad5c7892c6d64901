// The list of the Nodes page: every node with what the snapshot and the probes know of it; what is wrong with
// it stands in words. GUI thread only.
#pragma once

#include "ui/models/table_model.h"

#include "backend/domain/node_details.h"
#include "backend/domain/snapshot.h"

namespace ui {

inline constexpr double kNearlyFull = 0.8; // of connections or memory, as the doctor judges

struct NodeListRow
{
    backend::NodeSnapshot node;
    backend::ProbedNode probed;
};

using NodeListModel = TableModel<NodeListRow, int>;

enum NodeListColumn {
    ListNameColumn,
    ListStateColumn,
    ListKindColumn,
    ListRolesColumn,
    ListVersionColumn,
    ListUptimeColumn,
    ListConnectionsColumn,
    ListMemoryColumn,
    ListDiskColumn,
    ListRateColumn,
    ListProbeColumn,
    ListMessageColumn,
    ListColumnCount
};

NodeListModel* makeNodeList(QObject* parent);
// Down first, as worstFirst().
std::vector<NodeListRow> nodeListRows(const backend::ClusterSnapshot& snapshot,
                                      const std::vector<backend::ProbedNode>& probed);
QString nodeKindText(backend::NodeKind kind);
QString nodeRolesText(const std::vector<backend::Role>& roles);
// "12 of 200", "12" where the limit is not known, "–"
QString usedOfText(const QString& used, const QString& most);

} // namespace ui
