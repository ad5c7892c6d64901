// Handlers of a post's life: created (object cache, timelines, counter, plan, small audiences), one chunk of
// a large audience, deleted, and reclaiming its id. One thread; all idempotent.
#pragma once

#include "backend/fanout/fanout_context.h"
#include "backend/queue/worker_pool.h"

#include <span>
#include <vector>

namespace backend {

std::vector<TaskOutcome> handlePostCreated(FanoutContext& context, std::span<const Task> tasks,
                                           Deadline deadline);
std::vector<TaskOutcome> handleDeliverChunk(FanoutContext& context, std::span<const Task> tasks,
                                            Deadline deadline);
std::vector<TaskOutcome> handlePostDeleted(FanoutContext& context, std::span<const Task> tasks,
                                           Deadline deadline);
std::vector<TaskOutcome> handleReclaimChunk(FanoutContext& context, std::span<const Task> tasks,
                                            Deadline deadline);

// Voids the floors of everyone whom the task would have reached: what a dead letter of it leaves incomplete.
Result<void> voidReadersOfPost(FanoutContext& context, const Task& task, Deadline deadline);
Result<void> voidReadersOfChunk(FanoutContext& context, const Task& task, Deadline deadline);

} // namespace backend
