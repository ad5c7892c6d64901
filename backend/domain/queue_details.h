// What is known of the queue beyond the snapshot: dead letters by signature, times of tasks, the kinds' last
// hour, what each worker did when. Plain values.
#pragma once

#include "backend/domain/snapshot.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backend {

// --- dead letters

// No more of a payload is ever read, however large it is.
inline constexpr std::int64_t kPayloadPreviewBytes = 64 * 1024;
// Of one signature that are changed at once.
inline constexpr int kDeadLettersAtOnce = 10'000;

struct DeadLetterGroup
{
    std::string signature;
    std::int64_t count = 0;
    std::vector<std::pair<TaskKind, std::int64_t>> kinds; // most first
    TimePoint firstDiedAt, lastDiedAt;
    std::string firstError, lastError; // of the letters that died first and last
    int leastAttempts = 0, mostAttempts = 0;
};

struct DeadLetterGroups
{
    std::vector<DeadLetterGroup> groups; // most letters first
    bool complete = true;                // false: a node has more than were looked at, the newest 100,000
    std::vector<std::string> unread;     // nodes that did not answer, and why
};

// Where a list goes on: after this letter.
struct DeadLetterCursor
{
    TimePoint diedAt;
    TaskRef ref;
};

struct DeadLetterQuery
{
    std::string signature;
    std::optional<TimePoint> until; // that died no later, by their nodes' clocks
    std::optional<DeadLetterCursor> after;
    int limit = 200; // 1 … 1,000
};

struct DeadLetterPage
{
    std::vector<DeadLetter> letters; // newest first; of payloads only the first 256 characters
    bool more = false;
    std::vector<std::string> unread; // nodes that did not answer, and why
};

// Exactly these and no others: what one deed may touch.
struct DeadLetterSet
{
    std::vector<TaskRef> tasks; // newest first, at most kDeadLettersAtOnce
    bool complete = true;       // false: there are more
};

struct DeadLetterPayload
{
    std::string preview;     // valid UTF-8, at most kPayloadPreviewBytes
    std::int64_t bytes = -1; // of the whole
};

// --- times

// Measured by the workers of all engines, in milliseconds; -1 with none. A wait lasts from a task's commit to
// the begin of its first run; a run from there to its end, recorded for every task of a batch.
struct QueueKindTimes
{
    TaskKind kind = TaskKind::UserCreated;
    std::int64_t waits = 0, runs = 0; // behind the percentiles
    double waitP50Ms = -1, waitP99Ms = -1, runP50Ms = -1, runP99Ms = -1;
};

struct QueueDetails
{
    double windowSeconds = 0;          // that the times are of: up to five minutes
    std::vector<QueueKindTimes> kinds; // those that ran or waited in the window
    std::string notMeasured;           // why there are no times; empty: there are
};

// --- the last hour by kind, of all engines

struct QueueKindSeries
{
    TaskKind kind = TaskKind::UserCreated;
    std::vector<double> unfinished, arrivalsPerSecond, drainPerSecond; // beside `at`; NaN: not known
};

struct QueueHistory
{
    std::vector<TimePoint> at; // ascending; each the mean of its step
    double stepSeconds = 1;
    std::vector<QueueKindSeries> kinds;
};

// --- workers over time

struct WorkerSpan
{
    TimePoint begin, end;
    WorkerState state = WorkerState::Running; // Running, Paused, Waiting; idle is what lies between
    TaskKind kind = TaskKind::UserCreated;    // while Running
    std::int64_t tasks = 0;                   // of the batch
    std::string node;                         // it came from
};

// A stretch of a lane for which single spans are no more known or too many.
struct WorkerTally
{
    struct Part
    {
        WorkerState state = WorkerState::Running;
        TaskKind kind = TaskKind::UserCreated;
        double seconds = 0;
    };
    TimePoint begin, end;
    std::vector<Part> parts; // most first; the rest was idle
    std::int64_t tasks = 0;
};

struct WorkerLane
{
    std::string engine; // another one's name, which tells of its workers second by second; empty: this one
    int index = 0;
    TimePoint since;                  // known from here on
    std::optional<TimePoint> until;   // when the worker ended; empty: it is there
    std::vector<WorkerTally> tallies; // ascending, all before the spans
    std::vector<WorkerSpan> spans;    // ascending
};

struct WorkerSpans
{
    TimePoint begin, end;          // end: not later than now
    std::vector<WorkerLane> lanes; // this engine's workers by index, then other engines'
};

} // namespace backend
