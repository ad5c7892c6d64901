#include "backend/monitoring/call_watch.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace backend {
namespace {

FailureCounts since(const FailureCounts& before, FailureCounts now)
{
    for (std::size_t i = 0; i < now.size(); ++i)
        now[i] -= before[i];
    return now;
}

std::string shareText(double share)
{
    const int percent = int(share * 100 + 0.5);
    return percent < 1 ? "less than 1%" : std::to_string(percent) + "%";
}

std::string rateText(double perSecond)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), perSecond < 10 ? "%.1f/s" : "%.0f/s", perSecond);
    return text.data();
}

} // namespace

void CallWatch::add(Time at, const EngineCounters& flow)
{
    Point point;
    point.at = at;
    point.reads = std::accumulate(flow.reads.begin(), flow.reads.end(), flow.publicPages);
    point.writes = flow.writes;
    point.failedReads = flow.failedReads;
    point.failedWrites = flow.failedWrites;
    point.partial[std::size_t(FailureReason::Other)] = flow.partialPages;
    m_points.push_back(point);
    while (m_points.size() > 2 && at - m_points.front().at > kLength)
        m_points.pop_front();
    const auto& before = m_points.front();
    const double seconds = std::chrono::duration<double>(at - before.at).count();
    if (seconds <= 0) return;
    const auto reads = point.reads - before.reads, writes = point.writes - before.writes;
    const auto failedReads = since(before.failedReads, point.failedReads);
    const auto failedWrites = since(before.failedWrites, point.failedWrites);
    judge(m_reads, failedReads, reads + sumOf(failedReads), seconds, at);
    judge(m_writes, failedWrites, writes + sumOf(failedWrites), seconds, at);
    judge(m_partial, since(before.partial, point.partial), reads, seconds, at);
}

void CallWatch::judge(std::optional<Trouble>& state, const FailureCounts& failed, std::int64_t asked,
                      double seconds, Time at)
{
    const auto count = sumOf(failed);
    const double share = asked > 0 ? double(count) / double(asked) : 0;
    if (state ? share < kEnds : count < kLeast || share < kBegins) {
        state.reset();
        return;
    }
    const auto most = std::max_element(failed.begin(), failed.end()) - failed.begin();
    state = Trouble{share, double(count) / seconds, FailureReason(most), state ? state->since : at};
}

std::string failureText(std::string_view calls, const CallTrouble& trouble)
{
    return shareText(trouble.share) + " of " + std::string(calls) + " fail, " + rateText(trouble.perSecond) +
           ": " + std::string(kFailureReasonNames[std::size_t(trouble.mostly)]);
}

std::string partialText(const CallTrouble& trouble)
{
    return shareText(trouble.share) + " of pages are incomplete, " + rateText(trouble.perSecond) +
           ": not all of them could be read in time";
}

} // namespace backend
