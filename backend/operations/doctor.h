// Looks at a cluster the way an operator would who suspects everything: the directory, each node's
// reachability, version, rights, settings and clock, the queue, the engines. Changes nothing and needs no
// engine, so that it also tells why none opens. Connections of its own, a thread per node: a dead or hanging
// node, also the directory's, costs only its own findings. Any thread.
#pragma once

#include "backend/common/clock.h"
#include "backend/common/deadline.h"
#include "backend/domain/checkup.h"

#include <filesystem>
#include <optional>

namespace backend {

// From where on something is a finding.
struct DoctorLimits
{
    Milliseconds nodePatience{3'000}; // until it says its first word
    Milliseconds nodeTime{10'000};    // what one that answers may cost in all
    Milliseconds oldTransaction{300'000}, veryOldTransaction{3'600'000};
    Milliseconds idleInTransaction{60'000};
    std::int64_t oldTransactionXids = 1'000'000; // where PostgreSQL does not tell its age in time
    std::int64_t deadRows = 20'000;              // of one table, when they also outnumber half the living
    std::int64_t walHeldBytes = 4LL << 30;       // by a slot that nobody uses
    Milliseconds clockSkew{500};                 // beyond what the round trip leaves uncertain
    Milliseconds heartbeat{5'000};
    Milliseconds oldestTask{600'000};
};

// What an engine knows without asking the directory.
struct KnownCluster
{
    std::string environment;
    ShardMap map;
    int directoryNode = 0;
};

struct DoctorInputs
{
    NodeEndpoint directory;               // as the engine's role
    std::vector<NodeEndpoint> knownNodes; // looked at when the directory does not tell
    // Of an engine: its nodes are looked at without waiting for the directory.
    std::optional<KnownCluster> known;
    DoctorLimits limits;
    std::filesystem::path hostRoot = "/"; // where proc and sys of this machine are
};

[[nodiscard]] Checkup examineCluster(const DoctorInputs& inputs, const WallClock& clock, Deadline deadline,
                                     const CheckupSink& soFar = {});

} // namespace backend
