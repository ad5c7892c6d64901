#include "app/session/scenario_servers.h"

#include <csignal>

using namespace backend;

namespace app {
namespace {

constexpr std::chrono::milliseconds kEndsWithin{4'000};

std::filesystem::path besideThisProgram(const char* name)
{
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    const auto found = self.parent_path() / name;
    return !error && std::filesystem::exists(found, error) ? found : std::filesystem::path();
}

} // namespace

DemoScenarioServers::DemoScenarioServers(EmbeddedServers& servers, std::filesystem::path config)
    : m_servers(servers)
    , m_config(std::move(config))
{
}

DemoScenarioServers::~DemoScenarioServers()
{
    endHelper(true);
}

Result<void> DemoScenarioServers::killNode(const std::string& name)
{
    return m_servers.killNode(name);
}

Result<void> DemoScenarioServers::restartNode(const std::string& name)
{
    return m_servers.restartNode(name);
}

Result<void> DemoScenarioServers::pauseNode(const std::string& name)
{
    return m_servers.pauseNode(name);
}

Result<void> DemoScenarioServers::resumeNode(const std::string& name)
{
    return m_servers.resumeNode(name);
}

Result<int> DemoScenarioServers::startHelper(int workers)
{
    const std::lock_guard lock(m_mutex);
    if (m_helper && reapProcess(m_helper)) m_helper = 0; // its number may be another's by now
    if (m_helper) return fail(ErrorCode::Conflict, "A second engine runs already.");
    const auto program = besideThisProgram("rookeryctl");
    if (program.empty())
        return fail(
            ErrorCode::NotFound,
            "There is no rookeryctl beside this program to run a second engine with: install or build it "
            "there, then start it again.");
    ProcessPlan plan;
    plan.command = {program.string(),        "serve",          "--config", m_config.string(), "--workers",
                    std::to_string(workers), "--status-every", "0"};
    plan.workingDirectory = m_servers.directory();
    plan.output = m_servers.directory() / "second-engine.log";
    ROOKERY_ASSIGN(m_helper, m_forkThread.launch(plan));
    return int(m_helper);
}

Result<void> DemoScenarioServers::pauseHelper()
{
    const std::lock_guard lock(m_mutex);
    if (!m_helper || reapProcess(m_helper)) {
        m_helper = 0;
        return fail(ErrorCode::Unavailable, "The second engine has ended.");
    }
    ::kill(m_helper, SIGSTOP);
    return {};
}

void DemoScenarioServers::cancelRestarts() noexcept
{
    m_servers.cancelRestarts();
}

void DemoScenarioServers::endHelper(bool atOnce) noexcept
{
    const std::lock_guard lock(m_mutex);
    if (!m_helper) return;
    ::kill(m_helper, atOnce ? SIGKILL : SIGTERM);
    ::kill(m_helper, SIGCONT);
    if (!reapProcessUntil(m_helper, Deadline::after(kEndsWithin))) {
        ::kill(m_helper, SIGKILL);
        reapProcessUntil(m_helper, Deadline::after(kEndsWithin));
    }
    m_helper = 0;
}

} // namespace app
