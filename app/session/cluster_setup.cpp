#include "app/session/cluster_setup.h"

#include "app/session/owner_connections.h"

using namespace backend;

namespace app {

Result<ShardMap> initClusterFrom(const ClusterConfig& config, Deadline deadline)
{
    ClusterPlan plan{config.name, config.environment, config.shards, {}};
    std::vector<std::string> ownerAddresses;
    for (const auto& node : config.postgres) {
        if (node.ownerAddress.empty())
            return fail(ErrorCode::Configuration, "[[postgres]] " + node.name + " has no owner_address: schemas are made by the"
                                                      " databases' owner, engines connect as a role that owns nothing");
        plan.nodes.push_back({{0, node.name, NodeKind::Postgres, node.address}, node.roles});
        ownerAddresses.push_back(node.ownerAddress);
    }
    for (const auto& node : config.redis) plan.nodes.push_back({{0, node.name, NodeKind::Redis, node.address}, {Role::Timelines}});
    ROOKERY_ASSIGN(const auto checked, checkedPlan(plan));

    std::vector<NodeEndpoint> owners;
    for (const auto& node : checked.nodes)
        if (node.endpoint.kind == NodeKind::Postgres) {
            owners.push_back(node.endpoint);
            owners.back().address = ownerAddresses[owners.size() - 1];
        }
    ROOKERY_ASSIGN(const auto connections, connectOwners(owners, deadline));
    return initCluster(checked, connections.connections, schemaMigrator(), deadline);
}

} // namespace app
