// One reader's home timeline, entry by entry: what Redis holds beside what PostgreSQL says it should hold.
// Plain values.
#pragma once

#include "backend/domain/ids.h"
#include "backend/domain/timeline_audit.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

enum class EntryVerdict {
    Same,       // in both, in its place
    Missing,    // PostgreSQL says it should be there; a fault
    Extra,      // it should not be there; a fault
    WrongScore, // there with a score that is not its time; a fault
    OutOfOrder, // in a closed segment that lies behind older ones; a fault
    Double,     // in two closed segments; a fault
    Waiting,    // differs, and unfinished tasks or changes under way explain it
    Merged,     // of a pulled author: pages merge it, whether it is there or not
    Deleted,    // a deleted post whose space is reclaimed later: shown to nobody
    BelowFloor, // kept until its segment goes: shown to nobody, pages come from PostgreSQL there
};
std::string_view toString(EntryVerdict verdict); // "same" "wrong_score" …
bool isFault(EntryVerdict verdict);

struct ComparedEntry
{
    PostId post;
    UserId author;            // 0: PostgreSQL has no such post
    std::string authorHandle; // empty: not known
    bool inRedis = false, inPostgres = false;
    EntryVerdict verdict = EntryVerdict::Same;
    std::string detail; // one sentence where there is more to say: the score that was found
};

struct TimelineComparison
{
    enum class State {
        Compared,
        NotKept, // warm, and no valid floor: pages come from PostgreSQL, the next one builds the timeline
        Dormant, // nothing is kept of a reader who is away
    };
    UserId reader;
    int shard = 0;
    std::string node; // that holds the timeline
    TimePoint takenAt;
    State state = State::Compared;
    PostId floor; // of Compared: complete down to here; 0: to the beginning
    int cap = 0;  // entries a timeline keeps at least
    std::int64_t inRedis = 0, inPostgres = 0;
    std::vector<ComparedEntry> entries; // newest first
    std::int64_t leftOut = 0;           // older entries beyond what one look compares
    struct Fault
    {
        TimelineFault fault = TimelineFault::FloorTooHigh;
        std::string detail; // one sentence
    };
    std::vector<Fault> others; // what is wrong with no entry in particular

    std::int64_t count(EntryVerdict verdict) const;
    std::int64_t faults() const; // entries with one, and `others`
};

} // namespace backend
