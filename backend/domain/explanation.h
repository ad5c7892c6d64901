// Why a post is, or is not, in a reader's home timeline: the answer and the trail that leads to it. Plain
// values.
#pragma once

#include "backend/domain/ids.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

enum class ExplainAnswer {
    Delivered,   // in the sorted set: pages show it
    Pulled,      // the author is not pushed: pages merge the post when they are read
    Rebuilt,     // the timeline is not kept, or not valid: the next page builds it and shows the post
    BelowFloor,  // older than what the timeline keeps: pages read it from PostgreSQL and show it
    UnderWay,    // a task that decides it is unfinished
    NotFollowed, // the reader does not follow the author
    Deleted,     // the post, or its author's account, was deleted: hidden everywhere
    NoSuchPost,  // PostgreSQL has no such post
    Stuck, // a dead letter waits for a person; the post is missing or shown until it is retried or discarded
    Missing, // a fault: it should be there and nothing is under way; rebuild the timeline
    Extra,   // a fault: it should not be there and nothing is under way; rebuild the timeline
};

// What a step of the trail tells of.
enum class ExplainElement {
    Posted,    // when, by whom, in which logical shard, on which node
    Followed,  // began or ended, and what that did
    Reader,    // warm or dormant
    Planned,   // the fan-out, in chunks
    Delivered, // by which task and worker
    Skipped,   // passed over by the delivery, and why
    Pulled,    // merged when it is read
    Task,      // unfinished, or a dead letter: where, and who holds it until when
    Trimmed,   // by count or by age
    Deleted,   // the post or its author's account
    Tombstone, // whether the object cache has it
    Reclaimed, // whether a deleted post's entry is taken out of the timeline
    Timeline,  // the sorted set as it is now
};

// One thing that is known to have happened, or to be so now (no time), or to be so until then (a time to
// come).
struct ExplainStep
{
    std::optional<TimePoint> at;
    std::string what; // a sentence
    ExplainElement element = ExplainElement::Timeline;
};

struct Explanation
{
    PostId post;
    UserId reader;
    UserId author; // 0: unknown
    ExplainAnswer answer = ExplainAnswer::NoSuchPost;
    bool shown = false;             // the reader's pages show the post
    std::string reason;             // one sentence, with what to do where there is something to do
    std::vector<ExplainStep> trail; // by time; what is so now comes last
};

std::string_view toString(ExplainAnswer answer);   // "below_floor" …
std::string_view toString(ExplainElement element); // "trimmed" …

} // namespace backend
