// Scenarios in which something stands still without being gone: an engine in the middle of its work, a
// PostgreSQL node most of every second.
#include "backend/workload/scenario_people.h"

#include <algorithm>
#include <cmath>

namespace backend {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

// --- stopped worker

constexpr int kHelperWorkers = 4;
constexpr std::int64_t kPostsAtHand = 3'000; // so that it has something at hand when it is stopped
constexpr std::int64_t kPostsBeforeHalt = 600;
constexpr auto kJoining = 20s, kTakeOver = 60s;
constexpr double kWaiting = 5; // seconds: the oldest task was one of the engine that stands still

class StoppedWorker final : public ScenarioPlay
{
public:
    Result<void> play(ScenarioRun& run) override;
    Result<void> undo(ScenarioRun& run) override;

private:
    Result<void> waitForHelper(ScenarioRun& run, int pid);
    Result<void> haltInTheMiddle(ScenarioRun& run);
    void watchTakeOver(ScenarioRun& run);
    const EngineSnapshot* helper(const ClusterSnapshot& snapshot) const;

    std::string m_nameEnd; // of the helper among the engines
    std::string m_name;
    bool m_started = false;
};

const EngineSnapshot* StoppedWorker::helper(const ClusterSnapshot& snapshot) const
{
    const auto found = std::find_if(snapshot.engines.begin(), snapshot.engines.end(),
                                    [this](const auto& engine) { return engine.name.ends_with(m_nameEnd); });
    return found == snapshot.engines.end() ? nullptr : &*found;
}

Result<void> StoppedWorker::play(ScenarioRun& run)
{
    run.tell(ScenarioState::Preparing, "starting a second engine", -1);
    m_started = true;
    ROOKERY_ASSIGN(const int pid, run.servers.startHelper(kHelperWorkers));
    ROOKERY_TRY(waitForHelper(run, pid));
    ROOKERY_TRY(haltInTheMiddle(run));
    watchTakeOver(run);
    return {};
}

Result<void> StoppedWorker::waitForHelper(ScenarioRun& run, int pid)
{
    m_nameEnd = ":" + std::to_string(pid);
    for (const auto until = SteadyClock::now() + kJoining; SteadyClock::now() < until;) {
        const auto snapshot = run.engine.monitor().snapshot();
        const bool working =
            std::any_of(snapshot->workers.begin(), snapshot->workers.end(), [this](const auto& worker) {
                return worker.engineName.ends_with(m_nameEnd) && worker.state != WorkerState::Starting;
            });
        if (const auto* engine = helper(*snapshot); engine && working) {
            m_name = engine->name;
            run.about(m_name);
            run.log("A second engine, " + m_name + ", works with " + std::to_string(kHelperWorkers) +
                    " workers.");
            return {};
        }
        if (!run.wait(100ms)) return fail(ErrorCode::Cancelled, "stopped");
    }
    return fail(ErrorCode::DeadlineExceeded,
                "The second engine did not appear among the engines within 20 s: start the scenario again.");
}

Result<void> StoppedWorker::haltInTheMiddle(ScenarioRun& run)
{
    ROOKERY_ASSIGN(const auto people, somePeople(run));
    std::atomic<bool> halted = false;
    const auto post = [&](std::int64_t index) -> Result<void> {
        const auto author = people[std::size_t(index * 7919) % people.size()];
        ROOKERY_TRY(run.engine.feed().post(author, "Who will deliver this?", scenarioDeadline()));
        return {};
    };
    const auto progress = [&](std::int64_t done) {
        run.tell(ScenarioState::Preparing,
                 "giving it work: " + grouped(done) + " of " + grouped(kPostsAtHand) + " posts",
                 double(done) / kPostsAtHand);
        if (done == kPostsBeforeHalt && run.servers.pauseHelper()) halted = true;
    };
    ROOKERY_TRY(sideBySide(run, kPostsAtHand, post, progress));
    if (!halted) return fail(ErrorCode::Unavailable, "The second engine ended before it could be stopped.");
    run.log(m_name + " stands still (SIGSTOP) in the middle of its work; what it had claimed waits.");
    return {};
}

void StoppedWorker::watchTakeOver(ScenarioRun& run)
{
    const auto began = SteadyClock::now();
    bool waited = false;
    while (SteadyClock::now() - began < kTakeOver) {
        const auto snapshot = run.engine.monitor().snapshot();
        const auto* engine = helper(*snapshot);
        const double oldest = snapshot->queueOldestAgeSeconds;
        waited = waited || oldest > kWaiting;
        const double since = std::chrono::duration<double>(SteadyClock::now() - began).count();
        run.tell(ScenarioState::Running,
                 m_name +
                     (engine ? " is silent for " + seconds(engine->heartbeatAgeSeconds)
                             : std::string(" is not among the engines any more")) +
                     "; the oldest task waits " + seconds(oldest),
                 -1);
        if (waited && oldest < kWaiting) {
            run.log("Its tasks were taken over after about " + seconds(since) +
                    "; the queue is young again.");
            return;
        }
        if (!run.wait(200ms)) return;
    }
    if (!waited)
        run.log("It had no task at hand that others had to take over: start it again with more traffic.");
}

Result<void> StoppedWorker::undo(ScenarioRun& run)
{
    if (!m_started) return {};
    run.tell(ScenarioState::Undoing, "letting the second engine go on, and ending it", -1);
    run.servers.endHelper(run.stopped());
    if (!m_name.empty()) run.log(m_name + " was let go on and ended.");
    return {};
}

// --- slow PostgreSQL

constexpr Milliseconds kStill = 1'600ms, kMoving = 400ms;
constexpr auto kRecovery = 20s;

class SlowPostgres final : public ScenarioPlay
{
public:
    Result<void> play(ScenarioRun& run) override;
    Result<void> undo(ScenarioRun& run) override;

private:
    double probe(const ClusterSnapshot& snapshot) const; // ms; negative: not answered
    void look(ScenarioRun& run);
    bool lookFor(ScenarioRun& run, Milliseconds span); // false as soon as it is stopped
    std::string probesText() const;

