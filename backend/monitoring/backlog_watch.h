// Whether the workers fall behind: much waits, and has waited for long. With hysteresis, so that a burst
// raises no alarm and a short pause ends none. Owned by the flow window; one thread.
#pragma once

#include "backend/domain/snapshot.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace backend {

class BacklogWatch
{
public:
    using Time = std::chrono::steady_clock::time_point;
    // What makes it one: the oldest task has waited for so long, more is ready than is done within so long,
    // and both for so long without a break. It ends when either is below half.
    static constexpr std::chrono::seconds kOld{10}, kMuch{5}, kLasts{10};

    // queue: one entry per kind as counted on all nodes; empty while not counted, which changes nothing.
    void add(Time at, const std::vector<QueueKindSnapshot>& queue, double donePerSecond);

    // Since when, once it has lasted.
    std::optional<Time> since() const;

private:
    std::optional<Time> m_begun;
    Time m_last{};
    bool m_told = false;
};

// What most likely holds the tasks up.
Backlog::Cause backlogCause(const ClusterSnapshot& snapshot);
// At least one engine is heard of that has workers, which are not paused.
bool anyoneWorks(const ClusterSnapshot& snapshot);
// For people: why nobody works on what waits, and what to do; only where nobody does.
std::string nobodyWorksText(const ClusterSnapshot& snapshot);
// For people: "The workers fall behind: 12300 tasks wait, the oldest for 40 s. All workers are busy. Add …";
// that nobody works comes in place of their falling behind. Empty: there is no backlog.
std::string backlogText(const ClusterSnapshot& snapshot);

} // namespace backend
