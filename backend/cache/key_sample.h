// Looks at a fair sample of the keys on one Redis node: what kind each is, what it weighs, how long it still
// lives. SCAN goes by the hash of the keys, with a seed of the server's own, so that its first keys are a
// sample by chance whatever the keys are called. Reads only, at a bounded rate. Stateless; the caller's
// client and thread.
#pragma once

#include "backend/cache/redis_client.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace backend {

inline constexpr std::array<std::string_view, 8> kSampledFamilies{
    "home timeline",
    "home floor", // and notes: what a timeline keeps beside its entries
    "author timeline", "public timeline", "post object", "user object", "counters", "other"};

// Position in kSampledFamilies.
std::size_t sampledFamilyOf(std::string_view key);

struct SampledKey
{
    std::size_t family = 0;
    std::int64_t bytes = 0;
    std::int64_t ttlMs = -1; // -1: lives for ever
};

struct KeySample
{
    std::int64_t keys = 0; // on the node
    std::vector<SampledKey> sampled;
};

// At most so many keys (a few more when SCAN brings them), no more than so many a second.
[[nodiscard]] Result<KeySample> sampleKeys(RedisClient& client, int node, int most, int perSecond,
                                           Deadline deadline);

} // namespace backend
