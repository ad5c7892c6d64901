// Wakes sleeping workers: one of them for new work, all of them when the pool's orders changed. Owned by the
// pool; thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace backend {

class WakeSignal
{
public:
    // One sleeper, or the next one, looks for work. Who finds much of it wakes another in turn.
    void wakeOne();
    void wakeSleeper(); // one of those that sleep now, if any
    void wakeAll();
    // Take this before reading orders, then sleep with it: no change in between is missed.
    std::uint64_t orders() const;
    // Until woken, stopped, or `longest` is over. True when woken.
    bool sleep(std::uint64_t ordersSeen, std::chrono::milliseconds longest, const std::stop_token& stop);

private:
    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::uint64_t m_orders = 0;
    int m_sleepers = 0;
    int m_wanted = 0; // sleepers that shall wake; at least one is kept for whoever is about to sleep
};

} // namespace backend
