// "Why is this post, or is it not, in that reader's home timeline?" Reads PostgreSQL (post, edge on both
// sides, ledger, tasks, dead letters) and then the reader's sorted set as it is. Changes nothing. Stateless;
// any thread.
#pragma once

#include "backend/domain/explanation.h"
#include "backend/feed/feed_services.h"

namespace backend {

// NotFound for a reader who does not exist. The queue is searched whole: a long one takes seconds, within the
// deadline.
[[nodiscard]] Result<Explanation> explainPost(const FeedServices& services, PostId post, UserId reader,
                                              Deadline deadline);

} // namespace backend
