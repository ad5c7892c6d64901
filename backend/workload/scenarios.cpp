#include "backend/workload/scenarios.h"

#include "backend/common/clock.h"
#include "backend/common/log.h"
#include "backend/workload/scenario_play.h"

#include <algorithm>

namespace backend {
namespace {

constexpr std::size_t kEventsKept = 200;

} // namespace

std::unique_ptr<ScenarioPlay> makeScenarioPlay(Scenario scenario)
{
    switch (scenario) {
    case Scenario::CelebrityPosts:
        return celebrityPosts();
    case Scenario::DeleteStorm:
        return deleteStorm();
    case Scenario::ColdCache:
        return coldCache();
    case Scenario::HotShard:
        return hotShard();
    case Scenario::StoppedWorker:
        return stoppedWorker();
    case Scenario::KilledRedis:
        return killedRedis();
    case Scenario::SlowPostgres:
        return slowPostgres();
    }
    return nullptr;
}

Scenarios::Scenarios(Engine& engine, std::unique_ptr<ScenarioServers> servers)
    : m_engine(engine)
    , m_servers(std::move(servers))
{
    for (const auto scenario : kScenarios)
        stageOf(scenario).status.scenario = scenario;
}

Scenarios::~Scenarios()
{
    const std::lock_guard starting(m_starting);
    {
        const std::lock_guard lock(m_mutex);
        m_ending = true;
        for (auto& stage : m_stages) {
            stage.stop.request_stop();
            stage.end.request_stop();
        }
    }
    m_servers->cancelRestarts();
    for (auto& stage : m_stages)
        if (stage.thread.joinable()) stage.thread.join();
}

ScenarioReport Scenarios::report() const
{
    const std::lock_guard lock(m_mutex);
    ScenarioReport report;
    for (const auto& stage : m_stages)
        report.scenarios.push_back(stage.status);
    report.events.assign(m_events.begin(), m_events.end());
    report.eventsTotal = m_eventsTotal;
    return report;
}

std::optional<Error> Scenarios::start(Scenario scenario, std::int64_t size)
{
    if (m_engine.readOnly())
        return Error{ErrorCode::ReadOnly,
                     "This demo was opened read-only, and scenarios change it: open it without that.", false};
    if (size < 0 || size > kMostFollowers)
        return Error{ErrorCode::InvalidArgument, "A scenario's size is 1 to 1,000,000.", false};
    const std::lock_guard starting(m_starting);
    auto& stage = stageOf(scenario);
    {
        const std::lock_guard lock(m_mutex);
        if (m_ending) return Error{ErrorCode::Cancelled, "The demo is closing.", false};
        if (stage.status.state != ScenarioState::Idle)
            return Error{ErrorCode::Conflict, "This scenario runs already: stop it first.", false};
        stage.status = {.scenario = scenario,
                        .state = ScenarioState::Preparing,
                        .step = "beginning",
                        .fraction = -1,
                        .subject = {},
                        .error = {},
                        .startedAt = SystemWallClock().now(),
                        .endedAt = {}};
        stage.stop = {};
        stage.end = {};
    }
    // Joins the thread of the run before, which has ended.
    stage.thread = std::jthread([this, &stage, size] { run(stage, size); });
    return std::nullopt;
}

void Scenarios::stop(Scenario scenario)
{
    const std::lock_guard lock(m_mutex);
    stageOf(scenario).stop.request_stop();
}

ScenarioRun Scenarios::makeRun(Stage& stage, std::int64_t size)
{
    const auto scenario = stage.status.scenario;
    return {.engine = m_engine,
            .servers = *m_servers,
            .size = size,
            .stop = stage.stop.get_token(),
            .tell =
                [this, &stage](ScenarioState state, std::string step, double fraction) {
                    const std::lock_guard lock(m_mutex);
                    stage.status.state = state;
                    stage.status.step = std::move(step);
                    stage.status.fraction = fraction;
                },
            .about =
                [this, &stage](std::string subject) {
                    const std::lock_guard lock(m_mutex);
                    stage.status.subject = std::move(subject);
                },
            .log = [this, scenario](std::string text) { add(scenario, std::move(text), false); }};
}

void Scenarios::run(Stage& stage, std::int64_t size)
{
    const auto play = makeScenarioPlay(stage.status.scenario);
    auto given = makeRun(stage, size);
    const auto guarded = [&](auto step) -> Result<void> {
        try {
            return step();
        } catch (const std::exception& problem) {
            return fail(ErrorCode::Internal,
                        std::string("This is a defect of the program: ") + problem.what());
        }
    };
    const auto played = guarded([&] { return play->play(given); });
    given.tell(ScenarioState::Undoing, "ending", -1);
    given.stop = stage.end.get_token();
    conclude(stage, played, guarded([&] { return play->undo(given); }));
}

void Scenarios::conclude(Stage& stage, const Result<void>& played, const Result<void>& undone)
{
    const auto wrong = [](const Result<void>& result) {
        return !result && result.error().code != ErrorCode::Cancelled;
    };
    const auto scenario = stage.status.scenario;
    std::string error;
    for (const auto* result : {&played, &undone}) {
        if (!wrong(*result)) continue;
        add(scenario, result->error().message, true);
        if (error.empty()) error = result->error().message;
    }
    const std::lock_guard lock(m_mutex);
    stage.status.state = ScenarioState::Idle;
    stage.status.step.clear();
    stage.status.fraction = -1;
    stage.status.error = std::move(error);
    stage.status.endedAt = SystemWallClock().now();
}

void Scenarios::add(Scenario scenario, std::string text, bool problem)
{
    (problem ? log::warning : log::info)("scenario: " + text);
    const std::lock_guard lock(m_mutex);
    m_events.push_back({SystemWallClock().now(), scenario, problem, std::move(text)});
    if (m_events.size() > kEventsKept) m_events.pop_front();
    ++m_eventsTotal;
}

} // namespace backend
