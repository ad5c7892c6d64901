// One private server: how it is started, when it is ready, how it is ended. Owned by EmbeddedServers, which
// serialises the calls (nodes start on their own threads, one thread each).
#pragma once

#include "backend/embedded/child_process.h"
#include "backend/embedded/embedded_servers.h"

#include <functional>
#include <stop_token>
#include <vector>

namespace backend {

struct ServerSpec
{
    EmbeddedNode node;
    ProcessPlan plan;
    int stopSignal = 9;
    std::function<Result<void>()> prepare;         // makes data and configuration ready
    std::function<bool(pid_t)> ready;              // answers already?
    std::function<std::vector<pid_t>()> processes; // all processes of the node
    std::function<void()> clear;                   // ends what is left of it after a kill
    // Redis: saves it and ends it; the run_id that was saved. `nodes` are being saved at the same time.
    std::function<Result<std::string>(int nodes, Deadline)> save;
};

class ServerProcess
{
public:
    explicit ServerProcess(ServerSpec spec)
        : m_spec(std::move(spec))
    {
    }

    EmbeddedNode node() const;
    const std::string& name() const { return m_spec.node.name; }
    bool running() const { return m_pid > 0; }
    bool savable() const { return running() && m_spec.save; }

    [[nodiscard]] Result<void> launch(ForkThread& forkThread);
    [[nodiscard]] Result<void> waitReady(Deadline deadline, const std::vector<std::stop_token>& stops);
    [[nodiscard]] Result<void> pause();
    [[nodiscard]] Result<void> resume();
    void kill() noexcept;

    // A paused one is resumed for it. finishStop() afterwards.
    [[nodiscard]] Result<std::string> save(int nodes, Deadline deadline);
    // Asks it to end; then, within the deadline, waits; then ends it for good.
    void requestStop() noexcept;
    void finishStop(Deadline deadline) noexcept;

private:
    Error startFailure() const;
    [[nodiscard]] Result<void> signalAll(int signal);

    ServerSpec m_spec;
    pid_t m_pid = 0;
};

} // namespace backend
