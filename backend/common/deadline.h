// A point on the steady clock by which a call returns. Every call to a server carries one. Plain value.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace backend {

class Deadline
{
public:
    using Clock = std::chrono::steady_clock;

    explicit Deadline(Clock::time_point at)
        : m_at(at)
    {
    }
    static Deadline after(std::chrono::milliseconds span) { return Deadline(Clock::now() + span); }

    Clock::time_point at() const { return m_at; }
    bool expired() const { return Clock::now() >= m_at; }
    // Time left, never negative.
    std::chrono::milliseconds remaining() const
    {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(m_at - Clock::now());
        return std::max(left, std::chrono::milliseconds(0));
    }
    Deadline earlier(std::chrono::milliseconds span) const
    {
        return Deadline(std::min(m_at, Clock::now() + span));
    }
    // For the work of a call that has something to do afterwards, within the same deadline: earlier by
    // `most`, or by a quarter of the time left where that is less.
    Deadline keepingBack(std::chrono::milliseconds most) const
    {
        return Deadline(m_at - std::min(most, remaining() / 4));
    }
    // Waits, unless there is no time for it: false at once then.
    [[nodiscard]] bool sleptWithin(std::chrono::milliseconds span) const
    {
        if (remaining() <= span) return false;
        std::this_thread::sleep_for(span);
        return true;
    }

private:
    Clock::time_point m_at;
};

} // namespace backend
