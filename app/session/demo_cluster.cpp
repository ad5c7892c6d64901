#include "app/session/demo_cluster.h"

#include "app/session/owner_connections.h"

#include "backend/cache/floor_adoption.h"
#include "backend/cluster/cluster_init.h"
#include "backend/cluster/directory.h"
#include "backend/common/log.h"

#include <thread>

using namespace backend;

namespace app {
namespace {

constexpr std::chrono::seconds kLongestAdoption{20};

// The first node holds users; the last one posts and the directory. With a single node it holds everything.
ClusterPlan planFor(const std::vector<EmbeddedNode>& nodes, int shards)
{
    ClusterPlan plan{"demo", "demo", shards, {}};
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

Result<OwnerConnections> ownersOf(const std::vector<EmbeddedNode>& nodes, Deadline deadline)
{
    std::vector<NodeEndpoint> owners;
    for (const auto& node : nodes) {
        if (node.kind != NodeKind::Postgres) continue;
        owners.push_back(node);
        owners.back().address = node.ownerAddress;
    }
    return connectOwners(owners, deadline);
}

// Whether the servers hold a cluster. Anything but a clear "no" is an error: none is ever made over another.
Result<bool> holdsCluster(Directory& directory, Deadline deadline)
{
    const auto settings = directory.settings(deadline);
    if (settings) return true;
    if (settings.error().code == ErrorCode::NotFound) return false;
    return fail(settings.error());
}

Result<void> bringUpToDate(Directory& directory, const OwnerConnections& owners,
                           const std::vector<EmbeddedNode>& nodes, int directoryNode, Deadline deadline)
{
    // Before anything else of a directory is read: a newer program's may look different.
    auto& owner = *owners.connections.at(directoryNode);
    ROOKERY_TRY(schemaMigrator()(owner, {{"directory", "directory"}}, deadline));
    ROOKERY_ASSIGN(const auto map, directory.loadShardMap(deadline));
    ROOKERY_TRY(upgradeCluster(map, directoryNode, owners.connections, schemaMigrator(), deadline));
    ROOKERY_TRY(saveAddresses(owner, {nodes.begin(), nodes.end()}, deadline));
    return {};
}

// What cannot be adopted is rebuilt.
void adoptTimelinesOf(const EmbeddedNode& node, Deadline deadline) noexcept
{
    try {
        const auto adopted = adoptFloors(node, node.formerRunId, deadline);
        if (!adopted)
            log::warning("The timelines of " + node.name + " are rebuilt: " + adopted.error().message);
        else
            log::debug(node.name + " goes on with " + std::to_string(adopted->adopted) + " timelines");
    } catch (const std::exception& error) {
        log::warning(std::string("Timelines are rebuilt: ") + error.what());
    }
}

void adoptTimelines(const std::vector<EmbeddedNode>& nodes, Deadline deadline)
{
    std::vector<std::jthread> adopting; // joined at the end
    for (const auto& node : nodes)
        if (!node.formerRunId.empty())
            adopting.emplace_back([&node, deadline] { adoptTimelinesOf(node, deadline); });
}

} // namespace

Result<DemoCluster> prepareDemoCluster(const EmbeddedServers& servers, Deadline deadline, int shards)
{
    const auto nodes = servers.nodes();
    const ClusterPlan plan = planFor(nodes, shards);
    ROOKERY_ASSIGN(const auto checked, checkedPlan(plan));
    const int directoryNode = directoryNodeOf(checked);
    DemoCluster cluster;
    for (const auto& node : nodes)
        if (node.id == directoryNode) cluster.directory = node;

    ROOKERY_ASSIGN(const auto owners, ownersOf(nodes, deadline));
    Directory directory(*owners.pools.at(directoryNode));
    ROOKERY_ASSIGN(const bool there, holdsCluster(directory, deadline));
    if (!there) {
        ROOKERY_TRY(initCluster(plan, owners.connections, schemaMigrator(), deadline));
        cluster.shards = shards;
        return cluster;
    }
    ROOKERY_TRY(bringUpToDate(directory, owners, nodes, directoryNode, deadline));
    adoptTimelines(nodes, deadline.earlier(kLongestAdoption));
    ROOKERY_ASSIGN(const auto settings, directory.settings(deadline));
    cluster.shards = settings.shardCount;
    ROOKERY_ASSIGN(cluster.imports, directory.imports(deadline));
    return cluster;
}

} // namespace app
