// Connections of the databases' owner to every PostgreSQL node, and what brings schemas up with them.
// Composition.
#pragma once

#include "backend/cluster/cluster_init.h"
#include "backend/common/sql.h"
#include "backend/domain/cluster.h"

#include <map>
#include <memory>
#include <vector>

namespace app {

struct OwnerConnections
{
    std::map<int, std::unique_ptr<backend::SqlPool>> pools;
    std::map<int, backend::SqlPool::Lease> leases; // goes before the pools
    std::map<int, backend::SqlConnection*> connections;
};

// `nodes` carry the owner's addresses.
[[nodiscard]] backend::Result<OwnerConnections> connectOwners(const std::vector<backend::NodeEndpoint>& nodes,
                                                              backend::Deadline deadline);
backend::SchemaMigrator schemaMigrator();

} // namespace app
