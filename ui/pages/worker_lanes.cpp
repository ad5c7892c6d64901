#include "ui/pages/worker_lanes.h"

#include "ui/models/queue_tables.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <algorithm>
#include <limits>

namespace ui {
namespace {

struct WorkerLanes
{
    Q_DECLARE_TR_FUNCTIONS(ui::WorkerLanes)
};

constexpr int kKinds = int(backend::kTaskKinds.size());
constexpr int kPaused = kKinds, kWaiting = kKinds + 1;
constexpr int kSeries = 8; // of the theme: what is beyond has a pattern

int lookOf(backend::WorkerState state, backend::TaskKind kind)
{
    if (state == backend::WorkerState::Paused) return kPaused;
    if (state == backend::WorkerState::Waiting) return kWaiting;
    const auto found = std::find(backend::kTaskKinds.begin(), backend::kTaskKinds.end(), kind);
    return std::min(kKinds - 1, int(found - backend::kTaskKinds.begin()));
}

QString lookName(backend::WorkerState state, backend::TaskKind kind)
{
    if (state == backend::WorkerState::Paused) return WorkerLanes::tr("paused");
    if (state == backend::WorkerState::Waiting) return WorkerLanes::tr("waiting for a node");
    return kindText(kind);
}

LaneBar barOf(const backend::WorkerSpan& span)
{
    const double begin = secondsOf(span.begin), end = secondsOf(span.end);
    const auto took = formatDuration(end - begin);
    const auto name = lookName(span.state, span.kind);
    const auto words = span.state == backend::WorkerState::Running
                           ? WorkerLanes::tr("%1 × %2 from %3, %4")
                                 .arg(name, formatCount(span.tasks), QString::fromStdString(span.node), took)
                           : WorkerLanes::tr("%1, %2").arg(name, took);
    return {begin, end, lookOf(span.state, span.kind), words, 0, 1};
}

void addTally(std::vector<LaneBar>& bars, const backend::WorkerTally& tally)
{
    const double begin = secondsOf(tally.begin), end = secondsOf(tally.end);
    double from = 0;
    for (const auto& part : tally.parts) {
        const double share = std::min(part.seconds / (end - begin), 1 - from);
        if (share <= 0) continue;
        const auto words = WorkerLanes::tr("%1 for %2 of %3 (%4 tasks of all kinds)")
                               .arg(lookName(part.state, part.kind), formatRatio(share),
                                    formatDuration(end - begin), formatCount(tally.tasks));
        bars.push_back({begin, end, lookOf(part.state, part.kind), words, from, from + share});
        from += share;
    }
}

Lane laneOf(const backend::WorkerLane& worker)
{
    Lane out;
    const auto name = WorkerLanes::tr("Worker %1").arg(worker.index + 1);
    out.name = worker.engine.empty()
                   ? name
                   : WorkerLanes::tr("%1 · %2").arg(QString::fromStdString(worker.engine), name);
    out.knownFrom = secondsOf(worker.since);
    out.knownTo = worker.until ? secondsOf(*worker.until) : std::numeric_limits<double>::max();
    out.outside = WorkerLanes::tr("no such worker then");
    for (const auto& tally : worker.tallies)
        addTally(out.bars, tally);
    for (const auto& span : worker.spans)
        out.bars.push_back(barOf(span));
    return out;
}

} // namespace

std::vector<LaneLook> workerLooks()
{
    std::vector<LaneLook> looks;
    for (int kind = 0; kind < kKinds; ++kind)
        looks.push_back({kindText(backend::kTaskKinds[std::size_t(kind)]), kind % kSeries + 1, Tone::Normal,
                         kind < kSeries ? Qt::SolidPattern : Qt::Dense4Pattern});
    looks.push_back({WorkerLanes::tr("paused"), 0, Tone::Muted, Qt::Dense6Pattern});
    looks.push_back({WorkerLanes::tr("waiting for a node"), 0, Tone::Warning, Qt::Dense5Pattern});
    return looks;
}

std::vector<Lane> workerLanes(const backend::WorkerSpans& spans, const backend::ClusterSnapshot& snapshot)
{
    std::vector<Lane> out;
    for (const auto& lane : spans.lanes)
        out.push_back(laneOf(lane));
    for (const auto& engine : snapshot.engines) {
        if (engine.self || (engine.workers == 0 && engine.workersWanted == 0)) continue;
        const bool known = std::any_of(spans.lanes.begin(), spans.lanes.end(),
                                       [&](const auto& lane) { return lane.engine == engine.name; });
        if (known) continue;
        Lane lane;
        lane.name = QString::fromStdString(engine.name);
        lane.outside = WorkerLanes::tr("not known: it has told nothing of its workers");
        out.push_back(std::move(lane));
    }
    return out;
}

} // namespace ui
