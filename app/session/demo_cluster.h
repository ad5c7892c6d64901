// Turns private servers into a cluster: schemas and directory the first time, upgrades later. Composition;
// any thread.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/domain/cluster.h"
#include "backend/embedded/embedded_servers.h"

#include <string>
#include <vector>

namespace app {

// Makes the cluster on the servers, of so many logical shards, unless there is one already; that one is
// brought up to date, told where its servers are now, and goes on with the timelines that its Redis nodes
// kept. Before any engine opens.
struct DemoCluster
{
    backend::NodeEndpoint directory; // for engines
    int shards = 0;
    std::vector<std::string> imports; // what was imported into it so far, by file hash
};
[[nodiscard]] backend::Result<DemoCluster> prepareDemoCluster(const backend::EmbeddedServers& servers,
                                                              backend::Deadline deadline, int shards);

} // namespace app
