// One PostgreSQL node, seen as the engine's role sees it.
#include "backend/operations/examination.h"

#include "backend/cluster/placement.h"
#include "backend/operations/postgres_checks.h"
#include "backend/store/migrations.h"
#include "backend/store/postgres_pool.h"

namespace backend {
namespace {

constexpr int kOldestVersion = 130'000, kTestedVersion = 150'000;
constexpr std::int64_t kTasksCounted = 1'000'000;
constexpr double kConnectionsUsedShare = 0.9;
constexpr double kSlowNaptimeSeconds = 300;

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
        , m_findings(m_facts.findings)
    {
        m_facts.checkup.id = node.id;
        m_facts.checkup.name = m_findings.node = node.name;
        m_facts.checkup.kind = node.kind;
    }

    NodeFacts run()
    {
        const auto pool = makePostgresPool(m_node, {.maxConnections = 1, .maxWaiters = 1});
        auto lease = pool->lease(m_deadline);
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
        const auto rows = ask("SELECT split_part(current_setting('server_version'), ' ', 1), "
                              "current_setting('server_version_num')::int,"
                              " pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on',"
                              " current_setting('fsync'), current_setting('full_page_writes'), "
                              "current_setting('synchronous_commit'),"
                              " current_setting('autovacuum'), current_setting('track_counts'),"
                              " extract(epoch FROM current_setting('autovacuum_naptime')::interval)::float8,"
                              " current_database(), extract(epoch FROM pg_postmaster_start_time())::text");
        if (!rows) {
            unreachable(rows.error());
            return false;
        }
        m_facts.checkup.answered = true;
        m_facts.checkup.version = "PostgreSQL " + std::string(rows->text(0, 0));
        m_facts.server = std::string(rows->text(0, 10)) + " started " + std::string(rows->text(0, 11));
        checkVersion(*rows);
        const bool standby = rows->boolean(0, 2);
        if (standby)
            m_findings.add(Severity::Error, "postgres.standby", "it is a read-only standby",
                           "point its address at the primary (target_session_attrs=read-write picks it among "
                           "several hosts)");
        else if (rows->boolean(0, 3))
            m_findings.add(Severity::Error, "postgres.read_only",
                           "default_transaction_read_only is on: every write is refused",
                           "turn it off for the engine's role",
                           alterSystem(m_node, "default_transaction_read_only", "off"));
        checkDurability(*rows);
        checkAutovacuum(*rows);
        return !standby;
    }

    void checkVersion(const SqlRows& rows)
    {
        const std::string version(rows.text(0, 0));
        if (rows.integer(0, 1) < kOldestVersion)
            m_findings.add(Severity::Error, "postgres.version", "it is version " + version,
                           "install 13 or newer; 15 is what is tested");
        else if (rows.integer(0, 1) < kTestedVersion)
            m_findings.add(Severity::Note, "postgres.version", "it is version " + version,
                           "15 and newer are what is tested");
    }

    // A demo's servers are thrown away with it: there it is no more than a note.
    void durability(bool bad, Severity severity, const char* setting, const std::string& value,
                    const std::string& consequence)
    {
        if (!bad) return;
        m_findings.add(m_cluster.throwAway ? Severity::Note : severity, std::string("postgres.") + setting,
                       std::string(setting) + " is " + value + ": " + consequence,
                       m_cluster.throwAway ? "nothing, while this is a demo whose data may be lost"
                                           : "turn it on",
                       m_cluster.throwAway ? "" : alterSystem(m_node, setting, "on"));
    }

    void checkDurability(const SqlRows& rows)
    {
        durability(rows.text(0, 4) != "on", Severity::Error, "fsync", std::string(rows.text(0, 4)),
                   "a power failure destroys the database");
        durability(rows.text(0, 5) != "on", Severity::Warning, "full_page_writes",
                   std::string(rows.text(0, 5)),
                   "a power failure tears pages, unless the file system writes them whole");
        durability(rows.text(0, 6) == "off", Severity::Error, "synchronous_commit",
                   std::string(rows.text(0, 6)), "a crash loses posts that were acknowledged");
    }

