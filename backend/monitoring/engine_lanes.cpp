#include "backend/monitoring/engine_lanes.h"

#include <algorithm>
#include <set>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds kLongest = 60s; // between two publications that are told as one stretch

} // namespace

void EngineLanes::look(const std::vector<EngineRow>& engines, TimePoint takenAt)
{
    const std::lock_guard lock(m_mutex);
    std::set<Key> seen;
    for (const auto& row : engines) {
        if (row.self || !row.status) continue;
        const auto age = std::chrono::microseconds(std::int64_t(row.heartbeatAgeSeconds * 1e6));
        for (const auto& worker : row.status->workers) {
            if (worker.state == WorkerState::Stopped) continue;
            const Key key{row.name, row.startedAt, worker.index};
            seen.insert(key);
            take(m_lanes[key], *row.status, worker, takenAt - age);
        }
    }
    for (auto& [key, lane] : m_lanes) {
        if (seen.contains(key) || lane.ended) continue;
        lane.ended = true;
        lane.log->left(lane.to);
    }
    std::erase_if(m_lanes, [&](const auto& entry) {
        return entry.second.ended && takenAt - entry.second.to > WorkerLog::kLength;
    });
}

void EngineLanes::take(Lane& lane, const EngineStatus& status, const WorkerSnapshot& worker, TimePoint at)
{
    const auto interval = status.publishedAt - lane.publishedAt;
    if (interval.count() == 0) return; // nothing new
    auto more = worker.used;
    bool anew = lane.publishedAt.count() == 0 || lane.ended || interval.count() < 0 || interval > kLongest;
    for (std::size_t part = 0; part < more.size(); ++part) {
        more[part] -= lane.used[part];
        anew = anew || more[part] < 0;
    }
    const auto tasks = worker.tasksDone + worker.tasksFailed;
    if (anew) { // what it did before is not known second by second
        lane.log = std::make_shared<WorkerLog>();
        lane.log->told({}, 0, at, at);
        lane.ended = false;
    } else {
        // Stretches join, though a heartbeat takes now more, now less time.
        lane.log->told(more, tasks - lane.tasks, lane.to, std::max(at, lane.to));
    }
    lane.publishedAt = status.publishedAt;
    lane.to = anew ? at : std::max(at, lane.to);
    lane.used = worker.used;
    lane.tasks = tasks;
}

void EngineLanes::addTo(WorkerSpans& out, TimePoint begin, TimePoint end, std::size_t most,
                        TimePoint now) const
{
    const std::lock_guard lock(m_mutex);
    for (const auto& [key, known] : m_lanes) {
        auto lane = known.log->lane(begin, end, now, most);
        lane.engine = std::get<0>(key);
        lane.index = std::get<2>(key);
        if (!lane.until || *lane.until >= begin) out.lanes.push_back(std::move(lane));
    }
}

} // namespace backend
