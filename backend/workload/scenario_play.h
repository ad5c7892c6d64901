// One scenario as it is played, and what it is given: engine, servers, a way to tell what it does. Scenarios
// owns both and runs play() and then undo() on a thread of its own.
#pragma once

#include "backend/domain/scenario.h"
#include "backend/engine.h"
#include "backend/workload/scenario_servers.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace backend {

// Of a scenario whose size is how long it lasts.
inline constexpr std::int64_t kUsualSeconds = 60, kMostSeconds = 3'600;

struct ScenarioRun
{
    Engine& engine;
    ScenarioServers& servers;
    std::int64_t size = 0; // 0: the usual one
    // While it plays: somebody stops it. While it undoes: the session ends, and only what would outlive the
    // session is put right.
    std::stop_token stop;
    std::function<void(ScenarioState state, std::string step, double fraction)> tell;
    std::function<void(std::string subject)> about;
    std::function<void(std::string text)> log;

    bool stopped() const { return stop.stop_requested(); }
    // False as soon as it is stopped.
    bool wait(Milliseconds span) const;
};

class ScenarioPlay
{
public:
    virtual ~ScenarioPlay() = default;
    // Until it is over or stopped. Cancelled is no error.
    [[nodiscard]] virtual Result<void> play(ScenarioRun& run) = 0;
    // Always afterwards, also after an error.
    [[nodiscard]] virtual Result<void> undo(ScenarioRun&) { return {}; }
};

std::unique_ptr<ScenarioPlay> makeScenarioPlay(Scenario scenario);

std::unique_ptr<ScenarioPlay> celebrityPosts();
std::unique_ptr<ScenarioPlay> deleteStorm();
std::unique_ptr<ScenarioPlay> coldCache();
std::unique_ptr<ScenarioPlay> hotShard();
std::unique_ptr<ScenarioPlay> stoppedWorker();
std::unique_ptr<ScenarioPlay> killedRedis();
std::unique_ptr<ScenarioPlay> slowPostgres();

} // namespace backend
