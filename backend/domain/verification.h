// How the background verification of home timelines is doing. Plain values.
#pragma once

#include "backend/domain/ids.h"

#include <cstdint>
#include <optional>

namespace backend {

struct TimelineVerification
{
    bool running = false; // an engine is at it
    // By minutes: the present one and the 59 before it.
    std::int64_t verifiedLastHour = 0; // timelines compared with PostgreSQL and judged
    // Differing timelines; one that stays so counts once an hour.
    std::int64_t differencesLastHour = 0;
    std::int64_t verifiedTotal = 0, differences = 0; // since the engine began
    std::int64_t rounds = 0;                         // through all warm readers
    double lastRoundSeconds = -1;                    // -1: none is over yet
    std::optional<TimePoint> lastDifferenceAt;
    UserId lastReader; // in whose timeline it was

    bool operator==(const TimelineVerification&) const = default;
};

} // namespace backend
