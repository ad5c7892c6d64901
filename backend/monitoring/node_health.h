// Whether one node answers its probes, and what to tell a person when it does not. A missed probe makes it
// Degraded, three in a row (or five seconds of silence, should a probe itself hang) Down; one answer makes it
// Ok again. Owned by the node's prober, which guards it; plain value.
#pragma once

#include "backend/domain/cluster.h"
#include "backend/domain/error.h"
#include "backend/domain/snapshot.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace backend {

struct NodeVerdict
{
    Health health = Health::Unknown;
    std::string message; // why not Ok, and what to do
};

class NodeHealth
{
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr int kDownAfterMisses = 3;
    static constexpr std::chrono::seconds kDownAfterSilence{5};

    explicit NodeHealth(Time begin)
        : m_lastAnswer(begin)
    {
    }

    void answered(Time now);
    void missed(Error error);
    NodeVerdict verdict(const NodeEndpoint& node, Time now) const;
    // When it last answered, or probing began; empty while it answers.
    std::optional<Time> silentSince(Time now) const
    {
        const bool silent = m_misses > 0 || now - m_lastAnswer >= kDownAfterSilence;
        return silent ? std::optional(m_lastAnswer) : std::nullopt;
    }

private:
    Time m_lastAnswer; // or when probing began
    bool m_everAnswered = false;
    int m_misses = 0; // since the last answer
    std::optional<Error> m_error;
};

// The cluster's: from the nodes, the directory, the calls, the queue and the engines of a snapshot that is
// complete otherwise. publishError: why this engine's heartbeat failed, if it did.
NodeVerdict clusterVerdict(const ClusterSnapshot& snapshot, const NodeVerdict& directory,
                           const std::optional<Error>& publishError);

} // namespace backend
