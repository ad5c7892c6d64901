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
    };
    struct EdgeSide // of follows (the truth) or followers (the author's copy)
    {
        bool following = false;
        std::int64_t version = 0;
        TimePoint changedAt;
        PostId keptTo; // of an ended one
    };
    struct Delivery // the ledger's row that covers the reader
    {
        int chunk = 0;
        FanoutMode mode = FanoutMode::Push;
        std::optional<TimePoint> firstAt, lastAt;
    };
    struct Work // a task or dead letter that may still change the answer
    {
        TaskRef ref;
        TaskKind kind = TaskKind::PostCreated;
        TaskState state = TaskState::Ready;
        int attempts = 0;
        TimePoint since; // created, or died
        std::string error;
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
    bool merged = false; // the author's posts are merged when readers read

    bool self() const { return stored && stored->author == reader; }
    bool follows() const { return self() || (edge && (edge->following || keeps())); }
    bool keeps() const { return edge && !edge->following && post <= edge->keptTo; } // the past
    bool inSet() const;
};

[[nodiscard]] Result<ExplainFacts> readExplainFacts(const FeedServices& services, PostId post, UserId reader,
                                                    Deadline deadline);

} // namespace backend
