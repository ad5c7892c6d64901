#include "ui/bridge/recent_rates.h"

#include <algorithm>
#include <memory>

namespace ui {
namespace {

// -1: none is known.
template <class ValueOf>
double meanOfKnown(const std::deque<backend::SnapshotPtr>& lately, ValueOf valueOf)
{
    double sum = 0;
    int known = 0;
    for (const auto& one : lately) {
        const double value = valueOf(*one);
        if (value < 0) continue;
        sum += value;
        ++known;
    }
    return known > 0 ? sum / known : -1;
}

// What the newest does not know is not known.
template <class ValueOf>
double meanOf(const std::deque<backend::SnapshotPtr>& lately, ValueOf valueOf)
{
    const double newest = valueOf(*lately.back());
    return newest < 0 ? newest : meanOfKnown(lately, valueOf);
}

bool alike(const backend::ClusterSnapshot& before, const backend::ClusterSnapshot& now)
{
    return before.epoch == now.epoch && before.shards.size() == now.shards.size() &&
           std::ranges::equal(before.nodes, now.nodes, {}, &backend::NodeSnapshot::id,
                              &backend::NodeSnapshot::id);
}

// Means of one figure over other seconds than of the next would tell of unevenness that is none.
bool becomesKnown(const backend::ClusterSnapshot& before, const backend::ClusterSnapshot& now)
{
    if (before.deliveriesPerSecond < 0 && now.deliveriesPerSecond >= 0) return true;
    for (std::size_t i = 0; i < now.shards.size(); ++i)
        if (before.shards[i].deliveriesPerSecond < 0 && now.shards[i].deliveriesPerSecond >= 0) return true;
    for (std::size_t i = 0; i < now.nodes.size(); ++i)
        if (before.nodes[i].commandsPerSecond < 0 && now.nodes[i].commandsPerSecond >= 0) return true;
    return false;
}

} // namespace

backend::SnapshotPtr RecentRates::add(const backend::SnapshotPtr& newest)
{
    if (!newest || newest->ratesReadAt) { // not of now
        m_lately.clear();
        return newest;
    }
    if (!m_lately.empty()) {
        const auto& last = *m_lately.back();
        const bool goesOn =
            newest->sequence >= last.sequence && alike(last, *newest) && !becomesKnown(last, *newest);
        if (!goesOn)
            m_lately.clear();
        else if (newest->sequence == last.sequence)
            m_lately.pop_back();
    }
    m_lately.push_back(newest);
    while (m_lately.front()->sequence + kMost <= newest->sequence)
        m_lately.pop_front();

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
    using Node = backend::NodeSnapshot;
    for (std::size_t i = 0; i < out->nodes.size(); ++i) {
        auto& node = out->nodes[i];
        for (const auto rate : {&Node::commandsPerSecond, &Node::evictionsPerSecond})
            node.*rate = meanOf(m_lately, [rate, i](const Snapshot& one) { return one.nodes[i].*rate; });
        // Of the seconds with look-ups, as long as the node tells anything.
        if (node.commandsPerSecond >= 0)
            node.keyspaceHitRatio =
                meanOfKnown(m_lately, [i](const Snapshot& one) { return one.nodes[i].keyspaceHitRatio; });
    }
    return out;
}

} // namespace ui
