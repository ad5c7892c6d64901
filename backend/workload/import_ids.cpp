#include "backend/workload/import_ids.h"

#include <algorithm>

namespace backend {
namespace {

// The logical shard of a handle, the same on every machine (FNV-1a, then the finaliser of splitmix64).
int shardOf(const std::string& handle, int shardCount)
{
    std::uint64_t hash = 1469598103934665603ULL;
    for (const char c : handle)
        hash = (hash ^ std::uint8_t(c)) * 1099511628211ULL;
    return int(std::hash<UserId>{}(UserId{std::int64_t(hash >> 1)}) % std::uint64_t(shardCount));
}

} // namespace

std::string ImportIds::handleOf(const std::string& name)
{
    return "u" + name;
}

ImportIds::ImportIds(const ActivityLog& log, std::vector<int> slots, std::int64_t timeShiftMs, int shardCount)
    : m_slots(std::move(slots))
    , m_timeShiftMs(timeShiftMs)
    , m_lastRaw(std::size_t(shardCount), 0)
{
    std::sort(m_slots.begin(), m_slots.end());
    std::vector<std::int64_t> count(std::size_t(shardCount), 0);
    std::vector<int> shards;
    for (const auto& name : log.users) {
        shards.push_back(shardOf(handleOf(name), shardCount));
        ++count[std::size_t(shards.back())];
    }
    // Accounts are made in the milliseconds right before the log begins.
    const std::int64_t most = *std::max_element(count.begin(), count.end());
    const std::int64_t begin =
        std::max<std::int64_t>(1, log.firstSecond * 1'000 + timeShiftMs - kIdEpochUnixMs - most - 1);
    std::vector<std::int64_t> next(std::size_t(shardCount), begin);
    for (const int shard : shards)
        m_users.push_back(UserId{makeRawId(next[std::size_t(shard)]++, shard, m_slots.front())});
}

PostId ImportIds::nextPost(const ActivityLine& line)
{
    // A log has whole seconds: posts of one second take its milliseconds one after the other, each with every
    // slot.
    const int shard = m_users[line.actor].shard();
    const auto slots = std::int64_t(m_slots.size());
    const std::int64_t earliest = (line.unixSeconds * 1'000 + m_timeShiftMs - kIdEpochUnixMs) * slots;
    auto& last = m_lastRaw[std::size_t(shard)];
    last = std::max(last + 1, earliest);
    return PostId{makeRawId(last / slots, shard, m_slots[std::size_t(last % slots)])};
}

} // namespace backend
