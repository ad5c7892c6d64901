// cluster.toml: where a cluster's directory is and how this process serves it; for `cluster init` also the
// nodes. A running engine reads the nodes from the directory, not from here. Plain values and pure functions;
// any thread.
#pragma once

#include "backend/common/result.h"
#include "backend/domain/cluster.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

struct NodeConfig
{
    std::string name, address;
    std::string ownerAddress; // PostgreSQL: for migrations, as the owner of the database
    std::vector<Role> roles;  // Redis: always timelines

    bool operator==(const NodeConfig&) const = default;
};

struct ClusterConfig
{
    std::string name, environment; // [cluster]
    int shards = 64;
    std::string directoryAddress; // [directory]; the one key that is always needed
    int directoryLine = 0;        // of the file: where that stands; 0: not read from one
    int workers = 4;              // [engine]
    int auditPerSecond = 5;       // timelines verified in the background
    int connections = 16;         // [pools], per node
    int waiters = 64;
    std::chrono::milliseconds connectTimeout{3'000};
    int timelineCap = 800; // [timelines]
    std::chrono::days timelineAge{30};
    bool keepPast = false;              // after an unfollow what was posted before stays in the home timeline
    std::chrono::days dormantAfter{30}; // readers unseen for so long; 0: never
    int fanoutChunk = 1'000;            // [fanout]
    int reclaimPerSecond = 10'000;      // entries of deleted posts
    std::vector<NodeConfig> postgres, redis; // [[postgres]], [[redis]]
};

// Configuration errors name file, line and key: for unknown keys, wrong types, numbers out of range,
// passwords in addresses (they belong into ~/.pgpass).
[[nodiscard]] Result<ClusterConfig> readClusterToml(const std::filesystem::path& file);
[[nodiscard]] Result<ClusterConfig> parseClusterToml(std::string_view text, const std::string& fileName);

// The keys whose values differ, "engine.workers"; nodes as "postgres" and "redis".
std::vector<std::string> changedKeys(const ClusterConfig& before, const ClusterConfig& after);

std::string clusterToml(const ClusterConfig& config);
// Replaces the file as a whole; readable by its owner only.
[[nodiscard]] Result<void> writeClusterToml(const ClusterConfig& config, const std::filesystem::path& file);

} // namespace backend
