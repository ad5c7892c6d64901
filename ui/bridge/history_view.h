// A stretch of history as charts and tables get it: points at an even step, with the least and the greatest
// of each step where it is longer than a second. A view: valid until control returns to the event loop.
#pragma once

#include "backend/domain/snapshot.h"

#include <chrono>
#include <optional>
#include <span>
#include <vector>

namespace ui {

// A point comes every second; a sampler that is a little late leaves no gap.
inline constexpr std::chrono::milliseconds kLateness{2500};

struct HistoryView : std::span<const backend::HistoryPoint>
{
    using Points = std::span<const backend::HistoryPoint>;

    HistoryView() = default;
    HistoryView(Points points)
        : Points(points)
    {
    }
    HistoryView(const std::vector<backend::HistoryPoint>& points)
        : Points(points)
    {
    }

    Points least, greatest; // one for each point, or none
    std::chrono::milliseconds step{1000};
    bool reading = false; // more of it is on its way from the disk
    // The nearest moments outside the stretch of which something is known, as far as anybody looked.
    std::optional<backend::TimePoint> before, after;
    // From here on there is nothing that is not told: of the time to the first point nothing is known.
    std::optional<backend::TimePoint> wholeFrom;
};

// Time of which nothing is known, between two moments of which something is, or before the first such moment:
// [begin, end).
struct HistoryGap
{
    backend::TimePoint begin, end;
    bool atStart = false; // nothing is known of any earlier time either
};
std::vector<HistoryGap> gapsOf(const HistoryView& view);

} // namespace ui
