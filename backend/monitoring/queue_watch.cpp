#include "backend/monitoring/queue_watch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace backend {
namespace {

constexpr float kUnknownCount = std::numeric_limits<float>::quiet_NaN();

float known(double value)
{
    return value < 0 ? kUnknownCount : float(value);
}

std::vector<std::int64_t> difference(const std::vector<std::int64_t>& now,
                                     const std::vector<std::int64_t>& before)
{
    auto out = now;
    for (std::size_t i = 0; i < out.size() && i < before.size(); ++i)
        out[i] -= before[i];
    return out;
}

std::int64_t sum(const std::vector<std::int64_t>& counts)
{
    return std::accumulate(counts.begin(), counts.end(), std::int64_t(0));
}

// The mean of what is known.
class Mean
{
public:
    void add(float value)
    {
        if (std::isnan(value)) return;
        m_sum += double(value);
        ++m_count;
    }
    double take()
    {
        const double mean = m_count > 0 ? m_sum / m_count : std::numeric_limits<double>::quiet_NaN();
        *this = {};
        return mean;
    }

private:
    double m_sum = 0;
    int m_count = 0;
};

} // namespace

void QueueWatch::sampled(const ClusterSnapshot& snapshot, const EngineCounters& flow, Time now)
{
    Point point;
    point.at = snapshot.takenAt;
    point.unfinished.fill(kUnknownCount);
    point.arrivals = point.drain = point.unfinished;
    for (const auto& kind : snapshot.queue) {
        const auto k =
            std::size_t(std::find(kTaskKinds.begin(), kTaskKinds.end(), kind.kind) - kTaskKinds.begin());
        if (k >= kKinds) continue;
        point.unfinished[k] = known(double(kind.unfinished()));
        if (snapshot.ratesReadAt) continue; // they are of before
        point.arrivals[k] = known(kind.arrivalsPerSecond);
        point.drain[k] = known(kind.drainPerSecond);
    }
    const std::lock_guard lock(m_mutex);
    while (!m_points.empty() && m_points.back().at > point.at)
        m_points.pop_back(); // the clock was set back: what it said of later is void
    m_points.push_back(point);
    while (m_points.front().at < point.at - kLength || m_points.size() > std::size_t(kLength.count()) + 60)
        m_points.pop_front();
    const Counts counts{now, flow.taskWaits, flow.taskRuns};
    const auto size = m_counts.size();
    if (size > 1 && m_counts.back().at - m_counts[size - 2].at < kStep)
        m_counts.back() = counts;
    else
        m_counts.push_back(counts);
    // One from before the window stays, so that it is five minutes at least once they are over.
    while (m_counts.size() > 2 && now - m_counts[1].at >= kWindow)
        m_counts.pop_front();
}

QueueDetails QueueWatch::details() const
{
    QueueDetails out;
    const std::lock_guard lock(m_mutex);
    if (m_counts.empty()) {
        out.notMeasured = "no snapshot was taken yet";
        return out;
    }
    const auto &before = m_counts.front(), &current = m_counts.back();
    out.windowSeconds = std::chrono::duration<double>(current.at - before.at).count();
    for (const auto kind : kTaskKinds) {
        const auto k = std::size_t(kind);
        const auto waits = difference(current.waits[k], before.waits[k]);
        const auto runs = difference(current.runs[k], before.runs[k]);
        QueueKindTimes times{kind,
                             sum(waits),
                             sum(runs),
                             delayQuantile(waits, 0.5),
                             delayQuantile(waits, 0.99),
                             delayQuantile(runs, 0.5),
                             delayQuantile(runs, 0.99)};
        if (times.waits > 0 || times.runs > 0) out.kinds.push_back(times);
    }
    return out;
}

QueueHistory QueueWatch::history(TimePoint begin, TimePoint end, int most) const
{
    QueueHistory out;
    for (const auto kind : kTaskKinds)
        out.kinds.push_back({kind, {}, {}, {}});
    const auto seconds =
        std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(end - begin).count());
    const auto step = std::chrono::seconds(std::max<std::int64_t>(1, (seconds + most - 1) / most));
    out.stepSeconds = double(step.count());

    std::array<Mean, kKinds> unfinished, arrivals, drain;
    const auto finish = [&] {
        for (std::size_t k = 0; k < kKinds; ++k) {
            out.kinds[k].unfinished.push_back(unfinished[k].take());
            out.kinds[k].arrivalsPerSecond.push_back(arrivals[k].take());
            out.kinds[k].drainPerSecond.push_back(drain[k].take());
        }
    };
    const std::lock_guard lock(m_mutex);
    for (const auto& point : m_points) {
        if (point.at < begin || point.at > end) continue;
        // Whole multiples of the step: points stand still while the window moves.
        const auto at = TimePoint(point.at.time_since_epoch() / step * step);
        if (out.at.empty() || out.at.back() != at) {
            if (!out.at.empty()) finish();
            out.at.push_back(at);
        }
        for (std::size_t k = 0; k < kKinds; ++k) {
            unfinished[k].add(point.unfinished[k]);
            arrivals[k].add(point.arrivals[k]);
            drain[k].add(point.drain[k]);
        }
    }
    if (!out.at.empty()) finish();
    return out;
}

} // namespace backend
