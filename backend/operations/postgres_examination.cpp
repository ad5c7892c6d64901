// One PostgreSQL node, seen as the engine's role sees it.
#include "backend/operations/examination.h"

#include "backend/cluster/placement.h"
#include "backend/store/migrations.h"
#include "backend/store/postgres_pool.h"

namespace backend {
namespace {

constexpr int kOldestVersion = 130'000, kTestedVersion = 150'000;
constexpr std::int64_t kWrapAroundSoon = 1'500'000'000;
constexpr std::int64_t kTasksCounted = 1'000'000;
constexpr double kConnectionsUsedShare = 0.9;
constexpr double kSlowNaptimeSeconds = 300;

class PostgresExamination
{
public:
    PostgresExamination(const NodeEndpoint& node, const ExaminedCluster& cluster, const DoctorInputs& inputs,
                        const WallClock& clock, Deadline deadline)
        : m_node(node), m_cluster(cluster), m_inputs(inputs), m_clock(clock), m_deadline(deadline),
          m_findings(m_facts.findings)
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
                                          {"postgres.transactions", &PostgresExamination::checkTransactions},
                                          {"postgres.prepared", &PostgresExamination::checkPrepared},
                                          {"postgres.slots", &PostgresExamination::checkSlots},
                                          {"postgres.tables", &PostgresExamination::checkTables},
                                          {"postgres.queue", &PostgresExamination::checkQueue},
                                          {"disk.space", &PostgresExamination::checkDisk}}) {
            const auto made = (this->*check)();
            if (made) continue;
            m_findings.notMade(name, made.error());
            if (!m_sql->usable()) return; // it went away: one finding says so
        }
    }

    Result<SqlRows> ask(std::string_view sql, const SqlParameters& parameters = {}) { return m_sql->execute(sql, parameters, m_deadline); }

    // What can be asked in any state of the server. False when there is no point in asking more.
    bool checkServer()
    {
        const auto rows = ask("SELECT split_part(current_setting('server_version'), ' ', 1), current_setting('server_version_num')::int,"
                              " pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on',"
                              " current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),"
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
                           "point its address at the primary (target_session_attrs=read-write picks it among several hosts)");
        else if (rows->boolean(0, 3))
            m_findings.add(Severity::Error, "postgres.read_only", "default_transaction_read_only is on: every write is refused",
                           "turn it off for the engine's role", alterSystem(m_node, "default_transaction_read_only", "off"));
        checkDurability(*rows);
        checkAutovacuum(*rows);
        return !standby;
    }

    void checkVersion(const SqlRows& rows)
    {
        const std::string version(rows.text(0, 0));
        if (rows.integer(0, 1) < kOldestVersion)
            m_findings.add(Severity::Error, "postgres.version", "it is version " + version, "install 13 or newer; 15 is what is tested");
        else if (rows.integer(0, 1) < kTestedVersion)
            m_findings.add(Severity::Note, "postgres.version", "it is version " + version, "15 and newer are what is tested");
    }

    // A demo's servers are thrown away with it: there it is no more than a note.
    void durability(bool bad, Severity severity, const char* setting, const std::string& value, const std::string& consequence)
    {
        if (!bad) return;
        m_findings.add(m_cluster.throwAway ? Severity::Note : severity, std::string("postgres.") + setting,
                       std::string(setting) + " is " + value + ": " + consequence,
                       m_cluster.throwAway ? "nothing, while this is a demo whose data may be lost" : "turn it on",
                       m_cluster.throwAway ? "" : alterSystem(m_node, setting, "on"));
    }

    void checkDurability(const SqlRows& rows)
    {
        durability(rows.text(0, 4) != "on", Severity::Error, "fsync", std::string(rows.text(0, 4)),
                   "a power failure destroys the database");
        durability(rows.text(0, 5) != "on", Severity::Warning, "full_page_writes", std::string(rows.text(0, 5)),
                   "a power failure tears pages, unless the file system writes them whole");
        durability(rows.text(0, 6) == "off", Severity::Error, "synchronous_commit", std::string(rows.text(0, 6)),
                   "a crash loses posts that were acknowledged");
    }

    void checkAutovacuum(const SqlRows& rows)
    {
        for (const auto& [column, setting] : {std::pair{7, "autovacuum"}, std::pair{8, "track_counts"}})
            if (rows.text(0, column) != "on")
                m_findings.add(Severity::Error, std::string("postgres.") + setting,
                               std::string(setting) + " is " + std::string(rows.text(0, column))
                                   + ": nothing vacuums the queue's tables, claims become slower by the hour",
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
                           ROOKERY_ASSIGN(const auto rows, ask("SELECT extract(epoch FROM clock_timestamp())::float8"));
                           return rows.real(0, 0);
                       }));
        m_facts.checkup.roundTripMs = reading.roundTripMs;
        m_facts.checkup.clockAheadMs = reading.aheadMs;
        m_facts.checkup.clockUncertaintyMs = reading.uncertaintyMs();
        return {};
    }

    Result<void> checkRole()
    {
        ROOKERY_ASSIGN(const auto rows,
                       ask("SELECT r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,"
                           " pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),"
                           " pg_has_role(current_user, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE')"
                           " FROM pg_roles AS r WHERE r.rolname = current_user"));
        m_role = std::string(rows.text(0, 0));
        m_superuser = rows.boolean(0, 1);
        m_seesOthers = rows.boolean(0, 6);
        if (m_superuser) {
            m_findings.add(Severity::Error, "postgres.role_superuser", "the engine connects as " + m_role + ", a superuser",
                           "connect as rookery_engine: a superuser passes every fence that a shard's move relies on");
            return {};
        }
        std::string powers;
        const std::pair<int, const char*> names[]{{2, "CREATEROLE"}, {3, "CREATEDB"}, {4, "REPLICATION"}, {5, "BYPASSRLS"}};
        std::string taken;
        for (const auto& [column, name] : names)
            if (rows.boolean(0, column)) {
                powers += (powers.empty() ? "" : ", ") + std::string(name);
                taken += " NO" + std::string(name);
            }
        if (!powers.empty())
            m_findings.add(Severity::Warning, "postgres.role_powers", "the engine's role " + m_role + " has " + powers,
                           "take from it what it does not need", psqlCommand(m_node, {"ALTER ROLE " + m_role + taken}));
        if (rows.boolean(0, 7))
            m_findings.add(Severity::Error, "postgres.role_owner", "the engine's role " + m_role + " owns the database or belongs to its owner",
                           "give the database to another role: what an engine owns, no REVOKE can keep from it");
        return {};
    }

    std::string schemaArray() const
    {
        std::vector<std::string> names{"rookery"};
        for (const auto& target : m_targets) names.push_back(target.schema);
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
            m_findings.add(Severity::Error, "postgres.schema", error.message, "no engine of this version opens; install the newer rookery");
        else if (error.code == ErrorCode::Configuration)
            m_findings.add(Severity::Error, "postgres.schema", error.message, "no engine of this version opens until that is done",
                           "rookeryctl cluster upgrade --config cluster.toml");
        else
            return fail(error);
        return {};
    }

    Result<void> checkRights()
    {
        if (!m_cluster.known || m_superuser) return {};
        const std::string schemas = schemaArray();
        ROOKERY_ASSIGN(const auto owned,
                       ask("SELECT count(*), min(o.name) FROM (SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relowner AS owner"
                           " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = ANY ($1::text[])"
                           " AND c.relkind IN ('r', 'p') UNION ALL SELECT n.nspname, n.nspowner FROM pg_namespace AS n"
                           " WHERE n.nspname = ANY ($1::text[])) AS o WHERE pg_has_role(current_user, o.owner, 'USAGE')",
                           {schemas}));
        if (owned.integer(0, 0) > 0)
            m_findings.add(Severity::Error, "postgres.rights_owned",
                           "the engine's role " + m_role + " owns " + std::to_string(owned.integer(0, 0)) + " schemas and tables, "
                               + std::string(owned.text(0, 1)) + " among them",
                           "it must own nothing, or no REVOKE can fence a shard from it; give them to the databases' owner",
                           psqlCommand(m_node, {"REASSIGN OWNED BY " + m_role + " TO rookery_owner"}));
        // The directory's description of the cluster and its audit log are not the engine's to change.
        ROOKERY_ASSIGN(const auto missing,
                       ask("SELECT m.grant_sql FROM ("
                           "SELECT 0 AS nth, format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, current_user) AS grant_sql"
                           " FROM pg_namespace AS n WHERE n.nspname = ANY ($1::text[]) AND NOT has_schema_privilege(n.oid, 'USAGE')"
                           " UNION ALL SELECT 1, format('GRANT %s ON %I.%I TO %I', string_agg(p.word, ', ' ORDER BY p.word), n.nspname,"
                           " c.relname, current_user) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                           " CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS p (word)"
                           " WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p') AND NOT has_table_privilege(c.oid, p.word)"
                           " AND NOT (p.word <> 'SELECT' AND (n.nspname = 'rookery'"
                           " OR n.nspname = 'directory' AND c.relname IN ('nodes', 'placements')))"
                           " AND NOT (n.nspname = 'rookery' AND c.relname <> 'migrations')"
                           " AND NOT (n.nspname = 'directory' AND c.relname = 'audit_log' AND p.word IN ('UPDATE', 'DELETE'))"
                           " GROUP BY n.nspname, c.relname"
                           " UNION ALL SELECT 2, format('GRANT EXECUTE ON FUNCTION %s TO %I', f.oid::regprocedure, current_user)"
                           " FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace WHERE n.nspname = ANY ($1::text[])"
                           " AND NOT has_function_privilege(f.oid, 'EXECUTE')) AS m ORDER BY m.nth, m.grant_sql",
                           {schemas}));
        if (missing.empty()) return {};
        std::vector<std::string> grants;
        for (std::size_t r = 0; r < missing.size() && r < 5; ++r) grants.emplace_back(missing.text(r, 0));
        m_findings.add(Severity::Error, "postgres.rights_missing",
                       "the engine's role " + m_role + " lacks rights on " + std::to_string(missing.size()) + " objects, the first: "
                           + grants.front().substr(0, grants.front().rfind(" TO ")),
                       missing.size() > grants.size() ? "grant them as the owner; the first ones are below"
                                                      : "grant them as the owner, unless the shard is fenced on purpose",
                       psqlCommand(m_node, grants));
        return {};
    }

    Result<void> readConnections()
    {
        ROOKERY_ASSIGN(const auto rows,
                       ask("SELECT current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int"
                           " + coalesce(current_setting('reserved_connections', true), '0')::int,"
                           " (SELECT sum(numbackends) FROM pg_stat_database)::int,"
                           " (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),"
                           " (SELECT datconnlimit FROM pg_database WHERE datname = current_database())"));
        const auto most = rows.integer(0, 0), open = most - rows.integer(0, 1), used = rows.integer(0, 2);
        m_facts.connectionsForUs = open;
        m_facts.connectionsLimit = "max_connections = " + std::to_string(most) + ", " + std::to_string(rows.integer(0, 1)) + " of them reserved";
        for (const auto& [column, what] : {std::pair{3, "the limit of the role " + m_role}, std::pair{4, std::string("the limit of the database")}})
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

    // Whoever has an old snapshot or transaction id keeps dead rows of every table from being removed.
    Result<void> checkTransactions()
    {
        ROOKERY_ASSIGN(const auto rows,
                       ask("SELECT a.pid, coalesce(a.usename, '?'), coalesce(a.application_name, ''), coalesce(a.state, ''),"
                           " greatest(age(a.backend_xmin), age(a.backend_xid)), (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL),"
                           " extract(epoch FROM clock_timestamp() - a.xact_start)::float8,"
                           " extract(epoch FROM clock_timestamp() - a.state_change)::float8 FROM pg_stat_activity AS a"
                           " WHERE a.pid <> pg_backend_pid() AND a.usename IS NOT NULL"
                           " AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL OR a.state LIKE 'idle in transaction%')"
                           " ORDER BY a.xact_start"));
        const auto& limits = m_inputs.limits;
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const std::string pid(rows.text(r, 0));
            const std::string who = "process " + pid + " of " + std::string(rows.text(r, 1))
                                    + (rows.text(r, 2).empty() ? "" : " (" + std::string(rows.text(r, 2)) + ")");
            const std::string end = psqlCommand(m_node, {"SELECT pg_terminate_backend(" + pid + ")"});
            const bool aged = !rows.isNull(r, 6);
            const double seconds = rows.real(r, 6);
            const bool old = aged ? seconds * 1'000 >= double(limits.oldTransaction.count())
                                  : rows.integer(r, 4) >= limits.oldTransactionXids;
            if (rows.boolean(r, 5) && old)
                m_findings.add(aged && seconds * 1'000 >= double(limits.veryOldTransaction.count()) ? Severity::Error : Severity::Warning,
                               "postgres.old_transaction",
                               who + " holds back vacuum by " + std::to_string(rows.integer(r, 4)) + " transactions"
                                   + (aged ? " since " + humanSeconds(seconds) : "") + ": dead rows of the queue stay",
                               "let it finish, or end it", end);
            else if (rows.text(r, 3).starts_with("idle in transaction") && rows.real(r, 7) * 1'000 >= double(limits.idleInTransaction.count()))
                m_findings.add(Severity::Warning, "postgres.idle_in_transaction",
                               who + " has been idle in a transaction for " + humanSeconds(rows.real(r, 7)) + ", with its locks",
                               "end it, and set idle_in_transaction_session_timeout for that role", end);
        }
        if (!m_seesOthers && !m_superuser)
            m_findings.add(Severity::Note, "postgres.sees_others",
                           "the engine's role " + m_role + " may not see how old other roles' transactions are, only by how many others",
                           "grant it pg_read_all_stats to be told the time", psqlCommand(m_node, {"GRANT pg_read_all_stats TO " + m_role}));
        return {};
    }

    Result<void> checkPrepared()
    {
        ROOKERY_ASSIGN(const auto rows,
                       ask("SELECT gid, owner, age(transaction), extract(epoch FROM clock_timestamp() - prepared)::float8, quote_literal(gid)"
                           " FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared"));
        for (std::size_t r = 0; r < rows.size(); ++r) {
            if (rows.real(r, 3) * 1'000 < double(m_inputs.limits.oldTransaction.count())) continue;
            m_findings.add(rows.real(r, 3) * 1'000 >= double(m_inputs.limits.veryOldTransaction.count()) ? Severity::Error : Severity::Warning,
                           "postgres.prepared_transaction",
                           "the prepared transaction " + std::string(rows.text(r, 0)) + " of " + std::string(rows.text(r, 1))
                               + " has waited for " + humanSeconds(rows.real(r, 3)) + " and holds back vacuum by "
                               + std::to_string(rows.integer(r, 2)) + " transactions",
                           "commit or roll it back: nothing else ends it, not even a restart",
                           psqlCommand(m_node, {"ROLLBACK PREPARED " + std::string(rows.text(r, 4))}));
        }
        return {};
    }

    Result<void> checkSlots()
    {
        ROOKERY_ASSIGN(const auto rows,
                       ask("SELECT slot_name, active, greatest(age(xmin), age(catalog_xmin)),"
                           " pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8, quote_literal(slot_name) FROM pg_replication_slots"));
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const std::string slot = "the replication slot " + std::string(rows.text(r, 0)) + (rows.boolean(r, 1) ? "" : ", which nobody uses,");
            const std::string drop = psqlCommand(m_node, {"SELECT pg_drop_replication_slot(" + std::string(rows.text(r, 4)) + ")"});
            if (rows.integer(r, 2) >= m_inputs.limits.oldTransactionXids)
                m_findings.add(Severity::Warning, "postgres.slot_horizon",
                               slot + " holds back vacuum by " + std::to_string(rows.integer(r, 2)) + " transactions",
                               "let its standby catch up, or drop the slot", drop);
            if (!rows.boolean(r, 1) && rows.real(r, 3) >= double(m_inputs.limits.walHeldBytes))
                m_findings.add(Severity::Warning, "postgres.slot_wal", slot + " keeps " + humanBytes(rows.real(r, 3)) + " of WAL on the disk",
                               "start its standby, or drop the slot before the disk is full", drop);
        }
        return {};
    }

    Result<void> checkTables()
    {
        if (!m_cluster.known) return {};
        const std::string schemas = schemaArray();
        ROOKERY_ASSIGN(const auto dead,
                       ask("SELECT format('%I.%I', schemaname, relname), n_dead_tup, n_live_tup,"
                           " extract(epoch FROM clock_timestamp() - greatest(last_autovacuum, last_vacuum))::float8,"
                           " (SELECT count(*) FROM pg_stat_progress_vacuum) >= current_setting('autovacuum_max_workers')::int"
                           " FROM pg_stat_user_tables WHERE schemaname = ANY ($1::text[]) AND n_dead_tup >= $2::bigint"
                           " AND n_dead_tup * 2 > n_live_tup ORDER BY n_dead_tup DESC LIMIT 3",
                           {schemas, sqlParameter(m_inputs.limits.deadRows)}));
        for (std::size_t r = 0; r < dead.size(); ++r)
            m_findings.add(Severity::Warning, "postgres.dead_rows",
                           std::string(dead.text(r, 0)) + " holds " + std::to_string(dead.integer(r, 1)) + " dead rows beside "
                               + std::to_string(dead.integer(r, 2)) + " living, last vacuumed "
                               + (dead.isNull(r, 3) ? "never" : humanSeconds(dead.real(r, 3)) + " ago"),
                           dead.boolean(r, 4) ? "all autovacuum workers are busy: raise autovacuum_max_workers and autovacuum_vacuum_cost_limit"
                                              : "find what holds vacuum back (old transactions, slots), then vacuum it",
                           psqlCommand(m_node, {"VACUUM (VERBOSE) " + std::string(dead.text(r, 0))}));
        ROOKERY_ASSIGN(const auto off,
                       ask("SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                           " WHERE n.nspname = ANY ($1::text[]) AND c.relkind = 'r' AND EXISTS (SELECT FROM pg_options_to_table(c.reloptions)"
                           " AS o WHERE o.option_name = 'autovacuum_enabled' AND NOT o.option_value::boolean) ORDER BY 1",
                           {schemas}));
        for (std::size_t r = 0; r < off.size() && r < 3; ++r)
            m_findings.add(Severity::Error, "postgres.table_autovacuum", "autovacuum is off for the table " + std::string(off.text(r, 0)),
                           "turn it on again", psqlCommand(m_node, {"ALTER TABLE " + std::string(off.text(r, 0)) + " RESET (autovacuum_enabled)"}));
        ROOKERY_ASSIGN(const auto age, ask("SELECT datname, age(datfrozenxid) FROM pg_database ORDER BY 2 DESC LIMIT 1"));
        if (age.integer(0, 1) >= kWrapAroundSoon)
            m_findings.add(Severity::Error, "postgres.wraparound",
                           "the database " + std::string(age.text(0, 0)) + " is " + std::to_string(age.integer(0, 1))
                               + " transactions from its last freeze; at 2.1 billion the server stops",
                           "vacuum it now", "vacuumdb --freeze --jobs 4 " + std::string(age.text(0, 0)));
        return {};
    }

    Result<void> checkQueue()
    {
        if (!m_cluster.known) return {};
        ROOKERY_ASSIGN(const auto rows,
                       ask("SELECT (SELECT count(*) FROM (SELECT FROM queue.tasks LIMIT $1::bigint) AS t),"
                           " (SELECT count(*) FROM (SELECT FROM queue.dead_letters LIMIT $1::bigint) AS d),"
                           " (SELECT extract(epoch FROM clock_timestamp() - o.created_at)::float8 FROM queue.tasks AS o ORDER BY o.id LIMIT 1)",
                           {sqlParameter(kTasksCounted)}));
        m_facts.unfinishedTasks = rows.integer(0, 0);
        if (rows.integer(0, 1) > 0)
            m_findings.add(Severity::Warning, "queue.dead_letters",
                           std::to_string(rows.integer(0, 1)) + " dead letters wait for a person: their readers miss posts",
                           "look at their errors in the desktop (Queue & workers), then retry them or discard them");
        if (!rows.isNull(0, 2) && rows.real(0, 2) * 1'000 > double(m_inputs.limits.oldestTask.count()))
            m_findings.add(Severity::Warning, "queue.oldest",
                           "the oldest of " + std::to_string(rows.integer(0, 0)) + " unfinished tasks has waited for " + humanSeconds(rows.real(0, 2)),
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

NodeFacts examinePostgres(const NodeEndpoint& node, const ExaminedCluster& cluster, const DoctorInputs& inputs,
                          const WallClock& clock, Deadline deadline)
{
    return PostgresExamination(node, cluster, inputs, clock, deadline).run();
}

} // namespace backend
