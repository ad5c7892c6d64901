#include "app/session/session_factory.h"

#include "app/session/demo_cluster.h"
#include "app/session/scenario_servers.h"
#include "app/session/schema_check.h"
#include "backend/common/config.h"
#include "backend/engine/open_engine.h"
#include "backend/workload/importer.h"
#include "backend/workload/scenarios.h"
#include "backend/workload/synthetic.h"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr int kDemoWorkers = 4;

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
    EngineSelf self() const override { return m_engine->self(); }
    bool stopWorkers(Deadline deadline) override { return m_engine->stopWorkers(deadline); }
    AuditInputs auditInputs() override { return auditInputsOf(*m_engine); }

    WorkloadControl* workload() override { return m_workload.get(); }
    ReplayControl* replay() override { return m_replay.get(); }
    ScenarioControl* scenarios() override { return m_scenarios.get(); }

    std::unique_ptr<EmbeddedServers> m_servers; // first: the last to go
    std::filesystem::path m_configFile;
    int m_directoryLine = 0; // of its address there
    std::unique_ptr<OpenEngine> m_engine;
    std::unique_ptr<SyntheticWorkload> m_workload;
    std::unique_ptr<Importer> m_replay;
    std::unique_ptr<Scenarios> m_scenarios; // last: the first to go
};

bool holdsCrowd(const std::vector<std::string>& imports)
{
    return std::any_of(imports.begin(), imports.end(), SyntheticWorkload::isCrowd);
}

// A real log that was imported is left as it is: no crowd is added to it.
bool mayHaveCrowd(const SessionOptions& options, const std::vector<std::string>& imports)
{
    return options.kind == SessionOptions::Kind::Demo && !options.readOnly &&
           (imports.empty() || holdsCrowd(imports));
}

Result<void> startDemo(const SessionOptions& options, RunningSession& session, DemoCluster& cluster,
                       const SessionProgressSink& progress, std::stop_token stop, Deadline deadline)
{
    EmbeddedOptions embedded;
    embedded.dataDirectory = options.dataDirectory;
    embedded.progress = [&](const SessionProgress& step) { progress({step.step, step.fraction * 0.6}); };
    ROOKERY_ASSIGN(session.m_servers, EmbeddedServers::start(embedded, deadline, stop));
    progress({"preparing " + std::to_string(options.shards) + " logical shards", 0.65});
    ROOKERY_ASSIGN(cluster, prepareDemoCluster(*session.m_servers, deadline, options.shards));
    return {};
}

// What opens this cluster from another process, beside the servers that it names.
Result<void> writeConfig(RunningSession& session, const DemoCluster& cluster)
{
    ClusterConfig config;
    config.name = "demo";
    config.environment = "demo";
    config.shards = cluster.shards;
    config.directoryAddress = cluster.directory.address;
    session.m_configFile = session.m_servers->directory() / "cluster.toml";
    return writeClusterToml(config, session.m_configFile);
}

Result<EngineOptions> engineOptions(const SessionOptions& options, RunningSession& session)
{
    ROOKERY_ASSIGN(const auto config, readClusterToml(options.configFile));
    session.m_configFile = options.configFile;
    session.m_directoryLine = config.directoryLine;
    EngineOptions engine;
    engine.directory = {0, "directory", NodeKind::Postgres, config.directoryAddress};
    engine.feedConnections = config.connections;
    engine.feedWaiters = config.waiters;
    engine.connectTimeout = config.connectTimeout;
    engine.workers = options.role == "serve" ? config.workers : 0;
    engine.auditPerSecond = config.auditPerSecond;
    engine.timelines.cap = config.timelineCap;
    engine.timelines.age = config.timelineAge;
    engine.keepPast = config.keepPast;
    engine.dormantAfter = config.dormantAfter;
    engine.fanout.chunk = config.fanoutChunk;
    engine.fanout.reclaimPerSecond = config.reclaimPerSecond;
    return engine;
}

