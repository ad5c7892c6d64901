// The nodes with their health, for the Overview: a row a node, the worst first.
#pragma once

#include "ui/models/table_model.h"

#include "backend/domain/snapshot.h"

namespace ui {

using NodeTableModel = TableModel<backend::NodeSnapshot, int>;

enum NodeColumn { NodeNameColumn, NodeStateColumn, NodeProbeColumn, NodeLoadColumn };

NodeTableModel* makeNodeTable(QObject* parent);
// Down first, then degraded, unknown, ok; among equals by kind and id.
std::vector<backend::NodeSnapshot> worstFirst(std::vector<backend::NodeSnapshot> nodes);

QString healthText(backend::Health health);
Tone healthTone(backend::Health health);

} // namespace ui
