#include "backend/store/shard_sql.h"

#include <cstdio>

namespace backend {
namespace {

Result<int> nodeOf(const ShardMap& map, Role role, int shard)
{
    const auto& placement = map.placement(role);
    if (std::size_t(shard) < placement.size()) return placement[std::size_t(shard)];
    return fail(ErrorCode::NotFound, "this cluster has no logical shard " + std::to_string(shard) +
                                         "; the id is not one of its own");
}

} // namespace

SqlPools::SqlPools(std::map<int, std::unique_ptr<SqlPool>> pools)
    : m_pools(std::move(pools))
{
}

Result<SqlPool*> SqlPools::pool(int node) const
{
    const auto found = m_pools.find(node);
    if (found == m_pools.end())
        return fail(ErrorCode::StaleShardMap,
                    "node " + std::to_string(node) +
                        " is in the shard map but unknown to this program; restart it",
                    true);
    return found->second.get();
}

SqlSession::SqlSession(const SqlPools& pools, const ShardMapSource& maps)
    : m_pools(pools)
    , m_maps(maps)
{
}

Result<SqlConnection*> SqlSession::connection(int node, Deadline deadline)
{
    if (const auto held = m_leases.find(node); held != m_leases.end()) {
        if (held->second->usable()) return held->second.get();
        m_leases.erase(held);
    }
    ROOKERY_ASSIGN(auto* pool, m_pools.pool(node));
    ROOKERY_ASSIGN(auto lease, pool->lease(deadline));
    return m_leases.emplace(node, std::move(lease)).first->second.get();
}

Result<SqlConnection*> SqlSession::connectionOf(Role role, int shard, Deadline deadline)
{
    ROOKERY_ASSIGN(const int node, nodeOf(*m_maps.current(), role, shard));
    return connection(node, deadline);
}

Result<SqlSession::ByNode> SqlSession::byNode(Role role, const std::vector<ShardStatement>& statements) const
{
    const auto map = m_maps.current();
    ByNode nodes;
    for (std::size_t i = 0; i < statements.size(); ++i) {
        ROOKERY_ASSIGN(const int node, nodeOf(*map, role, statements[i].shard));
        nodes[node].push_back(i);
    }
    return nodes;
}

Result<SqlConnection*> SqlSession::startOn(int node, const std::vector<ShardStatement>& statements,
                                           const std::vector<std::size_t>& indexes, Deadline deadline)
{
    std::vector<SqlStatement> batch;
    batch.reserve(indexes.size());
    for (const auto i : indexes)
        batch.push_back(statements[i].statement);
    ROOKERY_ASSIGN(auto* held, connection(node, deadline));
    ROOKERY_TRY(held->start(batch, deadline));
    return held;
}

std::vector<SqlSession::Answer> SqlSession::runTogether(const ByNode& nodes,
                                                        const std::vector<ShardStatement>& statements,
                                                        Deadline deadline, bool share)
{
    std::vector<Result<SqlConnection*>> started;
    for (const auto& [node, indexes] : nodes) {
        const bool half = share && nodes.size() > 1;
        const auto its = half ? deadline.earlier(deadline.remaining() / 2) : deadline;
        started.push_back(startOn(node, statements, indexes, its));
        if (!started.back() && !share) break; // all or nothing
    }
    std::vector<Answer> answers;
    for (auto& one : started) // every one that was started is finished, whatever the others did
        answers.push_back(one ? (*one)->finish() : Answer(fail(std::move(one.error()))));
    return answers;
}

Result<std::vector<SqlRows>> SqlSession::run(Role role, const std::vector<ShardStatement>& statements,
                                             Deadline deadline)
{
    ROOKERY_ASSIGN(const auto nodes, byNode(role, statements));
    auto answers = runTogether(nodes, statements, deadline, false);
    for (auto& answer : answers)
        if (!answer) return fail(std::move(answer.error()));
    std::vector<SqlRows> results(statements.size());
    auto answer = answers.begin();
    for (const auto& [node, indexes] : nodes) {
        for (std::size_t k = 0; k < indexes.size(); ++k)
            results[indexes[k]] = std::move((**answer)[k]);
        ++answer;
    }
    return results;
}

std::vector<std::optional<SqlRows>>
SqlSession::runWhatAnswers(Role role, const std::vector<ShardStatement>& statements, Deadline deadline)
{
    std::vector<std::optional<SqlRows>> results(statements.size());
    const auto nodes = byNode(role, statements);
    if (!nodes) return results;
    auto answers = runTogether(*nodes, statements, deadline, true);
    auto answer = answers.begin();
    for (const auto& [node, indexes] : *nodes) {
        for (std::size_t k = 0; *answer && k < indexes.size(); ++k)
            results[indexes[k]] = std::move((**answer)[k]);
        ++answer;
    }
    return results;
}

Result<SqlRows> SqlSession::runOne(Role role, int shard, SqlStatement statement, Deadline deadline)
{
    ROOKERY_ASSIGN(auto* held, connectionOf(role, shard, deadline));
    return held->execute(statement.sql, statement.parameters, deadline);
}

std::map<int, int> SqlSession::backendPids() const
{
    std::map<int, int> pids;
    for (const auto& [node, lease] : m_leases)
        pids[node] = lease->backendPid();
    return pids;
}

std::string shardTable(Role role, int shard, std::string_view table)
{
    char name[96];
    std::snprintf(name, sizeof name, "%s_%04d.%.*s", role == Role::Users ? "users" : "posts", shard,
                  int(table.size()), table.data());
    return name;
}

std::string usersTable(int shard, std::string_view table)
{
    return shardTable(Role::Users, shard, table);
}

} // namespace backend