    void checkAutovacuum(const SqlRows& rows)
    {
        for (const auto& [column, setting] : {std::pair{7, "autovacuum"}, std::pair{8, "track_counts"}})
            if (rows.text(0, column) != "on")
                m_findings.add(Severity::Error, std::string("postgres.") + setting,
                               std::string(setting) + " is " + std::string(rows.text(0, column)) +
                                   ": nothing vacuums the queue's tables, claims become slower by the hour",
                               "turn it on", alterSystem(m_node, setting, "on"));
        if (rows.real(0, 9) > kSlowNaptimeSeconds)
            m_findings.add(Severity::Warning, "postgres.autovacuum_naptime",
                           "autovacuum looks at a table every " + humanSeconds(rows.real(0, 9)) + " at best",
                           "the queue's tables turn over within seconds: make it 5 to 15 s",
                           alterSystem(m_node, "autovacuum_naptime", "'10s'"));
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
        m_role = std::string(rows.text(0, 0));
        m_superuser = rows.boolean(0, 1);
        m_seesOthers = rows.boolean(0, 6);
        if (m_superuser) {
            m_findings.add(
                Severity::Error, "postgres.role_superuser",
                "the engine connects as " + m_role + ", a superuser",
                "connect as rookery_engine: a superuser passes every fence that a shard's move relies on");
            return {};
        }
        std::string powers;
        const std::pair<int, const char*> names[]{
            {2, "CREATEROLE"}, {3, "CREATEDB"}, {4, "REPLICATION"}, {5, "BYPASSRLS"}};
        std::string taken;
        for (const auto& [column, name] : names)
            if (rows.boolean(0, column)) {
                powers += (powers.empty() ? "" : ", ") + std::string(name);
                taken += " NO" + std::string(name);
            }
        if (!powers.empty())
            m_findings.add(
                Severity::Warning, "postgres.role_powers", "the engine's role " + m_role + " has " + powers,
                "take from it what it does not need", psqlCommand(m_node, {"ALTER ROLE " + m_role + taken}));
        if (rows.boolean(0, 7))
            m_findings.add(
                Severity::Error, "postgres.role_owner",
                "the engine's role " + m_role + " owns the database or belongs to its owner",
                "give the database to another role: what an engine owns, no REVOKE can keep from it");
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
        return {*m_sql,      m_node,       m_inputs.limits, m_findings, m_role,
                m_superuser, m_seesOthers, schemaArray(),   m_deadline};
    }
    Result<void> checkRights()
    {
        return m_cluster.known && !m_superuser ? checkPostgresRights(check()) : Result<void>();
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
        const auto most = rows.integer(0, 0), open = most - rows.integer(0, 1), used = rows.integer(0, 2);
        m_facts.connectionsForUs = open;
        m_facts.connectionsLimit = "max_connections = " + std::to_string(most) + ", " +
                                   std::to_string(rows.integer(0, 1)) + " of them reserved";
        for (const auto& [column, what] : {std::pair{3, "the limit of the role " + m_role},
                                           std::pair{4, std::string("the limit of the database")}})
            if (rows.integer(0, column) >= 0 && rows.integer(0, column) < m_facts.connectionsForUs) {
                m_facts.connectionsForUs = rows.integer(0, column);
                m_facts.connectionsLimit = what + " is " + std::to_string(rows.integer(0, column));
            }
        if (double(used) > double(open) * kConnectionsUsedShare)
            m_findings.add(Severity::Error, "postgres.connections_used",
                           std::to_string(used) + " of " + std::to_string(open) + " connections are open now",
                           "raise max_connections or find who holds them (pg_stat_activity)",
                           alterSystem(m_node, "max_connections", std::to_string(most * 2), true));
        return {};
    }

    Result<void> checkQueue()
    {
        if (!m_cluster.known) return {};
        ROOKERY_ASSIGN(const auto rows,
                       ask("SELECT (SELECT count(*) FROM (SELECT FROM queue.tasks LIMIT $1::bigint) AS t),"
                           " (SELECT count(*) FROM (SELECT FROM queue.dead_letters LIMIT $1::bigint) AS d),"
                           " (SELECT extract(epoch FROM clock_timestamp() - o.created_at)::float8 FROM "
                           "queue.tasks AS o ORDER BY o.id LIMIT 1)",
                           {sqlParameter(kTasksCounted)}));
        m_facts.unfinishedTasks = rows.integer(0, 0);
        if (rows.integer(0, 1) > 0)
            m_findings.add(
                Severity::Warning, "queue.dead_letters",
                std::to_string(rows.integer(0, 1)) +
                    " dead letters wait for a person: their readers miss posts",
                "look at their errors in the desktop (Queue & workers), then retry them or discard them");
        if (!rows.isNull(0, 2) && rows.real(0, 2) * 1'000 > double(m_inputs.limits.oldestTask.count()))
            m_findings.add(
                Severity::Warning, "queue.oldest",
                "the oldest of " + std::to_string(rows.integer(0, 0)) + " unfinished tasks has waited for " +
                    humanSeconds(rows.real(0, 2)),
                "see whether workers run and what they complain about; add some with rookeryctl serve");
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
    const Deadline m_deadline;
    NodeFacts m_facts;
    Findings& m_findings;
    SqlConnection* m_sql = nullptr;
    std::string m_role = "the engine's";
    bool m_superuser = false, m_seesOthers = false;
    std::vector<SchemaTarget> m_targets;
};

} // namespace

NodeFacts examinePostgres(const NodeEndpoint& node, const ExaminedCluster& cluster,
                          const DoctorInputs& inputs, const WallClock& clock, Deadline deadline)
{
    return PostgresExamination(node, cluster, inputs, clock, deadline).run();
}

} // namespace backend
