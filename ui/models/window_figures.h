// What figures and tables show while a part of the past is chosen: means over it, of the history's points and
// of the logical shards. Pure values; any thread.
#pragma once

#include "backend/domain/balance.h"
#include "ui/bridge/history_view.h"
#include "ui/models/shard_comparison.h"

#include <array>
#include <vector>

namespace ui {

// NaN: not known. With rolled-up history `greatest` is of single seconds, not of their means.
struct WindowFigure
{
    double mean, greatest, last;

    bool known() const { return mean == mean; }
};
WindowFigure windowFigure(const HistoryView& history, double backend::HistoryPoint::*value);

// Every metric of the shards over one window.
struct WindowShards
{
    std::array<ShardMeans, backend::kBalanceMetrics.size()> byMetric; // as kBalanceMetrics
    std::chrono::milliseconds step{1000};

    // Of the window, 0 … 1: the part of which anything is known.
    double knownPart() const;
    double knownSeconds() const;
};
// One history of each metric, in the order of kBalanceMetrics.
WindowShards windowShards(const std::vector<backend::ShardHistory>& histories);

// The snapshot with the means of the window for each metric of its shards; not known where they are not. All
// else is the snapshot's.
backend::ClusterSnapshot overWindow(backend::ClusterSnapshot snapshot, const WindowShards& window);

} // namespace ui
