// Looks at the dead letters of one node without ever fetching a whole payload. Stateless; uses the caller's
// connection.
#pragma once

#include "backend/common/sql.h"
#include "backend/domain/queue_details.h"

namespace backend {

// One group per signature of the newest 100,000, the 1,000 largest; `complete` tells whether those are all.
[[nodiscard]] Result<DeadLetterGroups> readDeadLetterGroups(SqlConnection& connection, Deadline deadline);

// At most query.limit + 1, newest first: the last one tells that there are more.
[[nodiscard]] Result<std::vector<DeadLetter>>
readDeadLetters(SqlConnection& connection, int node, const DeadLetterQuery& query, Deadline deadline);

// Without payloads and errors: what a set is made of. At most kDeadLettersAtOnce + 1, newest first.
[[nodiscard]] Result<std::vector<DeadLetterCursor>> readDeadLetterRefs(SqlConnection& connection, int node,
                                                                       const std::string& signature,
                                                                       TimePoint until, Deadline deadline);

// The begin of the payload and the length of the whole, which the server knows without reading it.
[[nodiscard]] Result<DeadLetterPayload> readDeadLetterPayload(SqlConnection& connection, std::int64_t id,
                                                              Deadline deadline);

// The order of lists over several nodes: newest first, then by node and id, highest first.
bool isNewer(const DeadLetterCursor& a, const DeadLetterCursor& b);

} // namespace backend
