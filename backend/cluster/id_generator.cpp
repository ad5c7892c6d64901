#include "backend/cluster/id_generator.h"

#include <algorithm>
#include <chrono>

namespace backend {
namespace {

std::int64_t steadyMilliseconds()
{
    return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

} // namespace

IdGenerator::IdGenerator(int shardCount, SteadyMilliseconds steady)
    : m_steady(steady ? std::move(steady) : SteadyMilliseconds(steadyMilliseconds)), m_last(std::size_t(shardCount), 0)
{
}

std::int64_t IdGenerator::nowMs() const { return m_anchorMs + (m_steady() - m_anchorSteady); }

void IdGenerator::grant(const IdGrant& grant)
{
    const std::lock_guard lock(m_mutex);
    m_anchorMs = std::max(grant.nowMs, m_grant.slot < 0 ? grant.nowMs : nowMs());
    m_anchorSteady = m_steady();
    m_grant = grant;
}

Result<std::int64_t> IdGenerator::next(int shard)
{
    const std::lock_guard lock(m_mutex);
    if (m_grant.slot < 0)
        return fail(ErrorCode::Unavailable, "this engine holds no id slot yet; is the directory node reachable?", true);
    auto& last = m_last.at(std::size_t(shard));
    const std::int64_t now = nowMs();
    const std::int64_t candidate = std::max({now, last + 1, m_grant.fromMs});
    if (candidate - now > kBorrowLimitMs)
        return fail(ErrorCode::Overloaded, "logical shard " + std::to_string(shard)
                                               + " makes ids faster than one per millisecond; try again in a moment", true);
    if (candidate >= m_grant.untilMs)
        return fail(ErrorCode::Unavailable, "the lease of this engine's id slot has run out; is the directory node reachable?", true);
    last = candidate;
    m_highest = std::max(m_highest, candidate);
    return makeRawId(candidate, shard, m_grant.slot);
}

double IdGenerator::borrowedMilliseconds() const
{
    const std::lock_guard lock(m_mutex);
    return m_grant.slot < 0 ? 0.0 : double(std::max<std::int64_t>(0, m_highest - nowMs()));
}

std::int64_t IdGenerator::usedUntilMs() const
{
    const std::lock_guard lock(m_mutex);
    return std::max(m_highest + 1, m_grant.fromMs);
}

} // namespace backend
