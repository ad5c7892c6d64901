#include "ui/widgets/backlog_text.h"

#include "ui/widgets/failure_text.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <algorithm>
#include <optional>

namespace ui {
namespace {

constexpr double kCriticalSeconds = 60;  // readers see posts that late
constexpr double kHeardOfSeconds = 5;    // an engine that is silent for longer may be gone
constexpr std::uint64_t kListedFrom = 5; // snapshots, one a second: engines are listed by then

struct Standstill
{
    QString headline, brief, advice;
};

struct BacklogText
{
    Q_DECLARE_TR_FUNCTIONS(ui::BacklogText)
};
using B = BacklogText;

// Where nobody takes tasks, and that is known.
std::optional<Standstill> standstillOf(const backend::ClusterSnapshot& snapshot)
{
    // What engines count is not known, or not of now, while the directory does not answer.
    const bool told = !snapshot.ratesReadAt && snapshot.deliveriesPerSecond >= 0;
    if (!told || snapshot.sequence < kListedFrom || snapshot.engines.empty()) return std::nullopt;
    bool paused = false;
    for (const auto& engine : snapshot.engines) {
        if (engine.heartbeatAgeSeconds > kHeardOfSeconds) continue;
        if (engine.workers == 0 && engine.workersWanted == 0) continue; // it only watches
        if (!engine.paused) return std::nullopt;
        paused = true;
    }
    if (paused)
        return Standstill{B::tr("All workers are paused"), B::tr("all workers are paused"),
                          B::tr("What is posted waits in the queue until they are resumed.")};
    return Standstill{
        B::tr("No engine has workers"), B::tr("no engine has workers"),
        B::tr("What is posted waits in the queue: start rookeryctl serve, or give an engine some.")};
}

} // namespace

QString backlogShort(const backend::ClusterSnapshot& snapshot)
{
    if (const auto nobody = standstillOf(snapshot)) return nobody->brief;
    return snapshot.backlog ? B::tr("workers fall behind") : QString();
}

QString backlogText(const backend::ClusterSnapshot& snapshot)
{
    if (!snapshot.backlog) {
        const auto nobody = standstillOf(snapshot);
        return nobody ? nobody->headline : QString();
    }
    const auto waiting = snapshot.backlog->waiting;
    return B::tr("The workers fall behind: %1, the oldest for %2")
        .arg(waiting == 1 ? B::tr("1 task waits") : B::tr("%1 tasks wait").arg(formatCount(waiting)),
             formatDuration(snapshot.queueOldestAgeSeconds));
}

QString backlogAdvice(const backend::ClusterSnapshot& snapshot)
{
    if (!snapshot.backlog) {
        const auto nobody = standstillOf(snapshot);
        return nobody ? nobody->advice : QString();
    }
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

Tone backlogTone(const backend::ClusterSnapshot& snapshot)
{
    if (!snapshot.backlog) return standstillOf(snapshot) ? Tone::Warning : Tone::Normal;
    return snapshot.queueOldestAgeSeconds >= kCriticalSeconds ? Tone::Critical : Tone::Warning;
}

} // namespace ui
