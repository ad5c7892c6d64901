#include "backend/fanout/push_counters.h"

#include <algorithm>

namespace backend {

Result<void> pushCounters(SqlSession& sql, RedisClient& redis, const Objects& objects,
                          std::vector<UserId> users, Deadline deadline)
{
    if (users.empty()) return {};
    std::sort(users.begin(), users.end());
    users.erase(std::unique(users.begin(), users.end()), users.end());
    ROOKERY_ASSIGN(const auto stored, UserStore::counters(sql, users, deadline));
    RedisBatch batch(redis);
    for (std::size_t i = 0; i < users.size(); ++i)
        objects.setCounters(batch, users[i], {stored[i].version, stored[i].counters});
    return batch.run(deadline);
}

Result<void> countPosts(SqlSession& sql, RedisClient& redis, const Objects& objects,
                        std::span<const PostsCountEffect> effects, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto counters, UserStore::applyPostsCounts(sql, effects, deadline));
    RedisBatch batch(redis);
    for (const auto& [user, stored] : counters)
        objects.setCounters(batch, user, {stored.version, stored.counters});
    return batch.run(deadline);
}

} // namespace backend
