// The Overview's tiles: of now, or of the part of the past that is chosen.
#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/time_range.h"
#include "ui/models/cache_window.h"
#include "ui/models/last_known.h"
#include "ui/models/queue_tables.h"
#include "ui/models/window_figures.h"
#include "ui/pages/overview_page.h"
#include "ui/pages/shard_window.h"
#include "ui/widgets/backlog_text.h"
#include "ui/widgets/failure_text.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/metric_tile.h"

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

using Point = backend::HistoryPoint;

// When a figure asks for attention. Twitter aimed at five seconds from post to home timeline.
constexpr double kSlowFanoutMs = 1000, kLateFanoutMs = 5000;
constexpr double kSlowQueueSeconds = 5, kLateQueueSeconds = 60;
constexpr std::uint64_t kMeasuredFrom = 5; // snapshots, one a second: a rate needs two counts
constexpr double kSkewedBalance = 1.5;     // max/mean, where chance does not explain it

Tone toneFor(double value, double warning, double critical)
{
    return value > critical ? Tone::Critical : value > warning ? Tone::Warning : Tone::Ok;
}

// Two of them share a line.
QString shortRate(double perSecond)
{
    return perSecond >= 10 ? formatNumber(perSecond, 0) : formatRate(perSecond);
}

// Nothing was delivered for a while, and posts wait for it: no quiet moment.
bool nothingArrives(const backend::ClusterSnapshot& snapshot)
{
    using enum backend::TaskKind;
    const bool posts = std::any_of(snapshot.queue.begin(), snapshot.queue.end(), [](const auto& one) {
        return (one.kind == PostCreated || one.kind == DeliverChunk) && one.unfinished() > 0;
    });
    return posts && snapshot.fanoutP95Ms < 0 && backlogTone(snapshot) != Tone::Normal;
}

// Of what nobody gets, as soon as there is any; posts have a line of their own in the chart.
QString trafficText(double posts, double reads, double failed)
{
    return failed > 0 ? OverviewPage::tr("%1 reads/s · %2/s failed").arg(shortRate(reads), shortRate(failed))
                      : OverviewPage::tr("%1 posts/s · %2 reads/s").arg(shortRate(posts), shortRate(reads));
}

} // namespace

void OverviewPage::showTiles(const backend::ClusterSnapshot& snapshot, const ShownShards& shards)
{
    showCache();
    showNodes(snapshot);
    const bool now = !context().range.chosen();
    const auto lately = now ? tr("last %1 s").arg(formatWholeCount(shards.seconds)) : tr("window");
    m_fanout->setWindow(now ? tr("last 10 s") : tr("window"));
    m_deliveries->setWindow(lately);
    m_balance->setWindow(lately);
    m_queue->setWindow(now ? tr("now") : tr("window"));
    showRatesDated(now ? ratesDatedShort(snapshot) : QString());
    if (now) {
        showFanout(snapshot);
        showTraffic(*shards.snapshot);
        showQueue(snapshot);
        showBalance(shards);
        return;
    }
    const auto history = shownHistory();
    showFanout(history);
    showTraffic(history);
    showQueue(history);
    if (shards.ofWindow)
        showBalance(shards);
    else
        showBalance(history);
}

// What engines count, while the directory that tells of them is silent: dimmed, and since when.
void OverviewPage::showRatesDated(const QString& asOf)
{
    for (auto* tile : {m_fanout, m_deliveries, m_balance}) {
        tile->setDated(!asOf.isEmpty());
        if (!asOf.isEmpty()) tile->setWindow(asOf);
    }
}

void OverviewPage::showFanout(const backend::ClusterSnapshot& snapshot)
{
    const bool known = snapshot.fanoutP95Ms >= 0;
    const bool lost = snapshot.deliveriesPerSecond < 0 && snapshot.sequence >= kMeasuredFrom;
    const bool late = !lost && nothingArrives(snapshot);
    const auto [number, unit] = durationFigure(snapshot.fanoutP95Ms / 1000);
    m_fanout->setValue(number, unit);
    m_fanout->setSubline(
        known ? tr("p50 %1 · p99 %2")
                    .arg(formatMilliseconds(snapshot.fanoutP50Ms), formatMilliseconds(snapshot.fanoutP99Ms))
        : lost ? tr("the engines' counts are not known")
        : late ? tr("none · oldest waits %1").arg(formatDuration(snapshot.queueOldestAgeSeconds))
               : tr("no deliveries in 10 s"));
    const auto tone = known ? toneFor(snapshot.fanoutP95Ms, kSlowFanoutMs, kLateFanoutMs) : Tone::Muted;
    m_fanout->setStatus(late ? backlogTone(snapshot) : tone);
}

