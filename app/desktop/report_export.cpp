#include "app/desktop/report_export.h"

#include "ui/bridge/requests.h"
#include "ui/report/report_file.h"

#include <algorithm>

namespace app {
namespace {

constexpr std::chrono::seconds kPatience{20}; // then the report says what is not known

bool swept(const backend::ClusterSnapshot& snapshot)
{
    return !snapshot.shards.empty() &&
           std::all_of(snapshot.shards.begin(), snapshot.shards.end(), [](const auto& s) { return s.sweptAt.has_value(); });
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
    if (swept(*snapshot))
        write(snapshot);
    else if (!m_patience.isActive())
        m_patience.start(kPatience);
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
