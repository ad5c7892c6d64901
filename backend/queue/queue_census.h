// Counts the tasks of one node at a bounded cost. Stateless; uses the caller's connection.
#pragma once

#include "backend/queue/task_queue.h"

namespace backend {

// See TaskQueue::counts().
[[nodiscard]] Result<QueueCounts> countTasks(SqlConnection& connection, Deadline deadline);

} // namespace backend
