#include "backend/cluster/id_generator.h"

#include <algorithm>
#include <chrono>

namespace backend {
namespace {

std::int64_t steadyMilliseconds()
{
    return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

} // namespace

IdGenerator::IdGenerator(int shardCount, SteadyMilliseconds steady)
    : m_steady(steady ? std::move(steady) : SteadyMilliseconds(steadyMilliseconds))
    , m_last(std::size_t(shardCount), 0)
{
}

std::int64_t IdGenerator::nowLocked() const
{
    return m_anchorMs + (m_steady() - m_anchorSteady);
}

void IdGenerator::grant(const IdGrant& grant)
{
    const std::lock_guard lock(m_mutex);
    // The same slot with another beginning was somebody else's in between: nothing of the old range is ours.
    const bool renewal = grant.slot == m_grant.slot && grant.fromMs == m_grant.fromMs;
    const auto untilMs = renewal ? std::max(m_grant.untilMs, grant.untilMs) : grant.untilMs;
    const auto own = m_grant.slot < 0 ? grant.nowMs : nowLocked() - kCorrectionMs;
    m_anchorMs = std::max({grant.nowMs, grant.fromMs, own});
    m_anchorSteady = m_steady();
    m_grant = {grant.slot, grant.fromMs, untilMs, grant.nowMs};
}

Result<std::int64_t> IdGenerator::next(int shard, std::int64_t above)
{
    const std::lock_guard lock(m_mutex);
    if (shard < 0 || std::size_t(shard) >= m_last.size())
        return fail(ErrorCode::Internal, "there is no logical shard " + std::to_string(shard));
    auto& last = m_last[std::size_t(shard)];
    const auto now = nowLocked();
    const auto least = above > 0 ? idMillisecondsOf(above) + 1 : 0;
    const auto candidate = std::max({now, last + 1, m_grant.fromMs, least});
    if (m_grant.slot < 0 || candidate >= m_grant.untilMs)
        return fail(ErrorCode::Unavailable,
                    "the lease of this engine's id slot was not renewed, so it makes no ids;"
                    " check that the directory node answers",
                    true);
    if (least == candidate && candidate - now > kBorrowLimitMs)
        return fail(ErrorCode::Overloaded,
                    "the newest id lies " + std::to_string(least - now) +
                        " ms ahead of the directory's clock; try again when that has passed",
                    true);
    if (candidate - now > kBorrowLimitMs)
        return fail(ErrorCode::Overloaded,
                    "logical shard " + std::to_string(shard) +
                        " has used up the ids of the coming second; slow down and try again",
                    true);
    last = candidate;
    m_highest = std::max(m_highest, candidate);
    return makeRawId(candidate, shard, m_grant.slot);
}

std::int64_t IdGenerator::nowMs() const
{
    const std::lock_guard lock(m_mutex);
    return nowLocked();
}

double IdGenerator::borrowedMilliseconds() const
{
    const std::lock_guard lock(m_mutex);
    return m_grant.slot < 0 ? 0.0 : double(std::max<std::int64_t>(0, m_highest - nowLocked()));
}

std::int64_t IdGenerator::usedUntilMs() const
{
    const std::lock_guard lock(m_mutex);
    return std::max(m_highest + 1, m_grant.fromMs);
}

} // namespace backend
