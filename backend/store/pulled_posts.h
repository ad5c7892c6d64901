// What the way back from pulled to pushed asks of PostgreSQL: what may be missing in the followers'
// timelines, and the author's row in the directory, from the first task to the end. Stateless; each call uses
// the caller's session or connection (one thread).
#pragma once

#include "backend/common/sql.h"
#include "backend/domain/ids.h"
#include "backend/store/shard_sql.h"

#include <vector>

namespace backend {

class PulledPosts
{
public:
    // Undeleted posts of the author that may never have been pushed, and everything newer: newest first, none
    // older than the cap-th newest of the author. Where there are older ones, `completeDownTo` is that one:
    // only down to it can a timeline be complete.
    struct Missing
    {
        std::vector<PostId> posts;
        PostId completeDownTo;
    };
    [[nodiscard]] static Result<Missing> missing(SqlSession& session, UserId author, int cap,
                                                 Deadline deadline);
    // Posts not below `from` that were deleted at `since` or later.
    [[nodiscard]] static Result<std::vector<PostId>>
    deletedSince(SqlSession& session, UserId author, PostId from, TimePoint since, Deadline deadline);

    // --- the directory's row; an ending is told by its `mergedTo` ---
    [[nodiscard]] static Result<bool> ends(SqlSession& session, int directoryNode, UserId author,
                                           PostId mergedTo, Deadline deadline);
    // A task for each author who ended so long ago and has none yet, in the transaction that notes it.
    // Returns how many.
    [[nodiscard]] static Result<std::int64_t> enqueueBackfills(SqlConnection& directory, Milliseconds ago,
                                                               Deadline deadline);
    // Those whose task is gone, because its dead letter was discarded, get one again.
    [[nodiscard]] static Result<void> forgetLostBackfills(SqlConnection& directory, Deadline deadline);
    // The row goes and every engine hears of it; nothing when the author is pulled again by now.
    static SqlStatement endStatement(UserId author, PostId mergedTo);
};

} // namespace backend
