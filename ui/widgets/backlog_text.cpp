#include "ui/widgets/backlog_text.h"

#include "ui/widgets/failure_text.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <algorithm>

namespace ui {
namespace {

constexpr double kCriticalSeconds = 60; // readers see posts that late

struct BacklogText
{
    Q_DECLARE_TR_FUNCTIONS(ui::BacklogText)
};
using B = BacklogText;

} // namespace

QString backlogText(const backend::ClusterSnapshot& snapshot)
{
    if (!snapshot.backlog) return {};
    const auto waiting = snapshot.backlog->waiting;
    return B::tr("The workers fall behind: %1, the oldest for %2")
        .arg(waiting == 1 ? B::tr("1 task waits") : B::tr("%1 tasks wait").arg(formatCount(waiting)),
             formatDuration(snapshot.queueOldestAgeSeconds));
}

QString backlogAdvice(const backend::ClusterSnapshot& snapshot)
{
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

Tone backlogTone(const backend::ClusterSnapshot& snapshot)
{
    if (!snapshot.backlog) return Tone::Normal;
    return snapshot.queueOldestAgeSeconds >= kCriticalSeconds ? Tone::Critical : Tone::Warning;
}

} // namespace ui
