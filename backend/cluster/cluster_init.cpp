#include "backend/cluster/cluster_init.h"

#include <future>

namespace backend {
namespace {

// A node's mark of the cluster it belongs to, beside its migrations.
constexpr std::string_view kMakeMark = "CREATE TABLE IF NOT EXISTS rookery.membership (only_row boolean "
                                       "PRIMARY KEY DEFAULT true CHECK (only_row),"
                                       " cluster_id text NOT NULL)";

// The plan in words, as far as schemas follow from it: another attempt must be of the same.
std::string planText(const ClusterPlan& plan)
{
    std::string out = std::to_string(plan.shardCount) + " shards";
    for (const auto& node : plan.nodes) {
        out += "; " + node.endpoint.name + ":";
        for (const auto role : node.roles)
            out += " " + std::string(toString(role));
    }
    return out;
}

Result<void> refuseExisting(SqlConnection& directory, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto there,
                   directory.execute("SELECT to_regclass('directory.settings') IS NOT NULL", {}, deadline));
    if (!there.boolean(0, 0)) return {};
    ROOKERY_ASSIGN(
        const auto rows,
        directory.execute("SELECT value FROM directory.settings WHERE key = 'cluster_name' AND EXISTS"
                          " (SELECT FROM directory.settings WHERE key = 'epoch')",
                          {}, deadline));
    if (rows.empty()) return {};
    return fail(ErrorCode::Conflict, directory.nodeName() + " holds the directory of the cluster \"" +
                                         std::string(rows.text(0, 0)) +
                                         "\" already; connect to it, or choose an empty database");
}

// The identity that the directory, made or half made, has already.
Result<std::string> presentId(SqlConnection& directory, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto there,
                   directory.execute("SELECT to_regclass('directory.settings') IS NOT NULL", {}, deadline));
    if (!there.boolean(0, 0)) return std::string();
    ROOKERY_ASSIGN(
        const auto rows,
        directory.execute("SELECT value FROM directory.settings WHERE key = 'cluster_id'", {}, deadline));
    return rows.empty() ? std::string() : std::string(rows.text(0, 0));
}

// The identity of the cluster being made; a second attempt finds the first one's.
Result<std::string> clusterId(SqlConnection& directory, Deadline deadline)
{
    ROOKERY_TRY(directory.execute(
        "INSERT INTO directory.settings (key, value) VALUES ('cluster_id', gen_random_uuid()::text)"
        " ON CONFLICT DO NOTHING",
        {}, deadline));
    ROOKERY_ASSIGN(
        const auto rows,
        directory.execute("SELECT value FROM directory.settings WHERE key = 'cluster_id'", {}, deadline));
    return std::string(rows.text(0, 0));
}

// The first attempt writes down what it was for: schemas of another plan would be left over.
Result<void> requireSamePlan(SqlConnection& directory, const ClusterPlan& plan, Deadline deadline)
{
    const std::string mine = planText(plan);
    ROOKERY_TRY(directory.execute(
        "INSERT INTO directory.settings (key, value) VALUES ('init_plan', $1) ON CONFLICT DO NOTHING", {mine},
        deadline));
    ROOKERY_ASSIGN(
        const auto rows,
        directory.execute("SELECT value FROM directory.settings WHERE key = 'init_plan'", {}, deadline));
    if (rows.empty() || rows.text(0, 0) == mine) return {}; // none: another attempt has just finished
    return fail(ErrorCode::Conflict,
                directory.nodeName() + " holds an unfinished cluster of another plan (" +
                    std::string(rows.text(0, 0)) + "), not of this one (" + mine +
                    "); finish that one with its file, or drop the databases and make them anew");
}

Result<void> refuseForeign(SqlConnection& owner, const std::string& id, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto there,
                   owner.execute("SELECT to_regclass('rookery.membership') IS NOT NULL", {}, deadline));
    if (!there.boolean(0, 0)) return {};
    ROOKERY_ASSIGN(const auto rows, owner.execute("SELECT cluster_id FROM rookery.membership", {}, deadline));
    if (rows.empty() || rows.text(0, 0) == id) return {};
    return fail(ErrorCode::Conflict, owner.nodeName() + " belongs to another cluster already (" +
                                         std::string(rows.text(0, 0)) + "); choose an empty database");
}

Result<void> prepareNode(SqlConnection& owner, const std::vector<SchemaTarget>& targets,
                         const std::string& id, const SchemaMigrator& migrator, Deadline deadline)
{
    ROOKERY_TRY(refuseForeign(owner, id, deadline));
    ROOKERY_TRY(migrator(owner, targets, deadline));
    ROOKERY_TRY(owner.executeScript(kMakeMark, deadline));
    ROOKERY_TRY(owner.execute(
        "INSERT INTO rookery.membership (cluster_id) VALUES ($1) ON CONFLICT DO NOTHING", {id}, deadline));
    return refuseForeign(owner, id, deadline); // somebody else may have been quicker
}

// One thread per node: creating a node's schemas takes about a second.
template <class Work>
Result<void> onEveryNode(const std::map<int, SqlConnection*>& owners, const Work& work)
{
    std::vector<std::future<Result<void>>> running;
    for (const auto& [node, owner] : owners)
        running.push_back(
            std::async(std::launch::async, [&work, n = node, o = owner] { return work(n, *o); }));
    Result<void> outcome;
    for (auto& one : running)
        if (auto result = one.get(); !result && outcome) outcome = std::move(result);
    return outcome;
}

