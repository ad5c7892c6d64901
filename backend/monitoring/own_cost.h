// What the monitor itself sends to the nodes: reads the counters of its pools and Redis clients once a second
// and tells rates over the last minute. Owned by the sampler; thread-safe.
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/domain/node_details.h"
#include "backend/monitoring/probe_latencies.h"
#include "backend/store/shard_sql.h"

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace backend {

class OwnCostMeter
{
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds kWindow{60};

    // REQUIRES: the pools, the monitor's own, outlive the meter.
    OwnCostMeter(std::vector<NodeEndpoint> nodes, const SqlPools& pools,
                 std::shared_ptr<RedisTraffic> traffic);

    void read(Time now);
    OwnCost cost(const std::vector<ProbeRecord>& probes) const;

private:
    struct Counts // cumulative
    {
        std::int64_t requests = 0, sentBytes = 0, receivedBytes = 0;
    };
    struct Reading
    {
        Time at;
        std::vector<Counts> nodes; // in the order of m_nodes
    };
    Counts countsOf(const NodeEndpoint& node) const;

    const std::vector<NodeEndpoint> m_nodes;
    const SqlPools& m_pools;
    const std::shared_ptr<RedisTraffic> m_traffic;

    mutable std::mutex m_mutex;     // guards m_readings
    std::deque<Reading> m_readings; // ascending
};

} // namespace backend
