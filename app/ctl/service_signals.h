// What the service hears from outside: SIGTERM or SIGINT asks it to stop, a second one ends it at once,
// SIGHUP asks it to read its file again. Owned by `serve`; a thread of its own waits for the signals, which
// takeStopSignals() has blocked.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace app {

class ServiceSignals
{
public:
    // From the first request to stop: while the backend is being opened nothing has begun yet. A process
    // needs some of it to come to its end.
    static constexpr std::chrono::seconds kStopWithin{10}, kStopOpeningWithin{2}, kEnding{1};

    ServiceSignals();

    void opened(); // from now on a stop gives leases back
    bool stopRequested() const;
    bool takeReload(); // true once per SIGHUP, or several that came together
    // Until a signal came or the time is over.
    void wait(std::chrono::steady_clock::time_point until);

private:
    void run(const std::stop_token& stop);
    void heard(int signal);
    void endWhenOverdue();

    mutable std::mutex m_mutex; // guards all below
    std::condition_variable m_came;
    bool m_opened = false, m_stop = false, m_reload = false;
    std::chrono::steady_clock::time_point m_stopBy{};
    std::jthread m_thread; // last: it uses all of the above
};

// Tells systemd, when it asked to be told (Type=notify): "READY=1", "STOPPING=1" … Does nothing otherwise.
void tellServiceManager(const char* state);

} // namespace app
