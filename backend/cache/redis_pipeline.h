// One round trip to several nodes at once: connects where needed, writes and reads overlapped, always in
// time. A node that fails or is silent fails only its own commands, and its connection is closed (its replies
// are out of step).
#pragma once

#include "backend/cache/redis_connection.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace backend {

// One node's share. With no commands it only makes sure that the connection is open.
struct RedisPipeline
{
    RedisConnection* connection = nullptr;
    std::string_view commands;                // encoded, one after the other
    std::span<const std::uint32_t> slots;     // the i-th command's reply goes to replies[slots[i]]
    std::vector<const RedisScript*> scripts;  // the commands use these; loaded first where they are not known
    std::vector<std::uint32_t> unknownScript; // out: slots whose command the node refused with NOSCRIPT
    std::optional<Error> failure;             // out: the connection failed
    // out: from the commands' sending to their last reply, without connecting; absent unless all were
    // answered.
    std::optional<Deadline::Clock::duration> roundTrip;
};

// Connecting and greeting take at most `longestConnect` of the deadline.
void runPipelines(std::span<RedisPipeline> pipelines, std::vector<Result<RedisReply>>& replies,
                  Milliseconds longestConnect, Deadline deadline);

} // namespace backend
