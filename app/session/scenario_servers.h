// What scenarios may do to a demo's own servers, and the second engine that one of them needs: rookeryctl
// serve beside this program, as a child that dies with it. Owned by the session's scenarios; thread-safe.
#pragma once

#include "backend/embedded/child_process.h"
#include "backend/embedded/embedded_servers.h"
#include "backend/workload/scenario_servers.h"

#include <filesystem>
#include <mutex>

namespace app {

class DemoScenarioServers final : public backend::ScenarioServers
{
public:
    // `servers` outlives it; `config` names their cluster.
    DemoScenarioServers(backend::EmbeddedServers& servers, std::filesystem::path config);
    ~DemoScenarioServers() override; // ends the second engine

    backend::Result<void> killNode(const std::string& name) override;
    backend::Result<void> restartNode(const std::string& name) override;
    backend::Result<void> pauseNode(const std::string& name) override;
    backend::Result<void> resumeNode(const std::string& name) override;
    backend::Result<int> startHelper(int workers) override;
    backend::Result<void> pauseHelper() override;
    void endHelper(bool atOnce) noexcept override;
    void cancelRestarts() noexcept override;

private:
    backend::EmbeddedServers& m_servers;
    const std::filesystem::path m_config;
    std::mutex m_mutex;
    pid_t m_helper = 0;
    backend::ForkThread m_forkThread;
};

} // namespace app
