#include "ui/widgets/backlog_text.h"

#include "ui/widgets/failure_text.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <optional>

namespace ui {
namespace {

constexpr double kCriticalSeconds = 60;  // readers see posts that late
constexpr double kSlowSeconds = 5;       // likewise, where it will not get better by itself
constexpr double kHeardOfSeconds = 5;    // an engine that is silent for longer may be gone
constexpr std::uint64_t kListedFrom = 5; // snapshots, one a second: engines are listed by then

struct Standstill
{
    QString headline, brief, advice;
    std::optional<backend::TimePoint> since;
    bool paused = false;
};

struct BacklogText
{
    Q_DECLARE_TR_FUNCTIONS(ui::BacklogText)
};
using B = BacklogText;

// It may take tasks, as far as is known.
bool counts(const backend::EngineSnapshot& engine)
{
    const bool onlyWatches = engine.workers == 0 && engine.workersWanted == 0;
    return engine.heartbeatAgeSeconds <= kHeardOfSeconds && !onlyWatches;
}

// When the last worker was paused of the engines that are there now.
std::optional<backend::TimePoint> pausedSince(const backend::ClusterSnapshot& snapshot)
{
    std::optional<backend::TimePoint> out;
    for (const auto& worker : snapshot.workers) {
        const bool there =
            std::any_of(snapshot.engines.begin(), snapshot.engines.end(),
                        [&](const auto& one) { return one.slot == worker.engineSlot && counts(one); });
        if (there && worker.state == backend::WorkerState::Paused)
            out = std::max(out.value_or(worker.since), worker.since);
    }
    return out;
}

// Where nobody takes tasks, and that is known.
std::optional<Standstill> standstillOf(const backend::ClusterSnapshot& snapshot)
{
    // What engines count is not known, or not of now, while the directory does not answer.
    const bool told = !snapshot.ratesReadAt && snapshot.deliveriesPerSecond >= 0;
    if (!told || snapshot.sequence < kListedFrom || snapshot.engines.empty()) return std::nullopt;
    bool paused = false;
    for (const auto& engine : snapshot.engines) {
        if (!counts(engine)) continue;
        if (!engine.paused) return std::nullopt;
        paused = true;
    }
    if (paused)
        return Standstill{B::tr("All workers are paused"), B::tr("all workers are paused"),
                          B::tr("What is posted reaches no home timeline until they are resumed."),
                          pausedSince(snapshot), true};
    return Standstill{
        B::tr("No engine has workers"),
        B::tr("no engine has workers"),
        B::tr("What is posted reaches no home timeline: start rookeryctl serve, or give an engine some."),
        {}};
}

// Tasks that a worker could take now.
std::int64_t readyTasks(const backend::ClusterSnapshot& snapshot)
{
    std::int64_t out = 0;
    for (const auto& kind : snapshot.queue)
        out += kind.ready;
    return out;
}

// "12,300 tasks wait, the oldest for 40 s"
QString waitingText(const backend::ClusterSnapshot& snapshot, std::int64_t tasks)
{
    return B::tr("%1, the oldest for %2")
        .arg(tasks == 1 ? B::tr("1 task waits") : B::tr("%1 tasks wait").arg(formatCount(tasks)),
             formatDuration(std::floor(snapshot.queueOldestAgeSeconds))); // its tenths are of no use here
}

} // namespace

QString backlogShort(const backend::ClusterSnapshot& snapshot)
{
    if (const auto nobody = standstillOf(snapshot)) return nobody->brief;
    return snapshot.backlog ? B::tr("workers fall behind") : QString();
}

QString backlogText(const backend::ClusterSnapshot& snapshot)
{
    if (const auto nobody = standstillOf(snapshot)) {
        const auto waiting = snapshot.queueUnfinished; // who waits for a node waits for them, too
        return waiting > 0 ? B::tr("%1: %2").arg(nobody->headline, waitingText(snapshot, waiting))
                           : nobody->headline;
    }
    if (!snapshot.backlog) return {};
    return B::tr("The workers fall behind: %1").arg(waitingText(snapshot, snapshot.backlog->waiting));
}

QString backlogAdvice(const backend::ClusterSnapshot& snapshot)
{
    if (const auto nobody = standstillOf(snapshot)) return nobody->advice;
    if (!snapshot.backlog) return {};
    using enum backend::Backlog::Cause;
    switch (snapshot.backlog->cause) {
    case NobodyWorks:
        return B::tr("No engine works on them: resume the workers, or start rookeryctl serve.");
    case NodeInTrouble:
        return B::tr("%1 Mend that first: tasks wait for it.").arg(failureCause(snapshot));
    case AllBusy: {
        const auto alive =
            std::count_if(snapshot.workers.begin(), snapshot.workers.end(),
                          [](const auto& one) { return one.state != backend::WorkerState::Stopped; });
        const auto busy =
            alive == 1 ? B::tr("The only worker is busy") : B::tr("All %1 workers are busy").arg(alive);
        return B::tr("%1: add some, start another rookeryctl serve, or have more authors pulled (Capacity).")
            .arg(busy);
    }
    case Retrying:
        return B::tr("Most of them have failed before: see what the workers complain about.");
    case Unknown:
        break;
    }
    return B::tr("Not all workers are busy: see what they wait for.");
}

std::optional<backend::TimePoint> backlogSince(const backend::ClusterSnapshot& snapshot)
{
    if (const auto nobody = standstillOf(snapshot)) return nobody->since;
    return snapshot.backlog ? std::optional(snapshot.backlog->since) : std::nullopt;
}

QString parkedTasksText(std::int64_t tasks)
{
    if (tasks == 1) return B::tr("1 task");
    const auto text = B::tr("%1 tasks").arg(formatCount(tasks));
    return tasks < backend::kParkedCounted ? text : B::tr("%1 or more").arg(text);
}

bool nobodyWorks(const backend::ClusterSnapshot& snapshot)
{
    return standstillOf(snapshot).has_value();
}

bool allPaused(const backend::ClusterSnapshot& snapshot)
{
    const auto nobody = standstillOf(snapshot);
    return nobody && nobody->paused;
}

bool backlogIsANodes(const backend::ClusterSnapshot& snapshot)
{
    return !standstillOf(snapshot) && snapshot.backlog &&
           snapshot.backlog->cause == backend::Backlog::Cause::NodeInTrouble;
}

Tone backlogTone(const backend::ClusterSnapshot& snapshot)
{
    if (standstillOf(snapshot))
        return readyTasks(snapshot) > 0 && snapshot.queueOldestAgeSeconds >= kSlowSeconds ? Tone::Critical
                                                                                          : Tone::Warning;
    if (!snapshot.backlog) return Tone::Normal;
    return snapshot.queueOldestAgeSeconds >= kCriticalSeconds ? Tone::Critical : Tone::Warning;
}

} // namespace ui
