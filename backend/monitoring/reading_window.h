// Counters of one life of a server read now and then, so that rates and ratios are of the last minute and
// never of a life time. Owned by who reads; one thread at a time.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace backend {

template <class Counters>
class ReadingWindow
{
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds kWindow{60}, kTooOld{120};

    struct Earlier
    {
        double seconds = 0; // before this reading
        Counters counters;
    };

    // Keeps the reading and returns the one to compare it with: the earliest of the window in the same life;
    // when the last one is somewhat older, that one. Empty: there is none.
    std::optional<Earlier> add(Time now, const std::string& life, Counters counters)
    {
        if (life != m_life || (!m_readings.empty() && now - m_readings.back().first > kTooOld))
            m_readings.clear();
        m_life = life;
        while (m_readings.size() > 1 && now - m_readings.front().first > kWindow)
            m_readings.pop_front();
        std::optional<Earlier> out;
        if (!m_readings.empty() && now > m_readings.front().first)
            out = Earlier{std::chrono::duration<double>(now - m_readings.front().first).count(),
                          m_readings.front().second};
        m_readings.emplace_back(now, std::move(counters));
        return out;
    }

private:
    std::string m_life;
    std::deque<std::pair<Time, Counters>> m_readings; // ascending
};

} // namespace backend
