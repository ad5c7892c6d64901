// One reader's home timeline, Redis beside PostgreSQL, for somebody who looks at it. Judges as the auditor
// does: what differs is looked at again, and what unfinished tasks are about is no difference. Changes
// nothing. Made for one comparison; the caller's thread.
#pragma once

#include "backend/audit/home_comparison.h"
#include "backend/audit/outstanding_work.h"
#include "backend/domain/timeline_comparison.h"
#include "backend/feed/feed_services.h"

#include <map>
#include <vector>

namespace backend {

class TimelineComparer
{
public:
    TimelineComparer(const FeedServices& services, Deadline deadline);

    [[nodiscard]] Result<TimelineComparison> compare(UserId reader);

private:
    Result<void> look();
    Result<void> lookAgain();
    Result<void> readRaw();
    Result<HomeTruth> truth();
    void takeAway(const OutstandingWork& work);
    std::map<PostId, EntryVerdict> verdictsOfFaults() const;
    void addEntries();
    void addEntry(PostId post, const std::map<PostId, EntryVerdict>& faults);
    std::string scoreText(PostId post) const;
    void addOthers();
    Result<void> addAuthors();

    const FeedServices& m_services;
    const Deadline m_deadline;
    const HomeRules m_rules;
    const std::shared_ptr<const ShardMap> m_map;
    SqlSession m_sql;
    RedisClientPool::Lease m_redis;
    TimelineComparison m_out;
    RawTimeline m_raw;
    HomeTruth m_before, m_after;
    std::vector<HomeFault> m_faults;
};

} // namespace backend
