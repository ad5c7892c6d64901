// What the workers of other engines did over the last hour, by the second, from what those engines publish.
// Fed by the sampler once a second, read by anybody: thread-safe.
#pragma once

#include "backend/monitoring/engine_totals.h"
#include "backend/queue/worker_log.h"

#include <map>
#include <mutex>
#include <tuple>

namespace backend {

class EngineLanes
{
public:
    // Rows of `self` are left out: an engine knows its own workers batch by batch.
    void look(const std::vector<EngineRow>& engines, TimePoint takenAt);
    // After the lanes that are there, by engine and index; those that ended before `begin` are left out.
    void addTo(WorkerSpans& out, TimePoint begin, TimePoint end, std::size_t most, TimePoint now) const;

private:
    struct Lane
    {
        std::shared_ptr<WorkerLog> log = std::make_shared<WorkerLog>();
        Milliseconds publishedAt{0};
        TimePoint to; // told up to here
        WorkerLog::Used used{};
        std::int64_t tasks = 0;
        bool ended = false;
    };
    using Key = std::tuple<std::string, TimePoint, int>; // engine, its start, index
    void take(Lane& lane, const EngineStatus& status, const WorkerSnapshot& worker, TimePoint at);

    mutable std::mutex m_mutex;
    std::map<Key, Lane> m_lanes;
};

} // namespace backend
