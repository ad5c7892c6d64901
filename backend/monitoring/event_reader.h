// Pages of events from both records, newest first: what was seen, and the directory's audit log. No state;
// any thread.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/common/sql.h"
#include "backend/monitoring/event_log.h"

namespace backend {

// See Monitor::events. directory: null when this engine has no way to it.
[[nodiscard]] Result<EventPage> readEvents(const EventLog& seen, SqlPool* directory, const EventQuery& query,
                                           Deadline deadline);

} // namespace backend
