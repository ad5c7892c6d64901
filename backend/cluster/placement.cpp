#include "backend/cluster/placement.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <set>

namespace backend {
namespace {

bool has(const PlannedNode& node, Role role)
{
    return std::find(node.roles.begin(), node.roles.end(), role) != node.roles.end();
}

std::vector<int> nodesWith(const ClusterPlan& plan, Role role)
{
    std::vector<int> ids;
    for (const auto& node : plan.nodes)
        if (has(node, role)) ids.push_back(node.endpoint.id);
    return ids;
}

tl::unexpected<Error> wrong(const std::string& what)
{
    return fail(ErrorCode::InvalidArgument, "the plan of the cluster: " + what);
}

Result<void> checkNode(const PlannedNode& node)
{
    const auto& endpoint = node.endpoint;
    if (endpoint.name.empty()) return wrong("a node has no name");
    if (endpoint.address.empty()) return wrong("node " + endpoint.name + " has no address");
    if (node.roles.empty()) return wrong("node " + endpoint.name + " has no role");
    for (const auto role : node.roles)
        if ((role == Role::Timelines) != (endpoint.kind == NodeKind::Redis))
            return wrong("node " + endpoint.name + " is " + std::string(toString(endpoint.kind)) +
                         " and cannot hold " + std::string(toString(role)));
    return {};
}

std::vector<int> deal(int shardCount, const std::vector<int>& nodes)
{
    std::vector<int> placement(static_cast<std::size_t>(shardCount));
    for (std::size_t shard = 0; shard < placement.size(); ++shard)
        placement[shard] = nodes[shard % nodes.size()];
    return placement;
}

std::string shardSchema(std::string_view role, std::size_t shard)
{
    char name[32];
    std::snprintf(name, sizeof name, "%.*s_%04zu", int(role.size()), role.data(), shard);
    return name;
}

} // namespace

Result<ClusterPlan> checkedPlan(ClusterPlan plan)
{
    if (plan.name.empty()) return wrong("it has no name");
    if (plan.environment.empty()) return wrong("it has no environment");
    if (plan.shardCount < 1 || plan.shardCount > kMaxShards ||
        !std::has_single_bit(unsigned(plan.shardCount)))
        return wrong("the number of shards must be a power of two up to " + std::to_string(kMaxShards) +
                     ", not " + std::to_string(plan.shardCount));
    std::set<std::string> names;
    std::set<int> ids;
    for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
        auto& node = plan.nodes[i];
        if (node.endpoint.id == 0) node.endpoint.id = int(i) + 1;
        ROOKERY_TRY(checkNode(node));
        if (!names.insert(node.endpoint.name).second)
            return wrong("two nodes are called " + node.endpoint.name);
        if (!ids.insert(node.endpoint.id).second)
            return wrong("two nodes have the id " + std::to_string(node.endpoint.id));
    }
    if (nodesWith(plan, Role::Directory).size() != 1)
        return wrong("exactly one node must have the role directory");
    for (const auto role : {Role::Users, Role::Posts, Role::Timelines})
        if (nodesWith(plan, role).empty())
            return wrong("no node has the role " + std::string(toString(role)));
    return plan;
}

ShardMap dealShards(const ClusterPlan& plan)
{
    ShardMap map;
    map.epoch = 1;
    map.shardCount = plan.shardCount;
    for (const auto& node : plan.nodes)
        map.nodes.push_back(node.endpoint);
    map.usersNode = deal(plan.shardCount, nodesWith(plan, Role::Users));
    map.postsNode = deal(plan.shardCount, nodesWith(plan, Role::Posts));
    map.timelinesNode = deal(plan.shardCount, nodesWith(plan, Role::Timelines));
    return map;
}

int directoryNodeOf(const ClusterPlan& plan)
{
    return nodesWith(plan, Role::Directory).front();
}

std::vector<SchemaTarget> schemasOn(const ShardMap& map, int node, int directoryNode)
{
    std::vector<SchemaTarget> targets{{"queue", "queue"}};
    if (node == directoryNode) targets.push_back({"directory", "directory"});
    for (std::size_t shard = 0; shard < std::size_t(map.shardCount); ++shard) {
        if (map.usersNode[shard] == node) targets.push_back({"users", shardSchema("users", shard)});
        if (map.postsNode[shard] == node) targets.push_back({"posts", shardSchema("posts", shard)});
    }
    return targets;
}

} // namespace backend
