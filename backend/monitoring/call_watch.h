// Whether so many calls of the Feed fail that somebody should look: of the last ten seconds, and with
// hysteresis, so that a few failures neither raise nor keep an alarm. Owned by the flow window; one thread.
#pragma once

#include "backend/monitoring/status.h"

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace backend {

class CallWatch
{
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds kLength{10};
    static constexpr double kBegins = 0.01, kEnds = 0.0025; // of the calls: from here on, below
    static constexpr std::int64_t kLeast = 3;               // calls; fewer begin nothing

    struct Trouble
    {
        double share = 0, perSecond = 0;
        FailureReason mostly = FailureReason::Other;
        Time since;
    };

    // flow: EngineTotals::flow().
    void add(Time at, const EngineCounters& flow);

    const std::optional<Trouble>& reads() const { return m_reads; }
    const std::optional<Trouble>& writes() const { return m_writes; }
    const std::optional<Trouble>& partialPages() const { return m_partial; }

private:
    struct Point
    {
        Time at;
        std::int64_t reads = 0, writes = 0; // answered
        FailureCounts failedReads{}, failedWrites{}, partial{};
    };
    static void judge(std::optional<Trouble>& state, const FailureCounts& failed, std::int64_t asked,
                      double seconds, Time at);

    std::deque<Point> m_points;
    std::optional<Trouble> m_reads, m_writes, m_partial;
};

// For people: "62% of reads fail, 37/s: deadline exceeded".
std::string failureText(std::string_view calls, const CallTrouble& trouble);
// "12% of pages are incomplete, 8.4/s: not all of them could be read in time".
std::string partialText(const CallTrouble& trouble);

} // namespace backend
