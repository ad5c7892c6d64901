// Many users, follows or posts in few round trips. Everything may run again after a kill or a lost answer.
// Thread-safe.
#pragma once

#include "backend/engine.h"
#include "backend/feed/feed_services.h"
#include "backend/store/edge_store.h"

#include <map>
#include <span>
#include <string>

namespace backend {

class BulkWriter
{
public:
    explicit BulkWriter(const FeedServices& services)
        : m_services(services)
    {
    }

    [[nodiscard]] Result<BulkResult> createUsers(std::span<const BulkUser> users, Deadline deadline);
    [[nodiscard]] Result<BulkResult> follow(std::span<const BulkFollow> follows, Deadline deadline);
    [[nodiscard]] Result<BulkResult> post(std::span<const Post> posts, Deadline deadline);

private:
    using RunIds = std::map<int, std::string>; // by node
    Result<RunIds> runIdsFor(RedisClient& redis, std::span<const User> users, Deadline deadline);
    Result<void> publishEmptyTimelines(RedisClient& redis, const RunIds& runIds, std::span<const User> users,
                                       Deadline deadline);
    Result<void> copyReaders(SqlSession& sql, std::span<const Edge> edges, Deadline deadline);

    const FeedServices& m_services;
};

} // namespace backend
