// The lease of one id slot in the directory: which id milliseconds this engine may use. It runs by the
// directory's clock; the range reaches as far ahead as the lease, and each renewal extends both. Whoever
// takes a lapsed slot begins where the old range ended, so ranges never overlap, whatever a stopped or
// cut-off holder still does. Owned by the engine, whose heartbeat renews it; one thread at a time, except
// slot().
#pragma once

#include "backend/cluster/id_generator.h"
#include "backend/common/sql.h"

#include <atomic>
#include <string>
#include <string_view>

namespace backend {

// Whoever gives out id slots, of engines or imports, holds this lock until its transaction ends.
inline constexpr std::string_view kSlotLockSql = "SELECT pg_advisory_xact_lock(7665002)";

class SlotLease
{
public:
    static constexpr Milliseconds kSpan{60'000};       // without a renewal
    static constexpr Milliseconds kRenewEvery{10'000}; // so that several renewals may fail

    // The holder's name is for people; a suffix makes it unlike any other process's.
    SlotLease(SqlPool& directory, const std::string& holder, Milliseconds span = kSpan);

    // Takes a slot, or renews the one it holds. When that was taken over meanwhile another one, or none when
    // there is no other: the next call tries again. `ownNowMs` is the generator's time, which may be ahead of
    // a directory's clock that was set back. Overloaded when all are leased.
    [[nodiscard]] Result<IdGrant> renew(Deadline deadline, std::int64_t ownNowMs = 0);
    // Gives the slot back at once; the next holder starts at `usedUntilMs`. Nobody may make ids under it any
    // more.
    [[nodiscard]] Result<void> release(std::int64_t usedUntilMs, Deadline deadline);
    int slot() const { return m_slot.load(); } // -1 without one

private:
    Result<IdGrant> take(Deadline deadline);

    SqlPool& m_directory;
    const std::string m_holder;
    const Milliseconds m_span;
    std::atomic<int> m_slot{-1};
    std::int64_t m_fromMs = 0;
};

} // namespace backend
