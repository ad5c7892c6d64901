#include "ui/widgets/failure_text.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

using backend::CallTrouble;
using backend::FailureReason;

struct FailureText
{
    Q_DECLARE_TR_FUNCTIONS(ui::FailureText)
};
using T = FailureText;

QString reasonText(FailureReason reason)
{
    const auto name = backend::kFailureReasonNames[std::size_t(reason)];
    return QString::fromUtf8(name.data(), qsizetype(name.size()));
}

QString shareText(const CallTrouble& trouble)
{
    const double percent = 100 * trouble.share;
    return percent < 1 ? T::tr("less than 1 %") : T::tr("%1 %").arg(formatNumber(percent, 0));
}

QString rateText(double perSecond)
{
    return T::tr("%1/s").arg(perSecond >= 10 ? formatNumber(perSecond, 0) : formatRate(perSecond));
}

// "12 reads: 10 deadline exceeded, 2 overloaded"
QString totalText(const QString& what, const backend::FailureCounts& counts)
{
    QStringList parts;
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i] > 0)
            parts << QStringLiteral("%1 %2").arg(formatCount(counts[i]), reasonText(FailureReason(i)));
    return T::tr("%1: %2").arg(what, parts.join(QStringLiteral(", ")));
}

// Where no node's trouble explains it.
QString adviceFor(const backend::ClusterSnapshot& snapshot)
{
    const auto& worst = snapshot.readsFail ? snapshot.readsFail : snapshot.writesFail;
    if (worst && worst->mostly == FailureReason::Overloaded)
        return T::tr(
            "More is asked for than is answered: see which nodes are slow, or start another engine.");
    if (worst && worst->mostly == FailureReason::Other)
        return T::tr("Look into the engines' logs, and run rookeryctl doctor.");
    return T::tr("No node is down: see which ones are slow or out of connections.");
}

} // namespace

QStringList failures(const backend::ClusterSnapshot& snapshot)
{
    QStringList out;
    const auto &reads = snapshot.readsFail, &writes = snapshot.writesFail, &pages = snapshot.pagesPartial;
    if (reads)
        out << T::tr("%1 of reads fail, %2: %3")
                   .arg(shareText(*reads), rateText(reads->perSecond), reasonText(reads->mostly));
    if (writes)
        out << T::tr("%1 of writes fail, %2: %3")
                   .arg(shareText(*writes), rateText(writes->perSecond), reasonText(writes->mostly));
    if (pages)
        out << T::tr("%1 of pages are incomplete, %2").arg(shareText(*pages), rateText(pages->perSecond));
    return out;
}

QStringList failuresShort(const backend::ClusterSnapshot& snapshot)
{
    QStringList out;
    if (snapshot.readsFail) out << T::tr("%1 of reads fail").arg(shareText(*snapshot.readsFail));
    if (snapshot.writesFail) out << T::tr("%1 of writes fail").arg(shareText(*snapshot.writesFail));
    if (snapshot.pagesPartial)
        out << T::tr("%1 of pages are incomplete").arg(shareText(*snapshot.pagesPartial));
    return out;
}

Tone failureTone(const backend::ClusterSnapshot& snapshot)
{
    return snapshot.readsFail || snapshot.writesFail ? Tone::Critical
           : snapshot.pagesPartial                   ? Tone::Warning
                                                     : Tone::Normal;
}

QString failureCause(const backend::ClusterSnapshot& snapshot)
{
    for (const auto health : {backend::Health::Down, backend::Health::Degraded}) {
        const auto is = [health](const auto& node) { return node.health == health; };
        const auto count = std::count_if(snapshot.nodes.begin(), snapshot.nodes.end(), is);
        if (count == 0) continue;
        const bool down = health == backend::Health::Down;
        const auto first =
            QString::fromStdString(std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(), is)->name);
        if (count == 1) return down ? T::tr("%1 is down.").arg(first) : T::tr("%1 is in trouble.").arg(first);
        return down ? T::tr("%1 and %2 more are down.").arg(first).arg(count - 1)
                    : T::tr("%1 and %2 more are in trouble.").arg(first).arg(count - 1);
    }
    return adviceFor(snapshot);
}

QString failureTotals(const backend::ClusterSnapshot& snapshot)
{
    QStringList out;
    if (backend::sumOf(snapshot.failedReadsTotal) > 0)
        out << totalText(T::tr("Failed reads since the engines started"), snapshot.failedReadsTotal);
    if (backend::sumOf(snapshot.failedWritesTotal) > 0)
        out << totalText(T::tr("Failed writes since then"), snapshot.failedWritesTotal);
    if (snapshot.partialPagesTotal > 0)
        out << T::tr("Pages that were incomplete: %1").arg(formatCount(snapshot.partialPagesTotal));
    return out.join(u'\n');
}

} // namespace ui
