// A row of the directory's audit log as an event, in words. Pure functions; any thread.
#pragma once

#include "backend/domain/event.h"

#include <string>

namespace backend {

struct AuditRow
{
    std::int64_t id = 0;
    TimePoint at;
    std::string engine, who, action;
    std::string arguments;   // JSON, without long lists
    std::string outcome;     // "ok" or the error
    std::int64_t tasks = -1; // how many the action named; -1: it names none
};

EventKind auditEventKind(const std::string& action);
Event auditEvent(const AuditRow& row);

} // namespace backend
