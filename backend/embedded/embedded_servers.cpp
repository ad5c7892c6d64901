#include "backend/embedded/embedded_servers.h"

#include "backend/common/log.h"
#include "backend/embedded/data_directory.h"
#include "backend/embedded/postgres_server.h"
#include "backend/embedded/postgres_template.h"
#include "backend/embedded/redis_dump.h"
#include "backend/embedded/redis_server.h"
#include "backend/embedded/server_programs.h"
#include "backend/embedded/session_niceness.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>

namespace backend {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr auto kRestartPatience = 30s; // a node may have a gigabyte of write-ahead log to replay
// Callers wait for PostgreSQL's commits; what keeps Redis busy is delivery. Within the program's session
// only: as sessions of their own they would let reads starve (tests/bench/RESULTS.md).
constexpr int kRedisNiceness = 10;
constexpr auto kStopPatience = 500ms; // with nothing to save
constexpr auto kCheckpointPatience =
    1200ms; // kept data that did not write its checkpoint by then recovers at its start

void report(const EmbeddedOptions& options, std::string step, double fraction)
{
    if (options.progress) options.progress({std::move(step), fraction});
}

Result<void> checkCounts(const EmbeddedOptions& options)
{
    if (options.postgresNodes >= 1 && options.postgresNodes <= 64 && options.redisNodes >= 0 &&
        options.redisNodes <= 4096)
        return {};
    return fail(ErrorCode::InvalidArgument,
                "Private servers: 1 to 64 PostgreSQL nodes and 0 to 4096 Redis nodes, not " +
                    std::to_string(options.postgresNodes) + " and " + std::to_string(options.redisNodes) +
                    ".");
}

std::string majorOfData(const DataDirectory& directory)
{
    const std::string version = readFile(directory.path() / "pg-1" / "PG_VERSION");
    return version.substr(0, version.find('\n'));
}

} // namespace

struct EmbeddedServers::State
{
    explicit State(DataDirectory ours)
        : directory(std::move(ours))
    {
    }

    Result<void> plan(const EmbeddedOptions& options, const ServerPrograms& programs, Deadline deadline,
                      const std::stop_token& stop);
    Result<void> startAll(const EmbeddedOptions& options, Deadline deadline, const std::stop_token& stop);
    Result<void> waitReady(ServerProcess& server, Deadline deadline, const std::stop_token& stop);
    ServerProcess* find(std::string_view name);
    void endAll() noexcept;
    std::vector<Result<std::string>> saveAll(Deadline deadline);
    void mark(const std::vector<Result<std::string>>& runIds);
    int postgresNodes() const;
    std::vector<pid_t> postgresProcesses() const;

    mutable std::mutex mutex;
    std::stop_source stopping; // ends a wait inside restartNode
    DataDirectory directory;
    ForkThread forkThread; // outlives the servers
    std::vector<std::unique_ptr<ServerProcess>> servers;
    bool complete = false; // every node answered once
    bool stopped = false;
    std::jthread cleaner; // of what killed programs left elsewhere
    std::optional<SessionNiceness> niceness;
};

Result<void> EmbeddedServers::State::plan(const EmbeddedOptions& options, const ServerPrograms& programs,
                                          Deadline deadline, const std::stop_token& stop)
{
    const int existing = directory.nodeCount("pg-");
    const int postgresNodes = std::max(options.postgresNodes, existing);
    const int redisNodes = std::max(options.redisNodes, directory.nodeCount("redis-"));
    PostgresTemplate source;
    if (postgresNodes > existing) {
        ROOKERY_TRY(directory.requireSpace(postgresNodes - existing));
        ROOKERY_ASSIGN(source, obtainPostgresTemplate(programs, directory, deadline, stop));
    }
    int id = 0;
    const auto add = [&](ServerSpec spec) {
        spec.node.id = ++id;
        spec.plan.niceness = spec.node.kind == NodeKind::Redis ? kRedisNiceness : 0;
        servers.push_back(std::make_unique<ServerProcess>(std::move(spec)));
    };
    for (int number = 1; number <= postgresNodes; ++number)
        add(postgresServer(directory, number, programs.postgresBin, source.path));
    const std::string state =
        postgresNodes == existing ? postgresState(directory.path(), existing) : std::string();
    for (int number = 1; number <= redisNodes; ++number) {
        ROOKERY_ASSIGN(auto formerRunId,
                       takeRedisDump(directory.path() / ("redis-" + std::to_string(number)), state));
        add(redisServer(directory, number, programs.redisServer, options.redisArguments,
                        std::move(formerRunId)));
    }
    return {};
}

