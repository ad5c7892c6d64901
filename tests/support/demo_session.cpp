#include "tests/support/demo_session.h"

#include "backend/cache/redis_client.h"

#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace tests {

std::shared_ptr<app::OpenedSession> openDemo(const DemoOptions& options)
{
    app::SessionOptions wanted;
    wanted.dataDirectory = options.dataDirectory;
    wanted.workload = options.workload;
    wanted.workers = options.workers;
    wanted.role = "test";
    return take(app::openSession(wanted, [](const backend::SessionProgress&) {}, {}));
}

bool drain(backend::Engine& engine)
{
    for (int i = 0; i < 6'000; ++i) {
        const auto unfinished = engine.monitor().unfinishedTasks(soon());
        if (unfinished && *unfinished == 0) return true; // a server that is just away comes back
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
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
    return text;
}

} // namespace

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
