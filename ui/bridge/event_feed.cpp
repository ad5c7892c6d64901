#include "ui/bridge/event_feed.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ui {
namespace {

constexpr std::chrono::milliseconds kFeedInterval{2000};
constexpr int kMostMarks = 1'000;
constexpr std::chrono::seconds kOverlap{30}; // what is written late may carry an earlier time

} // namespace

EventFeed::EventFeed(EngineBridge& bridge, TimeRange& range, QObject* parent)
    : QObject(parent)
    , m_bridge(bridge)
    , m_range(range)
{
    m_timer.setInterval(kFeedInterval);
    connect(&m_timer, &QTimer::timeout, this, &EventFeed::poll);
    connect(&bridge, &EngineBridge::stateChanged, this, &EventFeed::begin);
    connect(&range, &TimeRange::moved, this, &EventFeed::follow);
    begin();
}

void EventFeed::begin()
{
    m_call.cancel(); // of another session
    m_reading = m_again = false;
    m_from = m_to = backend::TimePoint();
    m_range.setEvents({});
    if (m_bridge.state() != EngineBridge::State::Open) {
        m_timer.stop();
        return;
    }
    m_timer.start();
    follow();
}

// A window that is not within what was read is read as a whole, with as much before it and after it.
void EventFeed::follow()
{
    if (m_bridge.state() != EngineBridge::State::Open) return;
    const bool within =
        m_from != m_to && m_range.begin() >= m_from && (m_range.end() <= m_to || m_range.live());
    const bool suits = m_to - m_from <= 8 * m_range.span(); // else marks of now could be cut off by the limit
    if (within && suits) return;
    if (m_reading) {
        m_again = true;
        return;
    }
    backend::EventQuery query;
    query.begin = m_range.begin() - m_range.span();
    query.end = m_range.end() + m_range.span();
    query.limit = kMostMarks;
    m_from = *query.begin;
    m_to = *query.end;
    read(query, true);
}

void EventFeed::poll()
{
    if (!m_bridge.polling() || !m_range.live() || m_reading || m_from == m_to) return;
    backend::EventQuery query;
    query.begin = std::max(m_from, m_range.end() - kOverlap);
    query.limit = kMostMarks;
    m_to = std::max(m_to, m_range.end());
    read(query, false);
}

void EventFeed::read(const backend::EventQuery& query, bool whole)
{
    m_reading = true;
    m_call = m_bridge.call(
        this, [query](backend::Engine& engine) { return requests::events(engine, query); },
        [this, whole](backend::Result<backend::EventPage> page) {
            m_reading = false;
            if (page)
                take(std::move(page->events), whole);
            else if (whole)
                m_from = m_to; // tried again when the window moves
            if (std::exchange(m_again, false)) follow();
        });
}

void EventFeed::take(std::vector<backend::Event> events, bool whole)
{
    std::reverse(events.begin(), events.end());
    if (!whole) {
        const auto byKey = [](const auto& a, const auto& b) { return a.key < b.key; };
        std::vector<backend::Event> all;
        std::set_union(m_range.events().begin(), m_range.events().end(), events.begin(), events.end(),
                       std::back_inserter(all), byKey);
        const auto first =
            std::partition_point(all.begin(), all.end(), [&](const auto& e) { return e.key.at < m_from; });
        all.erase(all.begin(), first);
        if (all.size() > kMostMarks) all.erase(all.begin(), all.end() - kMostMarks);
        events = std::move(all);
    }
    const auto same = [](const auto& a, const auto& b) { return a.key == b.key; };
    const auto& before = m_range.events();
    if (!std::equal(before.begin(), before.end(), events.begin(), events.end(), same))
        m_range.setEvents(std::move(events));
}

} // namespace ui
