#include "app/session/cluster_setup.h"

#include "app/session/owner_connections.h"
#include "backend/cluster/directory.h"
#include "backend/operations/init_prerequisites.h"

#include <algorithm>

using namespace backend;

namespace app {
namespace {

struct PlanWithOwners
{
    ClusterPlan plan;
    std::vector<NodeEndpoint> owners; // PostgreSQL nodes with the owner's address
};

tl::unexpected<Error> noOwnerAddress(const std::string& node)
{
    return fail(ErrorCode::Configuration, "[[postgres]] " + node +
                                              " has no owner_address: schemas are made by the databases'"
                                              " owner, engines connect as a role that owns nothing");
}

Result<PlanWithOwners> planOf(const ClusterConfig& config)
{
    PlanWithOwners out{{config.name, config.environment, config.shards, {}}, {}};
    for (const auto& node : config.postgres)
        out.plan.nodes.push_back({{0, node.name, NodeKind::Postgres, node.address}, node.roles});
    for (const auto& node : config.redis)
        out.plan.nodes.push_back({{0, node.name, NodeKind::Redis, node.address}, {Role::Timelines}});
    ROOKERY_ASSIGN(out.plan, checkedPlan(std::move(out.plan)));
    for (std::size_t i = 0; i < config.postgres.size(); ++i) {
        if (config.postgres[i].ownerAddress.empty()) return noOwnerAddress(config.postgres[i].name);
        out.owners.push_back(out.plan.nodes[i].endpoint);
        out.owners.back().address = config.postgres[i].ownerAddress;
    }
    return out;
}

Result<std::string> clusterIdIn(SqlConnection& directory, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto there,
                   directory.execute("SELECT to_regclass('directory.settings') IS NOT NULL", {}, deadline));
    if (!there.boolean(0, 0)) return std::string();
    ROOKERY_ASSIGN(
        const auto rows,
        directory.execute("SELECT value FROM directory.settings WHERE key = 'cluster_id'", {}, deadline));
    return rows.empty() ? std::string() : std::string(rows.text(0, 0));
}

void describeNodes(ClusterSetup& setup, int directoryNode)
{
    for (const auto& endpoint : setup.map.nodes)
        setup.nodes.push_back({endpoint, "",
                               endpoint.kind == NodeKind::Postgres
                                   ? schemasOn(setup.map, endpoint.id, directoryNode).size()
                                   : 0});
}

// The file's node of that name, with the owner's address, under its id in the directory.
Result<std::vector<NodeEndpoint>> ownersOf(const ShardMap& map, const ClusterConfig& config)
{
    std::vector<NodeEndpoint> owners;
    for (const auto& node : map.nodes) {
        if (node.kind != NodeKind::Postgres) continue;
        const auto named = std::find_if(config.postgres.begin(), config.postgres.end(),
                                        [&](const auto& n) { return n.name == node.name; });
        if (named == config.postgres.end() || named->ownerAddress.empty()) return noOwnerAddress(node.name);
        owners.push_back(node);
        owners.back().address = named->ownerAddress;
    }
    return owners;
}

} // namespace

Result<ClusterSetup> initClusterFrom(const ClusterConfig& config, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto planned, planOf(config));
    ROOKERY_ASSIGN(const auto owners, connectOwners(planned.owners, deadline));
    const int directoryNode = directoryNodeOf(planned.plan);
    auto& directory = *owners.connections.at(directoryNode);
    ROOKERY_TRY(refusePresentCluster(directory, deadline));

    ClusterSetup setup;
    ROOKERY_ASSIGN(const auto earlier, clusterIdIn(directory, deadline));
    setup.resumed = !earlier.empty();
    auto looked = examineForInit(planned.plan, owners.connections, deadline);
    setup.obstacles = std::move(looked.obstacles);
    setup.remarks = std::move(looked.remarks);
    if (!setup.obstacles.empty()) return setup;
    ROOKERY_ASSIGN(setup.map, initCluster(planned.plan, owners.connections, schemaMigrator(), deadline));
    ROOKERY_ASSIGN(setup.clusterId, clusterIdIn(directory, deadline));
    describeNodes(setup, directoryNode);
    for (std::size_t i = 0; i < setup.nodes.size() && i < looked.nodes.size(); ++i)
        setup.nodes[i].version = looked.nodes[i].version;
    return setup;
}

Result<ClusterSetup> upgradeClusterFrom(const ClusterConfig& config, Deadline deadline)
{
    const auto named = std::find_if(config.postgres.begin(), config.postgres.end(), [](const auto& node) {
        return std::find(node.roles.begin(), node.roles.end(), Role::Directory) != node.roles.end();
    });
    if (named == config.postgres.end())
        return fail(ErrorCode::Configuration, "no [[postgres]] node with the role \"directory\" is in the "
                                              "file: an upgrade needs the owner_address of all");
    if (named->ownerAddress.empty()) return noOwnerAddress(named->name);
    ROOKERY_ASSIGN(const auto first,
                   connectOwners({{0, named->name, NodeKind::Postgres, named->ownerAddress}}, deadline));
    Directory directory(*first.pools.at(0));
    ClusterSetup setup;
    {
        auto& owner = *first.connections.at(0);
        ROOKERY_ASSIGN(setup.clusterId, clusterIdIn(owner, deadline));
        if (setup.clusterId.empty())
            return fail(ErrorCode::NotFound,
                        named->name + " holds no cluster; make one with rookeryctl cluster init");
        // Before anything else of it is read: a newer program's may look different.
        ROOKERY_TRY(schemaMigrator()(owner, {{"directory", "directory"}}, deadline));
    }
    ROOKERY_ASSIGN(const auto settings, directory.settings(deadline));
    ROOKERY_ASSIGN(setup.map, directory.loadShardMap(deadline));
    ROOKERY_ASSIGN(const auto endpoints, ownersOf(setup.map, config));
    ROOKERY_ASSIGN(const auto owners, connectOwners(endpoints, deadline));
    ROOKERY_TRY(
        upgradeCluster(setup.map, settings.directoryNode, owners.connections, schemaMigrator(), deadline));
    describeNodes(setup, settings.directoryNode);
    return setup;
}

} // namespace app
