#include "app/session/session_factory.h"

#include "app/session/demo_cluster.h"
#include "backend/engine/open_engine.h"

#include <cstdlib>
#include <unistd.h>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr auto kOpenTimeout = 60s; // servers, schemas and engine together, on a slow machine

std::string whoAmI()
{
    for (const char* variable : {"LOGNAME", "USER"})
        if (const char* name = std::getenv(variable); name && *name) return name;
    return "uid " + std::to_string(::getuid());
}

class RunningSession final : public OpenedSession
{
public:
    Engine& engine() override { return *m_engine; }
    EmbeddedServers* servers() override { return m_servers.get(); }
    std::filesystem::path configFile() const override { return m_configFile; }
    AuditInputs auditInputs() override
    {
        AuditInputs inputs;
        inputs.pools = &m_engine->pools();
        inputs.map = m_engine->shardMaps().current();
        inputs.cap = m_engine->timelineLimits().cap;
        inputs.age = m_engine->timelineLimits().age;
        inputs.ageShift = m_engine->ageShift();
        return inputs;
    }

    std::unique_ptr<EmbeddedServers> m_servers; // first: the last to go
    std::filesystem::path m_configFile;
    std::unique_ptr<OpenEngine> m_engine;
};

Result<void> startDemo(const SessionOptions& options, RunningSession& session, NodeEndpoint& directory,
                       const SessionProgressSink& progress, std::stop_token stop, Deadline deadline)
{
    EmbeddedOptions embedded;
    embedded.dataDirectory = options.dataDirectory;
    embedded.progress = [&](const SessionProgress& step) { progress({step.step, step.fraction * 0.6}); };
    ROOKERY_ASSIGN(session.m_servers, EmbeddedServers::start(embedded, deadline, stop));
    progress({"preparing " + std::to_string(kDemoShards) + " logical shards", 0.65});
    ROOKERY_ASSIGN(directory, prepareDemoCluster(*session.m_servers, deadline));
    return {};
}

} // namespace

Result<std::shared_ptr<OpenedSession>> openSession(const SessionOptions& options, const SessionProgressSink& progress,
                                                   std::stop_token stop)
{
    const auto deadline = Deadline::after(kOpenTimeout);
    auto session = std::make_shared<RunningSession>();
    EngineOptions engine;
    engine.role = options.role;
    engine.who = whoAmI();
    engine.readOnly = options.readOnly;
    ROOKERY_TRY(startDemo(options, *session, engine.directory, progress, stop, deadline));
    engine.workers = options.workers >= 0 ? options.workers : 4;
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "opening was cancelled");
    progress({"starting the engine", 0.9});
    ROOKERY_ASSIGN(session->m_engine, openEngine(engine, deadline));
    progress({"ready", 1.0});
    return std::shared_ptr<OpenedSession>(std::move(session));
}

SessionOpener makeSessionOpener(SessionOptions options)
{
    return [options = std::move(options)](const SessionProgressSink& progress, std::stop_token stop)
               -> Result<std::shared_ptr<Session>> {
        ROOKERY_ASSIGN(auto session, openSession(options, progress, std::move(stop)));
        return std::shared_ptr<Session>(std::move(session));
    };
}

} // namespace app
