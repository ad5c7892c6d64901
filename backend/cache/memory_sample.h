// Weighs a random sample of the home timelines on one Redis node. One walk over the keys (SCAN) counts the
// timelines and picks readers by a hash of their id, so that it needs no list of them and finds every key
// that a timeline consists of, however its segments are named. Reads only. Stateless; the caller's client and
// thread.
#pragma once

#include "backend/cache/redis_client.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace backend {

struct WeighedTimeline
{
    std::int64_t reader = 0;
    std::int64_t entries = 0, bytes = 0; // of all its keys
    int keys = 0;
    bool hasFloor = false, valid = false; // valid: a floor of this life of the node
};

struct MemorySample
{
    std::int64_t keys = 0;      // seen
    std::int64_t timelines = 0; // readers with a floor
    std::int64_t usedMemoryBytes = -1, maxMemoryBytes = -1, machineMemoryBytes = -1;
    std::vector<WeighedTimeline>
        weighed; // at most as many as asked for; readers with any key of a home timeline
};

// DeadlineExceeded when the walk is not over by then: half a walk would be no fair sample.
[[nodiscard]] Result<MemorySample> sampleTimelineMemory(RedisClient& client, int node, int readers,
                                                        std::uint64_t seed, Deadline deadline);

// The reader of a key of a home timeline, and whether it is the floor; 0: another key.
struct HomeKey
{
    std::int64_t reader = 0;
    bool floor = false;
};
HomeKey homeKeyOf(std::string_view key);

} // namespace backend
