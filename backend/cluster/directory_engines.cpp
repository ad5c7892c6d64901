// Directory: the engines that serve the cluster.
#include "backend/cluster/directory.h"

namespace backend {
namespace {

constexpr int kMaxWorkers = 64;

Result<int> changed(const SqlRows& rows, int slot, const std::string& node)
{
    if (rows.affectedRows() > 0) return int(rows.affectedRows());
    return fail(ErrorCode::NotFound, slot < 0 ? "no engine is registered in the directory on " + node
                                              : "no engine with slot " + std::to_string(slot) +
                                                    " is registered in the directory on " + node);
}

SqlParameter startOf(const EngineIdentity& engine)
{
    return sqlParameter(engine.startedAt.time_since_epoch().count());
}

} // namespace

Result<void> Directory::registerEngine(const EngineRecord& engine, Deadline deadline)
{
    ROOKERY_TRY(run(
        "WITH moved AS (DELETE FROM directory.engines WHERE name = $2"
        " AND started_at = to_timestamp($4::bigint / 1e6) AND slot <> $1::int)"
        " INSERT INTO directory.engines (slot, name, role, started_at, heartbeat_at, workers_wanted, paused)"
        " VALUES ($1::int, $2, $3, to_timestamp($4::bigint / 1e6), clock_timestamp(), $5::int, $6::boolean)"
        " ON CONFLICT (slot) DO UPDATE SET name = excluded.name, role = excluded.role,"
        " started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at,"
        " workers_wanted = excluded.workers_wanted, paused = excluded.paused, status = '{}'",
        {sqlParameter(engine.slot), engine.name, engine.role, startOf({engine.name, engine.startedAt}),
         sqlParameter(engine.workersWanted), sqlParameter(engine.paused)},
        deadline));
    return {};
}

Result<Directory::DeletedAccounts> Directory::deletedAccounts(std::int64_t sinceUs, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        run("SELECT (extract(epoch FROM n.now) * 1000000)::bigint, d.user_id"
            " FROM (SELECT clock_timestamp() AS now) AS n LEFT JOIN directory.deleted_accounts AS d"
            " ON d.asked_at > CASE WHEN $1::bigint = 0 THEN n.now ELSE to_timestamp($1 / 1e6) END"
            " - interval '1 minute'",
            {sqlParameter(sinceUs)}, deadline));
    DeletedAccounts out;
    out.untilUs = rows.integer(0, 0);
    for (std::size_t r = 0; r < rows.size(); ++r)
        if (!rows.isNull(r, 1)) out.users.push_back(UserId{rows.integer(r, 1)});
    return out;
}

Result<EngineOrders> Directory::heartbeat(int slot, const EngineIdentity& engine, std::string_view statusJson,
                                          Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows,
                   run("UPDATE directory.engines SET heartbeat_at = clock_timestamp(), "
                       "status = $2::jsonb WHERE slot = $1::int AND name = $3"
                       " AND started_at = to_timestamp($4::bigint / 1e6)"
                       " RETURNING paused, workers_wanted",
                       {sqlParameter(slot), sqlParameter(statusJson), engine.name, startOf(engine)},
                       deadline));
    ROOKERY_TRY(changed(rows, slot, m_pool.nodeName()));
    return EngineOrders{rows.boolean(0, 0), int(rows.integer(0, 1))};
}

Result<EngineOrders> Directory::orders(int slot, const EngineIdentity& engine, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        run("SELECT paused, workers_wanted FROM directory.engines WHERE slot = $1::int AND name = $2"
            " AND started_at = to_timestamp($3::bigint / 1e6)",
            {sqlParameter(slot), engine.name, startOf(engine)}, deadline));
    ROOKERY_TRY(changed(rows, slot, m_pool.nodeName()));
    return EngineOrders{rows.boolean(0, 0), int(rows.integer(0, 1))};
}

Result<std::vector<EngineRecord>> Directory::engines(Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        run("SELECT slot, name, role, (extract(epoch FROM started_at) * 1000000)::bigint,"
            " extract(epoch FROM clock_timestamp() - heartbeat_at)::float8, workers_wanted, paused, status"
            " FROM directory.engines ORDER BY slot",
            {}, deadline));
    std::vector<EngineRecord> engines;
    for (std::size_t r = 0; r < rows.size(); ++r)
        engines.push_back({int(rows.integer(r, 0)), std::string(rows.text(r, 1)),
                           std::string(rows.text(r, 2)),
                           TimePoint(std::chrono::microseconds(rows.integer(r, 3))), rows.real(r, 4),
                           int(rows.integer(r, 5)), rows.boolean(r, 6), std::string(rows.text(r, 7))});
    return engines;
}

Result<void> Directory::removeEngine(const EngineIdentity& engine, Deadline deadline)
{
    ROOKERY_TRY(run("DELETE FROM directory.engines WHERE name = $1"
                    " AND started_at = to_timestamp($2::bigint / 1e6)",
                    {engine.name, startOf(engine)}, deadline));
    return {};
}

Result<int> Directory::removeSilentEngines(Milliseconds silence, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows, run("DELETE FROM directory.engines WHERE heartbeat_at < "
                                        "clock_timestamp() - $1::bigint * interval '1 millisecond'",
                                        {sqlParameter(silence.count())}, deadline));
    return int(rows.affectedRows());
}

Result<int> Directory::setPaused(int slot, bool paused, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        run("UPDATE directory.engines SET paused = $2::boolean WHERE slot = $1::int OR $1::int = -1",
            {sqlParameter(slot), sqlParameter(paused)}, deadline));
    return changed(rows, slot, m_pool.nodeName());
}

Result<int> Directory::setWorkersWanted(int slot, int workers, Deadline deadline)
{
    if (workers < 0 || workers > kMaxWorkers)
        return fail(ErrorCode::InvalidArgument, "an engine runs 0 to " + std::to_string(kMaxWorkers) +
                                                    " workers, not " + std::to_string(workers));
    ROOKERY_ASSIGN(const auto rows,
                   run("UPDATE directory.engines SET workers_wanted = $2::int WHERE slot = $1::int"
                       " OR ($1::int = -1 AND (workers_wanted > 0 OR role NOT IN ('desktop', 'ctl')))",
                       {sqlParameter(slot), sqlParameter(workers)}, deadline));
    return changed(rows, slot, m_pool.nodeName());
}

} // namespace backend
