// Where a user's data lies, with a redis-cli command and SQL that work as they are when pasted into a
// terminal and into psql. Pure; any thread.
#pragma once

#include "backend/common/result.h"
#include "backend/domain/cluster.h"
#include "backend/engine.h"

namespace backend {

inline constexpr int kLocatePageLength = 20; // entries of the pages that the texts read

[[nodiscard]] Result<UserLocation> locateUser(const ShardMap& map, UserId user);

// "redis-cli -s '/run/x/redis.sock'" or "redis-cli -h HOST -p PORT -n DB", from a node's address.
std::string redisCliCommand(const NodeEndpoint& node);

} // namespace backend
