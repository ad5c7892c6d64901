// One hour of history, one point a second, for charts. Written by the sampler, read by anyone: thread-safe.
#pragma once

#include "backend/domain/snapshot.h"

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace backend {

HistoryPoint historyPoint(const ClusterSnapshot& snapshot);

class History
{
public:
    explicit History(std::size_t capacity = 3600)
        : m_capacity(capacity)
    {
    }

    void add(HistoryPoint point);
    // Not older than `since`, ascending.
    std::vector<HistoryPoint> since(TimePoint since) const;

private:
    const std::size_t m_capacity;
    mutable std::mutex m_mutex;
    std::deque<std::shared_ptr<const HistoryPoint>> m_points; // ascending
};

} // namespace backend
