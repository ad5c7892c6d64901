// The ids of an import: the same for the same log, slots and shift, so that running it again or resuming
// writes nothing twice. One thread.
#pragma once

#include "backend/domain/ids.h"
#include "backend/workload/activity_log.h"

#include <vector>

namespace backend {

class ImportIds
{
public:
    ImportIds(const ActivityLog& log, std::vector<int> slots, std::int64_t timeShiftMs, int shardCount);

    UserId user(std::uint32_t index) const { return m_users[index]; }
    // To be asked for line after line, from the first: the post's id, above all earlier ones of its author.
    PostId nextPost(const ActivityLine& line);

    static std::string handleOf(const std::string& name); // "u123"

private:
    std::vector<int> m_slots;
    std::int64_t m_timeShiftMs;
    std::vector<UserId> m_users;
    std::vector<std::int64_t> m_lastRaw; // by shard: (milliseconds, slot) of the last post, as one number
};

} // namespace backend
