#include "backend/embedded/server_process.h"

#include "backend/embedded/files.h"

#include <algorithm>
#include <csignal>
#include <set>
#include <sstream>

namespace backend {

using namespace std::chrono_literals;

namespace {

constexpr auto kStopping = 2s;

} // namespace

EmbeddedNode ServerProcess::node() const
{
    EmbeddedNode node = m_spec.node;
    node.pid = int(m_pid);
    return node;
}

Result<void> ServerProcess::launch(ForkThread& forkThread)
{
    if (m_spec.prepare) ROOKERY_TRY(m_spec.prepare());
    ROOKERY_ASSIGN(m_pid, forkThread.launch(m_spec.plan));
    return {};
}

Result<void> ServerProcess::waitReady(Deadline deadline, const std::vector<std::stop_token>& stops)
{
    while (!m_spec.ready(m_pid)) {
        if (reapProcess(m_pid)) {
            m_pid = 0;
            return fail(startFailure());
        }
        if (std::any_of(stops.begin(), stops.end(), [](const auto& stop) { return stop.stop_requested(); }))
            return fail(ErrorCode::Cancelled, "Starting " + name() + " was cancelled.");
        if (deadline.expired())
            return fail(ErrorCode::DeadlineExceeded,
                        name() + " did not answer in time: see " + m_spec.plan.output.string() +
                            " and try again.",
                        true);
        std::this_thread::sleep_for(2ms);
    }
    return {};
}

// The last lines of a server's own log say why; a full disk is recognised there as well.
Error ServerProcess::startFailure() const
{
    std::istringstream in(readFile(m_spec.plan.output));
    std::string reason = "it said nothing";
    bool full = false;
    for (std::string line; std::getline(in, line);) {
        full = full || line.find("No space left on device") != std::string::npos ||
               line.find("File too large") != std::string::npos ||
               line.find("quota exceeded") != std::string::npos;
        const bool telling = line.find("FATAL") != std::string::npos ||
                             line.find("PANIC") != std::string::npos || m_spec.node.kind == NodeKind::Redis;
        if (telling && !line.empty()) reason = line;
    }
    if (full)
        return {ErrorCode::DiskFull,
                name() + " did not start, because the disk that holds " + m_spec.node.dataDirectory.string() +
                    " is full: free some disk space or choose another directory.",
                false};
    return {ErrorCode::Unavailable,
            name() + " did not start (" + reason + "): see " + m_spec.plan.output.string() + ".", false};
}

Result<void> ServerProcess::signalAll(int signal)
{
    if (!running()) return fail(ErrorCode::Unavailable, name() + " does not run: restart it first.");
    ::kill(m_pid, signal); // first, so that a postmaster makes no more children
    // It may be in the middle of making one, and without a processor: the signal counts once it shows.
    const auto patience = Deadline::after(kStopping);
    while (signal == SIGSTOP && running() && statOf(m_pid).state != 'T' && !patience.expired())
        std::this_thread::sleep_for(1ms);
    // One that it was just making shows a moment later: look until a look finds nobody new.
    std::set<pid_t> told;
    for (bool more = true; more; std::this_thread::sleep_for(2ms)) {
        more = false;
        for (const pid_t pid : m_spec.processes())
            if (told.insert(pid).second) {
                ::kill(pid, signal);
                more = true;
            }
    }
    return {};
}

Result<void> ServerProcess::pause()
{
    return signalAll(SIGSTOP);
}

Result<void> ServerProcess::resume()
{
    return signalAll(SIGCONT);
}

void ServerProcess::kill() noexcept
{
    if (running()) {
        ::kill(m_pid, SIGKILL);
        reapProcessUntil(m_pid, Deadline::after(2s));
        m_pid = 0;
    }
    for (const pid_t pid : m_spec.processes())
        ::kill(pid, SIGKILL);
    m_spec.clear();
    m_spec.node.formerRunId.clear();
}

Result<std::string> ServerProcess::save(int nodes, Deadline deadline)
{
    ROOKERY_TRY(resume());
    return m_spec.save(nodes, deadline);
}

void ServerProcess::requestStop() noexcept
{
    if (!running()) return;
    ::kill(m_pid, m_spec.stopSignal);
    ::kill(m_pid, SIGCONT);
    if (m_spec.stopSignal == SIGKILL) return;
    for (const pid_t pid : m_spec.processes())
        ::kill(pid, SIGCONT); // a paused one hears nothing else
}

void ServerProcess::finishStop(Deadline deadline) noexcept
{
    if (!running()) return;
    if (!reapProcessUntil(m_pid, deadline)) {
        ::kill(m_pid, SIGQUIT); // PostgreSQL: at once, without a checkpoint; nothing acknowledged is lost
        if (!reapProcessUntil(m_pid, Deadline::after(300ms))) return kill();
    }
    m_pid = 0;
}

} // namespace backend
