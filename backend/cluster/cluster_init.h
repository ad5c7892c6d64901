// Makes a cluster: schemas on every PostgreSQL node, then the directory's description of it. Called by app/
// (the demo, rookeryctl cluster init) with connections of the databases' owner. Stateless; uses a thread per
// node.
#pragma once

#include "backend/cluster/placement.h"
#include "backend/common/sql.h"

#include <functional>
#include <map>

namespace backend {

// Brings schemas of one node to the newest version; store's migrate().
using SchemaMigrator =
    std::function<Result<void>(SqlConnection& owner, const std::vector<SchemaTarget>&, Deadline)>;

// `owners` by node id, one connection per PostgreSQL node. Conflict when the directory describes a cluster
// already or a node belongs to another one. What a failed attempt left is taken up by the next, if it is of
// the same plan: shards, names and roles; else Conflict. Returns the map written.
[[nodiscard]] Result<ShardMap> initCluster(const ClusterPlan& plan,
                                           const std::map<int, SqlConnection*>& owners,
                                           const SchemaMigrator& migrator, Deadline deadline);

// Conflict when that node's directory describes a cluster already. As the owner.
[[nodiscard]] Result<void> refusePresentCluster(SqlConnection& directoryOwner, Deadline deadline);

// Brings a present cluster's schemas to this program's version.
[[nodiscard]] Result<void> upgradeCluster(const ShardMap& map, int directoryNode,
                                          const std::map<int, SqlConnection*>& owners,
                                          const SchemaMigrator& migrator, Deadline deadline);

// Writes the present addresses of nodes into the directory, by name, and raises the epoch when any has
// changed. For private servers, whose sockets may lie elsewhere after a restart. True when something changed.
[[nodiscard]] Result<bool> saveAddresses(SqlConnection& directoryOwner,
                                         const std::vector<NodeEndpoint>& nodes, Deadline deadline);

} // namespace backend
