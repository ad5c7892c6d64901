// The fake session, its controls and its opener.
#include "tests/support/fake_engine.h"

#include <thread>

namespace tests {
namespace {

class FakeSession final : public backend::Session
{
public:
    explicit FakeSession(std::shared_ptr<FakeBackend> fake)
        : m_fake(std::move(fake))
    {
        ++m_fake->opened;
    }
    ~FakeSession() override { ++m_fake->closed; }

    backend::Engine& engine() override { return *m_fake->engine; }
    backend::WorkloadControl* workload() override { return m_fake->workload.get(); }
    backend::ReplayControl* replay() override { return m_fake->replay.get(); }
    backend::ScenarioControl* scenarios() override { return m_fake->scenarios.get(); }

private:
    std::shared_ptr<FakeBackend> m_fake;
};

} // namespace

backend::SessionOpener fakeOpener(const std::shared_ptr<FakeBackend>& fake)
{
    return [fake](const backend::SessionProgressSink& progress,
                  std::stop_token stop) -> backend::Result<std::shared_ptr<backend::Session>> {
        for (const auto& step : fake->steps)
            progress(step);
        while (fake->holdOpening && !stop.stop_requested())
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        if (stop.stop_requested())
            return backend::fail(backend::ErrorCode::Cancelled, "opening was cancelled");
        if (fake->openingFails) return backend::fail(*fake->openingFails);
        return std::make_shared<FakeSession>(fake);
    };
}

backend::WorkloadStatus FakeWorkload::status() const
{
    const std::scoped_lock lock(m_mutex);
    return m_status;
}

void FakeWorkload::setRates(const backend::WorkloadRates& rates)
{
    const std::scoped_lock lock(m_mutex);
    m_status.wanted = rates;
}

void FakeWorkload::setRunning(bool running)
{
    const std::scoped_lock lock(m_mutex);
    m_status.running = running;
    m_status.phase = running ? "running" : "stopped";
}

void FakeWorkload::setStatus(const backend::WorkloadStatus& status)
{
    const std::scoped_lock lock(m_mutex);
    m_status = status;
}

backend::ReplayStatus FakeReplay::status() const
{
    const std::scoped_lock lock(m_mutex);
    return m_status;
}

void FakeReplay::cancel()
{
    const std::scoped_lock lock(m_mutex);
    m_cancelled = true;
    m_status.phase = backend::ReplayPhase::Cancelled;
}

void FakeReplay::setStatus(const backend::ReplayStatus& status)
{
    const std::scoped_lock lock(m_mutex);
    m_status = status;
}

bool FakeReplay::cancelled() const
{
    const std::scoped_lock lock(m_mutex);
    return m_cancelled;
}

FakeScenarios::FakeScenarios()
{
    for (const auto scenario : backend::kScenarios) {
        m_report.scenarios.emplace_back();
        m_report.scenarios.back().scenario = scenario;
    }
}

backend::ScenarioReport FakeScenarios::report() const
{
    const std::scoped_lock lock(m_mutex);
    return m_report;
}

std::optional<backend::Error> FakeScenarios::start(backend::Scenario scenario, std::int64_t size)
{
    const std::scoped_lock lock(m_mutex);
    m_calls.push_back("start " + std::to_string(int(scenario)) + " " + std::to_string(size));
    if (m_refusal) return m_refusal;
    m_report.scenarios[std::size_t(scenario)].state = backend::ScenarioState::Preparing;
    return std::nullopt;
}

void FakeScenarios::stop(backend::Scenario scenario)
{
    const std::scoped_lock lock(m_mutex);
    m_calls.push_back("stop " + std::to_string(int(scenario)));
    m_report.scenarios[std::size_t(scenario)].state = backend::ScenarioState::Undoing;
}

void FakeScenarios::setStatus(const backend::ScenarioStatus& status)
{
    const std::scoped_lock lock(m_mutex);
    m_report.scenarios[std::size_t(status.scenario)] = status;
}

void FakeScenarios::addEvent(const backend::ScenarioEvent& event)
{
    const std::scoped_lock lock(m_mutex);
    m_report.events.push_back(event);
    ++m_report.eventsTotal;
}

void FakeScenarios::refuseWith(std::optional<backend::Error> error)
{
    const std::scoped_lock lock(m_mutex);
    m_refusal = std::move(error);
}

std::vector<std::string> FakeScenarios::calls() const
{
    const std::scoped_lock lock(m_mutex);
    return m_calls;
}

} // namespace tests
