#include "backend/common/histogram.h"

#include <algorithm>
#include <cmath>

namespace backend {
namespace {
constexpr double kFirstUpperMs = 0.1;
constexpr double kBucketsPerDoubling = 4.0;
} // namespace

double delayBucketUpperMilliseconds(int bucket)
{
    return kFirstUpperMs * std::exp2(bucket / kBucketsPerDoubling);
}

int delayBucket(std::chrono::microseconds delay)
{
    const double ms = double(delay.count()) / 1000.0;
    if (ms <= kFirstUpperMs) return 0;
    return std::min(kDelayBuckets - 1, int(std::ceil(std::log2(ms / kFirstUpperMs) * kBucketsPerDoubling)));
}

void DelayRecorder::record(std::chrono::microseconds delay, std::int64_t times)
{
    m_counts[std::size_t(delayBucket(delay))].fetch_add(times, std::memory_order_relaxed);
}

std::vector<std::int64_t> DelayRecorder::counts() const
{
    std::vector<std::int64_t> out(m_counts.size());
    std::transform(m_counts.begin(), m_counts.end(), out.begin(),
                   [](const auto& c) { return c.load(std::memory_order_relaxed); });
    return out;
}

double delayQuantile(const std::vector<std::int64_t>& counts, double quantile)
{
    std::int64_t total = 0;
    for (const auto c : counts)
        total += std::max<std::int64_t>(0, c);
    if (total == 0) return -1;
    const double rank = quantile * double(total);
    double below = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto inBucket = double(std::max<std::int64_t>(0, counts[i]));
        if (inBucket > 0 && below + inBucket >= rank) {
            const double lower = i == 0 ? 0 : delayBucketUpperMilliseconds(int(i) - 1);
            return lower + (delayBucketUpperMilliseconds(int(i)) - lower) * ((rank - below) / inBucket);
        }
        below += inBucket;
    }
    return delayBucketUpperMilliseconds(int(counts.size()) - 1);
}

} // namespace backend
