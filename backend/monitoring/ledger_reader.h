// Reads the delivery ledger and the queues' lengths: one round trip per node and call. Owned by the monitor
// service; thread-safe (every call leases its own connections).
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/domain/cluster.h"
#include "backend/domain/ledger.h"
#include "backend/store/shard_sql.h"

#include <optional>
#include <span>
#include <vector>

namespace backend {

class LedgerReader
{
public:
    LedgerReader(const SqlPools& pools, const ShardMapSource& maps)
        : m_pools(pools)
        , m_maps(maps)
    {
    }

    // NotFound for a post that does not exist. A post whose fan-out is not planned yet has an incomplete,
    // empty ledger.
    [[nodiscard]] Result<DeliveryLedger> ledger(PostId post, Deadline deadline) const;
    // From a post's commit to the end of the chunk that covers this reader.
    [[nodiscard]] Result<std::vector<std::optional<DeliveryDelay>>>
    delays(UserId reader, std::span<const PostId> posts, Deadline deadline) const;
    [[nodiscard]] Result<std::int64_t> unfinishedTasks(Deadline deadline) const; // on all PostgreSQL nodes

private:
    const SqlPools& m_pools;
    const ShardMapSource& m_maps;
};

} // namespace backend
