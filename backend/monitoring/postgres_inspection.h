// One PostgreSQL node in detail, from its own statistics views. What this role may not see, or what is not
// installed, is missing with the reason. The caller's thread.
#pragma once

#include "backend/common/sql.h"
#include "backend/domain/node_details.h"
#include "backend/monitoring/reading_window.h"

namespace backend {

struct PostgresCounters // of the database, since its statistics were reset
{
    std::int64_t blocksHit = 0, blocksRead = 0, commits = 0, rollbacks = 0, deadlocks = 0, temporaryBytes = 0;
};
using PostgresWindow = ReadingWindow<PostgresCounters>;

// An error only when there is no connection to be had or it breaks at the first question.
[[nodiscard]] Result<PostgresDetails> inspectPostgres(SqlPool& pool, PostgresWindow& window,
                                                      Deadline deadline);

} // namespace backend
