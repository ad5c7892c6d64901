// Handlers of readers that became dormant. One thread; idempotent.
#pragma once

#include "backend/fanout/fanout_context.h"
#include "backend/queue/worker_pool.h"

#include <span>
#include <vector>

namespace backend {

// Tells the copies beside the followees, then drops the timeline in Redis; again a while later, when no
// delivery that had read the old copies can be under way any more.
std::vector<TaskOutcome> handleReaderChanged(FanoutContext& context, std::span<const Task> tasks,
                                             Deadline deadline);

Result<void> voidReader(FanoutContext& context, const Task& task, Deadline deadline);
// The floor of one reader's home timeline.
Result<void> voidHome(FanoutContext& context, UserId reader, Deadline deadline);

} // namespace backend