// An address that cannot be one is a mistake in the file, as any other there.
Error inFile(const RunningSession& session, Error error)
{
    if (error.code == ErrorCode::Configuration && error.message.starts_with("cannot connect to directory"))
        error.message = session.m_configFile.string() + ":" + std::to_string(session.m_directoryLine) +
                        ": directory.address: " + error.message;
    return error;
}

// A file for each configuration, named like it: /etc/rookery/cluster.toml is kept in
// etc-rookery-cluster.toml.sqlite.
std::filesystem::path historyFileOf(const SessionOptions& options, const RunningSession& session)
{
    if (options.role != "desktop") return {};
    if (session.m_servers) return session.m_servers->directory() / "history.sqlite";
    if (options.historyFolder.empty()) return {};
    std::error_code error;
    const auto full = std::filesystem::weakly_canonical(options.configFile, error);
    std::string name;
    for (const auto& part : (error ? options.configFile : full).relative_path())
        name += (name.empty() ? "" : "-") + part.string();
    return options.historyFolder / (name + ".sqlite");
}

} // namespace

AuditInputs auditInputsOf(OpenEngine& engine)
{
    AuditInputs inputs;
    inputs.pools = &engine.pools();
    inputs.map = engine.shardMaps().current();
    inputs.cap = engine.timelineLimits().cap;
    inputs.age = engine.timelineLimits().age;
    inputs.ageShift = engine.ageShift();
    inputs.pulled = engine.pulledAuthors(Deadline::after(std::chrono::seconds(2)));
    return inputs;
}

Result<std::shared_ptr<OpenedSession>> openSession(const SessionOptions& options,
                                                   const SessionProgressSink& progress, std::stop_token stop)
{
    const auto deadline = Deadline::after(options.openWithin);
    auto session = std::make_shared<RunningSession>();
    EngineOptions engine;
    DemoCluster cluster;
    if (options.kind == SessionOptions::Kind::Demo) {
        ROOKERY_TRY(startDemo(options, *session, cluster, progress, stop, deadline));
        engine.directory = cluster.directory;
        ROOKERY_TRY(writeConfig(*session, cluster));
        engine.workers = kDemoWorkers;
    } else {
        progress({"connecting", 0.3});
        ROOKERY_ASSIGN(engine, engineOptions(options, *session));
        if (auto known = requireKnownSchemas(engine.directory, deadline); !known)
            return fail(inFile(*session, known.error()));
    }
    engine.role = options.role;
    engine.who = whoAmI();
    engine.readOnly = options.readOnly;
    engine.historyFile = historyFileOf(options, *session);
    if (options.workers >= 0) engine.workers = options.workers;
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "opening was cancelled");
    progress({"starting the engine", 0.9});
    ROOKERY_ASSIGN(session->m_engine, openEngine(engine, deadline));
    if (!options.replayFile.empty())
        session->m_replay = std::make_unique<Importer>(
            *session->m_engine, ImportOptions{options.replayFile, options.replaySpeed, options.keepTimes});
    else if (mayHaveCrowd(options, cluster.imports)) {
        SyntheticOptions synthetic;
        synthetic.begin = options.workload;
        synthetic.crowdThere = holdsCrowd(cluster.imports);
        session->m_workload = std::make_unique<SyntheticWorkload>(*session->m_engine, synthetic);
    }
    if (session->m_servers)
        session->m_scenarios = std::make_unique<Scenarios>(
            *session->m_engine,
            std::make_unique<DemoScenarioServers>(*session->m_servers, session->m_configFile));
    progress({"ready", 1.0});
    return std::shared_ptr<OpenedSession>(std::move(session));
}

SessionOpener makeSessionOpener(SessionOptions options)
{
    return [options = std::move(options)](const SessionProgressSink& progress,
                                          std::stop_token stop) -> Result<std::shared_ptr<Session>> {
        ROOKERY_ASSIGN(auto session, openSession(options, progress, std::move(stop)));
        return std::shared_ptr<Session>(std::move(session));
    };
}

} // namespace app
