// Turns ids into entries: bodies and handles from the object cache, misses from PostgreSQL once for all who
// miss at the same moment, then pushed back into the cache. Reads degrade: cache → PostgreSQL → no body,
// marked. Thread-safe.
#pragma once

#include "backend/common/single_flight.h"
#include "backend/feed/feed_services.h"
#include "backend/feed/post_authors.h"
#include "backend/feed/read_ahead.h"

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

    // What the cache said of users in the same round trip as of posts.
    struct UsersAsked
    {
        std::vector<UserId> ids; // ascending
        std::vector<CachedUser> users;
    };
    struct Posts
    {
        std::unordered_map<PostId, Post> found; // undeleted
        UsersAsked authors;                     // those that were known before
        std::vector<PostId> unreadable;         // neither cache nor PostgreSQL answered in time
    };
    // `earlier` stands in for what is not in the cache.
    Posts posts(SqlSession& sql, RedisClient* redis, std::span<const PostId> ids, EarlierRead earlier,
                Deadline deadline);

    struct Users
    {
        std::unordered_map<UserId, User> found; // not those that could not be read in time
        std::unordered_set<UserId> deleted;     // accounts of which nothing is shown
    };
    Users users(SqlSession& sql, RedisClient* redis, std::span<const UserId> ids, const UsersAsked& asked,
                Deadline deadline);

private:
    const FeedServices& m_services;
    PostAuthors m_authors;
    SingleFlight<PostId>
        m_postFlights; // keyed by the first id of a page's misses: readers of one page share it
};

} // namespace backend
