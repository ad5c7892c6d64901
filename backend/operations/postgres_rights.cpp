#include "backend/operations/postgres_checks.h"

namespace backend {
namespace {

Result<void> checkOwned(const PostgresCheck& check)
{
    ROOKERY_ASSIGN(
        const auto owned,
        check.ask(
            "SELECT count(*), min(o.name) FROM (SELECT format('%I.%I', n.nspname, c.relname) AS name, "
            "c.relowner AS owner"
            " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = ANY "
            "($1::text[])"
            " AND c.relkind IN ('r', 'p') UNION ALL SELECT n.nspname, n.nspowner FROM pg_namespace AS n"
            " WHERE n.nspname = ANY ($1::text[])) AS o WHERE pg_has_role(current_user, o.owner, 'USAGE')",
            {check.schemas}));
    if (owned.integer(0, 0) > 0)
        check.findings.add(
            Severity::Error, "postgres.rights_owned",
            "the engine's role " + check.role.name + " owns " + std::to_string(owned.integer(0, 0)) +
                " schemas and tables, " + std::string(owned.text(0, 1)) + " among them",
            "it must own nothing, or no REVOKE can fence a shard from it; give them to the databases' owner",
            psqlCommand(check.node, {"REASSIGN OWNED BY " + check.role.name + " TO rookery_owner"}));
    return {};
}

// The directory's description of the cluster and its audit log are not the engine's to change.
Result<void> checkMissing(const PostgresCheck& check)
{
    ROOKERY_ASSIGN(
        const auto missing,
        check.ask(
            "SELECT m.grant_sql FROM ("
            "SELECT 0 AS nth, format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, current_user) AS grant_sql"
            " FROM pg_namespace AS n WHERE n.nspname = ANY ($1::text[]) AND NOT has_schema_privilege(n.oid, "
            "'USAGE')"
            " UNION ALL SELECT 1, format('GRANT %s ON %I.%I TO %I', string_agg(p.word, ', ' ORDER BY "
            "p.word), n.nspname,"
            " c.relname, current_user) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS p (word)"
            " WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p') AND NOT "
            "has_table_privilege(c.oid, p.word)"
            " AND NOT (p.word <> 'SELECT' AND (n.nspname = 'rookery'"
            " OR n.nspname = 'directory' AND c.relname IN ('nodes', 'placements')))"
            " AND NOT (n.nspname = 'rookery' AND c.relname <> 'migrations')"
            " AND NOT (n.nspname = 'directory' AND c.relname = 'audit_log' AND p.word IN ('UPDATE', "
            "'DELETE'))"
            " GROUP BY n.nspname, c.relname"
            " UNION ALL SELECT 2, format('GRANT EXECUTE ON FUNCTION %s TO %I', f.oid::regprocedure, "
            "current_user)"
            " FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace WHERE n.nspname = ANY "
            "($1::text[])"
            " AND NOT has_function_privilege(f.oid, 'EXECUTE')) AS m ORDER BY m.nth, m.grant_sql",
            {check.schemas}));
    if (missing.empty()) return {};
    std::vector<std::string> grants;
    for (std::size_t r = 0; r < missing.size() && r < 5; ++r)
        grants.emplace_back(missing.text(r, 0));
    check.findings.add(
        Severity::Error, "postgres.rights_missing",
        "the engine's role " + check.role.name + " lacks rights on " + std::to_string(missing.size()) +
            " objects, the first: " + grants.front().substr(0, grants.front().rfind(" TO ")),
        missing.size() > grants.size() ? "grant them as the owner; the first ones are below"
                                       : "grant them as the owner, unless the shard is fenced on purpose",
        psqlCommand(check.node, grants));
    return {};
}

} // namespace

Result<void> checkPostgresRights(const PostgresCheck& check)
{
    ROOKERY_TRY(checkOwned(check));
    return checkMissing(check);
}

} // namespace backend
