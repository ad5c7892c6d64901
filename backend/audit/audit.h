// Recomputes every home, author and public timeline, every counter and every ledger row from PostgreSQL on a
// path of its own (its own SQL, plain ZRANGE and GET) and reports what differs. Judges only posts older than
// the oldest unfinished task, and reads a difference again before reporting it. The caller's thread; reads
// only.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/domain/audit.h"
#include "backend/domain/cluster.h"
#include "backend/store/pulled_authors.h"
#include "backend/store/shard_sql.h"

#include <functional>
#include <memory>

namespace backend {

struct AuditInputs
{
    const SqlPools* pools = nullptr;
    std::shared_ptr<const ShardMap> map;
    int cap = 800;                            // entries a timeline keeps
    std::chrono::hours age{24 * 30};          // and how old they get,
    Milliseconds ageShift{0};                 // counted from now minus this
    std::shared_ptr<const PulledList> pulled; // authors whose posts may be in home timelines, or not
};

using AuditProgress = std::function<void(const std::string& step, double fraction)>; // may be empty

[[nodiscard]] Result<AuditReport> runAudit(const AuditInputs& inputs, const AuditProgress& progress,
                                           Deadline deadline);

} // namespace backend
