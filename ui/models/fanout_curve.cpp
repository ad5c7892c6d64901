#include "ui/models/fanout_curve.h"

#include "ui/widgets/formatting.h"

#include <algorithm>
#include <set>

namespace ui {
namespace {

constexpr double kLeastKnown = 60; // seconds

// The planner counts over a day at least. Where the cluster has not had posts for so long, what the others
// count per second is of the time that has.
double postsPerSecond(const backend::FanoutCosts& costs, const backend::AuthorCost& author)
{
    const double counted = author.daysCounted * kDay;
    const double seconds = costs.postsKnownSeconds > 0
                               ? std::min(counted, std::max(costs.postsKnownSeconds, kLeastKnown))
                               : counted;
    return author.postsPerDay * author.daysCounted / seconds;
}

// Adds an author and all whom it stands for.
void add(FanoutLoad& load, const backend::FanoutCosts& costs, const backend::AuthorCost& author, bool pulled)
{
    const double readers = double(author.followers) * author.warmShare * author.weight;
    if (pulled) {
        load.pulledAuthors += author.weight;
        load.mergesPerSecond += readers * author.visitsPerDay / kDay;
    } else {
        load.deliveriesPerSecond += readers * postsPerSecond(costs, author);
    }
}

} // namespace

FanoutLoad loadToday(const backend::FanoutCosts& costs)
{
    FanoutLoad out;
    for (const auto& author : costs.sample)
        add(out, costs, author, author.pulled);
    return out;
}

FanoutLoad loadAbove(const backend::FanoutCosts& costs, std::int64_t threshold)
{
    FanoutLoad out;
    for (const auto& author : costs.sample)
        add(out, costs, author, author.followers > threshold);
    return out;
}

std::int64_t thresholdToday(const backend::FanoutCosts& costs)
{
    if (costs.threshold.kind == backend::PushThreshold::Kind::Followers) return costs.threshold.followers;
    auto least = costs.sample.front().followers;
    for (const auto& author : costs.sample)
        if (author.pulled) least = std::min(least, author.followers - 1);
    return least;
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
