// Builds a timeline in Redis from PostgreSQL, the newest part first: who waits for it, waits for one segment;
// the rest is the deepener's. Once however many ask at the same moment: within the process by single flight,
// across engines by the build token, which is refused to others while it is fresh, and to everybody once the
// newest part is there. So all engines together build once, unless somebody interferes (then whoever began
// begins again, at most five times) or a builder needs longer than five seconds (then the next takes over).
// Thread-safe.
#pragma once

#include "backend/common/single_flight.h"
#include "backend/feed/feed_services.h"
#include "backend/feed/timeline_deepener.h"

#include <array>
#include <vector>

namespace backend {

// For whom a timeline is built. A reader who comes is warm from then on, and waits for the newest part only;
// upkeep leaves dormant readers alone (NotFound) and returns when all of it is there.
enum class BuildFor { Reader, Upkeep };

class TimelineBuilder
{
public:
    TimelineBuilder(const FeedServices& services, TimelineDeepener& deepener)
        : m_services(services)
        , m_deepener(deepener)
    {
    }

    // Ready when it returns without error: a valid floor is published (by this call or another). One that is
    // there is left alone, but for upkeep it is brought to its full depth.
    [[nodiscard]] Result<void> build(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                                     Deadline deadline, BuildFor purpose = BuildFor::Reader);
    // For one that was found with less than its full depth.
    void deepenLater(TimelineFamily family, UserId owner) { m_deepener.later(family, owner); }

private:
    void count(TimelineFamily family, bool ran, bool built) const;
    Result<void> buildNow(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                          BuildFor purpose, Deadline deadline);
    Result<std::int64_t> warmGeneration(SqlSession& sql, UserId reader, BuildFor purpose, Deadline deadline);
    Result<bool> stillWarm(SqlSession& sql, UserId reader, std::int64_t generation, Deadline deadline);
    Result<bool> publishNewest(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                               const std::string& token, Deadline deadline);
    Result<bool> waitForOther(RedisClient& redis, TimelineFamily family, UserId owner, Deadline deadline);

    const FeedServices& m_services;
    TimelineDeepener& m_deepener;
    std::array<SingleFlight<UserId>, 3> m_flights; // by family
    SingleFlight<UserId> m_upkeepFlights;
};

} // namespace backend
