#include "app/ctl/service_signals.h"

#include "app/ctl/support.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace app {

ServiceSignals::ServiceSignals()
    : m_thread([this](const std::stop_token& stop) { run(stop); })
{
}

void ServiceSignals::run(const std::stop_token& stop)
{
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&set, signal);
    const timespec aWhile{0, 100'000'000};
    while (!stop.stop_requested()) {
        const int signal = sigtimedwait(&set, nullptr, &aWhile);
        if (signal > 0) heard(signal);
        endWhenOverdue();
    }
}

void ServiceSignals::heard(int signal)
{
    const std::lock_guard lock(m_mutex);
    if (signal == SIGHUP) {
        m_reload = true;
    } else if (m_stop) {
        std::fputs("rookeryctl: ended at once; the tasks it held are taken over when their leases lapse\n",
                   stderr);
        ::_exit(kFailed);
    } else {
        m_stop = true;
        m_stopBy = std::chrono::steady_clock::now() + (m_opened ? kStopWithin : kStopOpeningWithin) - kEnding;
    }
    m_came.notify_all();
}

void ServiceSignals::endWhenOverdue()
{
    const std::lock_guard lock(m_mutex);
    if (!m_stop || std::chrono::steady_clock::now() < m_stopBy) return;
    if (!m_opened) {
        std::fputs("rookeryctl: stopped while it was connecting; nothing had begun\n", stderr);
        ::_exit(kOk);
    }
    std::fputs("rookeryctl: did not stop in time and was ended; the tasks it held are taken over when their "
               "leases lapse\n",
               stderr);
    ::_exit(kFailed);
}

void ServiceSignals::opened()
{
    const std::lock_guard lock(m_mutex);
    m_opened = true;
    if (m_stop) m_stopBy = std::chrono::steady_clock::now() + kStopWithin - kEnding;
}

bool ServiceSignals::stopRequested() const
{
    const std::lock_guard lock(m_mutex);
    return m_stop;
}

bool ServiceSignals::takeReload()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_reload, false);
}

void ServiceSignals::wait(std::chrono::steady_clock::time_point until)
{
    std::unique_lock lock(m_mutex);
    m_came.wait_until(lock, until, [this] { return m_stop || m_reload; });
}

void tellServiceManager(const char* state)
{
    const char* place = std::getenv("NOTIFY_SOCKET");
    sockaddr_un address{};
    if (!place || (*place != '/' && *place != '@') || std::strlen(place) >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, place, std::strlen(place));
    if (*place == '@') address.sun_path[0] = '\0'; // a name that is in no directory
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return;
    const auto length = socklen_t(offsetof(sockaddr_un, sun_path) + std::strlen(place));
    std::ignore = ::sendto(socket, state, std::strlen(state), MSG_NOSIGNAL,
                           reinterpret_cast<const sockaddr*>(&address), length);
    ::close(socket);
}

} // namespace app
