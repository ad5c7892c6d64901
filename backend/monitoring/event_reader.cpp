#include "backend/monitoring/event_reader.h"

#include "backend/monitoring/audit_events.h"

#include <algorithm>

namespace backend {
namespace {

constexpr int kBatch = 500;            // rows fetched at once
constexpr int kMostBatches = 20;       // of one page: the database can only tell which rows may match
constexpr int kLookedThrough = 10'000; // of the log for one batch: what matches may be rare
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

struct AuditBatch
{
    std::vector<AuditRow> rows;           // newest first; those that may match
    std::optional<EventKey> lookedDownTo; // when the log goes on below what was looked through
};

Result<AuditBatch> readRows(SqlConnection& connection, const Window& window, const AuditFilter& filter,
                            Deadline deadline)
{
    static const std::string kWithin =
        "directory.audit_log WHERE (at, id) > (timestamptz 'epoch' + $1::bigint * interval '1 microsecond', "
        "$2::bigint)"
        " AND (at, id) < (timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4::bigint)"
        " ORDER BY at DESC, id DESC LIMIT $5::int";
    static const std::string kRows =
        "SELECT id, (extract(epoch FROM at) * 1000000)::bigint, engine, who, action,"
        " left((arguments - 'tasks' - 'readers')::text, 2000), left(outcome, 500),"
        " CASE jsonb_typeof(arguments -> 'tasks') WHEN 'array'"
        "   THEN jsonb_array_length(arguments -> 'tasks') ELSE -1 END"
        " FROM (SELECT * FROM " +
        kWithin + ") AS looked WHERE ($6::text[] = '{}' OR " + auditGroupSql() +
        " = ANY ($6::text[]))"
        " AND ($7::text[] = '{}' OR (SELECT bool_and(position(word IN " +
        std::string(kAuditText) +
        ") > 0) FROM unnest($7::text[]) AS word))"
        " ORDER BY at DESC, id DESC LIMIT $8::int";
    static const std::string kEnd = "SELECT count(*), (extract(epoch FROM min(at)) * 1000000)::bigint,"
                                    " (array_agg(id ORDER BY at, id))[1]"
                                    " FROM (SELECT at, id FROM " +
                                    kWithin + ") AS looked";
    const int through = filter.none() ? kBatch : kLookedThrough;
    const SqlParameters within{sqlParameter(window.above.at.time_since_epoch().count()),
                               sqlParameter(window.above.id / 2),
                               sqlParameter(window.below.at.time_since_epoch().count()),
                               sqlParameter((window.below.id + 1) / 2), sqlParameter(through)};
    auto filtered = within;
    filtered.insert(filtered.end(), {sqlArray(filter.groups), sqlArray(filter.words), sqlParameter(kBatch)});
    // The end is looked for last: rows that came meanwhile move it up, never down past what was not seen.
    ROOKERY_ASSIGN(const auto answers, connection.executeAll({{kRows, filtered}, {kEnd, within}}, deadline));
    const auto &rows = answers[0], &end = answers[1];
    AuditBatch out;
    for (std::size_t r = 0; r < rows.size(); ++r)
        out.rows.push_back({rows.integer(r, 0), TimePoint(std::chrono::microseconds(rows.integer(r, 1))),
                            std::string(rows.text(r, 2)), std::string(rows.text(r, 3)),
                            std::string(rows.text(r, 4)), std::string(rows.text(r, 5)),
                            std::string(rows.text(r, 6)), rows.integer(r, 7)});
    if (end.integer(0, 0) >= through)
        out.lookedDownTo = EventKey{TimePoint(std::chrono::microseconds(end.integer(0, 1))),
                                    auditEventId(end.integer(0, 2))};
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
    const auto filter = auditFilter(query);
    for (int batch = 0; batch < kMostBatches; ++batch) {
        ROOKERY_ASSIGN(const auto read, readRows(*connection, window, filter, deadline));
        for (const auto& row : read.rows) {
            auto event = auditEvent(row);
            window.below = event.key;
            if (!matches(query, event)) continue;
            out.events.push_back(std::move(event));
            if (out.events.size() == most) return out;
        }
        if (read.rows.size() == std::size_t(kBatch)) continue; // there may be more of them
        out.lookedDownTo = read.lookedDownTo;
        return out;
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
