#include "backend/monitoring/postgres_inspection.h"

#include "backend/monitoring/redis_inspection.h"

namespace backend {
namespace {

constexpr int kInfoViewSince = 140'000; // pg_stat_statements_info

// Rows of others are hidden from a role without pg_read_all_stats: their state is NULL, their type too.
constexpr const char* kConnections =
    "SELECT current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int,"
    " (SELECT sum(numbackends) FROM pg_stat_database)::int,"
    " pg_has_role('pg_read_all_stats', 'USAGE')";
constexpr const char* kStates =
    "SELECT coalesce(state, 'hidden'), count(*),"
    " max(extract(epoch FROM clock_timestamp() - state_change))::float8 FROM pg_stat_activity"
    " WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'"
    " GROUP BY 1 ORDER BY 2 DESC, 1";

constexpr const char* kOldestTransaction =
    "SELECT 'process ' || pid || ' of ' || coalesce(usename, '?')"
    " || coalesce(' (' || nullif(application_name, '') || ')', ''),"
    " extract(epoch FROM clock_timestamp() - xact_start)::float8 FROM pg_stat_activity"
    " WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    " ORDER BY xact_start LIMIT 1";
// Whoever began after the oldest one has the same age: that one is the cause.
constexpr const char* kHorizon =
    "SELECT what, held FROM ("
    "SELECT 'process ' || pid || ' of ' || coalesce(usename, '?')"
    " || coalesce(' (' || nullif(application_name, '') || ')', '') AS what,"
    " greatest(age(backend_xmin), age(backend_xid)) AS held, xact_start AS began FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid()"
    " UNION ALL SELECT 'the prepared transaction ' || gid, age(transaction), prepared FROM pg_prepared_xacts"
    " UNION ALL SELECT 'the replication slot ' || slot_name, greatest(age(xmin), age(catalog_xmin)),"
    " '-infinity' FROM pg_replication_slots) AS holders WHERE held IS NOT NULL"
    " ORDER BY held DESC, began NULLS LAST LIMIT 1";
constexpr const char* kFrozenAge =
    "SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()";

constexpr const char* kRecovery = "SELECT pg_is_in_recovery(), extract(epoch FROM clock_timestamp() - "
                                  "pg_last_xact_replay_timestamp())::float8";
constexpr const char* kReplicas =
    "SELECT application_name || coalesce(' at ' || host(client_addr), ''), coalesce(state, 'hidden'),"
    " pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
    " ELSE pg_current_wal_lsn() END, replay_lsn)::bigint, extract(epoch FROM replay_lag)::float8"
    " FROM pg_stat_replication ORDER BY 3 DESC NULLS LAST LIMIT $1::int";
constexpr const char* kSlots = "SELECT slot_name, slot_type, active,"
                               " pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
                               " ELSE pg_current_wal_lsn() END, restart_lsn)::bigint"
                               " FROM pg_replication_slots ORDER BY 4 DESC NULLS LAST LIMIT $1::int";

constexpr const char* kCounters =
    "SELECT blks_hit, blks_read, xact_commit, xact_rollback, deadlocks, temp_bytes,"
    " coalesce(stats_reset::text, '') || pg_postmaster_start_time()::text"
    " FROM pg_stat_database WHERE datname = current_database()";

// Sizes only of those that are told.
constexpr const char* kTables =
    "SELECT t.name, t.n_dead_tup, t.n_live_tup, pg_total_relation_size(t.relid), t.vacuumed, t.analyzed,"
    " EXISTS (SELECT FROM pg_stat_progress_vacuum AS v WHERE v.relid = t.relid"
    " AND v.datname = current_database())"
    " FROM (SELECT relid, schemaname || '.' || relname AS name, n_dead_tup, n_live_tup,"
    " extract(epoch FROM greatest(last_vacuum, last_autovacuum))::float8 AS vacuumed,"
    " extract(epoch FROM greatest(last_analyze, last_autoanalyze))::float8 AS analyzed"
    " FROM pg_stat_user_tables ORDER BY n_dead_tup DESC, 2 LIMIT $1::int) AS t"
    " ORDER BY t.n_dead_tup DESC, t.name";

constexpr const char* kRunning =
    "SELECT pid, coalesce(usename, '?'), coalesce(application_name, ''), state,"
    " coalesce(wait_event_type || ': ' || wait_event, ''), extract(epoch FROM query_start)::float8,"
    " extract(epoch FROM clock_timestamp() - query_start)::float8, left(query, $1::int + 1)"
    " FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend' AND query_start < clock_timestamp() - interval '1 second'"
    " ORDER BY query_start LIMIT $2::int";

constexpr const char* kExtension =
    "SELECT quote_ident(n.nspname), current_setting('server_version_num')::int FROM pg_extension AS e"
    " JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'";

TimePoint timeOfSeconds(double seconds)
{
    return TimePoint(std::chrono::duration_cast<TimePoint::duration>(std::chrono::duration<double>(seconds)));
}

std::string textAt(const SqlRows& rows, std::size_t row, int column)
{
    return boundedText(rows.text(row, column), kMostTextBytes);
}

std::int64_t integerOr(const SqlRows& rows, std::size_t row, int column)
{
    return rows.isNull(row, column) ? -1 : rows.integer(row, column);
}

double realOr(const SqlRows& rows, std::size_t row, int column)
{
    return rows.isNull(row, column) ? -1 : rows.real(row, column);
}

std::optional<TimePoint> timeAt(const SqlRows& rows, std::size_t row, int column)
{
    return rows.isNull(row, column) ? std::nullopt : std::optional(timeOfSeconds(rows.real(row, column)));
}

class Inspection
{
public:
    Inspection(SqlConnection& sql, PostgresWindow& window, Deadline deadline)
        : m_sql(sql)
        , m_window(window)
        , m_deadline(deadline)
    {
    }

