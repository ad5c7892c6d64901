#include "backend/cluster/slot_lease.h"

namespace backend {
namespace {

constexpr std::int64_t kRangeMs = 60'000; // ids may be made this long without hearing from the directory
const std::string kNowMs = "((extract(epoch FROM clock_timestamp()) * 1000)::bigint - " + std::to_string(kIdEpochUnixMs) + ")";
const std::string kLease = "clock_timestamp() + interval '30 seconds'";

IdGrant grantOf(const SqlRows& rows)
{
    return {int(rows.integer(0, 0)), rows.integer(0, 1), rows.integer(0, 2), rows.integer(0, 3)};
}

} // namespace

Result<IdGrant> SlotLease::renew(Deadline deadline)
{
    if (m_slot < 0) return take(deadline);
    ROOKERY_ASSIGN(auto connection, m_directory.lease(deadline));
    ROOKERY_ASSIGN(const auto rows,
                   connection->execute("UPDATE directory.id_slots SET lease_until = " + kLease
                                           + ", id_ms_until = greatest(id_ms_until, " + kNowMs + " + $3::bigint)"
                                             " WHERE slot = $1::int AND holder = $2 AND lease_until > clock_timestamp()"
                                             " RETURNING slot, 0, id_ms_until, " + kNowMs,
                                       {sqlParameter(m_slot), m_holder, sqlParameter(kRangeMs)}, deadline));
    if (!rows.empty()) return grantOf(rows);
    m_slot = -1;
    return take(deadline);
}

Result<IdGrant> SlotLease::take(Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, m_directory.lease(deadline));
    ROOKERY_ASSIGN(auto transaction, SqlTransaction::begin(*connection, deadline));
    ROOKERY_TRY(connection->execute("LOCK TABLE directory.id_slots IN SHARE ROW EXCLUSIVE MODE", {}, deadline));
    // A slot whose last holder may have used ids still to come would make this engine wait: taken only as a last resort.
    ROOKERY_ASSIGN(const auto rows,
                   connection->execute(
                       "INSERT INTO directory.id_slots AS s (slot, purpose, holder, lease_until, id_ms_until)"
                       " SELECT free.slot, 'engine', $1, " + kLease + ", greatest(coalesce(old.id_ms_until, 0), " + kNowMs
                           + ") + $2::bigint FROM generate_series(0, $3::int) AS free (slot) LEFT JOIN directory.id_slots AS old"
                             " ON old.slot = free.slot WHERE old.slot IS NULL OR (old.purpose = 'engine' AND old.lease_until <"
                             " clock_timestamp()) ORDER BY coalesce(old.id_ms_until, 0) > " + kNowMs
                           + ", free.slot LIMIT 1 ON CONFLICT (slot) DO UPDATE SET holder = excluded.holder,"
                             " lease_until = excluded.lease_until, id_ms_until = excluded.id_ms_until"
                             " RETURNING slot, id_ms_until - $2::bigint, id_ms_until, " + kNowMs,
                       {m_holder, sqlParameter(kRangeMs), sqlParameter(kMaxSlots - 1)}, deadline));
    ROOKERY_TRY(transaction.commit(deadline));
    if (rows.empty())
        return fail(ErrorCode::Overloaded, "all " + std::to_string(kMaxSlots) + " id slots of the cluster are taken;"
                                               " stop an engine that is not needed", true);
    m_slot = int(rows.integer(0, 0));
    return grantOf(rows);
}

Result<void> SlotLease::release(std::int64_t usedUntilMs, Deadline deadline)
{
    if (m_slot < 0) return {};
    ROOKERY_ASSIGN(auto connection, m_directory.lease(deadline));
    ROOKERY_TRY(connection->execute("UPDATE directory.id_slots SET lease_until = '-infinity', id_ms_until = $3::bigint"
                                    " WHERE slot = $1::int AND holder = $2",
                                    {sqlParameter(m_slot), m_holder, sqlParameter(usedUntilMs)}, deadline));
    m_slot = -1;
    return {};
}

} // namespace backend
