// Measures how long the GUI thread does not answer, from a thread of its own: it posts a small question every
// few milliseconds and takes the time until the answer. Owned by the window; figures may be read from any
// thread.
#pragma once

#include <QObject>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <stop_token>
#include <thread>

namespace ui {

class StallWatchdog final : public QObject
{
    Q_OBJECT

public:
    // Watches the thread that makes it, which must have an event loop.
    explicit StallWatchdog(QObject* parent = nullptr);
    ~StallWatchdog() override;

    // What the thread is at, or was until now, is not counted: something that no use of the program does,
    // such as drawing a picture of it.
    void excuse();

    // The longest time without an answer in the last minute, one that goes on included.
    std::chrono::microseconds worstOfLastMinute() const;
    // How much of it the watched thread computed; during the rest it waited, for a processor on a busy
    // machine.
    std::chrono::microseconds workInWorstOfLastMinute() const;
    std::int64_t answers() const; // since the beginning
    // Since the beginning; counted over 50 ms and over 100 ms: `limit` below 100 ms means 50.
    std::int64_t stallsOver(std::chrono::milliseconds limit) const;

private:
    using Clock = std::chrono::steady_clock;

    void run(std::stop_token stop);
    void answer(std::uint64_t question);
    void record(Clock::time_point asked, Clock::time_point answered);
    struct Second;
    Second worstSecond() const;
    std::chrono::microseconds work() const; // of the watched thread, since it began

    mutable std::mutex m_mutex;
    std::condition_variable_any m_answered;
    std::uint64_t m_question = 0, m_lastAnswer = 0, m_excused = 0;
    Clock::time_point m_askedAt;
    std::chrono::microseconds m_workAsked{0};
    clockid_t m_workClock{}; // of the watched thread
    bool m_waiting = false;
    struct Second
    {
        std::int64_t number = -1; // since the clock's epoch
        std::chrono::microseconds worst{0}, work{0};
    };
    std::array<Second, 60> m_seconds;
    std::int64_t m_answers = 0, m_over50 = 0, m_over100 = 0;
    std::jthread m_thread; // last: it uses all of the above
};

} // namespace ui
