// One PostgreSQL node, seen as the engine's role sees it.
#include "backend/operations/examination.h"

#include "backend/cluster/placement.h"
#include "backend/operations/postgres_checks.h"
#include "backend/operations/postgres_judgement.h"
#include "backend/store/migrations.h"
#include "backend/store/postgres_pool.h"

namespace backend {
namespace {

constexpr std::int64_t kTasksCounted = 1'000'000;

class PostgresExamination
{
public:
    PostgresExamination(const NodeEndpoint& node, const ExaminedCluster& cluster, const DoctorInputs& inputs,
                        const WallClock& clock, Deadline deadline)
        : m_node(node)
        , m_cluster(cluster)
        , m_inputs(inputs)
        , m_clock(clock)
        , m_deadline(deadline)
        , m_firstWord(deadline.earlier(inputs.limits.nodePatience))
        , m_findings(m_facts.findings)
    {
        m_facts.checkup.id = node.id;
        m_facts.checkup.name = m_findings.node = node.name;
        m_facts.checkup.kind = node.kind;
    }

    NodeFacts run(SqlPool& pool)
    {
        auto lease = pool.lease(m_firstWord);
        if (!lease) {
            unreachable(lease.error());
            return std::move(m_facts);
        }
        m_sql = lease->get();
        if (checkServer()) checkAll();
        return std::move(m_facts);
    }

private:
    using Check = Result<void> (PostgresExamination::*)();

    void unreachable(const Error& error)
    {
        m_findings.add(Severity::Error, "node.unreachable", error.message,
                       "until it answers, what it holds stands still; the rest of the cluster works on");
    }

    void checkAll()
    {
        struct Named
        {
            const char* name;
            Check check;
        };
        for (const auto& [name, check] : {Named{"postgres.clock", &PostgresExamination::checkClock},
                                          {"postgres.role", &PostgresExamination::checkRole},
                                          {"postgres.schema", &PostgresExamination::checkSchemaVersions},
                                          {"postgres.rights", &PostgresExamination::checkRights},
                                          {"postgres.connections", &PostgresExamination::readConnections},
                                          {"postgres.horizon", &PostgresExamination::checkHorizon},
                                          {"postgres.tables", &PostgresExamination::checkTables},
                                          {"postgres.queue", &PostgresExamination::checkQueue},
                                          {"disk.space", &PostgresExamination::checkDisk}}) {
            const auto made = (this->*check)();
            if (made) continue;
            m_findings.notMade(name, made.error());
            if (!m_sql->usable()) return; // it went away: one finding says so
        }
    }

    Result<SqlRows> ask(std::string_view sql, const SqlParameters& parameters = {})
    {
        return m_sql->execute(sql, parameters, m_deadline);
    }

    // What can be asked in any state of the server. False when there is no point in asking more.
    bool checkServer()
    {
        const auto rows =
            m_sql->execute("SELECT split_part(current_setting('server_version'), ' ', 1), "
                           "current_setting('server_version_num')::int,"
                           " pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on',"
                           " current_setting('fsync'), current_setting('full_page_writes'), "
                           "current_setting('synchronous_commit'),"
                           " current_setting('autovacuum'), current_setting('track_counts'),"
                           " extract(epoch FROM current_setting('autovacuum_naptime')::interval)::float8,"
                           " current_database(), extract(epoch FROM pg_postmaster_start_time())::text",
                           {}, m_firstWord);
        if (!rows) {
            unreachable(rows.error());
            return false;
        }
        m_facts.checkup.answered = true;
        m_facts.checkup.version = "PostgreSQL " + std::string(rows->text(0, 0));
        m_facts.server = std::string(rows->text(0, 10)) + " started " + std::string(rows->text(0, 11));
        return judgePostgresServer(*rows, m_node, m_cluster.throwAway, m_findings);
    }

    Result<void> checkClock()
    {
        ROOKERY_ASSIGN(const auto reading, readClock(m_clock, [this]() -> Result<double> {
                           ROOKERY_ASSIGN(const auto rows,
                                          ask("SELECT extract(epoch FROM clock_timestamp())::float8"));
                           return rows.real(0, 0);
                       }));
        m_facts.checkup.roundTripMs = reading.roundTripMs;
        m_facts.checkup.clockAheadMs = reading.aheadMs;
        m_facts.checkup.clockUncertaintyMs = reading.uncertaintyMs();
        return {};
    }

    Result<void> checkRole()
    {
        ROOKERY_ASSIGN(const auto rows, ask("SELECT r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, "
                                            "r.rolreplication, r.rolbypassrls,"
                                            " pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),"
                                            " pg_has_role(current_user, (SELECT datdba FROM pg_database "
                                            "WHERE datname = current_database()), 'USAGE')"
                                            " FROM pg_roles AS r WHERE r.rolname = current_user"));
        m_role = judgePostgresRole(rows, m_node, m_findings);
        return {};
    }

