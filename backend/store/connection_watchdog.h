// Keeps the promise that no statement outlasts its deadline: a thread that shuts down the socket of an
// overdue connection, which ends any wait in the driver at once, whether the server is busy, stopped or gone.
// Owned by a pool; thread-safe. A Watched belongs to the thread that uses the connection.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace backend {

class ConnectionWatchdog
{
public:
    using Clock = std::chrono::steady_clock;

    ConnectionWatchdog();
    ~ConnectionWatchdog(); // every Watched must be gone
    ConnectionWatchdog(const ConnectionWatchdog&) = delete;
    ConnectionWatchdog& operator=(const ConnectionWatchdog&) = delete;

    class Watched
    {
    public:
        Watched(ConnectionWatchdog& watchdog, int socket);
        ~Watched();
        Watched(const Watched&) = delete;
        Watched& operator=(const Watched&) = delete;

        void arm(Clock::time_point at);
        void shutDown() const noexcept; // any thread: like a deadline that has passed
        bool disarm(); // true when the socket was shut down: the connection is of no further use

    private:
        friend class ConnectionWatchdog;
        ConnectionWatchdog& m_watchdog;
        int m_socket; // a duplicate, so that it can never name another connection's socket
        Clock::time_point m_at = Clock::time_point::max();
        bool m_fired = false;
    };

private:
    void run();

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<Watched*> m_watched;
    Clock::time_point m_wakesAt = Clock::time_point::max();
    bool m_stop = false;
    std::thread m_thread; // last: the rest exists when it starts
};

} // namespace backend
