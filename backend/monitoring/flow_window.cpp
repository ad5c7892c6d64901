#include "backend/monitoring/flow_window.h"

#include <algorithm>

namespace backend {

void FlowWindow::add(Time at, const EngineCounters& flow, const std::vector<QueueKindSnapshot>& queue)
{
    m_calls.add(at, flow);
    Point point;
    point.at = at;
    point.fanoutDelay = flow.fanoutDelay;
    point.done = flow.tasksDone;
    point.failed = flow.tasksFailed;
    point.counted = !queue.empty();
    for (const auto& kind : queue)
        point.backlog[std::size_t(kind.kind)] = kind.unfinished() + kind.dead;
    m_points.push_back(std::move(point));
    while (m_points.size() > 2 && at - m_points.front().at > kLength)
        m_points.pop_front();
    m_backlog.add(at, queue, donePerSecond());
}

double FlowWindow::donePerSecond() const
{
    const auto &first = m_points.front(), &last = m_points.back();
    const double seconds = std::chrono::duration<double>(last.at - first.at).count();
    std::int64_t done = 0;
    for (std::size_t i = 0; i < last.done.size(); ++i)
        done += last.done[i] - first.done[i];
    return seconds > 0 ? double(done) / seconds : 0;
}

FanoutDelays FlowWindow::fanout() const
{
    FanoutDelays out;
    if (m_points.size() < 2) return out;
    auto window = m_points.back().fanoutDelay;
    const auto& before = m_points.front().fanoutDelay;
    for (std::size_t i = 0; i < before.size() && i < window.size(); ++i)
        window[i] -= before[i];
    for (const auto count : window)
        out.count += count;
    out.p50Ms = delayQuantile(window, 0.50);
    out.p95Ms = delayQuantile(window, 0.95);
    out.p99Ms = delayQuantile(window, 0.99);
    return out;
}

void FlowWindow::fillRates(ClusterSnapshot& snapshot) const
{
    const auto first =
        std::find_if(m_points.begin(), m_points.end(), [](const Point& point) { return point.counted; });
    if (first == m_points.end() || !m_points.back().counted) return;
    const auto& last = m_points.back();
    const double seconds = std::chrono::duration<double>(last.at - first->at).count();
    if (seconds <= 0) return;
    snapshot.arrivalsPerSecond = snapshot.drainPerSecond = 0;
    for (auto& kind : snapshot.queue) {
        const auto i = std::size_t(kind.kind);
        const auto done = last.done[i] - first->done[i], more = last.backlog[i] - first->backlog[i];
        kind.drainPerSecond = double(done) / seconds;
        kind.arrivalsPerSecond = double(std::max<std::int64_t>(0, done + more)) / seconds;
        kind.failuresPerSecond = double(last.failed[i] - first->failed[i]) / seconds;
        snapshot.drainPerSecond += kind.drainPerSecond;
        snapshot.arrivalsPerSecond += kind.arrivalsPerSecond;
    }
    const double net = snapshot.drainPerSecond - snapshot.arrivalsPerSecond;
    if (snapshot.queueUnfinished == 0)
        snapshot.secondsToDrain = 0;
    else if (net > 0)
        snapshot.secondsToDrain = double(snapshot.queueUnfinished) / net;
}

} // namespace backend
