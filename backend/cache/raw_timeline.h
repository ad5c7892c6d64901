// Redis' contents as they are, for the audit: plain ZRANGE and GET per key, in pipelines, parsed on its own
// path. It shares nothing with Timelines and Objects but the names of the keys, so that a defect there cannot
// hide itself here. Stateless; the client's thread.
#pragma once

#include "backend/cache/timelines.h"
#include "backend/domain/feed.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace backend {

struct RawFloor
{
    PostId id;
    std::string runId;
    bool whole = true; // false: only the newest part is built, the floor is to be lowered
};

struct RawTimeline
{
    std::vector<PostId> ids;           // of all segments, ascending, each once
    std::vector<std::string> oddities; // members that are no ids, scores that are not their id's time, closed
                                       // segments out of order or other than noted
    std::vector<PostId> oddPosts;      // which post each of them is about; 0: none in particular
    std::vector<PostId> oddScores;     // of them those whose score is not their time
    std::vector<PostId> doubles;       // ids that stand in more than one closed segment, ascending
    std::size_t stored = 0;            // entries of all segments together
    std::optional<std::string> floorText;
    std::optional<RawFloor> floor; // of floorText; empty when void or unreadable
    std::string nodeRunId;
    bool valid() const { return floor && floor->runId == nodeRunId; }
};

// One result per owner. Not atomic: entries are read before the floor, closed segments after it; a timeline
// whose closed segments changed meanwhile is read up to four times. Read again before reporting a difference.
[[nodiscard]] Result<std::vector<RawTimeline>> readRawTimelines(RedisClient& client, const ShardMap& map,
                                                                TimelineFamily family,
                                                                std::span<const UserId> owners,
                                                                Deadline deadline);

struct RawCounters
{
    std::int64_t version = 0;
    Counters counters;
};
// Empty where there is none (it may have expired).
[[nodiscard]] Result<std::vector<std::optional<RawCounters>>>
readRawCounters(RedisClient& client, const ShardMap& map, std::span<const UserId> users, Deadline deadline);

} // namespace backend
