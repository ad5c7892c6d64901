#include "backend/cluster/directory.h"

#include "backend/cluster/slot_lease.h"

#include <algorithm>
#include <charconv>

namespace backend {
namespace {

// Above every text that starts with a prefix, in the order of bytes: the last code point there is.
constexpr std::string_view kLastCodePoint = "\xf4\x8f\xbf\xbf";
constexpr int kLoadAttempts = 5;

std::int64_t numberIn(std::string_view text)
{
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

tl::unexpected<Error> noCluster(const std::string& node)
{
    return fail(ErrorCode::NotFound, node + " holds no cluster; make one with rookeryctl cluster init");
}

Result<ClusterSettings> settingsFrom(const SqlRows& rows, const std::string& node)
{
    ClusterSettings settings;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const auto key = rows.text(r, 0), value = rows.text(r, 1);
        if (key == "cluster_name")
            settings.clusterName = value;
        else if (key == "environment")
            settings.environment = value;
        else if (key == "shard_count")
            settings.shardCount = int(numberIn(value));
        else if (key == "directory_node")
            settings.directoryNode = int(numberIn(value));
        else if (key == "epoch")
            settings.epoch = numberIn(value);
        else if (key == "cluster_id")
            settings.id = value;
    }
    if (settings.epoch < 1 || settings.shardCount < 1) return noCluster(node);
    return settings;
}

void readNodes(const SqlRows& rows, ShardMap& map)
{
    for (std::size_t r = 0; r < rows.size(); ++r)
        map.nodes.push_back({int(rows.integer(r, 0)), std::string(rows.text(r, 1)),
                             rows.text(r, 2) == "redis" ? NodeKind::Redis : NodeKind::Postgres,
                             std::string(rows.text(r, 3))});
}

Result<void> readPlacements(const SqlRows& rows, ShardMap& map, const std::string& node)
{
    const auto count = std::size_t(map.shardCount);
    map.usersNode.assign(count, 0);
    map.postsNode.assign(count, 0);
    map.timelinesNode.assign(count, 0);
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const auto role = rows.text(r, 0);
        const auto shard = std::size_t(rows.integer(r, 1));
        if (shard >= count) continue;
        auto& placement = role == "users"   ? map.usersNode
                          : role == "posts" ? map.postsNode
                                            : map.timelinesNode;
        placement[shard] = int(rows.integer(r, 2));
    }
    for (const auto role : {Role::Users, Role::Posts, Role::Timelines}) {
        const auto& placement = map.placement(role);
        if (const auto hole = std::find(placement.begin(), placement.end(), 0); hole != placement.end())
            return fail(ErrorCode::Configuration, "the directory on " + node + " places shard " +
                                                      std::to_string(hole - placement.begin()) + " of " +
                                                      std::string(toString(role)) +
                                                      " on no node; restore directory.placements");
    }
    return {};
}

std::vector<int> intsOf(std::string_view array) // {1,2,3}
{
    std::vector<int> values;
    for (std::size_t at = 1; at < array.size();) {
        auto end = array.find_first_of(",}", at);
        if (end == std::string_view::npos) break;
        if (end > at) values.push_back(int(numberIn(array.substr(at, end - at))));
        at = end + 1;
    }
    return values;
}

constexpr std::string_view kImportColumns = "file_hash, slots, time_shift_ms, phase, lines_done";

ImportRecord importFrom(const SqlRows& rows, std::size_t r)
{
    return {std::string(rows.text(r, 0)), intsOf(rows.text(r, 1)), rows.integer(r, 2),
            std::string(rows.text(r, 3)), rows.integer(r, 4),      false};
}

} // namespace

Result<SqlRows> Directory::run(std::string_view sql, const SqlParameters& parameters, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto connection, m_pool.lease(deadline));
    return connection->execute(sql, parameters, deadline);
}

Result<ClusterSettings> Directory::settings(Deadline deadline)
{
    ROOKERY_ASSIGN(const auto connection, m_pool.lease(deadline));
    ROOKERY_ASSIGN(const auto there,
                   connection->execute("SELECT to_regclass('directory.settings') IS NOT NULL", {}, deadline));
    if (!there.boolean(0, 0)) return noCluster(m_pool.nodeName());
    ROOKERY_ASSIGN(const auto rows,
                   connection->execute("SELECT key, value FROM directory.settings", {}, deadline));
    return settingsFrom(rows, m_pool.nodeName());
}

