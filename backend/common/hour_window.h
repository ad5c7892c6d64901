// Counts of the last hour, by minutes: the present one and the 59 before it. One thread at a time.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace backend {

class HourWindow
{
public:
    using Time = std::chrono::steady_clock::time_point;

    void add(Time at, std::int64_t count)
    {
        const auto minute = minuteOf(at);
        auto& bucket = m_buckets[std::size_t(minute % kMinutes)];
        if (bucket.minute != minute) bucket = {minute, 0};
        bucket.count += count;
    }
    std::int64_t sum(Time now) const
    {
        const auto minute = minuteOf(now);
        std::int64_t out = 0;
        for (const auto& bucket : m_buckets)
            if (bucket.minute <= minute && bucket.minute > minute - kMinutes) out += bucket.count;
        return out;
    }

private:
    static constexpr std::int64_t kMinutes = 60;
    static std::int64_t minuteOf(Time at)
    {
        return std::chrono::duration_cast<std::chrono::minutes>(at.time_since_epoch()).count();
    }
    struct Bucket
    {
        std::int64_t minute = -kMinutes, count = 0;
    };
    std::array<Bucket, kMinutes> m_buckets{};
};

} // namespace backend
