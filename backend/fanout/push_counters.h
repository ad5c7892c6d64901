// Counters of users: what is counted in PostgreSQL, and the cached ones brought up to it. A cache keeps the
// newer of two versions, so that may be done at any time and again.
#pragma once

#include "backend/cache/objects.h"
#include "backend/store/shard_sql.h"
#include "backend/store/user_store.h"

#include <span>
#include <vector>

namespace backend {

[[nodiscard]] Result<void> pushCounters(SqlSession& sql, RedisClient& redis, const Objects& objects,
                                        std::vector<UserId> users, Deadline deadline);
// Counts each of the effects once, however often it is asked to.
[[nodiscard]] Result<void> countPosts(SqlSession& sql, RedisClient& redis, const Objects& objects,
                                      std::span<const PostsCountEffect> effects, Deadline deadline);

} // namespace backend
