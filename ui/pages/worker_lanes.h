// What workers did, as lanes to draw: pure, from what the engine tells of its own workers and what the
// snapshot tells of the others.
#pragma once

#include "backend/domain/queue_details.h"
#include "ui/widgets/swim_lanes.h"

namespace ui {

// One per kind of task, then paused, then waiting for a node.
std::vector<LaneLook> workerLooks();
// One per worker of this program, then one per other engine with workers: what those did is not known here.
std::vector<Lane> workerLanes(const backend::WorkerSpans& spans, const backend::ClusterSnapshot& snapshot);

} // namespace ui
