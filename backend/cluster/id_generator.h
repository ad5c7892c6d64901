// Makes ids without asking anyone, within the range of id milliseconds that a slot lease grants. One id per millisecond,
// logical shard and slot. A burst borrows the coming milliseconds, at most a second ahead, then Overloaded. Time is the
// directory's clock at the last grant plus what a steady clock measured since, and never goes back: no id repeats, and
// ids of one shard only grow, whatever the wall clocks do. Owned by the engine; thread-safe.
#pragma once

#include "backend/common/result.h"
#include "backend/domain/ids.h"

#include <functional>
#include <mutex>
#include <vector>

namespace backend {

struct IdGrant
{
    int slot = -1;
    std::int64_t fromMs = 0, untilMs = 0; // id milliseconds [from, until)
    std::int64_t nowMs = 0;               // the directory's clock when granted, in id milliseconds
};

class IdGenerator
{
public:
    using SteadyMilliseconds = std::function<std::int64_t()>;

    explicit IdGenerator(int shardCount, SteadyMilliseconds steady = {});

    // Replaces the grant. A grant of another slot keeps the order of ids: they go on above the last.
    void grant(const IdGrant& grant);
    [[nodiscard]] Result<std::int64_t> next(int shard);

    double borrowedMilliseconds() const; // how far the most used shard is ahead of time, now
    std::int64_t usedUntilMs() const;    // every id made so far has fewer milliseconds than this

    static constexpr std::int64_t kBorrowLimitMs = 1'000;

private:
    std::int64_t nowMs() const;

    SteadyMilliseconds m_steady;
    mutable std::mutex m_mutex; // guards all below
    IdGrant m_grant;
    std::int64_t m_anchorMs = 0, m_anchorSteady = 0;
    std::int64_t m_highest = 0; // of all shards
    std::vector<std::int64_t> m_last;
};

} // namespace backend
