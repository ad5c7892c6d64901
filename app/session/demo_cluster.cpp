#include "app/session/demo_cluster.h"

#include "backend/cluster/cluster_init.h"
#include "backend/cluster/directory.h"
#include "backend/store/migrations.h"
#include "backend/store/postgres_pool.h"

#include <map>
#include <memory>

using namespace backend;

namespace app {
namespace {

// Connections of the databases' owner, one per PostgreSQL node, for as long as this lives.
struct Owners
{
    std::map<int, std::unique_ptr<SqlPool>> pools;
    std::map<int, SqlPool::Lease> leases;
    std::map<int, SqlConnection*> connections;
};

Result<Owners> connectOwners(const std::vector<EmbeddedNode>& nodes, Deadline deadline)
{
    Owners owners;
    for (const auto& node : nodes) {
        if (node.kind != NodeKind::Postgres) continue;
        NodeEndpoint endpoint = node;
        endpoint.address = node.ownerAddress;
        auto& pool = owners.pools[node.id] = makePostgresPool(endpoint, {});
        ROOKERY_ASSIGN(auto lease, pool->lease(deadline));
        owners.connections[node.id] = lease.get();
        owners.leases.emplace(node.id, std::move(lease));
    }
    return owners;
}

// The first node holds users; the last one posts and the directory. With a single node it holds everything.
ClusterPlan planFor(const std::vector<EmbeddedNode>& nodes)
{
    ClusterPlan plan{"demo", "demo", kDemoShards, {}};
    std::vector<const EmbeddedNode*> postgres;
    for (const auto& node : nodes)
        if (node.kind == NodeKind::Postgres) postgres.push_back(&node);
    for (const auto& node : nodes) {
        std::vector<Role> roles{Role::Timelines};
        if (node.kind == NodeKind::Postgres) {
            roles.clear();
            if (&node == postgres.front() || postgres.size() == 1) roles.push_back(Role::Users);
            if (&node == postgres.back()) roles.insert(roles.end(), {Role::Directory, Role::Posts});
            if (roles.empty()) roles = {Role::Users, Role::Posts};
        }
        plan.nodes.push_back({node, roles});
    }
    return plan;
}

SchemaMigrator migrator()
{
    return [](SqlConnection& owner, const std::vector<SchemaTarget>& targets, Deadline deadline) {
        return migrate(owner, targets, deadline);
    };
}

} // namespace

Result<NodeEndpoint> prepareDemoCluster(const EmbeddedServers& servers, Deadline deadline)
{
    const auto nodes = servers.nodes();
    const ClusterPlan plan = planFor(nodes);
    ROOKERY_ASSIGN(const auto checked, checkedPlan(plan));
    const int directoryNode = directoryNodeOf(checked);
    ROOKERY_ASSIGN(const auto owners, connectOwners(nodes, deadline));
    NodeEndpoint endpoint;
    for (const auto& node : nodes)
        if (node.id == directoryNode) endpoint = node;

    Directory directory(*owners.pools.at(directoryNode));
    if (const auto map = directory.loadShardMap(deadline)) {
        ROOKERY_TRY(upgradeCluster(*map, directoryNode, owners.connections, migrator(), deadline));
        return endpoint;
    }
    ROOKERY_TRY(initCluster(plan, owners.connections, migrator(), deadline));
    return endpoint;
}

} // namespace app