void OverviewPage::showTraffic(const backend::ClusterSnapshot& snapshot)
{
    const bool known = snapshot.deliveriesPerSecond >= 0;
    m_deliveries->setValue(formatRate(snapshot.deliveriesPerSecond), tr("/s"));
    m_deliveries->setSubline(
        known ? trafficText(snapshot.postsPerSecond, snapshot.readsPerSecond, snapshot.failedReadsPerSecond)
        : snapshot.sequence < kMeasuredFrom ? tr("measured after the first seconds")
                                            : tr("the engines' counts are not known"));
    const auto late = nothingArrives(snapshot) ? backlogTone(snapshot) : Tone::Normal;
    if (known && late != Tone::Normal && failureTone(snapshot) == Tone::Normal) // what the colour is for
        m_deliveries->setSubline(tr("none of %1 posts/s").arg(shortRate(snapshot.postsPerSecond)));
    m_deliveries->setStatus(known ? std::max(failureTone(snapshot), late) : Tone::Normal);
    auto words =
        tr("Counted by all engines. A rate needs two counts, and other engines' come from the directory.");
    if (const auto totals = failureTotals(snapshot); !totals.isEmpty()) words += u'\n' + totals;
    const auto dated = ratesDated(snapshot);
    m_deliveries->setToolTip(dated.isEmpty() ? words : tr("%1\nNot of now: %2").arg(words, dated));
}

void OverviewPage::showTraffic(const HistoryView& history)
{
    const auto rate = [&](double Point::*value) {
        const auto figure = windowFigure(history, value);
        return figure.known() ? figure.mean : -1.0;
    };
    const double failed = rate(&Point::failedReadsPerSecond);
    m_deliveries->setValue(formatRate(rate(&Point::deliveriesPerSecond)), tr("/s, mean"));
    m_deliveries->setSubline(trafficText(rate(&Point::postsPerSecond), rate(&Point::readsPerSecond), failed));
    m_deliveries->setStatus(Tone::Normal);
}

// Percentiles of a window cannot be made of those of its seconds: their mean, and the worst.
void OverviewPage::showFanout(const HistoryView& history)
{
    const auto p95 = windowFigure(history, &Point::fanoutP95Ms);
    const auto [number, unit] = durationFigure(p95.known() ? p95.mean / 1000 : -1);
    m_fanout->setValue(number, unit);
    m_fanout->setSubline(p95.known() ? tr("mean · %1 at worst").arg(formatMilliseconds(p95.greatest))
                                     : tr("no deliveries in the window"));
    m_fanout->setStatus(p95.known() ? toneFor(p95.mean, kSlowFanoutMs, kLateFanoutMs) : Tone::Muted);
}

void OverviewPage::showQueue(const HistoryView& history)
{
    const auto tasks = windowFigure(history, &Point::queueUnfinished);
    const auto oldest = windowFigure(history, &Point::queueOldestAgeSeconds);
    const auto dead = windowFigure(history, &Point::queueDead);
    m_queue->setValue(tasks.known() ? formatCount(std::llround(tasks.mean)) : unknownText(),
                      tasks.known() ? tr("tasks, mean") : QString());
    if (!tasks.known()) {
        m_queue->setSubline(tr("nothing is known of the window"));
        m_queue->setStatus(Tone::Muted);
        return;
    }
    auto words = tr("most %1").arg(formatCount(std::llround(tasks.greatest)));
    if (oldest.known()) words += tr(" · oldest %1").arg(formatDuration(oldest.greatest));
    if (dead.last > 0) words += tr(" · %1 dead").arg(formatCount(std::llround(dead.last)));
    m_queue->setSubline(words);
    const auto tone = toneFor(oldest.greatest, kSlowQueueSeconds, kLateQueueSeconds);
    m_queue->setStatus(dead.last > 0 ? Tone::Critical : tone);
}

