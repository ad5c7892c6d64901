// The commands of rookeryctl. Each returns the exit code: 0 ok, 1 failed, 2 usage. The main thread.
#pragma once

#include "app/session/session_factory.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace app {

// Where the cluster is: a private one, or one that a configuration file names.
struct ClusterChoice
{
    bool demo = false;
    std::filesystem::path data; // with demo: kept here
    std::filesystem::path config;
};

struct ImportCommand
{
    ClusterChoice cluster;
    std::filesystem::path file;
    std::string speed = "60"; // or "max"
    bool keepTimes = false, json = false;
};

struct DeadLetterCommand
{
    enum class Action { List, Show, Retry, Discard };
    ClusterChoice cluster;
    Action action = Action::List;
    std::vector<std::string> ids; // like 2:345
    std::string signature;        // or all of this one,
    int expected = 0;             // which must be so many
    bool json = false;
};

struct BenchCommand
{
    bool full = false, json = false;
    std::filesystem::path svg, data;
    std::vector<std::string> parts; // none: all
};

struct ServeCommand
{
    std::filesystem::path config;
    int workers = -1;               // -1: as the file says
    double statusEverySeconds = 60; // 0: never
    bool json = false;
};

struct CapacityCommand
{
    ClusterChoice cluster;
    std::vector<int> caps; // none: around the present one
    int watchSeconds = 0;  // to see growth
    bool json = false;
};

struct TimelineAuditCommand
{
    ClusterChoice cluster;
    std::string user; // id or handle; or
    int shard = -1;   // that one; or
    int sample = 0;   // so many; or
    bool all = false;
    std::uint64_t seed = 0; // of the sample; 0: by chance
    bool repair = false, json = false;
    bool chosen() const { return !user.empty() || shard >= 0 || sample > 0 || all; }
};

struct CountersCommand
{
    ClusterChoice cluster;
    std::string user; // id or handle; or
    int shard = -1;   // that one; -1: all
    bool reconcile = false, json = false;
};

struct OrphansCommand
{
    ClusterChoice cluster;
    int keysPerSecond = 20'000;
    bool remove = false, json = false;
};

struct UserCommand
{
    ClusterChoice cluster;
    std::string user; // id or handle
    bool yes = false, wait = false, json = false;
};

int runDemo(const std::filesystem::path& data, bool workload);
int runServe(const ServeCommand& command);
int runImport(const ImportCommand& command);
int runReport(const ClusterChoice& cluster, const std::string& format, const std::filesystem::path& output);
int runAuditCommand(const ClusterChoice& cluster, bool json);
int runTimelineAudit(const TimelineAuditCommand& command);
int runCounters(const CountersCommand& command);
int runOrphans(const OrphansCommand& command);
int runExplain(const ClusterChoice& cluster, std::int64_t post, const std::string& reader,
               bool json); // reader: id or handle
int runDeadLetters(const DeadLetterCommand& command);
// Shows who is pulled; first sets the threshold when there is one: "auto", "never" or a number of followers.
int runFanout(const ClusterChoice& cluster, const std::string& threshold, bool json);
int runUserDelete(const UserCommand& command);
int runUserDeletions(const UserCommand& command);
int runRebuild(const ClusterChoice& cluster, const std::string& reader, bool json); // reader: id or handle
int runDoctor(const ClusterChoice& cluster, bool json);
int runBenchCommand(const BenchCommand& command);
int runCapacity(const CapacityCommand& command);
int runClusterInit(const std::filesystem::path& config, bool json);
int runClusterUpgrade(const std::filesystem::path& config, bool json);
int runClusterShow(const ClusterChoice& cluster, bool json);

} // namespace app
