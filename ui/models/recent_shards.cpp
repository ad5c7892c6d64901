#include "ui/models/recent_shards.h"

#include <memory>

namespace ui {
namespace {

// Of those that are known; what the newest does not know is not known.
template <class ValueOf>
double meanOf(const std::deque<backend::SnapshotPtr>& lately, ValueOf valueOf)
{
    const double newest = valueOf(*lately.back());
    if (newest < 0) return newest;
    double sum = 0;
    int known = 0;
    for (const auto& one : lately) {
        const double value = valueOf(*one);
        if (value < 0) continue;
        sum += value;
        ++known;
    }
    return sum / known;
}

} // namespace

backend::SnapshotPtr RecentShards::add(const backend::SnapshotPtr& newest)
{
    if (!newest || newest->ratesReadAt) { // not of now
        m_lately.clear();
        return newest;
    }
    if (!m_lately.empty()) {
        const auto& last = *m_lately.back();
        const bool goesOn = newest->sequence >= last.sequence && newest->sequence - last.sequence <= kMost &&
                            newest->shards.size() == last.shards.size() && newest->epoch == last.epoch;
        if (!goesOn)
            m_lately.clear();
        else if (newest->sequence == last.sequence)
            m_lately.pop_back();
    }
    m_lately.push_back(newest);
    if (m_lately.size() > kMost) m_lately.pop_front();

    using Snapshot = backend::ClusterSnapshot;
    auto out = std::make_shared<Snapshot>(*newest);
    for (const auto rate : {&Snapshot::deliveriesPerSecond, &Snapshot::postsPerSecond,
                            &Snapshot::readsPerSecond, &Snapshot::failedReadsPerSecond,
                            &Snapshot::failedWritesPerSecond, &Snapshot::partialPagesPerSecond})
        out.get()->*rate = meanOf(m_lately, [rate](const Snapshot& one) { return one.*rate; });
    for (std::size_t i = 0; i < out->shards.size(); ++i)
        for (const auto rate :
             {&backend::ShardSnapshot::deliveriesPerSecond, &backend::ShardSnapshot::readsPerSecond})
            out->shards[i].*rate =
                meanOf(m_lately, [rate, i](const Snapshot& one) { return one.shards[i].*rate; });
    return out;
}

} // namespace ui