    Result<PostgresDetails> run()
    {
        PostgresDetails out;
        auto connections = this->connections();
        // What a server refuses costs that part alone; silence, and time that was up before, the whole look.
        if (!connections && (!m_sql.usable() || m_deadline.expired())) return fail(connections.error());
        out.connections = part(std::move(connections));
        out.running = part(running());
        out.horizon = part(horizon());
        out.replication = part(replication());
        out.activity = part(activity());
        out.tables = part(tables());
        out.top = part(top());
        return out;
    }

private:
    template <class T>
    static NodePart<T> part(Result<T> result)
    {
        if (!result) return {{}, result.error().message};
        return {std::move(*result), {}};
    }
    Result<SqlRows> ask(std::string_view sql, const SqlParameters& parameters = {})
    {
        return m_sql.execute(sql, parameters, m_deadline);
    }

    Result<PostgresConnectionFigures> connections()
    {
        ROOKERY_ASSIGN(const auto limits, ask(kConnections));
        ROOKERY_ASSIGN(const auto states, ask(kStates));
        PostgresConnectionFigures out;
        out.most = limits.integer(0, 0);
        out.reserved = limits.integer(0, 1);
        out.open = limits.integer(0, 2);
        out.seesOthers = limits.boolean(0, 3);
        for (std::size_t r = 0; r < states.size(); ++r)
            out.states.push_back({textAt(states, r, 0), states.integer(r, 1), realOr(states, r, 2)});
        return out;
    }

    Result<std::vector<RunningStatement>> running()
    {
        ROOKERY_ASSIGN(const auto rows, ask(kRunning, {sqlParameter(std::int64_t(kMostTextBytes)),
                                                       sqlParameter(kMostStatements)}));
        std::vector<RunningStatement> out;
        for (std::size_t r = 0; r < rows.size(); ++r)
            out.push_back({int(rows.integer(r, 0)), textAt(rows, r, 1), textAt(rows, r, 2),
                           textAt(rows, r, 3), textAt(rows, r, 4), timeOfSeconds(rows.real(r, 5)),
                           rows.real(r, 6), textAt(rows, r, 7)});
        return out;
    }

    Result<PostgresHorizonFigures> horizon()
    {
        ROOKERY_ASSIGN(const auto oldest, ask(kOldestTransaction));
        ROOKERY_ASSIGN(const auto held, ask(kHorizon));
        ROOKERY_ASSIGN(const auto frozen, ask(kFrozenAge));
        PostgresHorizonFigures out;
        if (!oldest.empty()) {
            out.oldestTransaction = textAt(oldest, 0, 0);
            out.oldestTransactionSeconds = oldest.real(0, 1);
        }
        if (!held.empty()) {
            out.heldBy = textAt(held, 0, 0);
            out.xminAge = held.integer(0, 1);
        }
        if (!frozen.empty()) out.frozenAge = frozen.integer(0, 0);
        return out;
    }

    Result<PostgresReplicationFigures> replication()
    {
        const SqlParameters most{sqlParameter(kMostReplicas)};
        ROOKERY_ASSIGN(const auto recovery, ask(kRecovery));
        ROOKERY_ASSIGN(const auto replicas, ask(kReplicas, most));
        ROOKERY_ASSIGN(const auto slots, ask(kSlots, most));
        PostgresReplicationFigures out;
        out.inRecovery = recovery.boolean(0, 0);
        if (out.inRecovery) out.replayDelaySeconds = realOr(recovery, 0, 1);
        for (std::size_t r = 0; r < replicas.size(); ++r)
            out.replicas.push_back({textAt(replicas, r, 0), textAt(replicas, r, 1), false, true,
                                    integerOr(replicas, r, 2), realOr(replicas, r, 3)});
        for (std::size_t r = 0; r < slots.size(); ++r)
            out.replicas.push_back({textAt(slots, r, 0), textAt(slots, r, 1), true, slots.boolean(r, 2),
                                    integerOr(slots, r, 3), -1});
        return out;
    }

