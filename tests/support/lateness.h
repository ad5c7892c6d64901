// How late this machine is at the moment: a thread that sleeps for short whiles and notes by how much the
// worst of them was overslept. What a test demands of a deadline allows for that and no more, however busy
// the machine. One for each window of time that is judged; the test's thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace tests {

class Lateness
{
public:
    using Clock = std::chrono::steady_clock;

    Lateness()
        : m_thread([this](const std::stop_token& stop) { run(stop); })
    {
    }

    // Since the window began.
    std::chrono::milliseconds elapsed() const
    {
        return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - m_begun);
    }
    // What a call that began with the window may have taken by now, given this much time.
    std::chrono::milliseconds allowed(std::chrono::milliseconds given) const
    {
        return given + kTolerance + 2 * worst();
    }
    bool inTime(std::chrono::milliseconds given) const
    {
        const auto took = elapsed(); // before the worst is read: a delay between the two does not matter
        return took <= allowed(given);
    }
    // Whether what was not done in time is to be blamed on anything but the machine.
    bool machineIsOnTime() const { return worst() <= kOnTime; }
    std::string text(std::chrono::milliseconds given) const
    {
        return std::to_string(elapsed().count()) + " ms of " + std::to_string(given.count()) +
               " ms, and the machine was up to " + std::to_string(worst().count()) + " ms late";
    }

private:
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    static constexpr std::chrono::milliseconds kTolerance{2'000}; // a process ends with a look for leaks
#else
    static constexpr std::chrono::milliseconds kTolerance{150};
#endif
    static constexpr std::chrono::milliseconds kWhile{2}, kOnTime{20};

    // A sleep that still lasts is as late already.
    std::chrono::milliseconds worst() const
    {
        const auto due = Clock::time_point(Clock::duration(m_due.load()));
        const auto late = std::max(Clock::duration(m_worst.load()), Clock::now() - due);
        return std::chrono::duration_cast<std::chrono::milliseconds>(late);
    }

    void run(const std::stop_token& stop)
    {
        while (!stop.stop_requested()) {
            const auto due = Clock::now() + kWhile;
            m_due = due.time_since_epoch().count();
            std::this_thread::sleep_for(kWhile);
            m_worst = std::max(m_worst.load(), (Clock::now() - due).count());
        }
    }

    const Clock::time_point m_begun = Clock::now();
    std::atomic<Clock::rep> m_due{(m_begun + kWhile).time_since_epoch().count()};
    std::atomic<Clock::rep> m_worst{0};
    std::jthread m_thread; // last: it uses all of the above
};

} // namespace tests

// Since the Lateness was made no more passed than the time given, but for what the machine was late.
#define VERIFY_IN_TIME(lateness, given) QVERIFY2((lateness).inTime(given), (lateness).text(given).c_str())
