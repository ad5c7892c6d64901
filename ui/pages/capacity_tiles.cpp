#include "ui/pages/capacity_tiles.h"

#include "ui/widgets/formatting.h"
#include "ui/widgets/metric_tile.h"

#include <QHBoxLayout>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr double kGiB = double(1 << 30);

// "12.3 KiB" in two.
void setBytes(MetricTile& tile, double bytes)
{
    const auto parts = formatBytes(std::llround(bytes)).split(QLatin1Char(' '));
    tile.setValue(parts.value(0), parts.value(1));
}

std::int64_t silentNodes(const backend::Capacity& capacity)
{
    return std::count_if(capacity.nodes.begin(), capacity.nodes.end(),
                         [](const auto& node) { return node.usedMemoryBytes < 0; });
}

} // namespace

CapacityTiles::CapacityTiles(const Theme& theme, QWidget* parent)
    : QWidget(parent)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins({});
    row->setSpacing(kSpacingSmall);
    const auto tile = [&](const char* name, const QString& title, const QString& toolTip) {
        return addTile(*row, theme, name, title, toolTip, this);
    };
    m_fullest = tile("fullestNode", tr("Fullest node"),
                     tr("Of the Redis nodes, what is used of maxmemory, or of the machine's memory"));
    m_perReader =
        tile("bytesPerReader", tr("Bytes a home timeline"),
             tr("Memory of all keys of one reader's home timeline together, as Redis itself weighs them"));
    m_perEntry = tile("bytesPerEntry", tr("Bytes an entry"),
                      tr("Bytes of the weighed home timelines by their entries"));
    m_perGiB =
        tile("readersPerGiB", tr("Readers per GiB"), tr("Of home timelines alone, at the present cap"));
    m_room = tile("readersThatFit", tr("Readers"),
                  tr("Warm readers, each with a home timeline in Redis, and how many fit in all"));
    setCapacity(nullptr);
    setNodes({});
}

void CapacityTiles::setNodes(const std::vector<NodeRoomRow>& rows)
{
    const auto* fullest = fullestOf(rows);
    if (!fullest) {
        m_fullest->setValue(unknownText(), {});
        m_fullest->setSubline(tr("no limit is known yet"));
        m_fullest->setStatus(Tone::Normal);
        return;
    }
    auto share = formatRatio(fullest->usedShare());
    share.chop(2); // the unit is set smaller
    m_fullest->setValue(share, tr("%"));
    m_fullest->setSubline(
        tr("%1: %2 of %3")
            .arg(fullest->name, formatBytes(fullest->usedBytes), formatBytes(fullest->limit().bytes)));
    const auto tone = usedShareTone(fullest->usedShare());
    m_fullest->setStatus(tone == Tone::Normal ? Tone::Ok : tone);
}

void CapacityTiles::setCapacity(const backend::Capacity* capacity)
{
    if (!capacity || !capacity->notMeasured.empty()) {
        for (auto* tile : {m_perReader, m_perEntry, m_perGiB, m_room}) {
            tile->setValue(unknownText(), {});
            tile->setSubline(!capacity                ? tr("not weighed yet")
                             : noTimelines(*capacity) ? tr("no home timeline yet")
                                                      : tr("nothing could be weighed"));
        }
        return;
    }
    const auto& c = *capacity;
    setBytes(*m_perReader, c.bytesPerTimeline.mean);
    m_perReader->setSubline(
        tr("p50 %1 · p90 %2")
            .arg(formatWholeBytes(c.bytesPerTimeline.p50), formatWholeBytes(c.bytesPerTimeline.p90)));
    setBytes(*m_perEntry, c.bytesPerEntry.mean);
    m_perEntry->setSubline(tr("%1 entries a reader, cap %2")
                               .arg(formatNumber(c.entriesPerTimeline.mean, 0), formatCount(c.cap)));
    m_perGiB->setValue(formatCount(std::llround(c.readersPerGiB)), {});
    const double full = c.bytesPerEntry.mean * double(c.cap);
    m_perGiB->setSubline(c.sampled != c.timelines
                             ? tr("± %1 (95 %)").arg(formatCount(std::llround(c.readersPerGiBError)))
                         : full > 0 ? tr("%1 if all were at the cap").arg(formatCompact(kGiB / full))
                                    : tr("all of them weighed"));
    showRoom(c);
}

void CapacityTiles::showRoom(const backend::Capacity& capacity)
{
    std::int64_t fit = 0;
    std::size_t known = 0, byMachine = 0;
    for (const auto& node : capacity.nodes) {
        NodeRoomRow row;
        row.weighed = node;
        if (row.readersThatFit() < 0) continue;
        fit += row.readersThatFit();
        ++known;
        byMachine += row.limit().kind == NodeLimit::Kind::Machine;
    }
    m_room->setValue(formatCount(capacity.timelines), {});
    const auto silent = silentNodes(capacity);
    m_room->setStatus(silent > 0 ? Tone::Warning : Tone::Normal); // not all readers
    const auto fits = formatCompact(double(fit));
    m_room->setSubline(known == 0   ? tr("how many fit is not known")
                       : silent > 0 ? tr("of %1 of %2 nodes · %3 fit")
                                          .arg(std::int64_t(capacity.nodes.size()) - silent)
                                          .arg(capacity.nodes.size())
                                          .arg(fits)
                                    : tr("%1 fit, as full as now").arg(fits));
    const auto until = byMachine == 0 ? tr("until maxmemory")
                       : byMachine == known
                           ? tr("until its share of the machine's memory, as no maxmemory is set")
                           : tr("until maxmemory or, where none is set, its share of the machine's memory");
    m_room->setToolTip(
        tr("Warm readers with a home timeline in Redis. How many fit counts %1 of %2 Redis nodes, each %3, "
           "with home timelines as long as they are today (mean %4 of at most %5 entries).")
            .arg(known)
            .arg(capacity.nodes.size())
            .arg(until, formatNumber(capacity.entriesPerTimeline.mean, 0), formatCount(capacity.cap)));
}

} // namespace ui
