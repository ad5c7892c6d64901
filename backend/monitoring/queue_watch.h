// The queue by kind over the last hour, as the snapshots have it, and the times of tasks over the last five
// minutes, as this engine's workers measured them. Fed once a second by the sampler; read from any thread,
// without waiting.
#pragma once

#include "backend/common/metrics.h"
#include "backend/domain/queue_details.h"

#include <array>
#include <deque>
#include <mutex>

namespace backend {

class QueueWatch
{
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds kLength{3'600}; // of the history
    static constexpr std::chrono::seconds kWindow{300};   // of the times
    static constexpr std::chrono::seconds kStep{10};      // by which the window moves

    // REQUIRES: the metrics outlive this.
    explicit QueueWatch(const EngineMetrics& metrics);

    void sampled(const ClusterSnapshot& snapshot, Time now);
    QueueDetails details(Time now = std::chrono::steady_clock::now()) const;
    // See Monitor::queueHistory.
    QueueHistory history(TimePoint begin, TimePoint end, int most) const;

private:
    static constexpr std::size_t kKinds = kTaskKinds.size();
    struct Point
    {
        TimePoint at;
        std::array<float, kKinds> unfinished, arrivals, drain; // NaN: not known
    };
    struct Counts // cumulative
    {
        Time at;
        std::array<std::vector<std::int64_t>, kKinds> waits, runs;
    };
    Counts countsNow(Time now) const;

    const EngineMetrics& m_metrics;
    mutable std::mutex m_mutex;
    std::deque<Point> m_points;
    std::deque<Counts> m_counts;
};

} // namespace backend
