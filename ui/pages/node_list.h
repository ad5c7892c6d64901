// The list of the Nodes page: every node with what the snapshot and the probes know of it; what is wrong with
// it stands in words. GUI thread only.
#pragma once

#include "ui/models/table_model.h"

#include "backend/domain/checkup.h"
#include "backend/domain/node_details.h"
#include "backend/domain/snapshot.h"

#include <optional>
#include <vector>

namespace ui {

struct NodeListRow
{
    backend::NodeSnapshot node;
    backend::ProbedNode probed;
    std::vector<backend::CheckFinding>
        findings{}; // what the doctor found wrong with it, when it last looked:
    backend::TimePoint lookedAt{};
};

struct DoctorsLook
{
    backend::Checkup checkup; // of all nodes
    backend::TimePoint at;
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
                                      const std::vector<backend::ProbedNode>& probed,
                                      const std::optional<DoctorsLook>& look = {});
QString nodeKindText(backend::NodeKind kind);
QString nodeRolesText(const std::vector<backend::Role>& roles);

} // namespace ui
