#include "backend/monitoring/event_reader.h"

#include "backend/monitoring/audit_events.h"

#include <algorithm>

namespace backend {
namespace {

constexpr int kBatch = 500;      // rows read at once
constexpr int kMostBatches = 20; // of one page: what matches may be rare
constexpr int kMostEvents = 1'000;

// The part of the audit log between two keys, both of them left out.
struct Window
{
    EventKey above, below;
};

constexpr EventKey kEndOfTime{TimePoint(std::chrono::sys_days(std::chrono::year(9999) / 1 / 1)), 0};

Window windowOf(const EventQuery& query)
{
    Window out{{TimePoint(), 0}, kEndOfTime};
    if (query.begin) out.above = std::max(out.above, EventKey{*query.begin, 0});
    if (query.after) out.above = std::max(out.above, *query.after);
    if (query.end) out.below = std::min(out.below, EventKey{*query.end, 0});
    if (query.before) out.below = std::min(out.below, *query.before);
    return out;
}

bool asksForAudit(const EventQuery& query)
{
    return query.kinds.empty() || std::any_of(query.kinds.begin(), query.kinds.end(), [](EventKind kind) {
               return kind == EventKind::WorkersChanged || kind == EventKind::SettingChanged ||
                      kind == EventKind::OperatorAction;
           });
}

// Newest first.
Result<std::vector<AuditRow>> readRows(SqlConnection& connection, const Window& window, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        connection.execute(
            "SELECT id, (extract(epoch FROM at) * 1000000)::bigint, engine, who, action,"
            " left((arguments - 'tasks' - 'readers')::text, 2000), left(outcome, 500),"
            " CASE jsonb_typeof(arguments -> 'tasks') WHEN 'array'"
            "   THEN jsonb_array_length(arguments -> 'tasks') ELSE -1 END"
            " FROM directory.audit_log"
            " WHERE (at, id) > (timestamptz 'epoch' + $1::bigint * interval '1 microsecond', $2::bigint)"
            " AND (at, id) < (timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4::bigint)"
            " ORDER BY at DESC, id DESC LIMIT $5::int",
            {sqlParameter(window.above.at.time_since_epoch().count()), sqlParameter(window.above.id / 2),
             sqlParameter(window.below.at.time_since_epoch().count()),
             sqlParameter((window.below.id + 1) / 2), sqlParameter(kBatch)},
            deadline));
    std::vector<AuditRow> out;
    for (std::size_t r = 0; r < rows.size(); ++r)
        out.push_back({rows.integer(r, 0), TimePoint(std::chrono::microseconds(rows.integer(r, 1))),
                       std::string(rows.text(r, 2)), std::string(rows.text(r, 3)),
                       std::string(rows.text(r, 4)), std::string(rows.text(r, 5)),
                       std::string(rows.text(r, 6)), rows.integer(r, 7)});
    return out;
}

struct AuditPart
{
    std::vector<Event> events;
    std::optional<EventKey> lookedDownTo; // below it nobody looked
};

Result<AuditPart> readAudit(SqlPool& pool, const EventQuery& query, std::size_t most, Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, pool.lease(deadline));
    AuditPart out;
    auto window = windowOf(query);
    for (int batch = 0; batch < kMostBatches; ++batch) {
        ROOKERY_ASSIGN(const auto rows, readRows(*connection, window, deadline));
        for (const auto& row : rows) {
            auto event = auditEvent(row);
            window.below = event.key;
            if (!matches(query, event)) continue;
            out.events.push_back(std::move(event));
            if (out.events.size() == most) return out;
        }
        if (rows.size() < std::size_t(kBatch)) return out;
    }
    out.lookedDownTo = window.below;
    return out;
}

EventPage merged(std::vector<Event> seen, AuditPart audit, std::size_t limit)
{
    EventPage page;
    page.events = std::move(seen);
    page.events.insert(page.events.end(), std::make_move_iterator(audit.events.begin()),
                       std::make_move_iterator(audit.events.end()));
    std::sort(page.events.begin(), page.events.end(),
              [](const Event& a, const Event& b) { return a.key > b.key; });
    if (audit.lookedDownTo) {
        const auto below = std::find_if(page.events.begin(), page.events.end(),
                                        [&](const Event& e) { return e.key < *audit.lookedDownTo; });
        page.events.erase(below, page.events.end());
        page.next = audit.lookedDownTo;
    }
    if (page.events.size() > limit) {
        page.events.resize(limit);
        page.next = page.events.back().key;
    }
    return page;
}

} // namespace

Result<EventPage> readEvents(const EventLog& seen, SqlPool* directory, const EventQuery& query,
                             Deadline deadline)
{
    if (query.limit < 1 || query.limit > kMostEvents)
        return fail(ErrorCode::InvalidArgument, "between 1 and 1,000 events can be asked for");
    const auto most = std::size_t(query.limit) + 1; // one more tells whether there are older ones
    AuditPart audit;
    std::string missing;
    if (asksForAudit(query)) {
        if (!directory) {
            missing = "This engine has no connection to the directory: what operators did is not told.";
        } else if (auto part = readAudit(*directory, query, most, deadline)) {
            audit = std::move(*part);
        } else {
            missing = "What operators did cannot be read from the directory: " + part.error().message;
        }
    }
    auto page = merged(seen.find(query, most), std::move(audit), std::size_t(query.limit));
    page.missing = std::move(missing);
    return page;
}

} // namespace backend
