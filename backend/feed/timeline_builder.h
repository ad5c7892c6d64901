// Builds a timeline in Redis from PostgreSQL, once however many ask at the same moment: within the process by
// single flight, across engines by the build token. Thread-safe.
#pragma once

#include "backend/common/single_flight.h"
#include "backend/feed/feed_services.h"

#include <array>
#include <vector>

namespace backend {

class TimelineBuilder
{
public:
    explicit TimelineBuilder(const FeedServices& services)
        : m_services(services)
    {
    }

    // Ready when it returns without error: a valid floor is published (by this call or another).
    [[nodiscard]] Result<void> build(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                                     Deadline deadline);

private:
    Result<void> buildNow(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                          Deadline deadline);
    Result<std::vector<PostId>> newestIds(SqlSession& sql, TimelineFamily family, UserId owner, int limit,
                                          Deadline deadline);
    Result<bool> waitForOther(RedisClient& redis, TimelineFamily family, UserId owner, Deadline deadline);

    const FeedServices& m_services;
    std::array<SingleFlight<UserId>, 3> m_flights; // by family
};

} // namespace backend
