// The directory: who is in the cluster, whether the shard map is whole, which engines are alive.
#include "backend/operations/examination.h"

#include "backend/cluster/directory.h"
#include "backend/store/migrations.h"
#include "backend/store/postgres_pool.h"

namespace backend {
namespace {

constexpr std::string_view kDemoEnvironment = "demo";

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
        m_facts.cluster.throwAway = settings.environment == kDemoEnvironment;
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
    void add(Severity severity, std::string check, std::string measured, std::string advice)
    {
        m_facts.findings.push_back(
            {severity, "", std::move(check), std::move(measured), std::move(advice), {}});
    }

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
        for (const auto role : {Role::Users, Role::Posts, Role::Timelines})
            judge(role);
        for (const auto& node : map.nodes) {
            bool used = node.id == m_facts.cluster.directoryNode;
            for (const auto role : {Role::Users, Role::Posts, Role::Timelines})
                used =
                    used || std::count(map.placement(role).begin(), map.placement(role).end(), node.id) > 0;
            if (!used)
                add(Severity::Note, "directory.unused_node", node.name + " holds no shard",
                    "nothing; it can take some, or go");
        }
        return {};
    }

    void judge(Role role)
    {
        const auto& map = m_facts.cluster.map;
        std::vector<int> holes, misplaced;
        for (int shard = 0; shard < map.shardCount; ++shard) {
            const auto* node = map.node(map.placement(role)[std::size_t(shard)]);
            if (!node)
                holes.push_back(shard);
            else if ((node->kind == NodeKind::Redis) != (role == Role::Timelines))
                misplaced.push_back(shard);
        }
        const auto listed = [](const std::vector<int>& shards) {
            std::string out;
            for (std::size_t i = 0; i < shards.size() && i < 8; ++i)
                out += (i > 0 ? ", " : "") + std::to_string(shards[i]);
            return out + (shards.size() > 8 ? " …" : "");
        };
        const std::string name(toString(role));
        if (!holes.empty())
            add(Severity::Error, "directory.shard_map",
                std::to_string(holes.size()) + " logical shards of " + name +
                    " are placed on no node: " + listed(holes),
                "no engine opens like this: restore directory.placements from a backup");
        if (!misplaced.empty())
            add(Severity::Error, "directory.shard_map",
                std::to_string(misplaced.size()) + " logical shards of " + name +
                    " are placed on the wrong kind of server: " + listed(misplaced),
                "restore directory.placements from a backup");
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
        for (const auto& engine : m_facts.engines)
            if (engine.heartbeatAgeSeconds * 1'000 > double(m_inputs.limits.heartbeat.count()))
                add(Severity::Warning, "engine.heartbeat",
                    "the engine " + engine.name + " (" + engine.role + ") has been silent for " +
                        humanSeconds(engine.heartbeatAgeSeconds),
                    "see whether it still runs there; the others have taken its tasks over, and it is "
                    "forgotten after ten minutes");
        return {};
    }

    SqlConnection& m_sql;
    const DoctorInputs& m_inputs;
    const Deadline m_deadline;
    DirectoryFacts m_facts;
};

CheckFinding unreadable(const NodeEndpoint& directory, const Error& error)
{
    const bool none = error.code == ErrorCode::NotFound, newer = error.code == ErrorCode::SchemaTooNew;
    return {Severity::Error,
            directory.name,
            none    ? "directory.empty"
            : newer ? "directory.schema"
                    : "directory.unreadable",
            error.message,
            none    ? "make a cluster there, or correct directory.address"
            : newer ? "install the newer rookery"
                    : "running engines go on with the shard map they have; none can start until the "
                      "directory answers",
            none ? "rookeryctl cluster init --config cluster.toml" : ""};
}

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
    const auto pool = makePostgresPool(inputs.directory, {.maxConnections = 1, .maxWaiters = 1});
    auto facts = examine(*pool, inputs, deadline);
    if (facts) return std::move(*facts);
    DirectoryFacts none;
    none.findings.push_back(unreadable(inputs.directory, facts.error()));
    return none;
}

} // namespace backend
