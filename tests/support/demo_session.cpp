#include "tests/support/demo_session.h"

#include "backend/cache/redis_client.h"

#include <QtGlobal>

#include <algorithm>
#include <cstdlib>
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

} // namespace

std::shared_ptr<app::OpenedSession> openDemo(const DemoOptions& options)
{
    app::SessionOptions wanted;
    wanted.dataDirectory = options.dataDirectory;
    wanted.workload = options.workload;
    wanted.workers = options.workers;
    wanted.role = "test";
    return take(app::openSession(wanted, [](const backend::SessionProgress&) {}, {}));
}

bool drain(backend::Engine& engine, Servers servers)
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
        if (zeros == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
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

bool pauseAll(backend::Engine& engine)
{
    take(engine.operations().pauseWorkers(-1, soon()));
    const auto& monitor = engine.monitor();
    const auto seen = monitor.snapshot()->sequence;
    const auto paused = [&] {
        const auto snapshot = monitor.snapshot();
        return snapshot->sequence > seen + 1 &&
               std::all_of(snapshot->workers.begin(), snapshot->workers.end(),
                           [](const auto& worker) { return worker.state == backend::WorkerState::Paused; });
    };
    for (const auto deadline = soon(); !paused();) {
        if (deadline.expired()) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
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
