// The demo's scenarios: starts them, tells how far they are, has each put right what it broke. Several may
// run at once, each on a thread of its own. Owned by app/, which destroys it before the engine and the
// servers; that stops them all, and leaves no server standing still. Thread-safe.
#pragma once

#include "backend/domain/scenario.h"
#include "backend/engine.h"
#include "backend/workload/scenario_servers.h"

#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

namespace backend {

struct ScenarioRun;

class Scenarios final : public ScenarioControl
{
public:
    Scenarios(Engine& engine, std::unique_ptr<ScenarioServers> servers);
    ~Scenarios() override;

    ScenarioReport report() const override;
    [[nodiscard]] std::optional<Error> start(Scenario scenario, std::int64_t size) override;
    void stop(Scenario scenario) override;

private:
    struct Stage
    {
        ScenarioStatus status;
        std::stop_source stop, end; // of playing; of undoing
        std::jthread thread;
    };

    void run(Stage& stage, std::int64_t size);
    ScenarioRun makeRun(Stage& stage, std::int64_t size);
    void conclude(Stage& stage, const Result<void>& played, const Result<void>& undone);
    void add(Scenario scenario, std::string text, bool problem);
    Stage& stageOf(Scenario scenario) { return m_stages[std::size_t(scenario)]; }

    Engine& m_engine;
    const std::unique_ptr<ScenarioServers> m_servers;
    mutable std::mutex m_mutex; // guards all below but the threads
    std::deque<ScenarioEvent> m_events;
    std::uint64_t m_eventsTotal = 0;
    bool m_ending = false;
    std::mutex m_starting;                         // one start at a time
    std::array<Stage, kScenarios.size()> m_stages; // last: their threads use all of the above
};

} // namespace backend