    std::string schemaArray() const
    {
        std::vector<std::string> names{"rookery"};
        for (const auto& target : m_targets)
            names.push_back(target.schema);
        return sqlArray(names);
    }

    Result<void> checkSchemaVersions()
    {
        if (!m_cluster.known) return {};
        m_targets = schemasOn(m_cluster.map, m_node.id, m_cluster.directoryNode);
        const auto checked = checkSchemas(*m_sql, m_targets, m_deadline);
        if (checked) return {};
        const auto& error = checked.error();
        if (error.code == ErrorCode::SchemaTooNew)
            m_findings.add(Severity::Error, "postgres.schema", error.message,
                           "no engine of this version opens; install the newer rookery");
        else if (error.code == ErrorCode::Configuration)
            m_findings.add(Severity::Error, "postgres.schema", error.message,
                           "no engine of this version opens until that is done",
                           "rookeryctl cluster upgrade --config cluster.toml");
        else
            return fail(error);
        return {};
    }

    PostgresCheck check()
    {
        return {*m_sql, m_node, m_inputs.limits, m_findings, m_role, schemaArray(), m_deadline};
    }
    Result<void> checkRights()
    {
        return m_cluster.known && !m_role.superuser ? checkPostgresRights(check()) : Result<void>();
    }
    Result<void> checkHorizon() { return checkVacuumHorizon(check()); }
    Result<void> checkTables() { return m_cluster.known ? checkPostgresTables(check()) : Result<void>(); }

    Result<void> readConnections()
    {
        ROOKERY_ASSIGN(const auto rows,
                       ask("SELECT current_setting('max_connections')::int, "
                           "current_setting('superuser_reserved_connections')::int"
                           " + coalesce(current_setting('reserved_connections', true), '0')::int,"
                           " (SELECT sum(numbackends) FROM pg_stat_database)::int,"
                           " (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),"
                           " (SELECT datconnlimit FROM pg_database WHERE datname = current_database())"));
        auto room = judgePostgresConnections(rows, m_node, m_role.name, m_findings);
        m_facts.connectionsForUs = room.forUs;
        m_facts.connectionsLimit = std::move(room.limit);
        return {};
    }

    Result<void> checkQueue()
    {
        if (!m_cluster.known) return {};
        ROOKERY_ASSIGN(
            const auto rows,
            ask("SELECT (SELECT count(*) FROM (SELECT FROM queue.tasks LIMIT $1::bigint) AS t),"
                " (SELECT count(*) FROM (SELECT FROM queue.dead_letters LIMIT $1::bigint) AS d),"
                " (SELECT extract(epoch FROM clock_timestamp() - o.created_at)::float8 FROM "
                "queue.tasks AS o WHERE o.state <> 2 OR o.run_at IS NOT NULL ORDER BY o.id LIMIT 1)",
                {sqlParameter(kTasksCounted)}));
        m_facts.unfinishedTasks = rows.integer(0, 0);
        judgeQueue(rows, m_inputs.limits, m_findings);
        return {};
    }

    // The server tells its directory only to those who may read all settings.
    Result<void> checkDisk()
    {
        if (!isLocal(m_node)) return {};
        ROOKERY_ASSIGN(const auto rows, ask("SELECT setting FROM pg_settings WHERE name = 'data_directory'"));
        if (!rows.empty()) checkFreeSpace(std::string(rows.text(0, 0)), m_findings);
        return {};
    }

    const NodeEndpoint& m_node;
    const ExaminedCluster& m_cluster;
    const DoctorInputs& m_inputs;
    const WallClock& m_clock;
    const Deadline m_deadline, m_firstWord;
    NodeFacts m_facts;
    Findings& m_findings;
    SqlConnection* m_sql = nullptr;
    PostgresRole m_role;
    std::vector<SchemaTarget> m_targets;
};

} // namespace

NodeFacts examinePostgres(const NodeEndpoint& node, const ExaminedCluster& cluster,
                          const DoctorInputs& inputs, const WallClock& clock, Deadline deadline)
{
    const auto pool =
        makePostgresPool(node, {.maxConnections = 1, .maxWaiters = 1, .patienceAtEnd = kPoolsEnd});
    return examinePostgres(*pool, node, cluster, inputs, clock, deadline);
}

NodeFacts examinePostgres(SqlPool& pool, const NodeEndpoint& node, const ExaminedCluster& cluster,
                          const DoctorInputs& inputs, const WallClock& clock, Deadline deadline)
{
    return PostgresExamination(node, cluster, inputs, clock, deadline).run(pool);
}

} // namespace backend
