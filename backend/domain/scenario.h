// The demo's scenarios: things that happen to a feed sooner or later, made to happen to the demo's own
// servers, watched and put right again. Implemented in backend/workload; all calls are thread-safe and return
// at once.
#pragma once

#include "backend/domain/error.h"
#include "backend/domain/ids.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace backend {

enum class Scenario {
    CelebrityPosts, // size: followers of the author
    DeleteStorm,    // size: posts that are deleted at once
    ColdCache,      // a Redis node starts again with nothing in it
    HotShard,       // size: seconds
    StoppedWorker,  // a second engine stands still in the middle of its work
    KilledRedis,    // until it is stopped
    SlowPostgres,   // size: seconds
};
inline constexpr std::array kScenarios{
    Scenario::CelebrityPosts, Scenario::DeleteStorm, Scenario::ColdCache,   Scenario::HotShard,
    Scenario::StoppedWorker,  Scenario::KilledRedis, Scenario::SlowPostgres};
inline constexpr std::int64_t kMostFollowers = 1'000'000;

enum class ScenarioState {
    Idle,
    Preparing,
    Running,
    Undoing, // what it broke is put right again
};

struct ScenarioStatus
{
    Scenario scenario = Scenario::CelebrityPosts;
    ScenarioState state = ScenarioState::Idle;
    std::string step;     // what it does now, in figures; empty while idle
    double fraction = -1; // of this step, 0 … 1; -1: nobody can tell
    std::string subject;  // what it is about, as pages know it: "redis-3", "shard 17", "@celebrity"
    std::string error;    // why the last run ended early
    std::optional<TimePoint> startedAt, endedAt; // of the last run
};

struct ScenarioEvent
{
    TimePoint at;
    Scenario scenario = Scenario::CelebrityPosts;
    bool problem = false;
    std::string text;
};

struct ScenarioReport
{
    std::vector<ScenarioStatus> scenarios; // in the order of kScenarios
    std::vector<ScenarioEvent> events;     // the last ones, ascending
    std::uint64_t eventsTotal = 0;         // since the session began: another number, other events
};

class ScenarioControl
{
public:
    virtual ~ScenarioControl() = default;
    virtual ScenarioReport report() const = 0;
    // size 0: the usual one. The error says why it was not begun: Conflict while it runs, ReadOnly.
    [[nodiscard]] virtual std::optional<Error> start(Scenario scenario, std::int64_t size) = 0;
    virtual void stop(Scenario scenario) = 0; // begins to put right what it broke; nothing while idle
};

} // namespace backend