Result<void> EmbeddedServers::State::startAll(const EmbeddedOptions& options, Deadline deadline,
                                              const std::stop_token& stop)
{
    const auto total = servers.size();
    report(options, "starting " + std::to_string(total) + " servers", 0.3);
    std::vector<Result<void>> launched(total);
    {
        // PostgreSQL nodes copy tens of megabytes first: each on its own thread. Redis nodes are launched
        // meanwhile.
        std::vector<std::jthread> launching;
        for (std::size_t i = 0; i < total; ++i) {
            if (servers[i]->node().kind == NodeKind::Postgres)
                launching.emplace_back([&, i] { launched[i] = servers[i]->launch(forkThread); });
            else
                launched[i] = servers[i]->launch(forkThread);
        }
    }
    for (auto& one : launched)
        ROOKERY_TRY(std::move(one));
    for (std::size_t i = 0; i < total; ++i) {
        ROOKERY_TRY(waitReady(*servers[i], deadline, stop));
        report(options, servers[i]->name() + " is ready", 0.5 + 0.5 * double(i + 1) / double(total));
    }
    removeTree(directory.path() / "template");
    complete = true;
    return {};
}

// A dump that Redis does not take, such as a newer version's, costs a rebuild and not the start.
Result<void> EmbeddedServers::State::waitReady(ServerProcess& server, Deadline deadline,
                                               const std::stop_token& stop)
{
    const std::vector<std::stop_token> stops{stop, stopping.get_token()};
    const EmbeddedNode node = server.node();
    auto ready = server.waitReady(deadline, stops);
    if (node.formerRunId.empty()) return ready;
    if (ready) return removeRedisDump(node.dataDirectory); // it is loaded
    if (server.running()) return ready;
    log::warning(ready.error().message + " It starts empty instead.");
    server.kill();
    ROOKERY_TRY(server.launch(forkThread));
    return server.waitReady(deadline, stops);
}

ServerProcess* EmbeddedServers::State::find(std::string_view name)
{
    const auto found =
        std::find_if(servers.begin(), servers.end(), [&](const auto& one) { return one->name() == name; });
    return found == servers.end() ? nullptr : found->get();
}

void EmbeddedServers::State::endAll() noexcept
{
    if (std::exchange(stopped, true)) return;
    const bool saving = complete && !directory.temporary();
    for (const auto& server : servers)
        if (!saving || !server->savable()) server->requestStop();
    const auto patience = Deadline::after(directory.temporary() ? kStopPatience : kCheckpointPatience);
    std::vector<Result<std::string>> saved;
    if (saving) saved = saveAll(Deadline::after(kSavePatience));
    for (std::size_t i = 0; i < servers.size(); ++i) {
        if (saving && !saved[i]) servers[i]->requestStop();
        // What was saved has ended already, or is just about to.
        servers[i]->finishStop(saving && saved[i] ? Deadline::after(kStopPatience) : patience);
    }
    if (saving) mark(saved);
    directory.remove();
}

// One result per server; an error of those that have nothing to save or could not be saved.
std::vector<Result<std::string>> EmbeddedServers::State::saveAll(Deadline deadline)
{
    const Error nothing{ErrorCode::NotFound, "", false};
    std::vector<Result<std::string>> runIds(servers.size(), fail(nothing));
    const auto savable = [](const auto& server) { return server->savable(); };
    const int nodes = int(std::count_if(servers.begin(), servers.end(), savable));
    std::vector<std::jthread> saving;
    for (std::size_t i = 0; i < servers.size(); ++i)
        if (savable(servers[i]))
            saving.emplace_back([&, i] {
                try {
                    runIds[i] = servers[i]->save(nodes, deadline);
                } catch (const std::exception& error) {
                    runIds[i] =
                        fail(ErrorCode::Internal, servers[i]->name() + " was not saved: " + error.what());
                }
                if (!runIds[i]) log::warning(runIds[i].error().message);
            });
    saving.clear(); // joins
    return runIds;
}

int EmbeddedServers::State::postgresNodes() const
{
    return int(std::count_if(servers.begin(), servers.end(),
                             [](const auto& server) { return server->node().kind == NodeKind::Postgres; }));
}

