#include "backend/monitoring/engine_totals.h"

#include <algorithm>
#include <numeric>

namespace backend {
namespace {

constexpr int kForgetAfterUpdates = 3600;

std::vector<double> perSecond(const std::vector<std::int64_t>& counts, double seconds)
{
    std::vector<double> out;
    out.reserve(counts.size());
    for (const auto count : counts)
        out.push_back(double(count) / seconds);
    return out;
}

void addTo(std::vector<double>& sum, const std::vector<double>& more)
{
    sum.resize(std::max(sum.size(), more.size()));
    for (std::size_t i = 0; i < more.size(); ++i)
        sum[i] += more[i];
}

double sumOf(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0);
}

} // namespace

double EngineRates::deliveriesPerSecond() const
{
    return sumOf(deliveries);
}
double EngineRates::readsPerSecond() const
{
    return sumOf(reads) + publicPages;
}

void EngineTotals::update(const std::vector<EngineRow>& rows)
{
    m_updates = std::min(m_updates + 1, 2);
    for (auto& [key, instance] : m_instances) {
        ++instance.missing;
        instance.alive = false;
    }
    for (const auto& row : rows) {
        if (!row.status) continue;
        const auto [at, isNew] = m_instances.try_emplace({row.name, row.startedAt});
        auto& instance = at->second;
        instance.missing = 0;
        instance.alive = row.self || row.heartbeatAgeSeconds - row.readSecondsAgo <= kDeadAfterSeconds;
        if (isNew) {
            instance.last = *row.status;
            addCounters(m_totals, row.status->counters);
        } else {
            take(instance, *row.status);
        }
    }
    // An engine that was only out of sight (a directory that did not answer) must not be counted twice.
    std::erase_if(m_instances, [](const auto& entry) { return entry.second.missing > kForgetAfterUpdates; });
}

void EngineTotals::take(Instance& instance, const EngineStatus& status)
{
    const auto interval = status.publishedAt - instance.last.publishedAt;
    if (interval.count() == 0) return; // nothing new: the rates stand
    const auto more = increase(instance.last.counters, status.counters);
    instance.last = status;
    if (!more || interval.count() < 0) { // counts anew
        instance.rates = {};
        addCounters(m_totals, status.counters);
        return;
    }
    addCounters(m_totals, *more);
    addCounters(m_flow, *more);
    const double seconds = double(interval.count()) / 1000;
    instance.rates = {perSecond(more->deliveries, seconds),
                      perSecond(more->reads, seconds),
                      double(more->posts) / seconds,
                      double(more->publicPages) / seconds,
                      double(sumOf(more->failedReads)) / seconds,
                      double(sumOf(more->failedWrites)) / seconds,
                      double(more->partialPages) / seconds};
}

EngineRates EngineTotals::rates() const
{
    EngineRates out;
    for (const auto& [key, instance] : m_instances) {
        if (!instance.alive) continue;
        addTo(out.deliveries, instance.rates.deliveries);
        addTo(out.reads, instance.rates.reads);
        for (const auto rate : {&EngineRates::posts, &EngineRates::publicPages, &EngineRates::failedReads,
                                &EngineRates::failedWrites, &EngineRates::partialPages})
            out.*rate += instance.rates.*rate;
    }
    return out;
}

} // namespace backend
