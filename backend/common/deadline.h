// A point on the steady clock by which a call returns. Every call to a server carries one. Plain value.
#pragma once

#include <algorithm>
#include <chrono>

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

private:
    Clock::time_point m_at;
};

} // namespace backend
