// What one reader's home timeline should hold, from PostgreSQL alone, with SQL of its own. The one place that
// says whose posts belong into a home timeline: leave somebody out here and every audit of single timelines
// does. Stateless; the caller's session and thread.
#pragma once

#include "backend/audit/audit_data.h"
#include "backend/store/pulled_authors.h"
#include "backend/store/shard_sql.h"

#include <span>

namespace backend {

struct HomeTruth
{
    bool exists = false, warm = false; // the reader
    PostId from;                       // complete down to here
    // Of the reader and whom it follows, ascending. Marked as deleted are also those of pulled authors: there
    // or not, pages merge them.
    std::vector<AuditedPost> posts;
    std::int64_t formerPosts = 0; // of whom it followed once; counted only where it may explain the floor

    // Null: not among them. Deleted ones may stay until they are reclaimed.
    const AuditedPost* find(PostId post) const;
};

// Posts not below `from`, at most `most` of them, the newest; where there are more, `from` of the result lies
// higher. `cap`: entries a timeline keeps.
[[nodiscard]] Result<HomeTruth> homeTruth(SqlSession& sql, const PulledList& pulled, UserId reader,
                                          PostId from, int most, int cap, Deadline deadline);

} // namespace backend
