// Looks into one logical shard: its tasks on the nodes that may hold any, its hottest authors by the delivery
// ledger, its hottest readers by this engine's counts. Nodes are asked side by side, so that one that hangs
// costs only its part. Owned by the engine; thread-safe.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/metrics.h"
#include "backend/common/result.h"
#include "backend/domain/shard_details.h"
#include "backend/store/shard_sql.h"

#include <map>
#include <string>
#include <vector>

namespace backend {

class ShardInspector
{
public:
    static constexpr std::chrono::minutes kAuthorsWithin{15}; // of posts looked at for their authors

    // REQUIRES: all references outlive the inspector.
    ShardInspector(const SqlPools& pools, const ShardMapSource& maps, const EngineMetrics& metrics,
                   int directoryNode)
        : m_pools(pools)
        , m_maps(maps)
        , m_metrics(metrics)
        , m_directoryNode(directoryNode)
    {
    }

    // See Monitor::shardDetails.
    [[nodiscard]] Result<ShardDetails> details(int shard, Deadline deadline,
                                               const ShardDetailsSink& soFar) const;

private:
    ShardTasks tasksOn(int node, int shard, Deadline deadline) const;
    HotAuthors authors(int shard, TimePoint now, Deadline deadline) const;
    HotReaders readers(int shard, TimePoint now) const;
    Result<std::map<std::int64_t, std::string>> handles(int shard, const std::vector<std::int64_t>& users,
                                                        Deadline deadline) const;

    const SqlPools& m_pools;
    const ShardMapSource& m_maps;
    const EngineMetrics& m_metrics;
    const int m_directoryNode;
};

} // namespace backend
