// Handlers of edges and users: reconcile a follow to its current state, make a new user's rows. One thread;
// idempotent.
#pragma once

#include "backend/fanout/fanout_context.h"
#include "backend/queue/worker_pool.h"

#include <span>
#include <vector>

namespace backend {

std::vector<TaskOutcome> handleEdgeChanged(FanoutContext& context, std::span<const Task> tasks,
                                           Deadline deadline);
std::vector<TaskOutcome> handleUserCreated(FanoutContext& context, std::span<const Task> tasks,
                                           Deadline deadline);

Result<void> voidReaderOfEdge(FanoutContext& context, const Task& task, Deadline deadline);

} // namespace backend
