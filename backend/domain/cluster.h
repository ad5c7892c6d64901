// Nodes, roles and the shard map, as values. The directory holds the truth; every engine keeps a copy with
// its epoch.
#pragma once

#include "backend/domain/ids.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

enum class NodeKind { Postgres, Redis };

// What a PostgreSQL node holds; Redis nodes hold Timelines (with objects and counters beside them).
enum class Role { Directory, Users, Posts, Timelines };

std::string_view toString(Role role); // "directory" "users" "posts" "timelines"
std::string_view toString(NodeKind kind);

struct NodeEndpoint
{
    int id = 0;       // in the directory; stable for the node's life
    std::string name; // "pg-1", "redis-3": what people see
    NodeKind kind = NodeKind::Postgres;
    // PostgreSQL: libpq keyword string without a password ("host=/run/x port=5432 dbname=rookery
    // user=rookery_engine"). Redis: "unix:///path/redis.sock" or "redis://host:port/db".
    std::string address;
};

struct ShardMap
{
    std::int64_t epoch = 0; // grows with every change of placement
    int shardCount = 64;
    std::vector<NodeEndpoint> nodes;
    std::vector<int> usersNode, postsNode, timelinesNode; // node id per logical shard

    const NodeEndpoint* node(int id) const
    {
        for (const auto& n : nodes)
            if (n.id == id) return &n;
        return nullptr;
    }
    const std::vector<int>& placement(Role role) const
    {
        return role == Role::Users ? usersNode : role == Role::Posts ? postsNode : timelinesNode;
    }
};

// One schema of a PostgreSQL node and the scope of its migrations: {"users", "users_0017"}, {"queue",
// "queue"}.
struct SchemaTarget
{
    std::string scope, schema;
};

// Where the present map comes from; it changes under a running engine. Thread-safe.
class ShardMapSource
{
public:
    virtual ~ShardMapSource() = default;
    virtual std::shared_ptr<const ShardMap> current() const = 0; // never null
};

} // namespace backend
