// How authors are planned to be pushed or pulled. Plain values.
#pragma once

#include "backend/domain/ids.h"

namespace backend {

struct FanoutPlannerSettings
{
    Milliseconds planEvery{600'000};    // between two looks at all authors
    std::int64_t autoFollowers = 5'000; // smaller audiences are always pushed when the choice is automatic
    // Merging one author into a page costs about as much as so many deliveries: 37 µs against 4.5 µs where
    // both were measured (tests/bench/RESULTS.md).
    double mergeCost = 8;
    int sample = 100; // followers of an author who are asked when they came last, also to tell the costs
};

} // namespace backend