void OverviewPage::showQueue(const backend::ClusterSnapshot& snapshot)
{
    m_queue->setValue(formatCount(snapshot.queueUnfinished),
                      snapshot.queueUnfinished == 1 ? tr("task") : tr("tasks"));
    auto words = snapshot.queueUnfinished > 0
                     ? tr("oldest %1").arg(formatDuration(snapshot.queueOldestAgeSeconds))
                     : tr("nothing waits");
    if (snapshot.queueDead > 0)
        words += tr(" · %1 dead").arg(formatCount(snapshot.queueDead));
    else if (snapshot.queueUnfinished > 0 && snapshot.secondsToDrain)
        words += snapshot.ratesReadAt ? tr(" · rates %1").arg(ratesDatedShort(snapshot))
                                      : tr(" · %1 to go").arg(formatDuration(*snapshot.secondsToDrain));
    if (const auto missing = notCounted(snapshot); !missing.isEmpty()) words = missing;
    m_queue->setSubline(words);
    const auto tone = toneFor(snapshot.queueOldestAgeSeconds, kSlowQueueSeconds, kLateQueueSeconds);
    const auto lacks = snapshot.queueNotCounted.empty() ? Tone::Normal : Tone::Warning;
    const auto dead = snapshot.queueDead > 0 ? Tone::Critical : Tone::Normal;
    m_queue->setStatus(std::max({tone, lacks, dead, backlogTone(snapshot)}));
}

void OverviewPage::showCache()
{
    const auto& range = context().range;
    // The top bar tells which part was chosen; a tile has no room for it.
    const auto when =
        range.chosen()
            ? tr("chosen %1").arg(formatDuration(std::chrono::duration<double>(range.span()).count()))
            : range.windowText();
    std::int64_t hits = 0, lookups = 0;
    for (const auto& window : cacheWindows(shownHistory())) {
        hits += window.hits;
        lookups += window.lookups();
    }
    if (lookups == 0) {
        m_cache->setValue(tr("n/a"), {});
        m_cache->setSubline(tr("no look-ups, %1").arg(when));
        return;
    }
    auto ratio = formatRatio(double(hits) / double(lookups));
    ratio.chop(2); // the unit is set smaller
    m_cache->setValue(ratio, tr("%"));
    m_cache->setSubline(tr("of %1, %2").arg(formatCompact(double(lookups)), when));
}

// Where the shards of the window are not known any more, but how uneven the nodes were is.
void OverviewPage::showBalance(const HistoryView& history)
{
    const auto imbalance = windowFigure(history, &Point::imbalance);
    m_balance->setValue(imbalance.known() ? formatNumber(imbalance.mean, 2) : tr("n/a"),
                        imbalance.known() ? tr("max/mean") : QString());
    m_balance->setSubline(imbalance.known() ? tr("mean of its seconds") : tr("not known of the window"));
    m_balance->setStatus(Tone::Muted);
}

void OverviewPage::showBalance(const ShownShards& shards)
{
    const auto balance =
        backend::nodeBalance(*shards.snapshot, backend::BalanceMetric::Deliveries, shards.seconds);
    if (balance.mean <= 0) {
        m_balance->setValue(tr("n/a"), {});
        m_balance->setSubline(shards.ofWindow ? tr("no deliveries in the window") : tr("no deliveries now"));
        m_balance->setStatus(Tone::Muted);
        return;
    }
    const double band = backend::chanceBand(balance);
    m_balance->setValue(formatNumber(balance.maxOverMean, 2), tr("max/mean"));
    m_balance->setSubline(band > 0 ? tr("by chance ± %1 (2 σ)").arg(formatRatio(band))
                                   : tr("of deliveries/s by node"));
    const bool skewed = balance.maxOverMean > kSkewedBalance && balance.coefficientOfVariation > band;
    m_balance->setStatus(skewed ? Tone::Warning : Tone::Ok);
}

void OverviewPage::showNodes(const backend::ClusterSnapshot& snapshot)
{
    const auto count = [&](backend::Health health) {
        return std::count_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                             [health](const auto& node) { return node.health == health; });
    };
    const auto ok = count(backend::Health::Ok), down = count(backend::Health::Down);
    const auto degraded = count(backend::Health::Degraded), all = std::ptrdiff_t(snapshot.nodes.size());
    m_nodes->setValue(formatCount(ok), tr("of %1 ok").arg(all));
    QStringList troubles;
    if (down > 0) troubles << tr("%1 down").arg(down);
    if (degraded > 0) troubles << tr("%1 degraded").arg(degraded);
    if (const auto unknown = all - ok - down - degraded; unknown > 0)
        troubles << tr("%1 not known").arg(unknown);
    const auto words = troubles.isEmpty() ? tr("every node answers") : troubles.join(QStringLiteral(" · "));
    const auto note = context().range.notOfWindowShort(snapshot.takenAt);
    m_nodes->setSubline(note.isEmpty() ? words : note);
    m_nodes->setToolTip(
        note.isEmpty() ? QString()
                       : QStringLiteral("%1; %2").arg(words, context().range.notOfWindow(snapshot.takenAt)));
    m_nodes->setStatus(down > 0 ? Tone::Critical : troubles.isEmpty() ? Tone::Ok : Tone::Warning);
}

} // namespace ui
