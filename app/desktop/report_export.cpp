#include "app/desktop/report_export.h"

#include "ui/bridge/requests.h"
#include "ui/report/report_file.h"

#include <algorithm>

namespace app {
namespace {

constexpr std::chrono::seconds kPatience{20}, kPatienceDemo{60}; // then the report says what is not known
constexpr std::chrono::seconds kTraffic{5}; // of a demo, so that there are rates to report

bool sweptSince(const backend::ClusterSnapshot& snapshot, backend::TimePoint since)
{
    return !snapshot.shards.empty() &&
           std::all_of(snapshot.shards.begin(), snapshot.shards.end(),
                       [&](const auto& s) { return s.sweptAt && *s.sweptAt >= since; });
}

// The demo's crowd that is there or being made; null: none was asked for.
const backend::WorkloadControl* crowd(const ui::EngineBridge& bridge)
{
    const auto* workload = bridge.workload();
    return workload && workload->status().begun ? workload : nullptr;
}

// Accounts and follows are there: what is reported from now on is not half a crowd.
bool populated(const ui::EngineBridge& bridge)
{
    if (const auto* workload = crowd(bridge)) {
        const auto phase = workload->status().phase;
        return phase == "running" || phase == "stopped" || phase == "failed";
    }
    if (const auto* replay = bridge.replay()) {
        const auto phase = replay->status().phase;
        return phase != backend::ReplayPhase::Reading && phase != backend::ReplayPhase::Accounts &&
               phase != backend::ReplayPhase::Follows;
    }
    return true;
}

} // namespace

ReportExport::ReportExport(ui::EngineBridge& bridge, QString path, QObject* parent)
    : QObject(parent)
    , m_bridge(bridge)
    , m_path(std::move(path))
{
    connect(&bridge, &ui::EngineBridge::snapshotChanged, this, &ReportExport::consider);
    connect(&bridge, &ui::EngineBridge::stateChanged, this, [this](ui::EngineBridge::State state) {
        if (state == ui::EngineBridge::State::Failed) emit finished(m_bridge.errorText());
    });
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, [this] { write(m_bridge.snapshot()); });
}

void ReportExport::consider(const backend::SnapshotPtr& snapshot)
{
    if (!snapshot || m_writing) return;
    const bool demo = crowd(m_bridge) || m_bridge.replay();
    if (!m_populatedAt) {
        if (!populated(m_bridge)) return;
        m_populatedAt = snapshot->takenAt;
        m_patience.start(demo ? kPatienceDemo : kPatience);
    }
    if (sweptSince(*snapshot, demo ? *m_populatedAt + kTraffic : backend::TimePoint{})) write(snapshot);
}

void ReportExport::write(const backend::SnapshotPtr& snapshot)
{
    if (!snapshot || m_writing) return;
    m_writing = true;
    m_bridge.call(
        this,
        [snapshot, path = m_path](backend::Engine& engine) -> backend::Result<void> {
            const auto render = [&engine](const backend::ShardReport& report, backend::ReportFormat format) {
                return ui::requests::render(engine, report, format);
            };
            return ui::writeReport(ui::requests::shardReport(engine, *snapshot), render, path);
        },
        [this](const backend::Result<void>& result) {
            emit finished(result ? QString() : QString::fromStdString(result.error().message));
        });
}

} // namespace app
