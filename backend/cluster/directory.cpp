#include "backend/cluster/directory.h"

#include <charconv>

namespace backend {
namespace {

NodeKind kindOf(std::string_view text) { return text == "redis" ? NodeKind::Redis : NodeKind::Postgres; }

// "{1023,1022}" as PostgreSQL prints an int[].
std::vector<int> integersOf(std::string_view text)
{
    std::vector<int> out;
    for (const char* at = text.data(); at < text.data() + text.size();) {
        int value = 0;
        const auto parsed = std::from_chars(at, text.data() + text.size(), value);
        if (parsed.ec == std::errc{}) out.push_back(value);
        at = parsed.ptr + 1;
    }
    return out;
}

} // namespace

Result<ShardMap> Directory::loadShardMap(Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, m_pool.lease(deadline));
    const std::vector<SqlStatement> statements{
        {"SELECT (SELECT value FROM directory.settings WHERE key = 'epoch'),"
         " (SELECT value FROM directory.settings WHERE key = 'shard_count')",
         {}},
        {"SELECT id, name, kind, address FROM directory.nodes ORDER BY id", {}},
        {"SELECT role, shard, node FROM directory.placements", {}}};
    ROOKERY_ASSIGN(const auto results, connection->executeAll(statements, deadline));
    ShardMap map;
    map.epoch = results[0].integer(0, 0);
    map.shardCount = int(results[0].integer(0, 1));
    if (map.shardCount < 1 || map.shardCount > kMaxShards)
        return fail(ErrorCode::NotFound, "the directory on " + m_pool.nodeName()
                                             + " holds no cluster; make one with rookeryctl cluster init");
    for (auto* placement : {&map.usersNode, &map.postsNode, &map.timelinesNode})
        placement->assign(std::size_t(map.shardCount), 0);
    for (std::size_t r = 0; r < results[1].size(); ++r)
        map.nodes.push_back({int(results[1].integer(r, 0)), std::string(results[1].text(r, 1)), kindOf(results[1].text(r, 2)),
                             std::string(results[1].text(r, 3))});
    for (std::size_t r = 0; r < results[2].size(); ++r) {
        const auto role = results[2].text(r, 0);
        auto& placement = role == "users" ? map.usersNode : role == "posts" ? map.postsNode : map.timelinesNode;
        placement.at(std::size_t(results[2].integer(r, 1))) = int(results[2].integer(r, 2));
    }
    for (const auto* placement : {&map.usersNode, &map.postsNode, &map.timelinesNode})
        for (const int node : *placement)
            if (!map.node(node))
                return fail(ErrorCode::Configuration, "the shard map on " + m_pool.nodeName()
                                                          + " leaves a logical shard without a node; restore the directory");
    return map;
}

Result<std::optional<std::string>> Directory::setting(std::string_view key, Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, m_pool.lease(deadline));
    ROOKERY_ASSIGN(const auto rows, connection->execute("SELECT value FROM directory.settings WHERE key = $1",
                                                        {sqlParameter(key)}, deadline));
    if (rows.empty()) return std::optional<std::string>{};
    return std::optional(std::string(rows.text(0, 0)));
}

Result<void> Directory::setSetting(std::string_view key, std::string_view value, Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, m_pool.lease(deadline));
    ROOKERY_TRY(connection->execute("INSERT INTO directory.settings (key, value) VALUES ($1, $2)"
                                    " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                                    {sqlParameter(key), sqlParameter(value)}, deadline));
    return {};
}

Result<void> Directory::registerEngine(const EngineRegistration& engine, Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, m_pool.lease(deadline));
    ROOKERY_TRY(connection->execute(
        "INSERT INTO directory.engines (slot, name, role, started_at, heartbeat_at, workers_wanted)"
        " VALUES ($1::int, $2, $3, now(), now(), $4::int) ON CONFLICT (slot) DO UPDATE SET name = excluded.name,"
        " role = excluded.role, started_at = now(), heartbeat_at = now(), workers_wanted = excluded.workers_wanted,"
        " paused = false, status = '{}'",
        {sqlParameter(engine.slot), engine.name, engine.role, sqlParameter(engine.workersWanted)}, deadline));
    return {};
}

Result<EngineOrders> Directory::heartbeat(int slot, const std::string& statusJson, Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, m_pool.lease(deadline));
    ROOKERY_ASSIGN(const auto rows,
                   connection->execute(
                       "UPDATE directory.engines SET heartbeat_at = now(), status = $2::jsonb WHERE slot = $1::int"
                       " RETURNING paused, workers_wanted, (SELECT value FROM directory.settings WHERE key = 'epoch'),"
                       " (SELECT value FROM directory.settings WHERE key = 'age_shift_ms')",
                       {sqlParameter(slot), statusJson}, deadline));
    if (rows.empty()) return fail(ErrorCode::NotFound, "this engine's row in the directory is gone", true);
    return EngineOrders{rows.boolean(0, 0), int(rows.integer(0, 1)), rows.integer(0, 2), rows.integer(0, 3)};
}

