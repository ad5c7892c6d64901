// Which of some posts and readers unfinished tasks are still about: what differs because of them is no fault.
// Reads every node's queue, once for all that is asked; a queue of a million tasks takes some seconds.
// Stateless; the caller's session and thread.
#pragma once

#include "backend/domain/ids.h"
#include "backend/store/shard_sql.h"

#include <set>
#include <span>

namespace backend {

struct OutstandingWork
{
    std::set<PostId> posts;   // being fanned out or deleted
    std::set<UserId> readers; // whose follows are being reconciled, or who are on their way to be dormant
};

[[nodiscard]] Result<OutstandingWork> outstandingWork(SqlSession& sql, const SqlPools& pools,
                                                      std::span<const PostId> posts,
                                                      std::span<const UserId> readers, Deadline deadline);

} // namespace backend
