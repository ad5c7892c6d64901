#include "tests/support/demo_session.h"

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
        if (take(engine.monitor().unfinishedTasks(soon())) == 0) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

std::string auditFindings(app::OpenedSession& session)
{
    const auto report =
        take(backend::runAudit(session.auditInputs(), {}, backend::Deadline::after(std::chrono::minutes(2))));
    std::string text;
    for (const auto& difference : report.differences)
        text += difference.subject + " of " + std::to_string(difference.id) + ": " + difference.detail + "\n";
    if (report.deadTasks > 0) text += std::to_string(report.deadTasks) + " dead letters\n";
    return text;
}

} // namespace tests