Result<std::int64_t> Directory::epoch(Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows,
                   run("SELECT value FROM directory.settings WHERE key = 'epoch'", {}, deadline));
    if (rows.empty()) return noCluster(m_pool.nodeName());
    return numberIn(rows.text(0, 0));
}

Result<ShardMap> Directory::loadShardMap(Deadline deadline)
{
    static const std::string settingsSql = "SELECT key, value FROM directory.settings";
    static const std::vector<SqlStatement> statements{
        {settingsSql, {}},
        {"SELECT id, name, kind, address FROM directory.nodes ORDER BY id", {}},
        {"SELECT role, shard, node FROM directory.placements ORDER BY role, shard", {}},
        {settingsSql, {}}};
    ROOKERY_ASSIGN(const auto connection, m_pool.lease(deadline));
    for (int attempt = 0; attempt < kLoadAttempts; ++attempt) {
        ROOKERY_ASSIGN(const auto results, connection->executeAll(statements, deadline));
        ROOKERY_ASSIGN(const auto before, settingsFrom(results[0], m_pool.nodeName()));
        ROOKERY_ASSIGN(const auto after, settingsFrom(results[3], m_pool.nodeName()));
        if (before.epoch != after.epoch) continue; // the statements saw two maps
        ShardMap map;
        map.epoch = before.epoch;
        map.shardCount = before.shardCount;
        readNodes(results[1], map);
        ROOKERY_TRY(readPlacements(results[2], map, m_pool.nodeName()));
        return map;
    }
    return fail(ErrorCode::Unavailable,
                "the shard map on " + m_pool.nodeName() + " keeps changing; try again", true);
}

Result<std::optional<std::string>> Directory::setting(std::string_view key, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows,
                   run("SELECT value FROM directory.settings WHERE key = $1", {sqlParameter(key)}, deadline));
    if (rows.empty()) return std::optional<std::string>{};
    return std::optional(std::string(rows.text(0, 0)));
}

Result<void> Directory::saveSetting(std::string_view key, std::string_view value, Deadline deadline)
{
    ROOKERY_TRY(run("INSERT INTO directory.settings (key, value) VALUES ($1, $2)"
                    " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    {sqlParameter(key), sqlParameter(value)}, deadline));
    return {};
}

Result<std::optional<UserId>> Directory::userByHandle(std::string_view handle, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows, run("SELECT user_id FROM directory.handles WHERE handle = $1",
                                        {sqlParameter(handle)}, deadline));
    if (rows.empty()) return std::optional<UserId>{};
    return std::optional(UserId{rows.integer(0, 0)});
}

Result<std::vector<HandleEntry>> Directory::handlesByPrefix(std::string_view prefix, int limit,
                                                            Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        run("SELECT handle, user_id FROM directory.handles WHERE handle >= $1 AND handle < $2"
            " ORDER BY handle LIMIT $3::int",
            {sqlParameter(prefix), std::string(prefix).append(kLastCodePoint), sqlParameter(limit)},
            deadline));
    std::vector<HandleEntry> entries;
    for (std::size_t r = 0; r < rows.size(); ++r)
        entries.push_back({std::string(rows.text(r, 0)), UserId{rows.integer(r, 1)}});
    return entries;
}

