// Rates of the newest snapshots as means over up to ten seconds: in one second alone chance hides what they
// are looked at for. Fed with each snapshot that is shown; GUI thread only.
#pragma once

#include "backend/domain/snapshot.h"

#include <deque>

namespace ui {

class RecentRates
{
public:
    static constexpr std::size_t kMost = 10; // snapshots, one a second

    // The newest, with means in place of its rates of deliveries and calls, cluster's and shards', and of its
    // nodes' commands, evictions and key hits.
    // What is not known of now, or not of now, stays as it is. Null without one.
    backend::SnapshotPtr add(const backend::SnapshotPtr& newest);
    double seconds() const { return double(m_lately.size()); } // that they are means of

private:
    std::deque<backend::SnapshotPtr> m_lately; // newest last
};

} // namespace ui
