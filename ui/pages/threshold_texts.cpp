#include "ui/pages/threshold_texts.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>
#include <QStringList>

#include <cmath>

namespace ui {
namespace {

struct ThresholdTexts
{
    Q_DECLARE_TR_FUNCTIONS(ui::ThresholdTexts)
};
using T = ThresholdTexts;

constexpr double kDay = 86'400, kWeek = 7 * kDay;

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

QString thresholdBasisText(const backend::FanoutCosts& costs)
{
    const double known = costs.postsKnownSeconds;
    const auto span = formatDuration(std::round(known));
    const auto posts =
        known <= 0             ? T::tr("no posts yet")
        : known < kDay         ? T::tr("posts of the last %1 (the planner counts them over a day)").arg(span)
        : known < 0.99 * kWeek ? T::tr("posts of the last %1, of younger authors since they joined").arg(span)
                               : T::tr("posts of 7 days, of younger authors since they joined");
    const auto basis =
        T::tr("%1 of %2 authors, %3, last visits of %4 followers, at %5 %6. A merge costs %7 deliveries "
              "(rookeryctl bench).")
            .arg(formatCount(std::int64_t(costs.sample.size())), formatCount(costs.authors), posts,
                 formatCount(costs.followersSampled), formatClock(costs.takenAt), zoneName(),
                 formatNumber(costs.mergeCost, 0));
    return QStringLiteral("%1 %2").arg(missingAuthorsText(costs), basis).trimmed();
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
