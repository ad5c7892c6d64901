// A node's details as groups of named facts, in words and figures with their units and windows. Pure; the
// Nodes page shows them.
#pragma once

#include "ui/pages/node_list.h"
#include "ui/widgets/fact_grid.h"

#include "backend/domain/node_details.h"
#include "backend/domain/snapshot.h"

namespace ui {

// Without its details, and why: what the snapshot and the probes know of it.
std::vector<FactGroup> nodeFactsWithout(const NodeListRow& row, const QString& why);
// What the list of nodes shows as well is `node`'s, not the reading's: the two never differ.
std::vector<FactGroup> nodeFacts(const backend::NodeDetails& details, const backend::NodeSnapshot& node);

} // namespace ui
