// Turns ids into entries: bodies and handles from the object cache, misses from PostgreSQL once for all who
// miss at the same moment, then pushed back into the cache. Reads degrade: cache → PostgreSQL → no body,
// marked. Thread-safe.
#pragma once

#include "backend/common/single_flight.h"
#include "backend/feed/feed_services.h"

#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace backend {

class Hydrator
{
public:
    explicit Hydrator(const FeedServices& services)
        : m_services(services)
    {
    }

    struct Posts
    {
        std::unordered_map<PostId, Post> found; // undeleted
        std::vector<PostId> unreadable;         // neither cache nor PostgreSQL answered in time
    };
    Posts posts(SqlSession& sql, RedisClient* redis, std::span<const PostId> ids, Deadline deadline);

    struct Users
    {
        std::unordered_map<UserId, User> found; // not those that could not be read in time
        std::unordered_set<UserId> deleted;     // accounts of which nothing is shown
    };
    Users users(SqlSession& sql, RedisClient* redis, std::span<const UserId> ids, Deadline deadline);

private:
    const FeedServices& m_services;
    SingleFlight<PostId>
        m_postFlights; // keyed by the first id of a page's misses: readers of one page share it
};

} // namespace backend
