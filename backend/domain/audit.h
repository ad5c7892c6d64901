// What an audit found. Plain values.
#pragma once

#include "backend/domain/ids.h"

#include <string>
#include <vector>

namespace backend {

struct AuditDifference
{
    std::string
        subject; // "home timeline", "author timeline", "counters", "redis counters", "ledger", "queue"
    std::int64_t id = 0; // user or post
    std::string detail;  // "missing 3: 123, 124, 125", "followers 17, recounted 18"
};

struct AuditReport
{
    TimePoint startedAt, finishedAt;
    std::int64_t horizon = 0; // posts with larger ids were not judged (work unfinished); 0 = all judged
    std::int64_t timelinesWarm = 0, timelinesAbsent = 0, entries = 0, countersChecked = 0, ledgersChecked = 0;
    std::int64_t unfinishedTasks = 0, deadTasks = 0;
    std::int64_t differencesTotal = 0;
    std::vector<AuditDifference> differences; // the first 1,000
    bool clean() const { return differencesTotal == 0; }
};

} // namespace backend
