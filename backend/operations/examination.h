// What the doctor's examinations of one kind share: a list of findings on one node, commands for a shell, the
// clock. Private to backend/operations. A value belongs to the thread that examines the node.
#pragma once

#include "backend/operations/doctor.h"

#include "backend/common/result.h"
#include "backend/common/sql.h"

#include <functional>
#include <map>
#include <optional>

namespace backend {

// Of an examination's own pool of one connection: what its end may take is kept back from the deadline.
inline constexpr Milliseconds kPoolsEnd{50};

struct Findings
{
    std::string node;
    std::vector<CheckFinding> list;

    void add(Severity severity, std::string check, std::string measured, std::string advice,
             std::string command = {})
    {
        list.push_back(
            {severity, node, std::move(check), std::move(measured), std::move(advice), std::move(command)});
    }
    // A check that could not be made is a finding of its own.
    void notMade(const std::string& check, const Error& error)
    {
        add(Severity::Warning, check, "could not be checked: " + error.message,
            "make it possible, then look again");
    }
};

// What one node's examination needs to know of the cluster.
struct ExaminedCluster
{
    bool known = false;     // all below, by the directory or by the engine that asks
    bool throwAway = false; // a demo: its data need not survive the machine
    ShardMap map;           // placements may have holes, marked 0
    int directoryNode = 0;
};

// What the cluster-wide judgement takes from the nodes.
struct NodeFacts
{
    NodeCheckup checkup;
    Findings findings;
    std::string server;                 // one life of a server and database; equal texts: the same one twice
    std::int64_t connectionsForUs = -1; // PostgreSQL: what engines may open in all
    std::string connectionsLimit;       // and what limits it
    std::int64_t unfinishedTasks = -1;
};

NodeFacts examinePostgres(const NodeEndpoint& node, const ExaminedCluster& cluster,
                          const DoctorInputs& inputs, const WallClock& clock, Deadline deadline);
// The same over somebody's connection to that node.
NodeFacts examinePostgres(SqlPool& pool, const NodeEndpoint& node, const ExaminedCluster& cluster,
                          const DoctorInputs& inputs, const WallClock& clock, Deadline deadline);
NodeFacts examineRedis(const NodeEndpoint& node, const ExaminedCluster& cluster, const DoctorInputs& inputs,
                       const WallClock& clock, Deadline deadline);

// The directory's own tables. `cluster` is filled as far as they can be read.
struct ExaminedEngine
{
    int slot = 0;
    std::string name, role;
    double heartbeatAgeSeconds = 0;
    int workersWanted = 0;
    bool paused = false;
    int connectionsPerNode = 0; // besides those of its workers; 0: it does not tell
};
struct DirectoryFacts
{
    ExaminedCluster cluster;
    std::string clusterName, environment;
    std::vector<ExaminedEngine> engines;
    bool enginesKnown = false;
    std::vector<CheckFinding> findings;
};
DirectoryFacts examineDirectory(const DoctorInputs& inputs, Deadline deadline);

// What was read, judged; nothing is asked. Of a whole cluster: clocks, doubles, connections, workers.
void judgePlacements(const ExaminedCluster& cluster, std::vector<CheckFinding>& findings);
void judgeHeartbeats(const std::vector<ExaminedEngine>& engines, const DoctorLimits& limits,
                     std::vector<CheckFinding>& findings);
CheckFinding unreadableDirectory(const NodeEndpoint& directory, const Error& error);
std::vector<CheckFinding> judgeCluster(const DirectoryFacts& directory, const std::vector<NodeFacts>& nodes,
                                       const DoctorLimits& limits);

// Asks for the server's time a few times and keeps the answer with the shortest round trip.
struct ClockReading
{
    double roundTripMs = -1, aheadMs = 0;
    double uncertaintyMs() const { return roundTripMs / 2; }
};
[[nodiscard]] Result<ClockReading> readClock(const WallClock& clock,
                                             const std::function<Result<double>()>& serverSeconds);
// The round trip bounds the error: only what lies beyond it counts.
bool isSkewed(double aheadMs, double uncertaintyMs, Milliseconds limit);

// For a shell. `node`'s password is left out.
std::string psqlCommand(const NodeEndpoint& node, const std::vector<std::string>& statements);
std::string alterSystem(const NodeEndpoint& node, const std::string& setting, const std::string& value,
                        bool restart = false);
std::string redisCommand(const NodeEndpoint& node, const std::string& words);

// A demo's: its data need not survive the machine.
bool isThrowAway(const std::string& environment);

// This machine, when the node runs on it.
bool isLocal(const NodeEndpoint& node);
std::optional<std::string> hostFile(const std::filesystem::path& root,
                                    const std::string& name); // its first line
void checkFreeSpace(const std::string& directory, Findings& findings);
void judgeFreeSpace(const std::string& directory, double freeBytes, double allBytes, Findings& findings);

std::string humanBytes(double bytes);     // "1.5 GiB"
std::string humanSeconds(double seconds); // "1.5 s", "3 min", "2.0 h"
std::string twoDigits(double value);

} // namespace backend