    Result<PostgresActivityFigures> activity()
    {
        ROOKERY_ASSIGN(const auto rows, ask(kCounters));
        if (rows.empty()) return fail(ErrorCode::NotFound, "the server has no statistics of this database");
        const PostgresCounters now{rows.integer(0, 0), rows.integer(0, 1), rows.integer(0, 2),
                                   rows.integer(0, 3), rows.integer(0, 4), rows.integer(0, 5)};
        PostgresActivityFigures out;
        const auto earlier =
            m_window.add(std::chrono::steady_clock::now(), std::string(rows.text(0, 6)), now);
        if (!earlier) return out;
        const auto more = [&](std::int64_t PostgresCounters::*count) {
            return double(now.*count - earlier->counters.*count);
        };
        const double seconds = earlier->seconds;
        const double hits = more(&PostgresCounters::blocksHit), reads = more(&PostgresCounters::blocksRead);
        out.windowSeconds = seconds;
        if (hits + reads > 0) out.hitRatio = hits / (hits + reads);
        out.blocksPerSecond = (hits + reads) / seconds;
        out.rollbacksPerSecond = more(&PostgresCounters::rollbacks) / seconds;
        out.transactionsPerSecond = more(&PostgresCounters::commits) / seconds + out.rollbacksPerSecond;
        out.deadlocks = more(&PostgresCounters::deadlocks);
        out.temporaryBytesPerSecond = more(&PostgresCounters::temporaryBytes) / seconds;
        return out;
    }

    Result<std::vector<PostgresTable>> tables()
    {
        ROOKERY_ASSIGN(const auto rows, ask(kTables, {sqlParameter(kMostTables)}));
        std::vector<PostgresTable> out;
        for (std::size_t r = 0; r < rows.size(); ++r)
            out.push_back({textAt(rows, r, 0), rows.integer(r, 1), rows.integer(r, 2), integerOr(rows, r, 3),
                           timeAt(rows, r, 4), timeAt(rows, r, 5), rows.boolean(r, 6)});
        return out;
    }

    Result<TopStatements> top()
    {
        ROOKERY_ASSIGN(const auto extension, ask(kExtension));
        if (extension.empty())
            return fail(
                ErrorCode::NotFound,
                "pg_stat_statements is not installed. To see the most expensive statements, add it to "
                "shared_preload_libraries, restart the server, and run CREATE EXTENSION "
                "pg_stat_statements in this database.");
        const std::string schema(extension.text(0, 0));
        // One line a statement text, whoever ran it. Texts of others are hidden, with their ids.
        ROOKERY_ASSIGN(
            const auto rows,
            ask("SELECT coalesce(queryid::text, 'hidden'), left(min(query), $1::int + 1), sum(calls)::bigint,"
                " sum(rows)::bigint, sum(total_exec_time)::float8,"
                " (sum(total_exec_time) / greatest(sum(calls), 1))::float8, max(max_exec_time)::float8"
                " FROM " +
                    schema +
                    ".pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = "
                    "current_database()) GROUP BY queryid ORDER BY 5 DESC LIMIT $2::int",
                {sqlParameter(std::int64_t(kMostTextBytes)), sqlParameter(kMostStatements)}));
        TopStatements out;
        for (std::size_t r = 0; r < rows.size(); ++r)
            out.mostTimeFirst.push_back({textAt(rows, r, 0), textAt(rows, r, 1), rows.integer(r, 2),
                                         rows.integer(r, 3), rows.real(r, 4), rows.real(r, 5),
                                         rows.real(r, 6)});
        if (extension.integer(0, 1) >= kInfoViewSince)
            if (const auto since = ask("SELECT extract(epoch FROM stats_reset)::float8 FROM " + schema +
                                       ".pg_stat_statements_info");
                since && !since->empty())
                out.since = timeAt(*since, 0, 0);
        return out;
    }

    SqlConnection& m_sql;
    PostgresWindow& m_window;
    const Deadline m_deadline;
};

} // namespace

Result<PostgresDetails> inspectPostgres(SqlPool& pool, PostgresWindow& window, Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, pool.lease(deadline));
    return Inspection(*connection, window, deadline).run();
}

} // namespace backend
