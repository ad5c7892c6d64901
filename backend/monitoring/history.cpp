#include "backend/monitoring/history.h"

#include "backend/domain/balance.h"

#include <algorithm>
#include <limits>

namespace backend {
namespace {

double gapIfUnknown(double value)
{
    return value < 0 ? std::numeric_limits<double>::quiet_NaN() : value;
}
double gapIfUnknown(std::int64_t value)
{
    return gapIfUnknown(double(value));
}

double imbalanceOf(const ClusterSnapshot& snapshot)
{
    std::vector<double> loads;
    for (const auto& load : loadByNode(snapshot, BalanceMetric::Deliveries))
        loads.push_back(load.value);
    const auto summary = summarize(loads, 0);
    return summary.mean > 0 ? summary.maxOverMean : std::numeric_limits<double>::quiet_NaN();
}

} // namespace

HistoryPoint historyPoint(const ClusterSnapshot& s)
{
    const bool counted = !s.queue.empty();
    const auto ifCounted = [counted](double value) { return gapIfUnknown(counted ? value : -1); };
    // What is as of before is no measurement of this second.
    const auto ifOfNow = [&s](double value) { return gapIfUnknown(s.ratesReadAt ? -1 : value); };
    HistoryPoint out{s.takenAt,
                     ifOfNow(s.deliveriesPerSecond),
                     ifOfNow(s.postsPerSecond),
                     ifOfNow(s.readsPerSecond),
                     ifOfNow(s.failedReadsPerSecond),
                     ifOfNow(s.failedWritesPerSecond),
                     ifOfNow(s.partialPagesPerSecond),
                     ifOfNow(s.fanoutP50Ms),
                     ifOfNow(s.fanoutP95Ms),
                     ifOfNow(s.fanoutP99Ms),
                     ifCounted(double(s.queueUnfinished)),
                     ifCounted(s.queueOldestAgeSeconds),
                     ifCounted(double(s.queueDead)),
                     ifOfNow(s.arrivalsPerSecond),
                     ifOfNow(s.drainPerSecond),
                     ifOfNow(imbalanceOf(s)),
                     s.caches,
                     {},
                     {},
                     {}};
    for (const auto& node : s.nodes) {
        out.nodeMemoryBytes.push_back(gapIfUnknown(node.memoryBytes));
        out.nodeCommandsPerSecond.push_back(gapIfUnknown(node.commandsPerSecond));
        // The last known size of a node that is down is no measurement of this second.
        out.nodeDiskBytes.push_back(gapIfUnknown(node.health == Health::Down ? -1 : double(node.diskBytes)));
    }
    return out;
}

void History::add(HistoryPoint point)
{
    auto shared = std::make_shared<const HistoryPoint>(std::move(point));
    const std::lock_guard lock(m_mutex);
    m_points.push_back(std::move(shared));
    if (m_points.size() > m_capacity) m_points.pop_front();
}

std::vector<HistoryPoint> History::since(TimePoint since) const
{
    std::vector<std::shared_ptr<const HistoryPoint>> shared;
    {
        const std::lock_guard lock(m_mutex);
        const auto first =
            std::find_if(m_points.begin(), m_points.end(), [since](const auto& p) { return p->at >= since; });
        shared.assign(first, m_points.end());
    }
    std::vector<HistoryPoint> out;
    out.reserve(shared.size());
    for (const auto& point : shared)
        out.push_back(*point);
    return out;
}

} // namespace backend
