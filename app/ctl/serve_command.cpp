// serve: workers as a service, until SIGTERM.
#include "app/ctl/service_signals.h"
#include "app/ctl/support.h"

#include "backend/common/clock.h"
#include "backend/common/config.h"
#include "backend/common/log.h"
#include "backend/engine/open_engine.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr auto kOpenWithin = 15s;
constexpr auto kEndWithin = 7s; // of ServiceSignals::kStopWithin: what is at hand may end by itself

const char* nameOf(Health health)
{
    switch (health) {
    case Health::Unknown:
        return "unknown";
    case Health::Ok:
        return "ok";
    case Health::Degraded:
        return "degraded";
    case Health::Down:
        return "down";
    }
    return "unknown";
}

// By reason, of those of which there were any: {"deadline exceeded": 12}.
nlohmann::json byReason(const FailureCounts& counts)
{
    auto out = nlohmann::json::object();
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i] > 0) out[std::string(kFailureReasonNames[i])] = counts[i];
    return out;
}

// Of the last seconds; empty: as good as all are answered, or it is not known.
std::string failuresText(const ClusterSnapshot& snapshot)
{
    std::string out;
    const auto add = [&out](const std::optional<CallTrouble>& trouble, const char* what) {
        if (!trouble) return;
        char part[96];
        std::snprintf(part, sizeof part, "; %s: %.1f/s, %.0f%% of them", what, trouble->perSecond,
                      100 * trouble->share);
        out += part;
    };
    add(snapshot.readsFail, "reads fail");
    add(snapshot.writesFail, "writes fail");
    add(snapshot.pagesPartial, "pages are incomplete");
    return out;
}

// Not known: null.
nlohmann::json rate(double perSecond)
{
    return perSecond < 0 ? nlohmann::json() : nlohmann::json(perSecond);
}

class Service
{
public:
    Service(const ServeCommand& command, ClusterConfig config)
        : m_command(command)
        , m_config(std::move(config))
    {
    }

    int run()
    {
        auto options = optionsOf({false, {}, m_command.config}, "serve");
        options.workers = m_command.workers;
        options.openWithin = kOpenWithin;
        log::setLevel(log::Level::Info);
        auto session = openWithSteps(options);
        if (!session) {
            event("failed", {{"error", session.error().message}});
            return failed(session.error());
        }
        m_session = std::move(*session);
        m_self = m_session->self();
        m_signals.opened();
        ready();
        while (!m_signals.stopRequested())
            turn();
        stop();
        return kOk;
    }

private:
    Engine& engine() { return m_session->engine(); }

