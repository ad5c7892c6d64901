// Makes a cluster on servers that a configuration file names, or brings one up to date. Composition; any
// thread.
#pragma once

#include "backend/common/config.h"
#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/domain/checkup.h"
#include "backend/domain/cluster.h"

#include <string>
#include <vector>

namespace app {

struct SetUpNode
{
    backend::NodeEndpoint endpoint;
    std::string version;
    std::size_t schemas = 0; // PostgreSQL
};

struct ClusterSetup
{
    backend::ShardMap map;
    std::string clusterId;
    bool resumed = false; // an earlier attempt had not come to its end
    std::vector<SetUpNode> nodes;
    std::vector<backend::CheckFinding> obstacles; // any: nothing was changed
    std::vector<backend::CheckFinding> remarks;
};

// As the databases' owners. Everything is looked at before anything is changed: with obstacles nothing was.
// Conflict when there is a cluster already, or an unfinished one of another plan. What an attempt that was
// killed left is taken up.
[[nodiscard]] backend::Result<ClusterSetup> initClusterFrom(const backend::ClusterConfig& config,
                                                            backend::Deadline deadline);
// Brings the schemas of the cluster to this program's version; the file needs its nodes' owner_address.
[[nodiscard]] backend::Result<ClusterSetup> upgradeClusterFrom(const backend::ClusterConfig& config,
                                                               backend::Deadline deadline);

} // namespace app
