// What this monitor saw happen, newest 10,000 events of the last 30 days, in memory; the history file keeps
// the same across restarts. Owned by the sampler; thread-safe.
#pragma once

#include "backend/domain/event.h"

#include <mutex>
#include <vector>

namespace backend {

class EventLog
{
public:
    static constexpr std::size_t kMost = 10'000;
    static constexpr std::chrono::hours kKept{24 * 30};

    // Of earlier processes, in any order.
    void load(std::vector<Event> kept);
    // Gives the event its id. Empty when the same kind of event is known of the same place and moment.
    std::optional<Event> add(Event event);
    // Newest first, at most `most`.
    std::vector<Event> find(const EventQuery& query, std::size_t most) const;
    // All, ascending.
    std::vector<Event> all() const;

private:
    mutable std::mutex m_mutex;
    std::vector<Event> m_events; // ascending by key
    std::int64_t m_lastNumber = 0;
};

// Ids of events: even ones of the audit log, odd ones of what monitors saw.
constexpr std::int64_t auditEventId(std::int64_t row)
{
    return 2 * row;
}
constexpr std::int64_t seenEventId(std::int64_t number)
{
    return 2 * number + 1;
}

// All of the query's conditions.
bool matches(const EventQuery& query, const Event& event);

} // namespace backend
