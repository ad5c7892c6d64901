#include "ui/pages/threshold_texts.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

struct ThresholdTexts
{
    Q_DECLARE_TR_FUNCTIONS(ui::ThresholdTexts)
};
using T = ThresholdTexts;

constexpr double kWeek = 7 * 86'400;
constexpr std::int64_t kApart = 10; // a lower and a higher threshold, of today's

} // namespace

QString missingAuthorsText(const backend::FanoutCosts& costs)
{
    if (costs.missing.empty()) return {};
    QStringList nodes;
    for (const auto& why : costs.missing)
        nodes << QString::fromStdString(why);
    return T::tr("Without the authors of %1 logical shards: %2.")
        .arg(formatCount(costs.shardsMissing), nodes.join(QStringLiteral("; ")));
}

QString thresholdText(const backend::PushThreshold& threshold)
{
    switch (threshold.kind) {
    case backend::PushThreshold::Kind::Auto:
        return T::tr("chosen by the planner, author by author");
    case backend::PushThreshold::Kind::Never:
        return T::tr("everybody is pushed");
    case backend::PushThreshold::Kind::Followers:
        return T::tr("above %1 followers").arg(formatCount(threshold.followers));
    }
    return {};
}

QString thresholdVerdict(const backend::FanoutCosts& costs, const std::vector<FanoutCurvePoint>& curve,
                         std::int64_t chosen, QString (*rate)(double))
{
    const auto load = loadToday(costs);
    const double today = load.cost(costs.mergeCost);
    const auto beside = [&](std::int64_t threshold) {
        const double cost = loadAbove(costs, threshold).cost(costs.mergeCost);
        const auto difference = rate(std::abs(cost - today));
        return difference == rate(0) ? T::tr("as much as today")
               : cost > today        ? T::tr("%1 more than today").arg(difference)
                                     : T::tr("%1 less than today").arg(difference);
    };
    const auto merged = std::llround(load.pulledAuthors);
    const bool planned = costs.threshold.kind == backend::PushThreshold::Kind::Auto;
    QStringList out{merged == 0 && planned
                        ? T::tr("Today every post is pushed: the planner merges nobody below %1 followers.")
                              .arg(formatCount(costs.autoFollowers))
                    : merged == 0 ? T::tr("Today every post is pushed.")
                    : merged == 1 ? T::tr("Today 1 author is merged.")
                                  : T::tr("Today %1 authors are merged.").arg(formatCount(merged))};
    const auto most = costs.sample.front().followers, here = thresholdToday(costs);
    if (here > 0)
        out << T::tr("A lower threshold (%1) costs %2.")
                   .arg(formatCount(here / kApart), beside(here / kApart));
    const auto least = cheapestOf(curve);
    const auto higher = std::min(most, std::max<std::int64_t>(here, 1) * kApart);
    if (here < most && higher != least.threshold)
        out << T::tr("A higher one (%1) costs %2.").arg(formatCount(higher), beside(higher));
    const auto cost = rate(loadAbove(costs, chosen).cost(costs.mergeCost));
    out << (cost == rate(least.cost) ? T::tr("No threshold costs less than %1.").arg(formatCount(chosen))
                                     : T::tr("The cheapest (%1) costs %2.")
                                           .arg(formatCount(least.threshold), beside(least.threshold)));
    return out.join(QLatin1Char(' '));
}

QString thresholdBasisText(const backend::FanoutCosts& costs)
{
    const double known = costs.postsKnownSeconds;
    const auto posts = known <= 0 ? T::tr("No posts yet")
                       : known < 0.99 * kWeek
                           ? T::tr("Posts of the last %1").arg(formatDuration(std::round(known)))
                           : T::tr("Posts of 7 days");
    const auto basis =
        T::tr("%1, read at %2 %3. A merge counts as %4 deliveries.")
            .arg(posts, formatClock(costs.takenAt), zoneName(), formatNumber(costs.mergeCost, 0));
    return QStringLiteral("%1 %2").arg(missingAuthorsText(costs), basis).trimmed();
}

QString thresholdBasisTip(const backend::FanoutCosts& costs)
{
    return T::tr(
               "Read from PostgreSQL: %1 of %2 authors, of each logical shard those with most followers, and "
               "others by chance who stand for the rest; last visits of %3 of their followers, which tell "
               "how often they come. Posts are counted over seven days, of younger authors since they "
               "joined, at least a day, as the planner counts them. What a merge costs is measured by "
               "rookeryctl bench.")
        .arg(formatCount(std::int64_t(costs.sample.size())), formatCount(costs.authors),
             formatCount(costs.followersSampled));
}

QString thresholdQuestion(const backend::FanoutCosts& costs, const backend::PushThreshold& threshold)
{
    const auto now = thresholdText(costs.threshold);
    if (threshold.kind == backend::PushThreshold::Kind::Auto) {
        const auto words =
            T::tr("Now: %1. Then the planner decides author by author: whoever has at least %2 followers and "
                  "posts more often than they come, times %3, is merged when they read; all others are "
                  "pushed.");
        return words.arg(now, formatCount(costs.autoFollowers), formatNumber(costs.mergeCost, 0));
    }
    double begin = 0, end = 0;
    for (const auto& author : costs.sample) {
        const bool pulled = author.followers > threshold.followers;
        begin += pulled && !author.pulled ? author.weight : 0;
        end += !pulled && author.pulled ? author.weight : 0;
    }
    const auto text =
        T::tr("Now: %1. Then: authors with more than %2 followers are merged when their followers read, all "
              "others are pushed. About %3 authors begin to be merged, about %4 are pushed again; they move "
              "over one by one, without a reader noticing.")
            .arg(now, formatCount(threshold.followers), formatCount(std::llround(begin)),
                 formatCount(std::llround(end)));
    return QStringLiteral("%1 %2").arg(text, missingAuthorsText(costs)).trimmed();
}

} // namespace ui
