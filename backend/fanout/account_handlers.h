// Handlers that take a deleted account apart: one small step a task, which leaves the next step behind, so
// that nobody waits for a big account. One thread; all idempotent.
#pragma once

#include "backend/fanout/fanout_context.h"
#include "backend/queue/worker_pool.h"

#include <span>
#include <vector>

namespace backend {

std::vector<TaskOutcome> handleAccountDeleted(FanoutContext& context, std::span<const Task> tasks,
                                              Deadline deadline);
std::vector<TaskOutcome> handlePostsDeleted(FanoutContext& context, std::span<const Task> tasks,
                                            Deadline deadline);

} // namespace backend
