// What workers did, as lanes to draw: pure, from what the engine tells of its own workers and of the others,
// and what engines the snapshot has beside them.
#pragma once

#include "backend/domain/queue_details.h"
#include "ui/widgets/swim_lanes.h"

namespace ui {

// One per kind of task, then paused, then waiting for a node.
std::vector<LaneLook> workerLooks();
// One per worker of this program, then of other engines; one per engine that has workers and tells nothing of
// them.
std::vector<Lane> workerLanes(const backend::WorkerSpans& spans, const backend::ClusterSnapshot& snapshot);

} // namespace ui
