// What an audit of home timelines looks at and what it found, and what became of a repair. Plain values.
#pragma once

#include "backend/domain/ids.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

struct TimelineAuditQuery
{
    enum class Scope { Reader, Shard, Sample, All };
    Scope scope = Scope::All;
    UserId reader;          // of Reader
    int shard = 0;          // of Shard
    int sample = 0;         // of Sample: so many warm readers, evenly over the logical shards,
    std::uint64_t seed = 0; // the same ones for the same seed and the same readers
};

enum class TimelineFault {
    Missing,      // should be there and is not
    Extra,        // is there and should not be
    OutOfOrder,   // its place or its score is not that of its time, or the segments are not as noted
    Double,       // stands in two closed segments
    FloorTooHigh, // pages are read from PostgreSQL although neither cap nor age explain it
    BeyondCap,    // holds more than any trimming leaves
    Cold,         // no timeline of a warm reader: right pages from PostgreSQL; the next one builds it
};

std::string_view toString(TimelineFault fault); // "missing" "extra" "out_of_order" …

struct TimelineDifference
{
    UserId reader;
    int shard = 0;
    std::string node; // that holds the timeline
    TimelineFault fault = TimelineFault::Missing;
    std::int64_t postsTotal = 0;
    std::vector<PostId> posts; // the first 20
    std::string detail;        // one sentence
    std::string explained;     // what explain says of the first post; empty where it says nothing
};

struct TimelineAuditReport
{
    TimePoint startedAt, finishedAt;
    std::int64_t readers = 0;   // looked at
    std::int64_t verified = 0;  // compared with PostgreSQL and judged
    std::int64_t differing = 0; // of them
    std::int64_t dormant = 0;   // skipped: nothing is kept of them
    std::int64_t cold = 0;      // warm without a timeline: listed, and no fault
    std::int64_t undecided = 0; // differ, and unfinished tasks or changes under way explain it
    std::int64_t entries = 0;   // of the compared timelines
    std::int64_t hidden = 0;    // of them below a floor: kept until their segment goes, shown to nobody
    std::int64_t differencesTotal = 0;
    std::vector<TimelineDifference> differences; // the first 1,000
    std::string stoppedBecause;                  // empty: everything asked for was looked at
    bool clean() const { return differing == 0; }
};

struct TimelineRepair
{
    UserId reader;
    bool repaired = false;
    std::string message; // why not
};

struct TimelineRepairReport
{
    TimelineAuditReport found;
    std::int64_t repaired = 0, notRepaired = 0; // timelines
    std::vector<TimelineRepair> repairs;        // the first 1,000
};

} // namespace backend
