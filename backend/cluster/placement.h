// Which node holds which logical shard, and which schemas a node therefore has. Pure functions.
#pragma once

#include "backend/common/result.h"
#include "backend/domain/cluster.h"

#include <string>
#include <vector>

namespace backend {

struct PlannedNode
{
    NodeEndpoint endpoint; // ids are given by position, from 1, where they are 0
    std::vector<Role> roles;
};

// A cluster to be made.
struct ClusterPlan
{
    std::string name, environment; // environment: "demo", "staging", "production" …
    int shardCount = 64;           // for ever: a power of two, at most 4096
    std::vector<PlannedNode> nodes;
};

// The plan with every node numbered, or InvalidArgument with what is wrong with it: one directory node, at
// least one node for each other role, names and ids unique, roles that fit the kind of server.
[[nodiscard]] Result<ClusterPlan> checkedPlan(ClusterPlan plan);

// Shards dealt round robin over the nodes of each role; epoch 1. The plan is a checked one.
ShardMap dealShards(const ClusterPlan& plan);
int directoryNodeOf(const ClusterPlan& plan);

// The schemas that belong on a PostgreSQL node: its queue, its shards, and the directory on that one node.
std::vector<SchemaTarget> schemasOn(const ShardMap& map, int node, int directoryNode);

} // namespace backend
