// What the monitor remembers beyond the last hour, as immutable values.
#pragma once

#include "backend/domain/snapshot.h"

#include <vector>

namespace backend {

// A stretch of the past at an even step. `mean`, `min` and `max` have the same times, each the begin of its
// step; at a step of one second the last two are empty, since they would say the same. Steps of which nothing
// is known are left out. Caches' counts are cumulative from the first point on.
struct HistoryRange
{
    Milliseconds step{1'000};
    std::vector<HistoryPoint> mean, min, max;
};

} // namespace backend
