// A row of the directory's audit log as an event, in words. Pure functions; any thread.
#pragma once

#include "backend/domain/event.h"

#include <string>
#include <string_view>
#include <vector>

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

// What a row must have for its event to match a query, as far as the database can tell; the event itself
// decides. None of a kind: all rows have it.
struct AuditFilter
{
    std::vector<std::string> groups; // auditGroupSql()
    std::vector<std::string> words;  // in lower case; all of them in kAuditText
    bool none() const { return groups.empty() && words.empty(); }
};
AuditFilter auditFilter(const EventQuery& query);
// Expressions over directory.audit_log: of an action's kind, as auditEventKind() has it, and of all its text.
const std::string& auditGroupSql();
extern const std::string_view kAuditText;

EventKind auditEventKind(const std::string& action);
Event auditEvent(const AuditRow& row);

} // namespace backend
