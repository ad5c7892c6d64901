#include "backend/monitoring/probe_latencies.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace backend {

void ProbeLatencies::add(Time at, std::optional<double> milliseconds)
{
    m_last.push_back({at, milliseconds});
    if (m_last.size() > kKept) m_last.pop_front();
}

LatencySummary ProbeLatencies::summary(Time now) const
{
    LatencySummary out;
    if (m_last.empty()) return out;
    out.probes = int(m_last.size());
    out.windowSeconds = std::chrono::duration<double>(now - m_last.front().at).count();
    std::vector<double> answered;
    for (const auto& probe : m_last)
        if (probe.milliseconds) answered.push_back(*probe.milliseconds);
    out.missed = out.probes - int(answered.size());
    if (answered.empty()) return out;
    std::sort(answered.begin(), answered.end());
    // Nearest rank: a value that was measured, never one between two.
    const auto rank = [&](double share) {
        const auto at = std::size_t(std::ceil(share * double(answered.size())));
        return answered[std::max<std::size_t>(at, 1) - 1];
    };
    out.p50Ms = rank(0.50);
    out.p99Ms = rank(0.99);
    return out;
}

} // namespace backend
