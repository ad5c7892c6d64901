// Probes all Redis nodes in one pipeline per node, once a second; a node that hangs fails only its own part,
// and the others' answers wait for it at most one probe's deadline. Owned by the sampler; a thread and a
// client of its own. views() from any thread.
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/cache/redis_info.h"
#include "backend/common/periodic_thread.h"
#include "backend/monitoring/node_health.h"
#include "backend/monitoring/postgres_prober.h"
#include "backend/monitoring/probe_latencies.h"

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backend {

struct RedisFigures
{
    std::string version;
    double uptimeSeconds = -1;
    double probeMilliseconds = -1; // the node's own round trip of the last probe; -1 when it did not answer
    std::int64_t memoryBytes = -1, connections = -1, keys = -1, evictedTotal = -1;
    std::int64_t memoryMostBytes = -1, connectionsMost = -1; // memory 0: no limit
    double commandsPerSecond = -1, evictionsPerSecond = -1;
    double hitRatio = -1;    // of key look-ups between the last two probes; -1 without any
    std::string policyError; // why its eviction policy does not do, and what to do
};

// What came on top between two answers of one life of the server; unknown rates when it started anew in
// between.
RedisFigures redisFigures(const std::optional<RedisInfo>& before, const RedisInfo& now, double seconds);

class RedisProber
{
public:
    struct View
    {
        NodeVerdict verdict;
        RedisFigures figures;
    };

    RedisProber(std::vector<NodeEndpoint> nodes, ProbeTimes times,
                std::shared_ptr<RedisTraffic> traffic = {});

    std::vector<std::pair<NodeEndpoint, View>> views() const;
    std::vector<ProbeRecord> records() const; // in the same order
    void requestStop() { m_thread.requestStop(); }

private:
    struct Node
    {
        NodeEndpoint endpoint;
        NodeHealth health;
        RedisFigures figures;
        std::optional<RedisInfo> last;
        NodeHealth::Time lastAt{};
        ProbeLatencies latencies{};
    };
    void step();
    void take(Node& node, const Result<RedisReply>& info, const Result<RedisReply>& keys,
              NodeHealth::Time now);

    const ProbeTimes m_times;
    RedisClient m_client; // of the thread alone

    mutable std::mutex m_mutex; // guards m_nodes
    std::vector<Node> m_nodes;

    PeriodicThread m_thread; // last: it uses all of the above
};

} // namespace backend
