// Builds a timeline in Redis from PostgreSQL, once however many ask at the same moment: within the process by
// single flight, across engines by the build token. Thread-safe.
#pragma once

#include "backend/common/single_flight.h"
#include "backend/feed/feed_services.h"

#include <array>
#include <vector>

namespace backend {

// For whom a home timeline is built. A reader who comes is warm from then on; upkeep leaves dormant readers
// alone: NotFound.
enum class BuildFor { Reader, Upkeep };

class TimelineBuilder
{
public:
    explicit TimelineBuilder(const FeedServices& services)
        : m_services(services)
    {
    }

    // Ready when it returns without error: a valid floor is published (by this call or another).
    [[nodiscard]] Result<void> build(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                                     Deadline deadline, BuildFor purpose = BuildFor::Reader);

private:
    void count(TimelineFamily family, bool ran, bool built) const;
    Result<void> buildNow(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                          BuildFor purpose, Deadline deadline);
    Result<std::int64_t> warmGeneration(SqlSession& sql, UserId reader, BuildFor purpose, Deadline deadline);
    Result<bool> stillWarm(SqlSession& sql, UserId reader, std::int64_t generation, Deadline deadline);
    Result<std::vector<PostId>> newestIds(SqlSession& sql, TimelineFamily family, UserId owner, int limit,
                                          Deadline deadline);
    Result<bool> waitForOther(RedisClient& redis, TimelineFamily family, UserId owner, Deadline deadline);

    const FeedServices& m_services;
    std::array<SingleFlight<UserId>, 3> m_flights; // by family
    SingleFlight<UserId> m_upkeepFlights;
};

} // namespace backend
