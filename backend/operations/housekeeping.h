// Forgets what is no longer needed: marks of applied effects whose task is gone and expired, engines that are
// silent for long. Owned by the engine, on a thread of its own, every few minutes; every engine may do it,
// the work is idempotent.
#pragma once

#include "backend/cluster/directory.h"
#include "backend/common/periodic_thread.h"
#include "backend/store/shard_sql.h"

namespace backend {

class Housekeeping
{
public:
    Housekeeping(const SqlPools& pools, const ShardMapSource& maps, Directory& directory);

    // Of several such threads first all, then destroy: they end side by side.
    void requestStop() { m_thread.requestStop(); }

    // One round over all shards; returns how many marks went. Also called by the thread.
    [[nodiscard]] Result<int> forgetApplied(Deadline deadline, const std::stop_token& stop = {});

private:
    Result<int> forgetAppliedOf(SqlSession& sql, int shard, Deadline deadline);
    void round(const std::stop_token& stop);

    const SqlPools& m_pools;
    const ShardMapSource& m_maps;
    Directory& m_directory;
    PeriodicThread m_thread; // last: it uses all of the above
};

} // namespace backend
