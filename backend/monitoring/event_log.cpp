#include "backend/monitoring/event_log.h"

#include <algorithm>
#include <string_view>

namespace backend {
namespace {

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}

bool contains(std::string_view text, std::string_view part)
{
    const auto same = [](char a, char b) { return lower(a) == lower(b); };
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

bool byKey(const Event& a, const Event& b)
{
    return a.key < b.key;
}

// Several programs that watch one cluster write into one file, each when it saw it: the first one counts.
constexpr std::chrono::seconds kSeenTogether{3};

void dropSeenTwice(std::vector<Event>& events)
{
    std::vector<Event> out;
    for (auto& event : events) {
        bool twice = false;
        for (auto it = out.rbegin(); it != out.rend() && event.key.at - it->key.at <= kSeenTogether; ++it)
            twice = twice || (it->kind == event.kind && it->where == event.where && it->who != event.who);
        if (!twice) out.push_back(std::move(event));
    }
    events = std::move(out);
}

} // namespace

bool matches(const EventQuery& query, const Event& event)
{
    const auto& key = event.key;
    if ((query.begin && key.at < *query.begin) || (query.end && key.at >= *query.end)) return false;
    if ((query.before && key >= *query.before) || (query.after && key <= *query.after)) return false;
    if (!query.kinds.empty() &&
        std::find(query.kinds.begin(), query.kinds.end(), event.kind) == query.kinds.end())
        return false;
    return query.text.empty() || contains(event.what, query.text) || contains(event.who, query.text) ||
           contains(event.where, query.text);
}

void EventLog::load(std::vector<Event> kept)
{
    std::sort(kept.begin(), kept.end(), byKey);
    dropSeenTwice(kept);
    const std::lock_guard lock(m_mutex);
    for (const auto& event : kept)
        m_lastNumber = std::max(m_lastNumber, event.key.id / 2);
    m_events = std::move(kept);
}

std::optional<Event> EventLog::add(Event event)
{
    const std::lock_guard lock(m_mutex);
    for (auto it = m_events.rbegin(); it != m_events.rend() && it->key.at >= event.key.at; ++it)
        if (it->key.at == event.key.at && it->kind == event.kind && it->where == event.where)
            return std::nullopt;
    // The time of writing makes it unique among several programs that keep one file.
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    m_lastNumber = std::max(m_lastNumber + 1,
                            std::int64_t(std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
    event.key.id = seenEventId(m_lastNumber);
    m_events.insert(std::upper_bound(m_events.begin(), m_events.end(), event, byKey), event);
    const auto tooOld = std::partition_point(m_events.begin(), m_events.end(), [&](const Event& e) {
        return e.key.at + kKept < m_events.back().key.at;
    });
    m_events.erase(m_events.begin(), tooOld);
    if (m_events.size() > kMost) m_events.erase(m_events.begin());
    return event;
}

std::vector<Event> EventLog::find(const EventQuery& query, std::size_t most) const
{
    std::vector<Event> out;
    const std::lock_guard lock(m_mutex);
    for (auto it = m_events.rbegin(); it != m_events.rend() && out.size() < most; ++it)
        if (matches(query, *it)) out.push_back(*it);
    return out;
}

std::vector<Event> EventLog::all() const
{
    const std::lock_guard lock(m_mutex);
    return m_events;
}

} // namespace backend
