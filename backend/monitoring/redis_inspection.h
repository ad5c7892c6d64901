// One Redis node in detail, in one round trip: INFO, a few settings, the slow log, latency events. What this
// user may not ask is missing with the reason. The client's thread.
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/domain/node_details.h"
#include "backend/monitoring/reading_window.h"

namespace backend {

struct RedisCounters // since the server started; -1: not told
{
    std::int64_t hits = -1, misses = -1, commands = -1, evicted = -1, expired = -1;
    std::int64_t receivedBytes = -1, sentBytes = -1;
};
using RedisWindow = ReadingWindow<RedisCounters>;

// An error only when INFO is not answered.
[[nodiscard]] Result<RedisDetails> inspectRedis(RedisClient& client, int node, RedisWindow& window,
                                                Deadline deadline);

// At most `most` bytes, cut between characters, control characters made visible.
std::string boundedText(std::string_view text, std::size_t most);

} // namespace backend
