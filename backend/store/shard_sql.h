// SQL by logical shard: which node holds the shard in a role, one connection per node, one round trip per
// node. SqlPools is shared and thread-safe; a SqlSession belongs to one thread and keeps its connections
// until destroyed.
#pragma once

#include "backend/common/sql.h"
#include "backend/domain/cluster.h"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace backend {

class SqlPools
{
public:
    explicit SqlPools(std::map<int, std::unique_ptr<SqlPool>> pools);

    [[nodiscard]] Result<SqlPool*> pool(int node) const;
    const std::map<int, std::unique_ptr<SqlPool>>& all() const { return m_pools; }

private:
    std::map<int, std::unique_ptr<SqlPool>> m_pools;
};

struct ShardStatement
{
    int shard = 0;
    SqlStatement statement;
};

class SqlSession
{
public:
    SqlSession(const SqlPools& pools, const ShardMapSource& maps);

    // The connection to a node; a broken one is replaced.
    [[nodiscard]] Result<SqlConnection*> connection(int node, Deadline deadline);
    [[nodiscard]] Result<SqlConnection*> connectionOf(Role role, int shard, Deadline deadline);

    // Runs each statement on the node that holds its shard in that role: one round trip and one transaction
    // per node, all nodes at the same time. Result i belongs to statement i.
    [[nodiscard]] Result<std::vector<SqlRows>> run(Role role, const std::vector<ShardStatement>& statements,
                                                   Deadline deadline);
    // The same, but a node that fails or is silent costs only its own statements, whose results are empty.
    // None takes more than half of the time.
    [[nodiscard]] std::vector<std::optional<SqlRows>>
    runWhatAnswers(Role role, const std::vector<ShardStatement>& statements, Deadline deadline);
    [[nodiscard]] Result<SqlRows> runOne(Role role, int shard, SqlStatement statement, Deadline deadline);

    std::map<int, int> backendPids() const; // by node

private:
    using ByNode = std::map<int, std::vector<std::size_t>>; // indexes of statements
    Result<ByNode> byNode(Role role, const std::vector<ShardStatement>& statements) const;
    using Answer = Result<std::vector<SqlRows>>;
    Result<SqlConnection*> startOn(int node, const std::vector<ShardStatement>& statements,
                                   const std::vector<std::size_t>& indexes, Deadline deadline);
    // All nodes at the same time; an answer for each. `share`: each has half of what time is left when its
    // turn to start comes, so that neither the others nor the caller lose all of theirs to a silent one;
    // otherwise the first that cannot be started ends it.
    std::vector<Answer> runTogether(const ByNode& nodes, const std::vector<ShardStatement>& statements,
                                    Deadline deadline, bool share);

    const SqlPools& m_pools;
    const ShardMapSource& m_maps;
    std::map<int, SqlPool::Lease> m_leases;
};

// "users_0017.follows" and the like.
std::string shardTable(Role role, int shard, std::string_view table);
std::string usersTable(int shard, std::string_view table); // in the role Users

} // namespace backend
