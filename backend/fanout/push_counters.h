// Brings the cached counters of users up to what PostgreSQL has. A cache keeps the newer of two versions, so
// it may be done at any time and again.
#pragma once

#include "backend/cache/objects.h"
#include "backend/store/shard_sql.h"

#include <vector>

namespace backend {

[[nodiscard]] Result<void> pushCounters(SqlSession& sql, RedisClient& redis, const Objects& objects,
                                        std::vector<UserId> users, Deadline deadline);

} // namespace backend
