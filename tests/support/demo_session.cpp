#include "tests/support/demo_session.h"

#include "app/session/demo_cluster.h"
#include "backend/cache/redis_client.h"

#include <QtGlobal>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>
#include <stdexcept>
#include <thread>

namespace tests {
namespace {

bool isAway(const backend::Error& error)
{
    using enum backend::ErrorCode;
    return error.retryable &&
           (error.code == Unavailable || error.code == DeadlineExceeded || error.code == Overloaded);
}

bool drained(backend::Engine& engine, Servers servers, const std::function<void()>& whileNot)
{
    const auto patience = std::chrono::minutes(1);
    auto deadline = backend::Deadline::after(patience);
    auto least = std::numeric_limits<std::int64_t>::max();
    std::string last = "nothing was counted yet", lastError;
    for (int zeros = 0; zeros < 2;) {
        const auto unfinished = engine.monitor().unfinishedTasks(deadline);
        zeros = unfinished && *unfinished == 0 ? zeros + 1 : 0;
        if (unfinished) last = std::to_string(*unfinished) + " tasks were unfinished";
        if (unfinished && *unfinished < least) { // it gets on, as fast as the machine allows
            least = *unfinished;
            deadline = backend::Deadline::after(patience);
        }
        if (!unfinished) lastError = "; last error: " + unfinished.error().message;
        const bool excused = servers == Servers::SomeAway && !unfinished && isAway(unfinished.error());
        if ((!unfinished && !excused) || deadline.expired()) {
            qWarning("the queue did not drain: %s%s", last.c_str(), lastError.c_str());
            return false;
        }
        if (zeros == 0) whileNot();
    }
    return true;
}

} // namespace

backend::NodeEndpoint makeCluster(const backend::EmbeddedServers& servers, int shards)
{
    return take(app::prepareDemoCluster(servers, backend::Deadline::after(std::chrono::minutes(1)), shards))
        .directory;
}

std::shared_ptr<app::OpenedSession> openDemo(const DemoOptions& options)
{
    app::SessionOptions wanted;
    wanted.dataDirectory = options.dataDirectory;
    wanted.workload = options.workload;
    wanted.workers = options.workers;
    wanted.shards = options.shards;
    wanted.role = "test";
    return take(app::openSession(wanted, [](const backend::SessionProgress&) {}, {}));
}

backend::EngineOptions engineOptions(const backend::NodeEndpoint& directory, int workers)
{
    backend::EngineOptions options;
    options.directory = directory;
    options.role = "test";
    options.workers = workers;
    options.auditPerSecond = 0;
    return options;
}

bool drain(backend::Engine& engine, Servers servers)
{
    return drained(engine, servers, [] { std::this_thread::sleep_for(std::chrono::milliseconds(10)); });
}

std::shared_ptr<app::OpenedSession> connectTo(const std::filesystem::path& config, int workers)
{
    app::SessionOptions options;
    options.kind = app::SessionOptions::Kind::Connect;
    options.configFile = config;
    options.workers = workers;
    options.role = "test";
    return take(app::openSession(options, [](const backend::SessionProgress&) {}, {}));
}

namespace {

std::string findingsOf(const backend::AuditInputs& inputs)
{
    const auto report =
        take(backend::runAudit(inputs, {}, backend::Deadline::after(std::chrono::minutes(2))));
    std::string text;
    for (const auto& difference : report.differences)
        text += difference.subject + " of " + std::to_string(difference.id) + ": " + difference.detail + "\n";
    if (report.deadTasks > 0) text += std::to_string(report.deadTasks) + " dead letters\n";
    if (!text.empty()) qWarning("the audit found:\n%s", text.c_str());
    return text;
}

} // namespace

namespace {

bool await(const std::function<bool()>& condition)
{
    for (const auto deadline = backend::Deadline::after(std::chrono::minutes(1)); !condition();) {
        if (deadline.expired()) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

// That engine among all; null while it is not listed.
const backend::EngineSnapshot* selfOf(const backend::ClusterSnapshot& snapshot)
{
    const auto found = std::find_if(snapshot.engines.begin(), snapshot.engines.end(),
                                    [](const auto& engine) { return engine.self; });
    return found == snapshot.engines.end() ? nullptr : &*found;
}

// Of a snapshot after the next one: of a time when the order was given already.
bool allOwnWorkers(backend::Engine& engine,
                   const std::function<bool(const std::vector<backend::WorkerSnapshot>&)>& fit)
{
    const auto& monitor = engine.monitor();
    const auto seen = monitor.snapshot()->sequence;
    return await([&] {
        const auto snapshot = monitor.snapshot();
        const auto* self = selfOf(*snapshot);
        if (!self || snapshot->sequence <= seen + 1) return false;
        std::vector<backend::WorkerSnapshot> own;
        std::copy_if(snapshot->workers.begin(), snapshot->workers.end(), std::back_inserter(own),
                     [&](const auto& worker) { return worker.engineSlot == self->slot; });
        return fit(own);
    });
}

bool arePaused(const std::vector<backend::WorkerSnapshot>& workers)
{
    return std::all_of(workers.begin(), workers.end(),
                       [](const auto& worker) { return worker.state == backend::WorkerState::Paused; });
}

} // namespace

bool drainSooner(backend::Engine& engine, const backend::SqlPools& pools)
{
    return drained(engine, Servers::AllThere, [&] {
        for (const auto& [node, pool] : pools.all())
            take(take(pool->lease(soon()))
                     ->execute("UPDATE queue.tasks SET run_at = now() WHERE state = 2"
                               " AND run_at > now() + interval '2 s'",
                               {}, soon()));
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    });
}

bool pauseAll(backend::Engine& engine)
{
    take(engine.operations().pauseWorkers(-1, soon()));
    return allOwnWorkers(engine, arePaused);
}

bool pauseOwn(backend::Engine& engine)
{
    int slot = -1;
    const bool listed = await([&] {
        const auto snapshot = engine.monitor().snapshot();
        if (const auto* self = selfOf(*snapshot)) slot = self->slot;
        return slot >= 0;
    });
    if (!listed) return false;
    take(engine.operations().pauseWorkers(slot, soon()));
    return allOwnWorkers(engine, arePaused);
}

bool stopWorkers(backend::Engine& engine)
{
    take(engine.operations().setWorkerCount(-1, 0, soon()));
    return allOwnWorkers(engine, [](const auto& workers) { return workers.empty(); });
}

bool laterSnapshots(const backend::Monitor& monitor, std::uint64_t count)
{
    const auto seen = monitor.snapshot()->sequence;
    return await([&] { return monitor.snapshot()->sequence >= seen + count; });
}

std::vector<backend::PostId> wholeHome(backend::Feed& feed, backend::UserId reader, bool peek)
{
    std::vector<backend::PostId> ids;
    backend::PageQuery query;
    query.limit = 100;
    query.peek = peek;
    do {
        const auto page = take(feed.homePage(reader, query, soon()));
        for (const auto& entry : page.entries)
            ids.push_back(entry.id);
        query.before = page.next;
    } while (query.before);
    return ids;
}

std::string auditFindings(app::OpenedSession& session)
{
    return findingsOf(session.auditInputs());
}

std::string auditFindings(backend::OpenEngine& engine)
{
    return findingsOf(app::auditInputsOf(engine));
}

std::int64_t redisCalls(const std::vector<backend::NodeEndpoint>& nodes, const std::string& command)
{
    backend::RedisClient client(nodes);
    std::int64_t total = 0;
    for (const auto& node : nodes) {
        if (node.kind != backend::NodeKind::Redis) continue;
        const auto info = take(client.command(node.id, {"INFO", "commandstats"}, soon())).text;
        const auto at = info.find("cmdstat_" + command + ":calls=");
        if (at != std::string::npos) total += std::atoll(info.c_str() + info.find('=', at) + 1);
    }
    return total;
}

} // namespace tests