std::vector<SqlStatement> description(const ClusterPlan& plan, const ShardMap& map)
{
    std::vector<SqlStatement> statements;
    for (const auto& node : map.nodes)
        statements.push_back(
            {"INSERT INTO directory.nodes (id, name, kind, address) VALUES ($1::int, $2, $3, $4)",
             {sqlParameter(node.id), node.name, sqlParameter(toString(node.kind)), node.address}});
    for (const auto role : {Role::Users, Role::Posts, Role::Timelines}) {
        std::vector<std::int64_t> shards, nodes;
        for (const int node : map.placement(role)) {
            shards.push_back(std::int64_t(shards.size()));
            nodes.push_back(node);
        }
        statements.push_back({"INSERT INTO directory.placements (role, shard, node)"
                              " SELECT $1, s, n FROM unnest($2::int[], $3::int[]) AS p (s, n)",
                              {sqlParameter(toString(role)), sqlArray(shards), sqlArray(nodes)}});
    }
    const std::vector<std::pair<std::string, std::string>> settings{
        {"cluster_name", plan.name},
        {"environment", plan.environment},
        {"shard_count", std::to_string(map.shardCount)},
        {"directory_node", std::to_string(directoryNodeOf(plan))},
        {"epoch", std::to_string(map.epoch)}}; // its presence says that the description is whole
    for (const auto& [key, value] : settings)
        statements.push_back({"INSERT INTO directory.settings (key, value) VALUES ($1, $2)", {key, value}});
    statements.push_back({"DELETE FROM directory.settings WHERE key = 'init_plan'", {}});
    return statements;
}

Result<SqlConnection*> ownerOf(const std::map<int, SqlConnection*>& owners, int node)
{
    const auto found = owners.find(node);
    if (found == owners.end() || !found->second)
        return fail(ErrorCode::InvalidArgument,
                    "there is no owner's connection to node " + std::to_string(node));
    return found->second;
}

} // namespace

Result<void> refusePresentCluster(SqlConnection& directoryOwner, Deadline deadline)
{
    return refuseExisting(directoryOwner, deadline);
}

Result<ShardMap> initCluster(const ClusterPlan& unchecked, const std::map<int, SqlConnection*>& owners,
                             const SchemaMigrator& migrator, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto plan, checkedPlan(unchecked));
    const int directoryNode = directoryNodeOf(plan);
    const ShardMap map = dealShards(plan);
    std::map<int, SqlConnection*> wanted;
    for (const auto& node : map.nodes) {
        if (node.kind != NodeKind::Postgres) continue;
        ROOKERY_ASSIGN(wanted[node.id], ownerOf(owners, node.id));
    }
    auto& directory = *wanted.at(directoryNode);
    ROOKERY_TRY(refuseExisting(directory, deadline));
    ROOKERY_ASSIGN(const auto earlier, presentId(directory, deadline));
    ROOKERY_TRY(refuseForeign(directory, earlier, deadline));
    ROOKERY_TRY(migrator(directory, {{"directory", "directory"}}, deadline));
    ROOKERY_ASSIGN(const auto id, clusterId(directory, deadline));
    ROOKERY_TRY(requireSamePlan(directory, plan, deadline));
    ROOKERY_TRY(onEveryNode(wanted, [&](int node, SqlConnection& owner) {
        return prepareNode(owner, schemasOn(map, node, directoryNode), id, migrator, deadline);
    }));
    auto written = directory.executeAll(description(plan, map), deadline);
    if (!written && written.error().code == ErrorCode::Conflict)
        ROOKERY_TRY(refuseExisting(directory, deadline));
    if (!written) return fail(std::move(written.error()));
    return map;
}

Result<void> upgradeCluster(const ShardMap& map, int directoryNode,
                            const std::map<int, SqlConnection*>& owners, const SchemaMigrator& migrator,
                            Deadline deadline)
{
    std::map<int, SqlConnection*> wanted;
    for (const auto& node : map.nodes) {
        if (node.kind != NodeKind::Postgres) continue;
        ROOKERY_ASSIGN(wanted[node.id], ownerOf(owners, node.id));
    }
    return onEveryNode(wanted, [&](int node, SqlConnection& owner) {
        return migrator(owner, schemasOn(map, node, directoryNode), deadline);
    });
}

Result<bool> saveAddresses(SqlConnection& directoryOwner, const std::vector<NodeEndpoint>& nodes,
                           Deadline deadline)
{
    std::vector<std::string> names, addresses;
    for (const auto& node : nodes) {
        names.push_back(node.name);
        addresses.push_back(node.address);
    }
    ROOKERY_ASSIGN(const auto rows,
                   directoryOwner.execute("WITH moved AS (UPDATE directory.nodes AS n SET address = p.address"
                                          " FROM unnest($1::text[], $2::text[]) AS p (name, address)"
                                          " WHERE n.name = p.name AND n.address <> p.address RETURNING 1)"
                                          " UPDATE directory.settings SET value = (value::bigint + 1)::text"
                                          " WHERE key = 'epoch' AND EXISTS (SELECT FROM moved)",
                                          {sqlArray(names), sqlArray(addresses)}, deadline));
    return rows.affectedRows() > 0;
}

} // namespace backend
