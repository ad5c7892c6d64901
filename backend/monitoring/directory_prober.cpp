#include "backend/monitoring/directory_prober.h"

#include <algorithm>

namespace backend {
namespace {

using Clock = std::chrono::steady_clock;

EngineRow engineRow(EngineRecord record)
{
    EngineRow out;
    out.slot = record.slot;
    out.name = std::move(record.name);
    out.role = std::move(record.role);
    out.startedAt = record.startedAt;
    out.heartbeatAgeSeconds = std::max(0.0, record.heartbeatAgeSeconds);
    out.workersWanted = record.workersWanted;
    out.paused = record.paused;
    if (auto status = decodeStatus(record.status)) out.status = std::move(*status);
    return out;
}

} // namespace

DirectoryProber::DirectoryProber(NodeEndpoint node, SqlPool& pool, Publish publish,
                                 std::function<EngineStatus()> ownStatus, ProbeTimes times)
    : m_node(std::move(node))
    , m_directory(pool)
    , m_publish(std::move(publish))
    , m_ownStatus(std::move(ownStatus))
    , m_times(times)
    , m_health(Clock::now())
    , m_thread("directory", times.interval, [this](const std::stop_token&) { step(); })
{
}

DirectoryProber::View DirectoryProber::view() const
{
    const std::lock_guard lock(m_mutex);
    return {m_health.verdict(m_node, Clock::now()), m_publishError, m_engines, m_readAt};
}

std::optional<Error> DirectoryProber::publish()
{
    if (!m_publish) return std::nullopt;
    const auto published = m_publish(encodeStatus(m_ownStatus()));
    return published ? std::nullopt : std::optional(published.error());
}

void DirectoryProber::step()
{
    auto publishError = publish();
    auto engines = readEngines();
    const std::lock_guard lock(m_mutex);
    m_publishError = std::move(publishError);
    if (!engines) return m_health.missed(engines.error());
    m_health.answered(Clock::now());
    m_engines = std::move(*engines);
    m_readAt = Clock::now();
}

Result<std::vector<EngineRow>> DirectoryProber::readEngines()
{
    ROOKERY_ASSIGN(auto records, m_directory.engines(Deadline::after(m_times.deadline)));
    std::vector<EngineRow> out;
    for (auto& record : records)
        out.push_back(engineRow(std::move(record)));
    return out;
}

} // namespace backend
