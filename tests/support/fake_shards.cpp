// What FakeEngine knows of logical shards: a history that rises and falls around the snapshot's values, and
// the scripted details.
#include "tests/support/fake_engine.h"

#include <algorithm>
#include <limits>

namespace tests {

void FakeEngine::setShardDetails(backend::ShardDetails details)
{
    const std::scoped_lock lock(m_mutex);
    m_shardDetails = std::move(details);
}

void FakeEngine::setShardDetailsSoFar(std::optional<backend::ShardDetails> details)
{
    const std::scoped_lock lock(m_mutex);
    m_shardDetailsSoFar = std::move(details);
}

// At the odd minutes half as much again as at the even ones; nothing is known of times before the history
// begins, an hour before the snapshot.
backend::Result<backend::ShardHistory> FakeEngine::shardHistory(backend::BalanceMetric metric,
                                                                backend::TimePoint begin,
                                                                backend::TimePoint end, int most) const
{
    if (const auto error = enter("shardHistory", std::string(backend::toString(metric))))
        return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    backend::ShardHistory out;
    out.metric = metric;
    out.shards = int(m_snapshot.shards.size());
    while (begin + out.step * most < end)
        out.step += std::chrono::seconds(1);
    for (auto at = begin; at < end; at += out.step) {
        out.at.push_back(at);
        const auto minute = std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count();
        const bool known = at >= m_snapshot.takenAt - std::chrono::hours(1) && at <= m_snapshot.takenAt;
        for (const auto& shard : m_snapshot.shards)
            out.values.push_back(known ? float(backend::valueOf(shard, metric) * (minute % 2 == 1 ? 1.5 : 1))
                                       : std::numeric_limits<float>::quiet_NaN());
    }
    return out;
}

backend::Result<backend::ShardDetails> FakeEngine::shardDetails(int shard, Deadline,
                                                                const backend::ShardDetailsSink& soFar)
{
    if (const auto error = enter("shardDetails", std::to_string(shard))) return backend::fail(*error);
    const auto ofShard = [&](backend::ShardDetails out) {
        out.shard = shard;
        if (out.takenAt == backend::TimePoint()) out.takenAt = m_snapshot.takenAt;
        return out;
    };
    const auto part = [&]() -> std::optional<backend::ShardDetails> {
        const std::scoped_lock lock(m_mutex);
        return m_shardDetailsSoFar ? std::optional(ofShard(*m_shardDetailsSoFar)) : std::nullopt;
    }();
    if (part && soFar) soFar(*part);
    if (part)
        if (const auto error = enter("shardDetails: the rest")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    return ofShard(m_shardDetails);
}

} // namespace tests
