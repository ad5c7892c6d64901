// What a threshold of followers costs in all, from the authors' own figures: deliveries of those who are
// pushed, merges of those who are pulled. Pure; any thread.
#pragma once

#include "backend/domain/fanout_costs.h"

#include <vector>

namespace ui {

struct FanoutLoad
{
    double pulledAuthors = 0;
    double deliveriesPerSecond = 0, mergesPerSecond = 0;

    // In deliveries: a merge costs as much as `mergeCost` of them.
    double cost(double mergeCost) const { return deliveriesPerSecond + mergesPerSecond * mergeCost; }
};

FanoutLoad loadToday(const backend::FanoutCosts& costs);
// Authors with more followers than this are pulled, the others pushed.
FanoutLoad loadAbove(const backend::FanoutCosts& costs, std::int64_t threshold);

// Where today's rule stands: at its threshold; else where the smallest merged audience begins.
std::int64_t thresholdToday(const backend::FanoutCosts& costs);

struct FanoutCurvePoint
{
    std::int64_t threshold = 0;
    double cost = 0, push = 0, pull = 0; // deliveries a second
};
// At every threshold where something changes, thinned out to `most`; ascending. The first pulls everybody,
// the last nobody.
std::vector<FanoutCurvePoint> fanoutCurve(const backend::FanoutCosts& costs, std::size_t most = 400);
// Of the curve's points the cheapest; the highest threshold among equals. REQUIRES: not empty.
FanoutCurvePoint cheapestOf(const std::vector<FanoutCurvePoint>& curve);

} // namespace ui
