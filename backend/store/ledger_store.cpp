#include "backend/store/ledger_store.h"

#include "backend/store/shard_sql.h"

namespace backend {
namespace {

SqlParameter microseconds(const std::optional<TimePoint>& at)
{
    return at ? sqlParameter(at->time_since_epoch().count()) : SqlParameter{};
}

} // namespace

SqlStatement ledgerStatement(const LedgerRow& row)
{
    return {
        "INSERT INTO " + shardTable(Role::Posts, row.post.shard(), "deliveries") +
            " (post_id, chunk, mode, chunks, audience, dormant, pushed, unfollowed, deleted, pulled, failed,"
            " last_reader, committed_at, first_at, last_at, task_id, worker, planned_at) VALUES ($1::bigint, "
            "$2::int, "
            "$3::smallint, "
            "$4::int,"
            " $5::bigint, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10::bigint, $11::bigint, "
            "$12::bigint,"
            " to_timestamp($13::bigint / 1e6), to_timestamp($14::bigint / 1e6), to_timestamp($15::bigint / "
            "1e6), $16::bigint, $17, coalesce(to_timestamp($18::bigint / 1e6), now()))"
            " ON CONFLICT (post_id, chunk) DO NOTHING",
        {sqlParameter(row.post.value), sqlParameter(row.chunk),
         sqlParameter(row.mode == FanoutMode::Pull ? 1 : 0), sqlParameter(row.chunks),
         sqlParameter(row.audience), sqlParameter(row.dormant), sqlParameter(row.pushed),
         sqlParameter(row.unfollowed), sqlParameter(row.deleted), sqlParameter(row.pulled),
         sqlParameter(row.failed), sqlParameter(row.lastReader.value), sqlParameter(row.committedUnixUs),
         microseconds(row.firstAt), microseconds(row.lastAt), sqlParameter(row.task), row.worker,
         microseconds(row.plannedAt)}};
}

SqlStatement ledgerLateStatement(const LedgerRow& row)
{
    return {"UPDATE " + shardTable(Role::Posts, row.post.shard(), "deliveries") +
                " SET pushed = pushed + $2::bigint, deleted = deleted + $3::bigint, dormant = dormant + "
                "$4::bigint,"
                " first_at = least(first_at, to_timestamp($5::bigint / 1e6)),"
                " last_at = greatest(last_at, to_timestamp($6::bigint / 1e6))"
                " WHERE post_id = $1::bigint AND chunk = 0",
            {sqlParameter(row.post.value), sqlParameter(row.pushed), sqlParameter(row.deleted),
             sqlParameter(row.dormant), microseconds(row.firstAt), microseconds(row.lastAt)}};
}

} // namespace backend
