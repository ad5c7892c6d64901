#include "backend/store/connection_watchdog.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace backend {

ConnectionWatchdog::ConnectionWatchdog()
    : m_thread([this] { run(); })
{
}

ConnectionWatchdog::~ConnectionWatchdog()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stop = true;
    }
    m_changed.notify_all();
    m_thread.join();
}

void ConnectionWatchdog::run()
{
    std::unique_lock lock(m_mutex);
    while (!m_stop) {
        const auto now = Clock::now();
        m_wakesAt = Clock::time_point::max();
        for (auto* watched : m_watched) {
            if (watched->m_at <= now) {
                ::shutdown(watched->m_socket, SHUT_RDWR);
                watched->m_fired = true;
                watched->m_at = Clock::time_point::max();
            }
            m_wakesAt = std::min(m_wakesAt, watched->m_at);
        }
        if (m_wakesAt == Clock::time_point::max())
            m_changed.wait(lock);
        else
            m_changed.wait_until(lock, m_wakesAt);
    }
}

ConnectionWatchdog::Watched::Watched(ConnectionWatchdog& watchdog, int socket)
    : m_watchdog(watchdog)
    , m_socket(::fcntl(socket, F_DUPFD_CLOEXEC, 0))
{
    const std::lock_guard lock(m_watchdog.m_mutex);
    m_watchdog.m_watched.push_back(this);
}

ConnectionWatchdog::Watched::~Watched()
{
    {
        const std::lock_guard lock(m_watchdog.m_mutex);
        std::erase(m_watchdog.m_watched, this);
    }
    if (m_socket >= 0) ::close(m_socket);
}

void ConnectionWatchdog::Watched::arm(Clock::time_point at)
{
    bool earlier = false;
    {
        const std::lock_guard lock(m_watchdog.m_mutex);
        m_at = at;
        earlier = at < m_watchdog.m_wakesAt;
    }
    if (earlier) m_watchdog.m_changed.notify_all();
}

void ConnectionWatchdog::Watched::shutDown() const noexcept
{
    ::shutdown(m_socket, SHUT_RDWR);
}

bool ConnectionWatchdog::Watched::disarm()
{
    const std::lock_guard lock(m_watchdog.m_mutex);
    m_at = Clock::time_point::max();
    return m_fired;
}

} // namespace backend
