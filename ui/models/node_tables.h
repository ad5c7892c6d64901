// The tables of the Nodes page that belong to one node: slow operations, top statements, tables with dead
// rows, replicas; the doctor's findings; and what the monitor itself costs. GUI thread only.
#pragma once

#include "backend/domain/finding_groups.h"
#include "backend/domain/node_details.h"
#include "ui/models/table_model.h"

namespace ui {

// A command of a Redis slow log, or a PostgreSQL statement that runs.
struct SlowOperation
{
    qint64 key = 0; // of the slow log; the process
    backend::TimePoint at;
    double seconds = 0;
    QString text, who, state;
    bool running = false;
};
std::vector<SlowOperation> slowOperations(const backend::NodeDetails& details);

using SlowOperationModel = TableModel<SlowOperation, qint64>;
enum SlowOperationColumn {
    SlowAtColumn,
    SlowDurationColumn,
    SlowStateColumn,
    SlowWhoColumn,
    SlowTextColumn,
    SlowColumnCount
};
SlowOperationModel* makeSlowOperationTable(QObject* parent);

using TopStatementModel = TableModel<backend::TopStatement, QString>;
enum TopStatementColumn {
    TopTotalColumn,
    TopCallsColumn,
    TopMeanColumn,
    TopWorstColumn,
    TopRowsColumn,
    TopTextColumn,
    TopColumnCount
};
TopStatementModel* makeTopStatementTable(QObject* parent);

using DeadRowsModel = TableModel<backend::PostgresTable, QString>;
enum DeadRowsColumn {
    DeadNameColumn,
    DeadRowsCountColumn,
    DeadLiveColumn,
    DeadVacuumColumn,
    DeadAnalyzeColumn,
    DeadBytesColumn,
    DeadColumnCount
};
DeadRowsModel* makeDeadRowsTable(QObject* parent);

struct ReplicaRow
{
    QString name, kind, state;
    std::int64_t lagBytes = -1;
    double lagSeconds = -1;
    bool bad = false;
};
std::vector<ReplicaRow> replicaRows(const backend::NodeDetails& details);

using ReplicaModel = TableModel<ReplicaRow, QString>;
enum ReplicaColumn {
    ReplicaNameColumn,
    ReplicaKindColumn,
    ReplicaStateColumn,
    ReplicaBytesColumn,
    ReplicaSecondsColumn,
    ReplicaColumnCount
};
ReplicaModel* makeReplicaTable(QObject* parent);

QString severityText(backend::Severity severity);
Tone severityTone(backend::Severity severity);

using FindingModel = TableModel<backend::FindingGroup, QString>;
enum FindingColumn {
    FindingSeverityColumn,
    FindingNodeColumn,
    FindingMeasuredColumn,
    FindingAdviceColumn,
    FindingColumnCount
};
FindingModel* makeFindingTable(QObject* parent);

using NodeCostModel = TableModel<backend::NodeCost, int>;
enum NodeCostColumn {
    CostNameColumn,
    CostRequestsColumn,
    CostP50Column,
    CostP99Column,
    CostMissedColumn,
    CostSentColumn,
    CostReceivedColumn,
    CostColumnCount
};
NodeCostModel* makeNodeCostTable(QObject* parent);

} // namespace ui
