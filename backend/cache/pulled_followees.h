// Which pulled authors a reader follows, kept beside the reader's timeline: {17}:home-pulled:<user> holds
// "<version of the list of pulled authors> <id> <id> …", or "changed" for a few seconds after one of the
// reader's edges changed, during which nothing is filled in. A copy of PostgreSQL: may be lost. Stateless;
// thread-safe.
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/domain/cluster.h"

#include <optional>
#include <vector>

namespace backend {

class PulledFollowees
{
public:
    // What was read from PostgreSQL is filled in within this, or not at all.
    static constexpr Milliseconds kFillWithin{3'000};

    explicit PulledFollowees(const ShardMapSource& maps)
        : m_maps(maps)
    {
    }

    // Empty when nothing is known under this version of the list.
    [[nodiscard]] Result<std::optional<std::vector<UserId>>>
    read(RedisClient& client, UserId reader, std::int64_t version, Deadline deadline) const;
    void fill(RedisBatch& batch, UserId reader, std::int64_t version,
              const std::vector<UserId>& authors) const;
    // After the change was committed.
    void changed(RedisBatch& batch, UserId reader) const;

private:
    int nodeOf(UserId reader) const;

    const ShardMapSource& m_maps;
};

} // namespace backend
