// A log-spaced histogram of delays from 0.1 ms to about a day, 2^(1/4) apart (±9 % per bucket). recording is
// lock-free and thread-safe; counts are cumulative and differences of two copies give a window.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

namespace backend {

inline constexpr int kDelayBuckets = 120;

class DelayRecorder
{
public:
    void record(std::chrono::microseconds delay, std::int64_t times = 1);
    std::vector<std::int64_t> counts() const;

private:
    std::array<std::atomic<std::int64_t>, kDelayBuckets> m_counts{};
};

int delayBucket(std::chrono::microseconds delay);
double delayBucketUpperMilliseconds(int bucket);
// The quantile (0 … 1) in milliseconds, interpolated within the bucket; -1 without counts.
double delayQuantile(const std::vector<std::int64_t>& counts, double quantile);

} // namespace backend