    std::string m_node;
    std::int64_t m_seen = 0; // the last snapshot that was looked at
    std::int64_t m_answered = 0, m_missed = 0;
    double m_slowest = 0; // ms, of those answered
};

double SlowPostgres::probe(const ClusterSnapshot& snapshot) const
{
    for (const auto& node : snapshot.nodes)
        if (node.name == m_node) return node.health == Health::Ok ? node.probeMilliseconds : -1;
    return -1;
}

void SlowPostgres::look(ScenarioRun& run)
{
    const auto snapshot = run.engine.monitor().snapshot();
    if (std::int64_t(snapshot->sequence) == m_seen) return;
    m_seen = std::int64_t(snapshot->sequence);
    const double took = probe(*snapshot);
    ++(took < 0 ? m_missed : m_answered);
    m_slowest = std::max(m_slowest, took);
}

bool SlowPostgres::lookFor(ScenarioRun& run, Milliseconds span)
{
    for (const auto until = SteadyClock::now() + span; SteadyClock::now() < until;) {
        if (!run.wait(std::min<Milliseconds>(100ms, span))) return false;
        look(run);
    }
    return true;
}

// A probe waits half a second at most: what takes longer was not answered.
std::string SlowPostgres::probesText() const
{
    const auto all = grouped(m_answered + m_missed);
    if (m_answered == 0) return "answered none of " + all + " probes";
    return "answered " + grouped(m_answered) + " of " + all + " probes, the slowest in " +
           grouped(std::int64_t(std::lround(m_slowest))) + " ms";
}

Result<void> SlowPostgres::play(ScenarioRun& run)
{
    const auto snapshot = run.engine.monitor().snapshot();
    for (const auto& node : snapshot->nodes)
        if (std::find(node.roles.begin(), node.roles.end(), Role::Posts) != node.roles.end())
            m_node = node.name;
    if (m_node.empty())
        return fail(ErrorCode::Unavailable, "The nodes are not known yet: start it again in a second.");
    run.about(m_node);
    const auto length = std::chrono::seconds(std::min(run.size > 0 ? run.size : kUsualSeconds, kMostSeconds));
    run.log(m_node + " stands still 1.6 s of every 2 s, for " + std::to_string(length.count()) + " s.");
    m_seen = std::int64_t(snapshot->sequence);
    for (const auto began = SteadyClock::now(); SteadyClock::now() - began < length;) {
        ROOKERY_TRY(run.servers.pauseNode(m_node));
        const bool goOn = lookFor(run, kStill);
        ROOKERY_TRY(run.servers.resumeNode(m_node));
        const double passed = std::chrono::duration<double>(SteadyClock::now() - began).count();
        run.tell(ScenarioState::Running,
                 m_node + " " + probesText() + "; " +
                     std::to_string(std::max<long>(0, length.count() - long(passed))) + " s left",
                 passed / double(length.count()));
        if (!goOn || !lookFor(run, kMoving)) break;
    }
    run.log(m_node + " " + probesText() + ".");
    return {};
}

Result<void> SlowPostgres::undo(ScenarioRun& run)
{
    if (m_node.empty()) return {};
    ROOKERY_TRY(run.servers.resumeNode(m_node));
    for (const auto until = SteadyClock::now() + kRecovery; SteadyClock::now() < until;) {
        if (const double now = probe(*run.engine.monitor().snapshot());
            now >= 0 && now < double(kStill.count()) / 4) {
            run.log(m_node + " runs freely again and answers its probe in " + grouped(std::int64_t(now)) +
                    " ms.");
            return {};
        }
        run.tell(ScenarioState::Undoing, "waiting until " + m_node + " answers quickly again", -1);
        if (!run.wait(200ms)) return {};
    }
    return {};
}

} // namespace

std::unique_ptr<ScenarioPlay> stoppedWorker()
{
    return std::make_unique<StoppedWorker>();
}

std::unique_ptr<ScenarioPlay> slowPostgres()
{
    return std::make_unique<SlowPostgres>();
}

} // namespace backend
