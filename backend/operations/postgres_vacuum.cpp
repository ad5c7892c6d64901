// What keeps a PostgreSQL node from being vacuumed, and what has come of it.
#include "backend/operations/postgres_checks.h"

namespace backend {
namespace {

// Whoever has an old snapshot or transaction id keeps dead rows of every table from being removed.
Result<void> checkTransactions(const PostgresCheck& check)
{
    ROOKERY_ASSIGN(
        const auto rows,
        check.ask(
            "SELECT a.pid, coalesce(a.usename, '?'), coalesce(a.application_name, ''), coalesce(a.state, ''),"
            " greatest(age(a.backend_xmin), age(a.backend_xid)), (a.backend_xmin IS NOT NULL OR "
            "a.backend_xid IS NOT NULL),"
            " extract(epoch FROM clock_timestamp() - a.xact_start)::float8,"
            " extract(epoch FROM clock_timestamp() - a.state_change)::float8 FROM pg_stat_activity AS a"
            " WHERE a.pid <> pg_backend_pid() AND a.usename IS NOT NULL"
            " AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL OR a.state LIKE 'idle in "
            "transaction%')"
            " ORDER BY a.xact_start"));
    const auto& limits = check.limits;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const std::string pid(rows.text(r, 0));
        const std::string who = "process " + pid + " of " + std::string(rows.text(r, 1)) +
                                (rows.text(r, 2).empty() ? "" : " (" + std::string(rows.text(r, 2)) + ")");
        const std::string end = psqlCommand(check.node, {"SELECT pg_terminate_backend(" + pid + ")"});
        const bool aged = !rows.isNull(r, 6);
        const double seconds = rows.real(r, 6);
        const bool old = aged ? seconds * 1'000 >= double(limits.oldTransaction.count())
                              : rows.integer(r, 4) >= limits.oldTransactionXids;
        if (rows.boolean(r, 5) && old)
            check.findings.add(
                aged && seconds * 1'000 >= double(limits.veryOldTransaction.count()) ? Severity::Error
                                                                                     : Severity::Warning,
                "postgres.old_transaction",
                who + " holds back vacuum by " + std::to_string(rows.integer(r, 4)) + " transactions" +
                    (aged ? " since " + humanSeconds(seconds) : "") + ": dead rows of the queue stay",
                "let it finish, or end it", end);
        else if (rows.text(r, 3).starts_with("idle in transaction") &&
                 rows.real(r, 7) * 1'000 >= double(limits.idleInTransaction.count()))
            check.findings.add(Severity::Warning, "postgres.idle_in_transaction",
                               who + " has been idle in a transaction for " + humanSeconds(rows.real(r, 7)) +
                                   ", with its locks",
                               "end it, and set idle_in_transaction_session_timeout for that role", end);
    }
    if (!check.role.seesOthers && !check.role.superuser)
        check.findings.add(Severity::Note, "postgres.sees_others",
                           "the engine's role " + check.role.name +
                               " may not see how old other roles' transactions are, only by how many others",
                           "grant it pg_read_all_stats to be told the time",
                           psqlCommand(check.node, {"GRANT pg_read_all_stats TO " + check.role.name}));
    return {};
}

Result<void> checkPrepared(const PostgresCheck& check)
{
    ROOKERY_ASSIGN(
        const auto rows,
        check.ask("SELECT gid, owner, age(transaction), extract(epoch FROM clock_timestamp() - "
                  "prepared)::float8, quote_literal(gid)"
                  " FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared"));
    for (std::size_t r = 0; r < rows.size(); ++r) {
        if (rows.real(r, 3) * 1'000 < double(check.limits.oldTransaction.count())) continue;
        check.findings.add(
            rows.real(r, 3) * 1'000 >= double(check.limits.veryOldTransaction.count()) ? Severity::Error
                                                                                       : Severity::Warning,
            "postgres.prepared_transaction",
            "the prepared transaction " + std::string(rows.text(r, 0)) + " of " +
                std::string(rows.text(r, 1)) + " has waited for " + humanSeconds(rows.real(r, 3)) +
                " and holds back vacuum by " + std::to_string(rows.integer(r, 2)) + " transactions",
            "commit or roll it back: nothing else ends it, not even a restart",
            psqlCommand(check.node, {"ROLLBACK PREPARED " + std::string(rows.text(r, 4))}));
    }
    return {};
}

Result<void> checkSlots(const PostgresCheck& check)
{
    ROOKERY_ASSIGN(const auto rows,
                   check.ask("SELECT slot_name, active, greatest(age(xmin), age(catalog_xmin)),"
                             " pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8, "
                             "quote_literal(slot_name) FROM pg_replication_slots"));
    judgeReplicationSlots(rows, check.node, check.limits, check.findings);
    return {};
}

Result<void> checkDeadRows(const PostgresCheck& check)
{
    ROOKERY_ASSIGN(
        const auto dead,
        check.ask("SELECT format('%I.%I', schemaname, relname), n_dead_tup, n_live_tup,"
                  " extract(epoch FROM clock_timestamp() - greatest(last_autovacuum, last_vacuum))::float8,"
                  " (SELECT count(*) FROM pg_stat_progress_vacuum) >= "
                  "current_setting('autovacuum_max_workers')::int"
                  " FROM pg_stat_user_tables WHERE schemaname = ANY ($1::text[]) AND n_dead_tup >= $2::bigint"
                  " AND n_dead_tup * 2 > n_live_tup ORDER BY n_dead_tup DESC LIMIT 3",
                  {check.schemas, sqlParameter(check.limits.deadRows)}));
    for (std::size_t r = 0; r < dead.size(); ++r)
        check.findings.add(
            Severity::Warning, "postgres.dead_rows",
            std::string(dead.text(r, 0)) + " holds " + std::to_string(dead.integer(r, 1)) +
                " dead rows beside " + std::to_string(dead.integer(r, 2)) + " living, last vacuumed " +
                (dead.isNull(r, 3) ? "never" : humanSeconds(dead.real(r, 3)) + " ago"),
            dead.boolean(r, 4) ? "all autovacuum workers are busy: raise autovacuum_max_workers and "
                                 "autovacuum_vacuum_cost_limit"
                               : "find what holds vacuum back (old transactions, slots), then vacuum it",
            psqlCommand(check.node, {"VACUUM (VERBOSE) " + std::string(dead.text(r, 0))}));
    return {};
}

Result<void> checkSwitchedOff(const PostgresCheck& check)
{
    ROOKERY_ASSIGN(
        const auto off,
        check.ask(
            "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid "
            "= c.relnamespace"
            " WHERE n.nspname = ANY ($1::text[]) AND c.relkind = 'r' AND EXISTS (SELECT FROM "
            "pg_options_to_table(c.reloptions)"
            " AS o WHERE o.option_name = 'autovacuum_enabled' AND NOT o.option_value::boolean) ORDER BY 1",
            {check.schemas}));
    for (std::size_t r = 0; r < off.size() && r < 3; ++r)
        check.findings.add(Severity::Error, "postgres.table_autovacuum",
                           "autovacuum is off for the table " + std::string(off.text(r, 0)),
                           "turn it on again",
                           psqlCommand(check.node, {"ALTER TABLE " + std::string(off.text(r, 0)) +
                                                    " RESET (autovacuum_enabled)"}));
    return {};
}

Result<void> checkWrapAround(const PostgresCheck& check)
{
    ROOKERY_ASSIGN(const auto age,
                   check.ask("SELECT datname, age(datfrozenxid) FROM pg_database ORDER BY 2 DESC LIMIT 1"));
    judgeWrapAround(age, check.findings);
    return {};
}

} // namespace

Result<void> checkVacuumHorizon(const PostgresCheck& check)
{
    ROOKERY_TRY(checkTransactions(check));
    ROOKERY_TRY(checkPrepared(check));
    return checkSlots(check);
}

Result<void> checkPostgresTables(const PostgresCheck& check)
{
    ROOKERY_TRY(checkDeadRows(check));
    ROOKERY_TRY(checkSwitchedOff(check));
    return checkWrapAround(check);
}

} // namespace backend
