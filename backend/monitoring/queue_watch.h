// The queue by kind over the last hour, as the snapshots have it, and the times of tasks over the last five
// minutes, as the workers of all engines measured them. Fed once a second by the sampler; read from any
// thread, without waiting.
#pragma once

#include "backend/domain/queue_details.h"
#include "backend/monitoring/status.h"

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

    // flow: EngineTotals::flow().
    void sampled(const ClusterSnapshot& snapshot, const EngineCounters& flow, Time now);
    QueueDetails details() const;
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
        decltype(EngineCounters::taskWaits) waits, runs;
    };

    mutable std::mutex m_mutex;
    std::deque<Point> m_points;
    std::deque<Counts> m_counts; // a step apart; the last one is of now
};

} // namespace backend