    void event(const char* name, nlohmann::json fields)
    {
        if (!m_command.json) return;
        fields["event"] = name;
        fields["at"] = isoTime(SystemWallClock().now());
        std::printf("%s\n", fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
        std::fflush(stdout);
    }

    void ready()
    {
        const auto snapshot = engine().monitor().snapshot();
        const int workers = m_command.workers >= 0 ? m_command.workers : m_config.workers;
        log::info("ready: serving " + snapshot->clusterName + " with " + std::to_string(workers) +
                  " workers on " + std::to_string(snapshot->nodes.size()) + " nodes; SIGTERM ends it");
        event("ready", {{"cluster", snapshot->clusterName},
                        {"environment", snapshot->environment},
                        {"engine", m_self.name},
                        {"slot", m_self.slot},
                        {"workers", workers},
                        {"nodes", snapshot->nodes.size()},
                        {"shards", snapshot->shardCount}});
        tellServiceManager("READY=1");
        m_nextStatus = std::chrono::steady_clock::now() + statusEvery();
    }

    std::chrono::milliseconds statusEvery() const
    {
        return m_command.statusEverySeconds > 0
                   ? std::chrono::milliseconds(long(m_command.statusEverySeconds * 1'000))
                   : 1h;
    }

    void turn()
    {
        m_signals.wait(m_nextStatus);
        if (m_signals.takeReload()) reload();
        if (std::chrono::steady_clock::now() < m_nextStatus) return;
        if (m_command.statusEverySeconds > 0) status("status");
        m_nextStatus = std::chrono::steady_clock::now() + statusEvery();
    }

    void status(const char* name)
    {
        m_self = m_session->self();
        const auto snapshot = engine().monitor().snapshot();
        const auto own = std::find_if(snapshot->engines.begin(), snapshot->engines.end(),
                                      [](const auto& engine) { return engine.self; });
        const bool listed = own != snapshot->engines.end();
        std::int64_t done = 0, failures = 0;
        int workers = 0;
        std::string error;
        for (const auto& worker : snapshot->workers) {
            if (!listed || worker.engineSlot != own->slot || worker.engineName != own->name) continue;
            done += worker.tasksDone;
            failures += worker.tasksFailed;
            ++workers;
            if (error.empty()) error = worker.error;
        }
        const auto verification = snapshot->verification.value_or(TimelineVerification());
        event(name, {{"engine", m_self.name},
                     {"slot", m_self.slot},
                     {"health", nameOf(snapshot->health)},
                     {"message", snapshot->message},
                     {"workers", workers},
                     {"paused", listed && own->paused},
                     {"tasks_done", done},
                     {"tasks_failed", failures},
                     {"error", error},
                     {"queue_unfinished", snapshot->queueUnfinished},
                     {"queue_oldest_seconds", snapshot->queueOldestAgeSeconds},
                     {"dead_letters", snapshot->queueDead},
                     {"timelines_verified_last_hour", verification.verifiedLastHour},
                     {"timelines_differing_last_hour", verification.differencesLastHour},
                     {"deliveries_per_second", snapshot->deliveriesPerSecond},
                     {"reads_per_second", rate(snapshot->readsPerSecond)},
                     {"failed_reads_per_second", rate(snapshot->failedReadsPerSecond)},
                     {"failed_writes_per_second", rate(snapshot->failedWritesPerSecond)},
                     {"partial_pages_per_second", rate(snapshot->partialPagesPerSecond)},
                     {"failed_reads_total", byReason(snapshot->failedReadsTotal)},
                     {"failed_writes_total", byReason(snapshot->failedWritesTotal)}});
        if (m_command.json) return;
        char line[256];
        std::snprintf(line, sizeof line,
                      "%ld tasks done here, %ld failed; %ld unfinished in the cluster, the oldest %.1f s; "
                      "%ld dead letters",
                      long(done), long(failures), long(snapshot->queueUnfinished),
                      snapshot->queueOldestAgeSeconds, long(snapshot->queueDead));
        log::info(line + failuresText(*snapshot) + (error.empty() ? "" : "; last error: " + error));
    }

    // The number of workers can change while they run; everything else is built into what is open.
    void reload()
    {
        tellServiceManager("RELOADING=1");
        const auto fresh = readClusterToml(m_command.config);
        if (!fresh) {
            log::error("SIGHUP: goes on as it is: " + fresh.error().message);
            event("reload_failed", {{"error", fresh.error().message}});
        } else {
            auto later = nlohmann::json::array();
            for (const auto& key : changedKeys(m_config, *fresh))
                if (key != "engine.workers") later.push_back(key);
            const bool changed = applyWorkers(*fresh);
            const int workers = m_config.workers;
            for (const auto& key : later)
                log::warning("SIGHUP: " + key.get<std::string>() +
                             " has changed and counts from the next start");
            if (!changed && later.empty()) log::info("SIGHUP: nothing has changed");
            event("reloaded",
                  {{"workers", workers}, {"workers_changed", changed}, {"at_next_start", std::move(later)}});
        }
        tellServiceManager("READY=1");
    }

    bool applyWorkers(const ClusterConfig& fresh)
    {
        if (fresh.workers == m_config.workers) return false;
        if (m_command.workers >= 0) {
            log::warning("SIGHUP: engine.workers has changed, but --workers " +
                         std::to_string(m_command.workers) + " stands");
            return false;
        }
        m_self = m_session->self();
        if (m_self.slot < 0) { // the orders' address; -1 is everybody's
            log::error("SIGHUP: the number of workers could not be changed: this engine has no slot in the "
                       "directory at the moment");
            return false;
        }
        const auto set =
            engine().operations().setWorkerCount(m_self.slot, fresh.workers, Deadline::after(5s));
        if (!set) {
            log::error("SIGHUP: the number of workers could not be changed: " + set.error().message);
            return false;
        }
        m_config.workers = fresh.workers;
        log::info("SIGHUP: now " + std::to_string(fresh.workers) + " workers");
        return true;
    }

    void stop()
    {
        tellServiceManager("STOPPING=1");
        status("stopping");
        log::info("stopping: ends the work at hand, gives the rest back");
        const bool clean = m_session->stopWorkers(Deadline::after(kEndWithin));
        m_session.reset();
        log::info(clean
                      ? "stopped; it holds no task any more"
                      : "stopped; the tasks that it had to interrupt are taken over when their leases lapse");
        event("stopped", {{"engine", m_self.name}, {"slot", m_self.slot}, {"clean", clean}});
    }

    const ServeCommand& m_command;
    ClusterConfig m_config;
    ServiceSignals m_signals;
    std::shared_ptr<OpenedSession> m_session;
    EngineSelf m_self;
    std::chrono::steady_clock::time_point m_nextStatus{};
};

} // namespace

int runServe(const ServeCommand& command)
{
    auto config = readClusterToml(command.config);
    if (!config) return failed(config.error());
    return Service(command, std::move(*config)).run();
}

} // namespace app
