#include "backend/store/migrations.h"

#include <algorithm>
#include <map>

namespace backend {
namespace {

// Every table a transaction makes holds a lock in the server's table of them (6,400 by default): no more at
// once.
constexpr std::size_t kSchemasPerTransaction = 64;
constexpr std::string_view kLock = "SELECT pg_advisory_xact_lock(7665001)";

constexpr std::string_view kBookkeeping =
    "CREATE SCHEMA IF NOT EXISTS rookery;"
    " CREATE TABLE IF NOT EXISTS rookery.migrations (scope text NOT NULL, schema text NOT NULL, number int "
    "NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (scope, schema, number));"
    " GRANT USAGE ON SCHEMA rookery TO rookery_engine; GRANT SELECT ON rookery.migrations TO rookery_engine";

// Roles belong to the whole server, advisory locks to one database: another database's migration may be as
// far.
constexpr std::string_view kMakeRole =
    "DO $$ BEGIN CREATE ROLE rookery_engine LOGIN;"
    " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";

using Versions =
    std::map<std::pair<std::string, std::string>, int, std::less<>>; // (scope, schema) → newest number

bool validName(std::string_view name)
{
    return !name.empty() && name.size() < 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

int newest(std::span<const Migration> known, std::string_view scope)
{
    int number = 0;
    for (const auto& migration : known)
        if (migration.scope == scope) number = std::max(number, migration.number);
    return number;
}

Result<Versions> loadVersions(SqlConnection& connection, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto there,
                   connection.execute("SELECT to_regclass('rookery.migrations') IS NOT NULL", {}, deadline));
    Versions versions;
    if (!there.boolean(0, 0)) return versions;
    ROOKERY_ASSIGN(
        const auto rows,
        connection.execute("SELECT scope, schema, max(number) FROM rookery.migrations GROUP BY 1, 2", {},
                           deadline));
    for (std::size_t r = 0; r < rows.size(); ++r)
        versions[{std::string(rows.text(r, 0)), std::string(rows.text(r, 1))}] = int(rows.integer(r, 2));
    return versions;
}

int versionOf(const Versions& versions, const SchemaTarget& target)
{
    const auto found = versions.find(std::pair(target.scope, target.schema));
    return found == versions.end() ? 0 : found->second;
}

Result<void> refuseNewer(const Versions& versions, const std::vector<SchemaTarget>& targets,
                         const std::string& node, std::span<const Migration> known)
{
    for (const auto& target : targets) {
        const int version = versionOf(versions, target), mine = newest(known, target.scope);
        if (version > mine)
            return fail(ErrorCode::SchemaTooNew, "the schema " + target.schema + " on " + node +
                                                     " has version " + std::to_string(version) +
                                                     ", this program knows versions up to " +
                                                     std::to_string(mine) + "; install the newer rookery");
    }
    return {};
}

void appendSql(std::string& script, std::string_view sql, std::string_view schema)
{
    constexpr std::string_view mark = "{schema}";
    for (auto at = sql.find(mark); at != std::string_view::npos; at = sql.find(mark)) {
        script.append(sql.substr(0, at)).append(schema);
        sql.remove_prefix(at + mark.size());
    }
    script.append(sql).append("\n;\n"); // a file may end in a comment or without its semicolon
}

std::string scriptFor(const Versions& versions, std::span<const SchemaTarget> targets,
                      std::span<const Migration> known)
{
    std::string script, applied;
    for (const auto& target : targets)
        for (const auto& migration : known) {
            if (migration.scope != target.scope || migration.number <= versionOf(versions, target)) continue;
            appendSql(script, migration.sql, target.schema);
            applied += (applied.empty() ? "('" : ", ('") + target.scope + "', '" + target.schema + "', " +
                       std::to_string(migration.number) + ")";
        }
    if (!applied.empty())
        script += "INSERT INTO rookery.migrations (scope, schema, number) VALUES " + applied;
    return script;
}

Result<void> ensureRole(SqlConnection& owner, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        owner.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rookery_engine')", {}, deadline));
    if (rows.boolean(0, 0)) return {};
    auto made = owner.executeScript(kMakeRole, deadline);
    if (!made && made.error().code == ErrorCode::Unauthorized)
        return fail(ErrorCode::Unauthorized,
                    "the role rookery_engine is missing on " + owner.nodeName() +
                        " and the owner may not make it; run CREATE ROLE rookery_engine LOGIN there"
                        " as a superuser");
    return made;
}

Result<void> applyBatch(SqlConnection& owner, std::span<const SchemaTarget> targets,
                        std::span<const Migration> known, Deadline deadline)
{
    ROOKERY_ASSIGN(auto transaction, SqlTransaction::begin(owner, deadline));
    ROOKERY_TRY(owner.execute(kLock, {}, deadline));
    ROOKERY_ASSIGN(const auto versions, loadVersions(owner, deadline)); // again: under the lock it stands
    ROOKERY_TRY(refuseNewer(versions, {targets.begin(), targets.end()}, owner.nodeName(), known));
    const auto script = scriptFor(versions, targets, known);
    if (!script.empty()) ROOKERY_TRY(owner.executeScript(script, deadline));
    return transaction.commit(deadline);
}

Result<void> makeBookkeeping(SqlConnection& owner, Deadline deadline)
{
    ROOKERY_TRY(ensureRole(owner, deadline));
    ROOKERY_ASSIGN(auto transaction, SqlTransaction::begin(owner, deadline));
    ROOKERY_TRY(owner.execute(kLock, {}, deadline)); // IF NOT EXISTS alone does not keep two callers apart
    ROOKERY_TRY(owner.executeScript(kBookkeeping, deadline));
    return transaction.commit(deadline);
}

Result<void> checkTargets(const std::vector<SchemaTarget>& targets, std::span<const Migration> known)
{
    for (const auto& target : targets) {
        if (!validName(target.schema))
            return fail(ErrorCode::InvalidArgument, "\"" + target.schema + "\" is not a name for a schema");
        if (newest(known, target.scope) == 0)
            return fail(ErrorCode::Internal, "there are no migrations of scope \"" + target.scope + "\"");
    }
    return {};
}

} // namespace

Result<void> migrate(SqlConnection& owner, const std::vector<SchemaTarget>& targets, Deadline deadline,
                     std::span<const Migration> known)
{
    ROOKERY_TRY(checkTargets(targets, known));
    ROOKERY_ASSIGN(const auto versions, loadVersions(owner, deadline));
    ROOKERY_TRY(refuseNewer(versions, targets, owner.nodeName(), known));
    ROOKERY_TRY(makeBookkeeping(owner, deadline));
    const std::span<const SchemaTarget> all(targets);
    for (std::size_t at = 0; at < all.size(); at += kSchemasPerTransaction)
        ROOKERY_TRY(applyBatch(owner, all.subspan(at, std::min(kSchemasPerTransaction, all.size() - at)),
                               known, deadline));
    return {};
}

Result<void> checkSchemas(SqlConnection& connection, const std::vector<SchemaTarget>& targets,
                          Deadline deadline, std::span<const Migration> known)
{
    ROOKERY_TRY(checkTargets(targets, known));
    ROOKERY_ASSIGN(const auto versions, loadVersions(connection, deadline));
    ROOKERY_TRY(refuseNewer(versions, targets, connection.nodeName(), known));
    for (const auto& target : targets) {
        const int version = versionOf(versions, target), mine = newest(known, target.scope);
        if (version == 0)
            return fail(ErrorCode::Configuration, "the schema " + target.schema + " is missing on " +
                                                      connection.nodeName() +
                                                      "; make the cluster with rookeryctl cluster init");
        if (version < mine)
            return fail(ErrorCode::Configuration,
                        "the schema " + target.schema + " on " + connection.nodeName() + " has version " +
                            std::to_string(version) + ", this program needs " + std::to_string(mine) +
                            "; bring it up to date with rookeryctl cluster upgrade");
    }
    return {};
}

} // namespace backend