Result<ImportRecord> Directory::openImport(const std::string& fileHash, int slots, std::int64_t timeShiftMs,
                                           Deadline deadline)
{
    if (slots < 1 || slots > kMaxSlots / 2)
        return fail(ErrorCode::InvalidArgument, "an import reserves 1 to " + std::to_string(kMaxSlots / 2) +
                                                    " id slots, not " + std::to_string(slots));
    ROOKERY_ASSIGN(const auto connection, m_pool.lease(deadline));
    ROOKERY_ASSIGN(auto transaction, SqlTransaction::begin(*connection, deadline));
    ROOKERY_TRY(connection->execute(kSlotLockSql, {}, deadline));
    const std::string find =
        "SELECT " + std::string(kImportColumns) + " FROM directory.imports WHERE file_hash = $1";
    ROOKERY_ASSIGN(const auto present, connection->execute(find, {fileHash}, deadline));
    if (!present.empty()) return importFrom(present, 0);

    ROOKERY_ASSIGN(
        const auto taken,
        connection->execute(
            "INSERT INTO directory.id_slots (slot, purpose, holder, lease_until, id_ms_until)"
            " SELECT s, 'import', 'import:' || $1, 'infinity', 0 FROM generate_series($2::int, 0, -1)"
            " AS s WHERE NOT EXISTS (SELECT FROM directory.id_slots AS i WHERE i.slot = s)"
            " ORDER BY s DESC LIMIT $3::int RETURNING slot",
            {fileHash, sqlParameter(kMaxSlots - 1), sqlParameter(slots)}, deadline));
    if (taken.size() < std::size_t(slots))
        return fail(ErrorCode::Overloaded,
                    "only " + std::to_string(taken.size()) + " of " + std::to_string(kMaxSlots) +
                        " id slots have never been used, the import needs " + std::to_string(slots));
    std::vector<std::int64_t> numbers;
    for (std::size_t r = 0; r < taken.size(); ++r)
        numbers.push_back(taken.integer(r, 0));
    std::sort(numbers.rbegin(), numbers.rend());
    ROOKERY_ASSIGN(const auto made,
                   connection->execute(
                       "INSERT INTO directory.imports (file_hash, slots, time_shift_ms, phase, lines_done)"
                       " VALUES ($1, $2::int[], $3::bigint, 'accounts', 0) RETURNING " +
                           std::string(kImportColumns),
                       {fileHash, sqlArray(numbers), sqlParameter(timeShiftMs)}, deadline));
    auto record = importFrom(made, 0);
    ROOKERY_TRY(transaction.commit(deadline));
    record.created = true;
    return record;
}

Result<std::optional<ImportRecord>> Directory::findImport(const std::string& fileHash, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows, run("SELECT " + std::string(kImportColumns) +
                                            " FROM directory.imports WHERE file_hash = $1",
                                        {fileHash}, deadline));
    if (rows.empty()) return std::optional<ImportRecord>{};
    return std::optional(importFrom(rows, 0));
}

Result<std::vector<std::string>> Directory::imports(Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows, run("SELECT file_hash FROM directory.imports", {}, deadline));
    std::vector<std::string> hashes;
    for (std::size_t r = 0; r < rows.size(); ++r)
        hashes.emplace_back(rows.text(r, 0));
    return hashes;
}

Result<void> Directory::saveImport(const ImportRecord& record, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        run("UPDATE directory.imports SET phase = $2, lines_done = $3::bigint WHERE file_hash = $1",
            {record.fileHash, record.phase, sqlParameter(record.linesDone)}, deadline));
    if (rows.affectedRows() == 1) return {};
    return fail(ErrorCode::NotFound,
                "the directory on " + m_pool.nodeName() + " knows no import of the file " + record.fileHash);
}

Result<void> Directory::appendAudit(const AuditEntry& entry, Deadline deadline)
{
    ROOKERY_TRY(run("INSERT INTO directory.audit_log (engine, who, action, arguments, outcome) VALUES ($1, "
                    "$2, $3, $4::jsonb, $5)",
                    {entry.engine, entry.who, entry.action, entry.arguments, entry.outcome}, deadline));
    return {};
}

Result<std::vector<AuditEntry>> Directory::newestAudit(int limit, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        run("SELECT engine, who, action, arguments, outcome, (extract(epoch FROM at) * 1000000)::bigint"
            " FROM directory.audit_log ORDER BY id DESC LIMIT $1::int",
            {sqlParameter(limit)}, deadline));
    std::vector<AuditEntry> entries;
    for (std::size_t r = 0; r < rows.size(); ++r)
        entries.push_back({std::string(rows.text(r, 0)), std::string(rows.text(r, 1)),
                           std::string(rows.text(r, 2)), std::string(rows.text(r, 3)),
                           std::string(rows.text(r, 4)), timeOfUnixMicroseconds(rows.integer(r, 5))});
    return entries;
}

} // namespace backend
