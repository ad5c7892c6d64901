// The delivery ledger of one post: who it was for and what became of it. Sums of rows written once.
#pragma once

#include "backend/domain/ids.h"

#include <optional>
#include <vector>

namespace backend {

enum class FanoutMode { Push, Pull };
// From the commit of a post to an entry in a home timeline.
using DeliveryDelay = TimePoint::duration;

struct LedgerChunk
{
    int chunk = 0; // 0 is the plan itself (and the whole delivery of a small audience)
    std::int64_t pushed = 0, skippedUnfollowed = 0, skippedDeleted = 0, failed = 0;
    UserId lastReader; // chunks cover ascending reader ids up to and including this one
    std::optional<TimePoint> firstDeliveryAt, lastDeliveryAt;
};

struct DeliveryLedger
{
    PostId post;
    FanoutMode mode = FanoutMode::Push;
    std::int64_t audience = 0; // followers and the author, when planned
    std::int64_t pushed = 0, skippedDormant = 0, skippedUnfollowed = 0, skippedDeleted = 0, pulled = 0,
                 failed = 0;
    int chunksPlanned = 0, chunksDone = 0;
    TimePoint committedAt; // the post's commit by its node's clock: delivery delay counts from here
    TimePoint plannedAt;   // when its audience was read, by the clock of the author's node
    std::optional<TimePoint> firstDeliveryAt, lastDeliveryAt;
    std::vector<LedgerChunk> chunks; // ascending

    // All chunks are done, and the author, whose node may be away longer than the readers'.
    bool complete() const { return chunksDone == chunksPlanned && accounted() >= audience; }
    std::int64_t accounted() const
    {
        return pushed + skippedDormant + skippedUnfollowed + skippedDeleted + pulled + failed;
    }
};

} // namespace backend
