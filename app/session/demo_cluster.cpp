#include "app/session/demo_cluster.h"

#include "app/session/owner_connections.h"

#include "backend/cluster/cluster_init.h"
#include "backend/cluster/directory.h"

using namespace backend;

namespace app {
namespace {

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

} // namespace

Result<NodeEndpoint> prepareDemoCluster(const EmbeddedServers& servers, Deadline deadline)
{
    const auto nodes = servers.nodes();
    const ClusterPlan plan = planFor(nodes);
    ROOKERY_ASSIGN(const auto checked, checkedPlan(plan));
    const int directoryNode = directoryNodeOf(checked);
    std::vector<NodeEndpoint> ownerNodes;
    for (const auto& node : nodes) {
        if (node.kind != NodeKind::Postgres) continue;
        ownerNodes.push_back(node);
        ownerNodes.back().address = node.ownerAddress;
    }
    ROOKERY_ASSIGN(const auto owners, connectOwners(ownerNodes, deadline));
    NodeEndpoint endpoint;
    for (const auto& node : nodes)
        if (node.id == directoryNode) endpoint = node;

    Directory directory(*owners.pools.at(directoryNode));
    if (const auto map = directory.loadShardMap(deadline)) {
        ROOKERY_TRY(upgradeCluster(*map, directoryNode, owners.connections, schemaMigrator(), deadline));
        return endpoint;
    }
    ROOKERY_TRY(initCluster(plan, owners.connections, schemaMigrator(), deadline));
    return endpoint;
}

} // namespace app
