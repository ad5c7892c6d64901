// Reads what pushing and merging cost from PostgreSQL, measured as the planner measures it (author_load.h): a
// bounded sample of authors, a few statements a logical shard, all of a node in one round trip; without those
// of nodes that do not answer. Changes nothing. Stateless; any thread.
#pragma once

#include "backend/cluster/directory.h"
#include "backend/domain/fanout_costs.h"
#include "backend/feed/feed_services.h"
#include "backend/operations/fanout_planner_settings.h"

namespace backend {

inline constexpr int kAuthorsCosted = 1'500; // in all: half the largest, half by chance

[[nodiscard]] Result<FanoutCosts> readFanoutCosts(const FeedServices& services, Directory& directory,
                                                  const FanoutPlannerSettings& planner, Deadline deadline);

} // namespace backend
