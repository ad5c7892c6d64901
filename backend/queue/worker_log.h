// What one worker did when, within the last hour: the latest spans as they were, and for the whole hour how
// the time of each second was used. Bounded: 4,096 spans and 3,600 seconds. Written by the worker that has
// its index, read by anybody: thread-safe, never held while anything waits.
#pragma once

#include "backend/domain/queue_details.h"

#include <array>
#include <deque>
#include <mutex>
#include <string_view>

namespace backend {

class WorkerLog
{
public:
    static constexpr std::size_t kSpans = 4'096;
    static constexpr std::chrono::seconds kLength{3'600};

    // What the worker does from now on; ends what it did.
    struct Deed
    {
        WorkerState state = WorkerState::Running; // Running, Paused, Waiting
        TaskKind kind = TaskKind::UserCreated;
        std::int64_t tasks = 0;
        std::string_view node; // outlives the log
    };
    void begin(const Deed& deed, TimePoint now);
    void end(TimePoint now); // idle from now on
    void came(TimePoint now);
    void left(TimePoint now);

    static constexpr std::size_t kParts = kTaskKinds.size() + 2; // kinds, paused, waiting
    using Used = std::array<std::int64_t, kParts>;               // microseconds
    Used used(TimePoint now) const; // by this log's first worker and all after it
    // Of a worker of another process, which tells only how it used its time: `more` between two moments no
    // more than a few seconds apart. Its lanes have no spans.
    void told(const Used& more, std::int64_t tasks, TimePoint from, TimePoint to);

    // Spans when they are all known and no more than `most`, else tallies of equal steps and the spans of the
    // second under way. index is left to the caller.
    WorkerLane lane(TimePoint begin, TimePoint end, TimePoint now, std::size_t most) const;

private:
    struct Span
    {
        Deed deed;
        TimePoint begin, end;
    };
    struct Second
    {
        std::int64_t at = 0; // seconds since the Unix epoch
        std::array<std::int32_t, kParts> microseconds{};
        std::int32_t tasks = 0;
    };

    static std::size_t partOf(const Deed& deed);
    void close(TimePoint now);
    void tally(const Span& span);
    Second& secondAt(std::int64_t at);
    void dropBefore(std::int64_t second);
    std::vector<WorkerSpan> spansWithin(TimePoint begin, TimePoint end, TimePoint now) const;
    std::vector<WorkerTally> talliesWithin(TimePoint begin, TimePoint end, std::chrono::seconds step) const;

    mutable std::mutex m_mutex;
    std::deque<Span> m_spans;     // ended, ascending
    std::deque<Second> m_seconds; // ascending, only those in which something was done
    std::optional<Span> m_open;
    Used m_used{};     // by what ended
    TimePoint m_since; // when this log's first worker came, or an hour ago
    TimePoint m_spansSince;
    std::optional<TimePoint> m_left;
};

} // namespace backend
