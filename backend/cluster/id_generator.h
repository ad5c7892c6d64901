// Makes ids without asking anyone: one per millisecond, logical shard and generator slot, within the range of
// milliseconds that the slot's lease grants (DESIGN 5 and 8a.11). Owned by the engine; thread-safe.
//
// Its time is the directory's clock at the last grant plus what a steady clock measured since. Where the
// directory's clock turns out to be behind, its time slows down and does not step back; no wall clock can
// make it repeat or reorder ids of a shard. A burst borrows the coming milliseconds, at most a second of
// them.
#pragma once

#include "backend/common/result.h"
#include "backend/domain/ids.h"

#include <functional>
#include <mutex>
#include <vector>

namespace backend {

// What a lease allows: ids of `slot` with id milliseconds in [fromMs, untilMs). nowMs: the directory's clock
// when granted.
struct IdGrant
{
    int slot = -1;
    std::int64_t fromMs = 0, untilMs = 0;
    std::int64_t nowMs = 0;
};

class IdGenerator
{
public:
    using SteadyMilliseconds = std::function<std::int64_t()>;

    static constexpr std::int64_t kBorrowLimitMs = 1'000;
    // How much of its lead over the directory's clock it gives up at a grant.
    static constexpr std::int64_t kCorrectionMs = 100;

    explicit IdGenerator(int shardCount, SteadyMilliseconds steady = {});

    // A first or renewed grant; a renewal has the same slot and beginning. Under another grant ids go on
    // above the last.
    void grant(const IdGrant& grant);
    // Above the id `above` of the same shard, too; 0: none. Overloaded when the shard has borrowed a second,
    // or would have to; Unavailable when the range is used up or nothing was granted.
    [[nodiscard]] Result<std::int64_t> next(int shard, std::int64_t above = 0);

    std::int64_t nowMs() const;          // its time, in id milliseconds
    double borrowedMilliseconds() const; // how far the most used shard is ahead of its time, now
    std::int64_t usedUntilMs() const;    // every id made so far has fewer milliseconds than this

private:
    std::int64_t nowLocked() const;

    const SteadyMilliseconds m_steady;
    mutable std::mutex m_mutex; // guards all below
    IdGrant m_grant;
    std::int64_t m_anchorMs = 0, m_anchorSteady = 0;
    std::int64_t m_highest = 0;       // of all shards
    std::vector<std::int64_t> m_last; // by shard
};

} // namespace backend
