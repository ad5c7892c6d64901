// What an audit of counters looks at and what it found, and what became of a reconciliation. Plain values.
#pragma once

#include "backend/domain/feed.h"

#include <optional>
#include <string>
#include <vector>

namespace backend {

struct CounterAuditQuery
{
    UserId user;    // 0: more than one
    int shard = -1; // of that logical shard; -1: of all
};

struct CounterDrift
{
    UserId user;
    Counters stored;    // as PostgreSQL's counters have it
    Counters recounted; // from the rows that they count; posts as stored while tasks are about them
    std::optional<Counters> cached; // in Redis; empty: nothing is
    std::int64_t lostFollows = 0;   // changes of follows that were never carried out, and no task will
    std::string detail;             // one sentence
    bool reconciled = false;
    std::string message; // why not, after a reconciliation was asked for
};

struct CounterAuditReport
{
    TimePoint startedAt, finishedAt;
    std::int64_t users = 0;      // looked at
    std::int64_t undecided = 0;  // of them: unfinished tasks or dead letters are about their posts or follows
    std::int64_t drifted = 0;    // of them, undecided ones among them where the rest tells already
    std::int64_t reconciled = 0; // of those
    std::vector<CounterDrift> drifts; // the first 1,000
    std::string stoppedBecause;       // empty: everything asked for was looked at
    bool clean() const { return drifted == reconciled; }
};

} // namespace backend
