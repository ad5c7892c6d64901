#include "backend/monitoring/backlog_watch.h"

#include <algorithm>
#include <cmath>

namespace backend {
namespace {

constexpr double kHeardOfSeconds = 5, kNearlyAllBusy = 0.75;

} // namespace

void BacklogWatch::add(Time at, const std::vector<QueueKindSnapshot>& queue, double donePerSecond)
{
    if (queue.empty()) return;
    std::int64_t ready = 0;
    double oldest = 0;
    for (const auto& kind : queue) {
        ready += kind.ready;
        oldest = std::max(oldest, kind.oldestAgeSeconds);
    }
    const double share = m_told ? 0.5 : 1;
    const bool old = oldest >= share * double(kOld.count());
    const bool much = ready > 0 && double(ready) > share * donePerSecond * double(kMuch.count());
    m_last = at;
    if (!old || !much) {
        m_begun.reset();
        m_told = false;
        return;
    }
    if (!m_begun) m_begun = at;
    m_told = m_told || at - *m_begun >= kLasts;
}

std::optional<BacklogWatch::Time> BacklogWatch::since() const
{
    return m_told ? m_begun : std::nullopt;
}

bool anyoneWorks(const ClusterSnapshot& snapshot)
{
    return std::any_of(snapshot.engines.begin(), snapshot.engines.end(), [](const EngineSnapshot& engine) {
        return engine.heartbeatAgeSeconds <= kHeardOfSeconds && !engine.paused && engine.workers > 0;
    });
}

Backlog::Cause backlogCause(const ClusterSnapshot& snapshot)
{
    using enum Backlog::Cause;
    if (!anyoneWorks(snapshot)) return NobodyWorks;
    if (std::any_of(snapshot.nodes.begin(), snapshot.nodes.end(), [](const NodeSnapshot& node) {
            return node.health == Health::Down || node.health == Health::Degraded;
        }))
        return NodeInTrouble;
    std::int64_t ready = 0, retry = 0;
    for (const auto& kind : snapshot.queue) {
        ready += kind.ready;
        retry += kind.retry;
    }
    if (retry > ready) return Retrying;
    const auto alive = std::count_if(snapshot.workers.begin(), snapshot.workers.end(),
                                     [](const auto& worker) { return worker.state != WorkerState::Stopped; });
    const auto busy = std::count_if(snapshot.workers.begin(), snapshot.workers.end(),
                                    [](const auto& worker) { return worker.state == WorkerState::Running; });
    return alive > 0 && double(busy) >= kNearlyAllBusy * double(alive) ? AllBusy : Unknown;
}

namespace {

std::string waitingText(const ClusterSnapshot& snapshot, std::int64_t waiting)
{
    return std::to_string(waiting) +
           (waiting == 1 ? " task waits, the oldest for " : " tasks wait, the oldest for ") +
           std::to_string(std::llround(snapshot.queueOldestAgeSeconds)) + " s";
}

const char* adviceFor(Backlog::Cause cause)
{
    using enum Backlog::Cause;
    switch (cause) {
    case NobodyWorks:
        break;
    case NodeInTrouble:
        return "A node is in trouble: mend it first.";
    case AllBusy:
        return "All workers are busy. Add some, start another rookeryctl serve, or pull more authors.";
    case Retrying:
        return "Most of them failed before: see what the workers complain about.";
    case Unknown:
        break;
    }
    return "Not all workers are busy: see what they wait for.";
}

} // namespace

std::string nobodyWorksText(const ClusterSnapshot& snapshot)
{
    bool paused = false, silent = false;
    for (const auto& engine : snapshot.engines) {
        if (engine.workersWanted == 0) continue;
        (engine.heartbeatAgeSeconds > kHeardOfSeconds ? silent : paused) = true;
    }
    const auto waiting =
        waitingText(snapshot, snapshot.backlog ? snapshot.backlog->waiting : snapshot.queueUnfinished);
    if (paused) return "All workers are paused: " + waiting + ". Resume them.";
    if (silent)
        return "No engine with workers is heard of: " + waiting +
               ". See whether they run, or start rookeryctl serve.";
    return "No engine has workers: " + waiting + ". Start rookeryctl serve, or give an engine some.";
}

std::string backlogText(const ClusterSnapshot& snapshot)
{
    if (!snapshot.backlog) return {};
    if (snapshot.backlog->cause != Backlog::Cause::NobodyWorks)
        return "The workers fall behind: " + waitingText(snapshot, snapshot.backlog->waiting) + ". " +
               adviceFor(snapshot.backlog->cause);
    return nobodyWorksText(snapshot);
}

} // namespace backend
