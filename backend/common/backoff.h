// Exponential backoff with full jitter. Pure; any thread.
#pragma once

#include <chrono>
#include <random>

namespace backend {

struct Backoff
{
    std::chrono::milliseconds base{200};
    std::chrono::milliseconds longest{60'000};

    // The wait after the given failed attempt (1, 2, …): uniform in [half, whole] of base·2^(attempt-1),
    // capped.
    std::chrono::milliseconds wait(int attempt, std::mt19937_64& random) const;
};

} // namespace backend
