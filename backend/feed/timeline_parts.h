// Reads timelines from PostgreSQL part by part, the newest first. Stateless; the caller's session and thread.
#pragma once

#include "backend/feed/feed_services.h"
#include "backend/store/post_source.h"

#include <optional>
#include <vector>

namespace backend {

// How long a token keeps others away: a builder that died leaves it this long at most.
inline constexpr Milliseconds kStaleBuild{5'000};

// Whose posts are in a timeline.
struct PartSources
{
    TimelineFamily family{};
    UserId owner;
    std::vector<PostSource> authors; // none for a public timeline: a whole logical shard
};

struct TimelinePart
{
    std::vector<PostId> ids; // newest first
    TimelineFloor floor;     // once they are in Redis; whole when nothing more belongs there
};

// To be read after the token was set: what changes them later takes the token.
[[nodiscard]] Result<PartSources> sourcesOf(SqlSession& sql, TimelineFamily family, UserId owner,
                                            Deadline deadline);

// The newest `most` posts below `before`, of `wanted` that are still to come until the cap is reached.
[[nodiscard]] Result<TimelinePart> readPart(const FeedServices& services, SqlSession& sql,
                                            const PartSources& sources, std::optional<PostId> before,
                                            std::int64_t most, std::int64_t wanted, Deadline deadline);

} // namespace backend