Result<void> Directory::removeEngine(int slot, Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, m_pool.lease(deadline));
    ROOKERY_TRY(connection->execute("DELETE FROM directory.engines WHERE slot = $1::int", {sqlParameter(slot)}, deadline));
    return {};
}

Result<int> Directory::setPaused(int slot, bool paused, Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, m_pool.lease(deadline));
    ROOKERY_ASSIGN(const auto rows, connection->execute("UPDATE directory.engines SET paused = $2::boolean"
                                                        " WHERE slot = $1::int OR $1::int < 0",
                                                        {sqlParameter(slot), sqlParameter(paused)}, deadline));
    return int(rows.affectedRows());
}

Result<int> Directory::setWorkersWanted(int slot, int workers, Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, m_pool.lease(deadline));
    // Engines that only look have no workers and get none by an order to all.
    ROOKERY_ASSIGN(const auto rows, connection->execute("UPDATE directory.engines SET workers_wanted = $2::int"
                                                        " WHERE slot = $1::int OR ($1::int < 0 AND role NOT IN ('desktop', 'ctl'))"
                                                        " OR ($1::int < 0 AND workers_wanted > 0)",
                                                        {sqlParameter(slot), sqlParameter(workers)}, deadline));
    return int(rows.affectedRows());
}

Result<StoredImport> Directory::openImport(const std::string& fileHash, int slots, std::int64_t timeShiftMs, Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, m_pool.lease(deadline));
    ROOKERY_ASSIGN(auto transaction, SqlTransaction::begin(*connection, deadline));
    // One opener at a time, so that two of them cannot take the same slots.
    ROOKERY_TRY(connection->execute("LOCK TABLE directory.imports IN SHARE ROW EXCLUSIVE MODE", {}, deadline));
    ROOKERY_ASSIGN(const auto taken,
                   connection->execute("INSERT INTO directory.imports (file_hash, slots, time_shift_ms, phase, lines_done)"
                                       " SELECT $1, array_agg(slot), $3::bigint, 'accounts', 0 FROM (SELECT slot FROM"
                                       " generate_series($4::int, 0, -1) AS slot WHERE NOT EXISTS (SELECT FROM"
                                       " directory.id_slots AS taken WHERE taken.slot = slot.slot) LIMIT $2::int) AS free"
                                       " ON CONFLICT (file_hash) DO NOTHING RETURNING 1",
                                       {fileHash, sqlParameter(slots), sqlParameter(timeShiftMs), sqlParameter(kMaxSlots - 1)},
                                       deadline));
    if (!taken.empty())
        ROOKERY_TRY(connection->execute("INSERT INTO directory.id_slots (slot, purpose, holder, lease_until, id_ms_until)"
                                        " SELECT unnest(slots), 'import', file_hash, 'infinity', 0 FROM directory.imports"
                                        " WHERE file_hash = $1",
                                        {fileHash}, deadline));
    ROOKERY_ASSIGN(const auto rows,
                   connection->execute("SELECT slots, time_shift_ms, phase, lines_done FROM directory.imports WHERE file_hash = $1",
                                       {fileHash}, deadline));
    ROOKERY_TRY(transaction.commit(deadline));
    StoredImport import{fileHash, integersOf(rows.text(0, 0)), rows.integer(0, 1), std::string(rows.text(0, 2)),
                        rows.integer(0, 3), !taken.empty()};
    if (import.slots.empty())
        return fail(ErrorCode::Overloaded, "no id slot is free for another import; this cluster has used all it has");
    return import;
}

Result<void> Directory::saveImport(const std::string& fileHash, const std::string& phase, std::int64_t linesDone,
                                   Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, m_pool.lease(deadline));
    ROOKERY_TRY(connection->execute("UPDATE directory.imports SET phase = $2, lines_done = $3::bigint WHERE file_hash = $1",
                                    {fileHash, phase, sqlParameter(linesDone)}, deadline));
    return {};
}

Result<void> Directory::appendAudit(const std::string& engine, const std::string& who, const std::string& action,
                                    const std::string& argumentsJson, const std::string& outcome, Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, m_pool.lease(deadline));
    ROOKERY_TRY(connection->execute("INSERT INTO directory.audit_log (engine, who, action, arguments, outcome)"
                                    " VALUES ($1, $2, $3, $4::jsonb, $5)",
                                    {engine, who, action, argumentsJson, outcome}, deadline));
    return {};
}

} // namespace backend