// None while a node is being restarted, which may take long.
std::vector<pid_t> EmbeddedServers::State::postgresProcesses() const
{
    std::vector<pid_t> processes;
    const std::unique_lock lock(mutex, std::try_to_lock);
    if (lock)
        for (const auto& server : servers)
            if (const auto& node = server->node(); node.kind == NodeKind::Postgres && node.pid > 0)
                processes.push_back(node.pid);
    return processes;
}

// After PostgreSQL has ended: a dump is good for exactly the state in which it was left.
void EmbeddedServers::State::mark(const std::vector<Result<std::string>>& runIds)
{
    const std::string state = postgresState(directory.path(), postgresNodes());
    if (state.empty()) return;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        if (!runIds[i]) continue;
        const auto marked =
            markRedisDump(servers[i]->node().dataDirectory, *runIds[i], state, directory.identity());
        if (!marked) log::warning(marked.error().message);
    }
}

EmbeddedServers::EmbeddedServers(std::unique_ptr<State> state)
    : m_state(std::move(state))
{
}

EmbeddedServers::~EmbeddedServers()
{
    stop();
}

Result<std::unique_ptr<EmbeddedServers>> EmbeddedServers::start(const EmbeddedOptions& options,
                                                                Deadline deadline, std::stop_token stop)
{
    ROOKERY_TRY(checkCounts(options));
    ROOKERY_ASSIGN(auto programs, findServerPrograms(options, {})); // before anything is made
    report(options, "preparing private servers", 0);
    ROOKERY_ASSIGN(auto directory, DataDirectory::open(options.dataDirectory));
    std::unique_ptr<EmbeddedServers> made(new EmbeddedServers(std::make_unique<State>(std::move(directory))));
    State& state = *made->m_state;
    if (const std::string major = majorOfData(state.directory); !major.empty()) {
        ROOKERY_ASSIGN(programs, findServerPrograms(options, major));
    }
    ROOKERY_TRY(state.plan(options, programs, deadline, stop));
    ROOKERY_TRY(state.startAll(options, deadline, stop));
    state.cleaner = std::jthread([] { removeStaleTemporaryDirectories(); });
    if (getpriority(PRIO_PROCESS, id_t(gettid())) > 0)
        state.niceness.emplace([&state] { return state.postgresProcesses(); });
    return made;
}

std::vector<EmbeddedNode> EmbeddedServers::nodes() const
{
    const std::lock_guard lock(m_state->mutex);
    std::vector<EmbeddedNode> nodes;
    for (const auto& server : m_state->servers)
        nodes.push_back(server->node());
    return nodes;
}

fs::path EmbeddedServers::directory() const
{
    return m_state->directory.path();
}

bool EmbeddedServers::temporary() const
{
    return m_state->directory.temporary();
}

namespace {

Error unknownNode(std::string_view name)
{
    return {ErrorCode::NotFound, "There is no private server named \"" + std::string(name) + "\".", false};
}

} // namespace

Result<void> EmbeddedServers::restartNode(std::string_view name)
{
    const std::lock_guard lock(m_state->mutex);
    ServerProcess* server = m_state->find(name);
    if (!server || m_state->stopped) return fail(unknownNode(name));
    server->requestStop();
    server->finishStop(Deadline::after(kCheckpointPatience));
    server->kill(); // what an earlier death left
    ROOKERY_TRY(server->launch(m_state->forkThread));
    return server->waitReady(Deadline::after(kRestartPatience), {m_state->stopping.get_token()});
}

Result<void> EmbeddedServers::killNode(std::string_view name)
{
    const std::lock_guard lock(m_state->mutex);
    ServerProcess* server = m_state->find(name);
    if (!server) return fail(unknownNode(name));
    server->kill();
    return {};
}

Result<void> EmbeddedServers::pauseNode(std::string_view name)
{
    const std::lock_guard lock(m_state->mutex);
    ServerProcess* server = m_state->find(name);
    return server ? server->pause() : fail(unknownNode(name));
}

Result<void> EmbeddedServers::resumeNode(std::string_view name)
{
    const std::lock_guard lock(m_state->mutex);
    ServerProcess* server = m_state->find(name);
    return server ? server->resume() : fail(unknownNode(name));
}

void EmbeddedServers::cancelRestarts() noexcept
{
    m_state->stopping.request_stop();
}

void EmbeddedServers::stop() noexcept
{
    m_state->stopping.request_stop();
    const std::lock_guard lock(m_state->mutex);
    m_state->endAll();
}

} // namespace backend
