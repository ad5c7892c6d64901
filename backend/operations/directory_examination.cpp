// The directory: who is in the cluster, whether the shard map is whole, which engines are alive.
#include "backend/operations/examination.h"

#include "backend/cluster/directory.h"
#include "backend/store/migrations.h"
#include "backend/store/postgres_pool.h"

namespace backend {
namespace {

class DirectoryExamination
{
public:
    DirectoryExamination(SqlConnection& sql, const DoctorInputs& inputs, Deadline deadline)
        : m_sql(sql)
        , m_inputs(inputs)
        , m_deadline(deadline)
    {
    }

    Result<DirectoryFacts> run(const ClusterSettings& settings)
    {
        m_facts.clusterName = settings.clusterName;
        m_facts.environment = settings.environment;
        m_facts.cluster.throwAway = isThrowAway(settings.environment);
        m_facts.cluster.directoryNode = settings.directoryNode;
        m_facts.cluster.map.shardCount = settings.shardCount;
        m_facts.cluster.map.epoch = settings.epoch;
        ROOKERY_TRY(readNodes());
        ROOKERY_TRY(readPlacements());
        ROOKERY_TRY(readEngines());
        m_facts.cluster.known = true;
        return std::move(m_facts);
    }

private:
    Result<void> readNodes()
    {
        ROOKERY_ASSIGN(
            const auto rows,
            m_sql.execute("SELECT id, name, kind, address FROM directory.nodes ORDER BY id", {}, m_deadline));
        for (std::size_t r = 0; r < rows.size(); ++r)
            m_facts.cluster.map.nodes.push_back(
                {int(rows.integer(r, 0)), std::string(rows.text(r, 1)),
                 rows.text(r, 2) == "redis" ? NodeKind::Redis : NodeKind::Postgres,
                 std::string(rows.text(r, 3))});
        return {};
    }

    // Tolerant where an engine is not: what is missing is told, not fatal.
    Result<void> readPlacements()
    {
        auto& map = m_facts.cluster.map;
        const auto count = std::size_t(map.shardCount);
        map.usersNode.assign(count, 0);
        map.postsNode.assign(count, 0);
        map.timelinesNode.assign(count, 0);
        ROOKERY_ASSIGN(const auto rows,
                       m_sql.execute("SELECT role, shard, node FROM directory.placements", {}, m_deadline));
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const auto role = rows.text(r, 0);
            const auto shard = rows.integer(r, 1);
            if (shard < 0 || shard >= map.shardCount) continue;
            auto& placement = role == "users"   ? map.usersNode
                              : role == "posts" ? map.postsNode
                                                : map.timelinesNode;
            placement[std::size_t(shard)] = int(rows.integer(r, 2));
        }
        judgePlacements(m_facts.cluster, m_facts.findings);
        return {};
    }

    Result<void> readEngines()
    {
        ROOKERY_ASSIGN(
            const auto rows,
            m_sql.execute(
                "SELECT slot, name, role, extract(epoch FROM clock_timestamp() - heartbeat_at)::float8, "
                "workers_wanted,"
                " paused, coalesce((status->>'pg_connections')::int, 0) FROM directory.engines ORDER BY slot",
                {}, m_deadline));
        for (std::size_t r = 0; r < rows.size(); ++r)
            m_facts.engines.push_back({int(rows.integer(r, 0)), std::string(rows.text(r, 1)),
                                       std::string(rows.text(r, 2)), rows.real(r, 3), int(rows.integer(r, 4)),
                                       rows.boolean(r, 5), int(rows.integer(r, 6))});
        m_facts.enginesKnown = true;
        judgeHeartbeats(m_facts.engines, m_inputs.limits, m_facts.findings);
        return {};
    }

    SqlConnection& m_sql;
    const DoctorInputs& m_inputs;
    const Deadline m_deadline;
    DirectoryFacts m_facts;
};

Result<DirectoryFacts> examine(SqlPool& pool, const DoctorInputs& inputs, Deadline deadline)
{
    Directory directory(pool);
    ROOKERY_ASSIGN(const auto settings, directory.settings(deadline));
    ROOKERY_ASSIGN(const auto connection, pool.lease(deadline));
    const auto checked = checkSchemas(*connection, {{"directory", "directory"}}, deadline);
    if (!checked && checked.error().code == ErrorCode::SchemaTooNew) return fail(checked.error());
    return DirectoryExamination(*connection, inputs, deadline).run(settings);
}

} // namespace

DirectoryFacts examineDirectory(const DoctorInputs& inputs, Deadline deadline)
{
    const auto pool = makePostgresPool(inputs.directory,
                                       {.maxConnections = 1, .maxWaiters = 1, .patienceAtEnd = kPoolsEnd});
    auto facts = examine(*pool, inputs, deadline);
    if (facts) return std::move(*facts);
    DirectoryFacts none;
    none.findings.push_back(unreadableDirectory(inputs.directory, facts.error()));
    return none;
}

} // namespace backend
