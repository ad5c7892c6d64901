// What a Redis node says about itself (INFO, DBSIZE), as values for the monitor. Pure apart from the one
// round trip.
#pragma once

#include "backend/cache/redis_client.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace backend {

// Counts are since the server started; -1 where the server does not tell.
struct RedisInfo
{
    std::string version, runId;
    std::string maxmemoryPolicy; // must be "noeviction" or "volatile-…": see evictsTimelines()
    double uptimeSeconds = -1;
    std::int64_t usedMemoryBytes = -1, maxMemoryBytes = -1; // max 0: no limit
    std::int64_t connectedClients = -1, maxClients = -1;    // max: servers before 7.0 do not tell
    std::int64_t machineMemoryBytes = -1;                   // of the machine that it runs on
    std::int64_t expiredKeys = -1;
    std::int64_t evictedKeys = -1, keyspaceHits = -1, keyspaceMisses = -1, commandsProcessed = -1;
    std::int64_t keys = -1;

    // An allkeys policy may throw away single timelines or floors unseen: such a node is refused.
    bool evictsTimelines() const { return maxmemoryPolicy.starts_with("allkeys"); }
};

[[nodiscard]] Result<RedisInfo> redisInfo(RedisClient& client, int node, Deadline deadline);
RedisInfo parseRedisInfo(std::string_view infoText);

// All of INFO by name: "key:value" a line, headings left out.
using RedisInfoWords = std::map<std::string, std::string, std::less<>>;
RedisInfoWords redisInfoWords(std::string_view infoText);

} // namespace backend
