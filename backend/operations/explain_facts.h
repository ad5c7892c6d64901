// What is known of one post and one reader, as PostgreSQL and Redis have it. Private to explain.
#pragma once

#include "backend/cache/raw_timeline.h"
#include "backend/domain/ledger.h"
#include "backend/domain/task.h"
#include "backend/feed/feed_services.h"

namespace backend {

struct ExplainFacts
{
    struct StoredPost
    {
        UserId author;
        std::optional<TimePoint> deletedAt;
    };
    struct Reader
    {
        bool warm = true;
        TimePoint lastSeenAt;
        std::optional<TimePoint> dormantAt, returnedAt; // the last time of each; empty: never, or not known
        std::int64_t generation = 1;                    // grows whenever the reader sleeps or returns
    };
    struct EdgeSide // of follows (the truth) or followers (the author's copy)
    {
        bool following = false;
        std::int64_t version = 0;
        TimePoint changedAt;
        PostId keptTo;                      // of an ended one
        std::optional<TimePoint> beganAt{}; // of follows: the one that ended last
    };
    struct Delivery // the ledger's row that covers the reader
    {
        int chunk = 0;
        FanoutMode mode = FanoutMode::Push;
        std::int64_t pushed = 0, deleted = 0;
        std::int64_t task = 0; // 0: not known, as the worker
        std::string worker;    // workerName
        TimePoint writtenAt;   // when its task ended
        std::optional<TimePoint> lastAt;
        TimePoint at() const { return lastAt.value_or(writtenAt); }
    };
    struct Work // a task or dead letter that may still change the answer
    {
        TaskRef ref;
        TaskKind kind = TaskKind::PostCreated;
        TaskState state = TaskState::Ready;
        int attempts = 0;
        TimePoint since; // created, or died
        std::string error;
        std::string worker; // of the last claim
        std::optional<TimePoint> leaseUntil, runAt;
        bool held = false;    // until its turn comes
        std::string awaits{}; // Redis nodes, by name: due when one of them answers
    };
    struct Trimmed // how the post came below the floor
    {
        bool byAge = false; // else by count
        TimePoint at;
    };

    PostId post;
    UserId reader;
    std::optional<StoredPost> stored;
    std::optional<TimePoint> accountDeletedAt; // the author's
    Reader profile;
    std::optional<EdgeSide> edge, copy;
    std::optional<TimePoint> plannedAt;
    std::optional<Delivery> delivery;
    std::vector<Work> work;
    RawTimeline timeline;
    CachedPost::State cached = CachedPost::State::Missing;
    std::optional<Trimmed> trimmed;
    int cap = 0;
    std::chrono::hours age{0};
    bool merged = false; // the author's posts are merged when readers read

    bool self() const { return stored && stored->author == reader; }
    bool follows() const { return self() || (edge && (edge->following || keeps())); }
    bool keeps() const { return edge && !edge->following && post <= edge->keptTo; } // the past
    bool inSet() const;
    bool hidden() const { return !stored || stored->deletedAt || accountDeletedAt; }
    bool belowFloor() const { return profile.warm && timeline.valid() && post < timeline.floor->id; }
    // Whether the reader was dormant, or followed, at that time; empty: not known, since only the last sleep
    // and the last follow are remembered.
    std::optional<bool> dormantAt(TimePoint at) const;
    std::optional<bool> followedAt(TimePoint at) const;
};

[[nodiscard]] Result<ExplainFacts> readExplainFacts(const FeedServices& services, PostId post, UserId reader,
                                                    Deadline deadline);

} // namespace backend
