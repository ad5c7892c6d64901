// Makes a cluster on servers that a configuration file names. Composition; any thread.
#pragma once

#include "backend/common/config.h"
#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/domain/cluster.h"

namespace app {

// As the databases' owners. Conflict when there is a cluster already.
[[nodiscard]] backend::Result<backend::ShardMap> initClusterFrom(const backend::ClusterConfig& config, backend::Deadline deadline);

} // namespace app
