#include "backend/cache/redis_info.h"

#include <charconv>

namespace backend {
namespace {

std::int64_t number(std::string_view text)
{
    std::int64_t value = -1;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void take(RedisInfo& info, std::string_view field, std::string_view value)
{
    if (field == "redis_version")
        info.version = value;
    else if (field == "run_id")
        info.runId = value;
    else if (field == "maxmemory_policy")
        info.maxmemoryPolicy = value;
    else if (field == "uptime_in_seconds")
        info.uptimeSeconds = double(number(value));
    else if (field == "used_memory")
        info.usedMemoryBytes = number(value);
    else if (field == "maxmemory")
        info.maxMemoryBytes = number(value);
    else if (field == "connected_clients")
        info.connectedClients = number(value);
    else if (field == "total_system_memory")
        info.machineMemoryBytes = number(value);
    else if (field == "expired_keys")
        info.expiredKeys = number(value);
    else if (field == "maxclients")
        info.maxClients = number(value);
    else if (field == "evicted_keys")
        info.evictedKeys = number(value);
    else if (field == "keyspace_hits")
        info.keyspaceHits = number(value);
    else if (field == "keyspace_misses")
        info.keyspaceMisses = number(value);
    else if (field == "total_commands_processed")
        info.commandsProcessed = number(value);
}

} // namespace

RedisInfoWords redisInfoWords(std::string_view text)
{
    RedisInfoWords out;
    while (!text.empty()) {
        const auto end = text.find_first_of("\r\n");
        const auto line = text.substr(0, end);
        if (const auto colon = line.find(':'); colon != std::string_view::npos && !line.starts_with('#'))
            out.emplace(line.substr(0, colon), line.substr(colon + 1));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
}

RedisInfo parseRedisInfo(std::string_view text)
{
    RedisInfo info;
    for (const auto& [field, value] : redisInfoWords(text))
        take(info, field, value);
    return info;
}

Result<RedisInfo> redisInfo(RedisClient& client, int node, Deadline deadline)
{
    RedisBatch batch(client);
    batch.add(node, {"INFO"});
    batch.add(node, {"DBSIZE"});
    ROOKERY_TRY(batch.run(deadline));
    auto info = parseRedisInfo(batch.reply(0)->text);
    info.keys = batch.reply(1)->integer;
    return info;
}

} // namespace backend
