// Handler of authors who are pushed again: brings what was pulled into their followers' home timelines, one
// small step a task, and after the last one ends the merging. One thread; idempotent.
#pragma once

#include "backend/fanout/fanout_context.h"
#include "backend/queue/worker_pool.h"

#include <span>
#include <vector>

namespace backend {

std::vector<TaskOutcome> handleBackfillPulled(FanoutContext& context, std::span<const Task> tasks,
                                              Deadline deadline);

} // namespace backend
