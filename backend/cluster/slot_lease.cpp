#include "backend/cluster/slot_lease.h"

#include <random>

namespace backend {
namespace {

// The directory's time in id milliseconds.
const std::string kNowMs =
    "((extract(epoch FROM clock_timestamp()) * 1000)::bigint - " + std::to_string(kIdEpochUnixMs) + ")";

std::string uniqueHolder(const std::string& name)
{
    std::random_device random;
    return name + "/" + std::to_string((std::uint64_t(random()) << 32) | random());
}

// Every statement below answers slot, from, until, now.
IdGrant grantOf(const SqlRows& rows)
{
    return {int(rows.integer(0, 0)), rows.integer(0, 1), rows.integer(0, 2), rows.integer(0, 3)};
}

// $1 holder, $2 span in ms. The row is locked when it is read: its holder may be renewing it, and then it is
// not lapsed.
const std::string kTakeLapsed =
    "WITH lapsed AS (SELECT slot, id_ms_until AS from_ms FROM directory.id_slots WHERE purpose = 'engine'"
    " AND lease_until <= clock_timestamp() ORDER BY id_ms_until, slot LIMIT 1 FOR UPDATE SKIP LOCKED)"
    " UPDATE directory.id_slots AS s SET holder = $1, lease_until = clock_timestamp() + $2::bigint * "
    "interval '1 millisecond',"
    " id_ms_until = greatest(s.id_ms_until, " +
    kNowMs +
    ") + $2::bigint"
    " FROM lapsed WHERE s.slot = lapsed.slot RETURNING s.slot, lapsed.from_ms, s.id_ms_until, " +
    kNowMs;

// $3 highest slot
const std::string kTakeUnused =
    "INSERT INTO directory.id_slots (slot, purpose, holder, lease_until, id_ms_until)"
    " SELECT s, 'engine', $1, clock_timestamp() + $2::bigint * interval '1 millisecond', " +
    kNowMs +
    " + $2::bigint"
    " FROM generate_series(0, $3::int) AS s WHERE NOT EXISTS (SELECT FROM directory.id_slots AS i WHERE "
    "i.slot = s)"
    " ORDER BY s LIMIT 1 RETURNING slot, 0, id_ms_until, " +
    kNowMs;

// $1 slot, $2 holder, $3 span, $4 the holder's time. A lapsed lease that nobody took is still the holder's.
const std::string kExtend =
    "UPDATE directory.id_slots SET lease_until = clock_timestamp() + $3::bigint * interval '1 millisecond',"
    " id_ms_until = greatest(id_ms_until, " +
    kNowMs +
    " + $3::bigint, $4::bigint + $3::bigint)"
    " WHERE slot = $1::int AND holder = $2 RETURNING slot, 0, id_ms_until, " +
    kNowMs;

constexpr std::string_view kRelease = "UPDATE directory.id_slots SET lease_until = clock_timestamp(), "
                                      "id_ms_until = least(id_ms_until, $3::bigint)"
                                      " WHERE slot = $1::int AND holder = $2";

} // namespace

SlotLease::SlotLease(SqlPool& directory, const std::string& holder, Milliseconds span)
    : m_directory(directory)
    , m_holder(uniqueHolder(holder))
    , m_span(span)
{
}

Result<IdGrant> SlotLease::renew(Deadline deadline, std::int64_t ownNowMs)
{
    if (m_slot < 0) return take(deadline);
    ROOKERY_ASSIGN(const auto connection, m_directory.lease(deadline));
    ROOKERY_ASSIGN(const auto rows,
                   connection->execute(kExtend,
                                       {sqlParameter(m_slot.load()), m_holder, sqlParameter(m_span.count()),
                                        sqlParameter(ownNowMs)},
                                       deadline));
    if (rows.empty()) {
        m_slot = -1; // it is another's
        return take(deadline);
    }
    auto grant = grantOf(rows);
    grant.fromMs = m_fromMs;
    return grant;
}

Result<IdGrant> SlotLease::take(Deadline deadline)
{
    ROOKERY_ASSIGN(const auto connection, m_directory.lease(deadline));
    ROOKERY_ASSIGN(auto transaction, SqlTransaction::begin(*connection, deadline));
    ROOKERY_TRY(connection->execute(kSlotLockSql, {}, deadline));
    const SqlParameter span = sqlParameter(m_span.count());
    ROOKERY_ASSIGN(auto rows, connection->execute(kTakeLapsed, {m_holder, span}, deadline));
    if (rows.empty()) {
        ROOKERY_ASSIGN(
            rows, connection->execute(kTakeUnused, {m_holder, span, sqlParameter(kMaxSlots - 1)}, deadline));
    }
    if (rows.empty())
        return fail(ErrorCode::Overloaded,
                    "all " + std::to_string(kMaxSlots) + " id slots in the directory on " +
                        m_directory.nodeName() + " are leased; stop an engine that is not needed",
                    true);
    ROOKERY_TRY(transaction.commit(deadline));
    const auto grant = grantOf(rows);
    m_slot = grant.slot;
    m_fromMs = grant.fromMs;
    return grant;
}

Result<void> SlotLease::release(std::int64_t usedUntilMs, Deadline deadline)
{
    const int slot = m_slot.exchange(-1);
    if (slot < 0) return {};
    ROOKERY_ASSIGN(const auto connection, m_directory.lease(deadline));
    ROOKERY_TRY(connection->execute(
        kRelease, {sqlParameter(slot), m_holder, sqlParameter(std::max(usedUntilMs, m_fromMs))}, deadline));
    return {};
}

} // namespace backend
