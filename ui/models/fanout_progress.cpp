#include "ui/models/fanout_progress.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ui {
namespace {

constexpr std::chrono::seconds kRateWindow{5};

double secondsBetween(backend::TimePoint from, backend::TimePoint to)
{
    return std::chrono::duration<double>(to - from).count();
}

} // namespace

std::optional<double> deliveredWithin(const backend::DeliveryLedger& ledger, double part)
{
    std::vector<std::pair<backend::TimePoint, std::int64_t>> ends;
    std::int64_t all = 0;
    for (const auto& chunk : ledger.chunks) {
        if (!chunk.lastDeliveryAt || chunk.pushed <= 0) continue;
        ends.emplace_back(*chunk.lastDeliveryAt, chunk.pushed);
        all += chunk.pushed;
    }
    if (all == 0) return std::nullopt;
    std::sort(ends.begin(), ends.end());
    const auto wanted = std::int64_t(std::ceil(part * double(all)));
    std::int64_t had = 0;
    for (const auto& [at, pushed] : ends) {
        had += pushed;
        if (had >= wanted) return std::max(0.0, secondsBetween(ledger.committedAt, at));
    }
    return std::nullopt;
}

// An audience has its author at least.
bool awaitsPlan(const backend::DeliveryLedger& ledger)
{
    return ledger.audience == 0 && !ledger.complete();
}

std::int64_t outstanding(const backend::DeliveryLedger& ledger)
{
    return std::max<std::int64_t>(0, ledger.audience - ledger.accounted());
}

std::optional<double> overallRate(const backend::DeliveryLedger& ledger)
{
    if (!ledger.firstDeliveryAt || !ledger.lastDeliveryAt) return std::nullopt;
    const double seconds = secondsBetween(*ledger.firstDeliveryAt, *ledger.lastDeliveryAt);
    if (seconds < 0.001 || ledger.pushed <= 0) return std::nullopt;
    return double(ledger.pushed) / seconds;
}

void FanoutRate::add(const backend::DeliveryLedger& ledger, Clock::time_point at)
{
    // The dormant and the pulled are told by the plan: nobody works on them.
    const auto done = ledger.accounted() - ledger.skippedDormant - ledger.pulled;
    m_readings.push_back({at, done, outstanding(ledger)});
    while (m_readings.size() > 2 && at - m_readings[1].at >= kRateWindow)
        m_readings.pop_front();
}

std::optional<double> FanoutRate::perSecond() const
{
    if (m_readings.size() < 2) return std::nullopt;
    const auto& first = m_readings.front();
    const auto& last = m_readings.back();
    const double seconds = std::chrono::duration<double>(last.at - first.at).count();
    if (seconds <= 0) return std::nullopt;
    return double(std::max<std::int64_t>(0, last.done - first.done)) / seconds;
}

std::optional<double> FanoutRate::secondsLeft() const
{
    const auto rate = perSecond();
    if (!rate || *rate <= 0) return std::nullopt;
    return double(m_readings.back().left) / *rate;
}

} // namespace ui
