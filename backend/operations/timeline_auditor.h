// Holds home timelines against PostgreSQL on a live cluster. What differs is looked at again, twice:
// PostgreSQL before, then the queue, then the timeline, then PostgreSQL once more. Only what both looks at
// PostgreSQL agree upon, what no unfinished task is about, and what stands in every look is a difference:
// whatever was committed before the look at the queue has then either been done or is still to be done.
// Keyset pages of readers, bounded in memory; changes nothing. Thread-safe; connections are held while a page
// is looked at.
#pragma once

#include "backend/audit/home_comparison.h"
#include "backend/feed/feed_services.h"

#include <functional>
#include <span>
#include <stop_token>
#include <vector>

namespace backend {

// What the settings of an engine let a home timeline hold, now.
HomeRules homeRules(const FeedServices& services);

class TimelineAuditor
{
public:
    explicit TimelineAuditor(const FeedServices& services)
        : m_services(services)
    {
    }

    // Readers that differ, and those without a timeline.
    struct Findings
    {
        std::vector<UserId> differing, cold;
    };
    // Adds to the report. Cancelled when stop is requested meanwhile.
    [[nodiscard]] Result<Findings> look(std::span<const UserId> readers, TimelineAuditReport& report,
                                        Deadline deadline, const std::stop_token& stop = {}) const;

    using Visit = std::function<Result<void>(std::span<const UserId> readers)>;
    // Pages of warm readers, and of the one reader whatever it is. NotFound when there is no such reader,
    // InvalidArgument when there is no such shard. Dormant ones are counted into the report.
    [[nodiscard]] Result<void> eachPage(const TimelineAuditQuery& query, TimelineAuditReport& report,
                                        const Visit& visit, Deadline deadline) const;
    // The whole audit; when the time is up it tells what it had until then. `differing` gets each page's
    // findings; it may be empty.
    using TakeFindings = std::function<Result<void>(const Findings& findings)>;
    [[nodiscard]] Result<TimelineAuditReport> audit(const TimelineAuditQuery& query,
                                                    const TakeFindings& differing, Deadline deadline) const;

    // Warm readers of one shard, ascending, after `after`.
    [[nodiscard]] Result<std::vector<UserId>> warmReaders(int shard, UserId after, int limit,
                                                          Deadline deadline) const;

private:
    struct Suspect;
    class Page;
    Result<void> eachOfShard(int shard, const Visit& visit, Deadline deadline) const;
    Result<void> eachOfSample(const TimelineAuditQuery& query, const Visit& visit, Deadline deadline) const;
    Result<void> countDormant(int shard, TimelineAuditReport& report, Deadline deadline) const;

    const FeedServices& m_services;
};

} // namespace backend
