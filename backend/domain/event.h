// What happened in a cluster, from two records: what monitors saw (nodes lost and back, engines come and
// gone, restores, calls that fail) and the directory's audit log (what people did). Plain values.
#pragma once

#include "backend/domain/ids.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace backend {

enum class EventKind {
    NodeLost,
    NodeBack,
    EngineStarted,
    EngineStopped,
    WorkersChanged, // paused, resumed, their number
    SettingChanged, // of the cluster: thresholds, ages
    OperatorAction, // everything else in the audit log
    RestoreBegun,   // of what a Redis node has lost
    RestoreFinished,
    CallsFail, // reads, writes, or pages that are incomplete: so many that somebody should look
    CallsAnswered,
    WorkersBehind, // tasks wait for long, see Backlog
    WorkersCaughtUp,
};
inline constexpr auto kLastEventKind = EventKind::WorkersCaughtUp; // kinds are kept on disk as numbers

// Orders all events in time, each in one place.
struct EventKey
{
    TimePoint at;
    std::int64_t id = 0; // unique among all events of a cluster as one engine tells them

    auto operator<=>(const EventKey&) const = default;
};

struct Event
{
    EventKey key;
    EventKind kind = EventKind::OperatorAction;
    bool failed = false; // an action that was refused or broke off
    std::string what, who,
        where; // sentences and names for people; who: an operator, or the engine that saw it
};

struct EventQuery
{
    std::optional<TimePoint> begin, end; // [begin, end)
    std::optional<EventKey> before;      // only older ones
    std::optional<EventKey> after;       // only newer ones
    std::vector<EventKind> kinds;        // empty: all
    std::string text; // in what, who or where, whatever the case of ASCII letters; empty: all
    int limit = 200;  // 1 … 1,000
};

struct EventPage
{
    std::vector<Event> events;    // newest first
    std::optional<EventKey> next; // `before` of the following page; empty: there are no older ones
    std::string missing;          // why a part is not told, and what to do; empty: all of it is
};

} // namespace backend
