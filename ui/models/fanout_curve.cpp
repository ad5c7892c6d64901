#include "ui/models/fanout_curve.h"

#include <algorithm>
#include <set>

namespace ui {
namespace {

constexpr double kDay = 86'400;

// Adds an author and all whom it stands for.
void add(FanoutLoad& load, const backend::AuthorCost& author, bool pulled)
{
    const double readers = double(author.followers) * author.warmShare * author.weight;
    if (pulled) {
        load.pulledAuthors += author.weight;
        load.mergesPerSecond += readers * author.visitsPerDay / kDay;
    } else {
        load.deliveriesPerSecond += readers * author.postsPerDay / kDay;
    }
}

} // namespace

FanoutLoad loadToday(const backend::FanoutCosts& costs)
{
    FanoutLoad out;
    for (const auto& author : costs.sample)
        add(out, author, author.pulled);
    return out;
}

FanoutLoad loadAbove(const backend::FanoutCosts& costs, std::int64_t threshold)
{
    FanoutLoad out;
    for (const auto& author : costs.sample)
        add(out, author, author.followers > threshold);
    return out;
}

std::vector<FanoutCurvePoint> fanoutCurve(const backend::FanoutCosts& costs, std::size_t most)
{
    std::set<std::int64_t> thresholds{0};
    for (const auto& author : costs.sample)
        thresholds.insert(author.followers);
    std::vector<std::int64_t> all(thresholds.begin(), thresholds.end());
    const std::size_t wanted = std::min(all.size(), std::max<std::size_t>(most, 2));
    std::vector<FanoutCurvePoint> out;
    for (std::size_t i = 0; i < wanted; ++i) {
        const auto at = wanted > 1 ? i * (all.size() - 1) / (wanted - 1) : 0;
        const auto load = loadAbove(costs, all[at]);
        const double pull = load.mergesPerSecond * costs.mergeCost;
        out.push_back({all[at], load.deliveriesPerSecond + pull, load.deliveriesPerSecond, pull});
    }
    return out;
}

FanoutCurvePoint cheapestOf(const std::vector<FanoutCurvePoint>& curve)
{
    auto best = curve.front();
    for (const auto& point : curve)
        if (point.cost <= best.cost) best = point;
    return best;
}

} // namespace ui
