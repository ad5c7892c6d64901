#include "ui/models/capacity_table.h"

#include "ui/models/last_known.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {
namespace {

constexpr double kFull = 0.95;

struct CapacityTable
{
    Q_DECLARE_TR_FUNCTIONS(ui::CapacityTable)

public:
    using Column = NodeRoomModel::Column;

    static QString perReaderText(const NodeRoomRow& row)
    {
        return row.weighed && row.weighed->sampled > 0
                   ? formatBytes(std::llround(row.weighed->bytesPerTimeline.mean))
                   : unknownText();
    }
    // Why the figures of readers are missing, or where they come from.
    static QString readersTip(const NodeRoomRow& row)
    {
        if (!row.redis) return tr("Home timelines are kept on Redis nodes.");
        if (!row.weighed) return tr("Not weighed yet.");
        if (!row.weighed->notMeasured.empty()) return QString::fromStdString(row.weighed->notMeasured);
        return tr("%1 of %2 home timelines were weighed")
            .arg(formatCount(row.weighed->sampled), formatCount(row.weighed->timelines));
    }
    static QString fitsTip(const NodeRoomRow& row)
    {
        const auto limit = row.limit();
        if (row.readersThatFit() < 0) return readersTip(row);
        if (limit.kind == NodeLimit::Kind::MaxMemory)
            return tr("Until maxmemory, at %1 a reader as now").arg(perReaderText(row));
        return tr("No maxmemory is set: until the machine's memory is used up, which %1 Redis nodes of this "
                  "cluster share evenly, at %2 a reader as now")
            .arg(limit.nodesOnMachine)
            .arg(perReaderText(row));
    }
    static QString limitTip(const NodeRoomRow& row)
    {
        const auto limit = row.limit();
        if (!row.redis) return tr("PostgreSQL does not tell how large its disk is.");
        if (limit.kind == NodeLimit::Kind::None) return readersTip(row);
        if (limit.kind == NodeLimit::Kind::MaxMemory) return tr("maxmemory of the node");
        return tr("No maxmemory is set: %1 is this node's even share of the machine's %2 among %3 Redis "
                  "nodes of this cluster. What else runs there is not taken off.")
            .arg(formatBytes(limit.bytes), formatBytes(limit.machineBytes))
            .arg(limit.nodesOnMachine);
    }
    static QString growthPerDay(const NodeRoomRow& row)
    {
        if (row.growth.kind == Growth::Kind::TooShort) return unknownText();
        // A rate that may as well be none is not told as one.
        if (row.growth.kind == Growth::Kind::NotGrowing && row.growth.perSecond >= 0) return tr("none");
        const double day = row.growth.perSecond * kDay;
        return tr("%1%2/d").arg(day < 0 ? QStringLiteral("−") : QStringLiteral("+"),
                                formatBytes(std::llround(std::abs(day))));
    }
    static Tone fullTone(const NodeRoomRow& row)
    {
        if (row.growth.kind == Growth::Kind::Full) return Tone::Critical;
        if (row.growth.kind == Growth::Kind::Fills) return Tone::Warning;
        return row.growth.kind == Growth::Kind::NotGrowing ? Tone::Ok : Tone::Muted;
    }
    static QVariant known(std::int64_t value) { return value >= 0 ? QVariant(qint64(value)) : QVariant(); }

    static Column readers()
    {
        const auto value = [](const NodeRoomRow& r) {
            return r.weighed && r.weighed->notMeasured.empty() ? r.weighed->timelines : -1;
        };
        return {tr("Readers"),
                tr("Home timelines on the node, counted"),
                Qt::AlignRight,
                [value](const NodeRoomRow& r) { return formatCount(value(r)); },
                [value](const NodeRoomRow& r) { return known(value(r)); },
                &readersTip,
                {}};
    }
    static Column perReader()
    {
        return {tr("Per reader"),
                tr("All keys of a home timeline together, mean of those that were weighed"),
                Qt::AlignRight,
                &perReaderText,
                [](const NodeRoomRow& r) {
                    return r.weighed && r.weighed->sampled > 0 ? QVariant(r.weighed->bytesPerTimeline.mean)
                                                               : QVariant();
                },
                &readersTip,
                {}};
    }
    static Column used()
    {
        return {tr("Used"),
                tr("Redis: memory (used_memory). PostgreSQL: size of the database on disk"),
                Qt::AlignRight,
                [](const NodeRoomRow& r) { return formatBytes(r.usedBytes); },
                [](const NodeRoomRow& r) { return known(r.usedBytes); },
                [](const NodeRoomRow& r) { return r.redis ? tr("memory") : tr("disk"); },
                {}};
    }
    static Column limit()
    {
        return {tr("Limit"),
                tr("maxmemory where it is set, else the node's even share of its machine's memory"),
                Qt::AlignLeft,
                [](const NodeRoomRow& r) {
                    const auto limit = r.limit();
                    return limit.kind != NodeLimit::Kind::None ? limitText(limit)
                           : !r.redis                          ? tr("not told")
                           : r.weighed                         ? limitText(limit)
                                                               : tr("not weighed yet");
                },
                [](const NodeRoomRow& r) {
                    const auto bytes = r.limit().bytes;
                    return bytes > 0 ? QVariant(qint64(bytes)) : QVariant();
                },
                &limitTip,
                [](const NodeRoomRow& r) { return r.limit().bytes > 0 ? Tone::Normal : Tone::Muted; }};
    }
    static Column share()
    {
        return {tr("Of limit"),
                tr("What is used of the limit"),
                Qt::AlignRight,
                [](const NodeRoomRow& r) { return formatRatio(r.usedShare()); },
                [](const NodeRoomRow& r) {
                    const double share = r.usedShare();
                    return std::isnan(share) ? QVariant() : QVariant(share);
                },
                &limitTip,
                [](const NodeRoomRow& r) { return usedShareTone(r.usedShare()); }};
    }
    static Column fits()
    {
        return {tr("Room for"),
                tr("Readers until the limit is reached, at the present bytes a reader"),
                Qt::AlignRight,
                [](const NodeRoomRow& r) { return formatCount(r.readersThatFit()); },
                [](const NodeRoomRow& r) { return known(r.readersThatFit()); },
                &fitsTip,
                {}};
    }
    static Column growth()
    {
        return {tr("Growth"),
                tr("A robust line (Theil–Sen) through the longest history known"),
                Qt::AlignRight,
                &growthPerDay,
                [](const NodeRoomRow& r) {
                    return r.growth.kind == Growth::Kind::TooShort ? QVariant()
                                                                   : QVariant(r.growth.perSecond * kDay);
                },
                [](const NodeRoomRow& r) { return growthReason(r.growth); },
                {}};
    }
    static Column full()
    {
        return {tr("Full"),
                tr("When the line reaches the limit. Times are in %1").arg(kZoneMark),
                Qt::AlignLeft,
                [](const NodeRoomRow& r) { return growthText(r.growth); },
                [](const NodeRoomRow& r) {
                    return r.growth.fullAtSeconds ? QVariant(*r.growth.fullAtSeconds) : QVariant();
                },
                [](const NodeRoomRow& r) { return growthReason(r.growth); },
                &fullTone};
    }
};

std::vector<GrowthPoint> seriesOf(const std::vector<backend::HistoryPoint>& history, std::size_t place,
                                  std::vector<double> backend::HistoryPoint::*values)
{
    std::vector<GrowthPoint> out;
    for (const auto& point : history) {
        const auto& all = point.*values;
        const bool known = place < all.size() && !std::isnan(all[place]);
        if (known || !out.empty())
            out.push_back(
                {secondsOf(point.at), known ? all[place] : std::numeric_limits<double>::quiet_NaN()});
    }
    return out;
}

Growth fitKnown(std::vector<GrowthPoint> points)
{
    std::erase_if(points, [](const GrowthPoint& point) { return std::isnan(point.value); });
    return fitLine(points);
}

} // namespace

NodeLimit limitOf(const backend::NodeCapacity& node)
{
    NodeLimit out;
    out.nodesOnMachine = std::max(1, node.nodesOnMachine);
    if (node.maxMemoryBytes > 0) {
        out.kind = NodeLimit::Kind::MaxMemory;
        out.bytes = node.maxMemoryBytes;
    } else if (node.machineMemoryBytes > 0) {
        out.kind = NodeLimit::Kind::Machine;
        out.machineBytes = node.machineMemoryBytes;
        out.bytes = node.machineMemoryBytes / out.nodesOnMachine;
    }
    return out;
}

QString limitText(const NodeLimit& limit)
{
    using T = CapacityTable;
    switch (limit.kind) {
    case NodeLimit::Kind::None:
        return T::tr("not known");
    case NodeLimit::Kind::MaxMemory:
        return T::tr("%1 maxmemory").arg(formatBytes(limit.bytes));
    case NodeLimit::Kind::Machine:
        return limit.nodesOnMachine == 1
                   ? T::tr("%1, the machine's").arg(formatBytes(limit.bytes))
                   : T::tr("%1, 1/%2 of machine").arg(formatBytes(limit.bytes)).arg(limit.nodesOnMachine);
    }
    return {};
}

NodeLimit NodeRoomRow::limit() const
{
    if (maxMemoryBytes <= 0) return weighed ? limitOf(*weighed) : NodeLimit();
    NodeLimit out; // told each second: newer than what was weighed
    out.kind = NodeLimit::Kind::MaxMemory;
    out.bytes = maxMemoryBytes;
    return out;
}

double NodeRoomRow::usedShare() const
{
    const auto most = limit().bytes;
    return usedBytes >= 0 && most > 0 ? double(usedBytes) / double(most)
                                      : std::numeric_limits<double>::quiet_NaN();
}

Tone usedShareTone(double share)
{
    return share >= kFull ? Tone::Critical : share >= kNearlyFull ? Tone::Warning : Tone::Normal;
}

const NodeRoomRow* fullestOf(const std::vector<NodeRoomRow>& rows)
{
    const NodeRoomRow* out = nullptr;
    for (const auto& row : rows)
        if (!std::isnan(row.usedShare()) && (!out || row.usedShare() > out->usedShare())) out = &row;
    return out;
}

std::int64_t NodeRoomRow::readersThatFit() const
{
    const auto most = limit();
    if (!weighed || weighed->sampled == 0 || most.bytes <= 0 || weighed->bytesPerTimeline.mean <= 0)
        return -1;
    const double free = std::max(0.0, double(most.bytes - weighed->usedMemoryBytes));
    return weighed->timelines + std::int64_t(free / weighed->bytesPerTimeline.mean);
}

std::vector<NodePast> nodePasts(const std::vector<backend::HistoryPoint>& history)
{
    std::size_t nodes = 0;
    for (const auto& point : history)
        nodes = std::max({nodes, point.nodeMemoryBytes.size(), point.nodeDiskBytes.size()});
    std::vector<NodePast> out(nodes);
    for (std::size_t i = 0; i < nodes; ++i) {
        out[i].memory = seriesOf(history, i, &backend::HistoryPoint::nodeMemoryBytes);
        out[i].disk = seriesOf(history, i, &backend::HistoryPoint::nodeDiskBytes);
        out[i].memoryGrowth = fitKnown(out[i].memory);
        out[i].diskGrowth = fitKnown(out[i].disk);
    }
    return out;
}

std::vector<NodeRoomRow> nodeRoom(const backend::ClusterSnapshot& snapshot,
                                  const std::vector<NodePast>& pasts, const backend::Capacity* capacity)
{
    std::vector<NodeRoomRow> out;
    for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) {
        const auto& node = snapshot.nodes[i];
        NodeRoomRow row;
        row.node = node.id;
        row.name = QString::fromStdString(node.name);
        row.redis = node.kind == backend::NodeKind::Redis;
        row.usedDated = row.redis ? QString() : diskDated(node);
        row.usedBytes = row.redis ? node.memoryBytes : node.diskBytes;
        row.maxMemoryBytes = node.memoryLimitBytes;
        for (std::size_t c = 0; capacity && c < capacity->nodes.size(); ++c)
            if (capacity->nodes[c].node == node.id) row.weighed = capacity->nodes[c];
        if (i < pasts.size())
            row.growth =
                towards(row.redis ? pasts[i].memoryGrowth : pasts[i].diskGrowth, double(row.limit().bytes));
        out.push_back(std::move(row));
    }
    return out;
}

QString growthText(const Growth& growth)
{
    using T = CapacityTable;
    switch (growth.kind) {
    case Growth::Kind::TooShort:
        if (growth.knownSeconds <= 0) return T::tr("no history yet");
        return growth.knownSeconds < kGrowthNeedsSeconds ? T::tr("too early") : T::tr("too few points");
    case Growth::Kind::NotGrowing:
        return T::tr("not growing");
    case Growth::Kind::NoLimit:
        return T::tr("limit not known");
    case Growth::Kind::TooFar:
        return T::tr("not within %1").arg(formatDuration(kGrowthReach * growth.knownSeconds));
    case Growth::Kind::Fills:
        return formatTime(timeOf(*growth.fullAtSeconds));
    case Growth::Kind::Full:
        return T::tr("full now");
    }
    return {};
}

QString growthReason(const Growth& growth)
{
    using T = CapacityTable;
    switch (growth.kind) {
    case Growth::Kind::TooShort:
        return T::tr("Growth needs %1 of history, there are %2.")
            .arg(formatDuration(kGrowthNeedsSeconds), formatDuration(growth.knownSeconds));
    case Growth::Kind::NotGrowing:
        return T::tr("Over %1 it shrank, or grew no more than it varies.")
            .arg(formatDuration(growth.knownSeconds));
    case Growth::Kind::NoLimit:
        return T::tr("It grows, but how much room there is is not known.");
    case Growth::Kind::TooFar:
        return T::tr("It grows, but so slowly that %1 of history cannot tell when it is full.")
            .arg(formatDuration(growth.knownSeconds));
    case Growth::Kind::Fills:
        return T::tr("If it goes on growing as it did for %1.").arg(formatDuration(growth.knownSeconds));
    case Growth::Kind::Full:
        return T::tr("The limit is reached.");
    }
    return {};
}

NodeRoomModel* makeNodeRoomTable(QObject* parent)
{
    using T = CapacityTable;
    std::vector<T::Column> columns{
        {T::tr("Node"), {}, Qt::AlignLeft, [](const NodeRoomRow& r) { return r.name; }, {}, {}, {}},
        T::readers(),
        T::perReader().in(T::tr("bytes")),
        T::used().in(T::tr("bytes")).datedBy([](const NodeRoomRow& r) { return r.usedDated; }),
        T::limit(),
        T::share(),
        T::fits(),
        T::growth().in(T::tr("bytes/d")),
        T::full(),
    };
    return new NodeRoomModel(
        std::move(columns), [](const NodeRoomRow& r) { return r.node; }, parent);
}

bool noTimelines(const backend::Capacity& capacity)
{
    return capacity.timelines == 0 && !capacity.nodes.empty() &&
           std::all_of(capacity.nodes.begin(), capacity.nodes.end(),
                       [](const auto& node) { return node.usedMemoryBytes >= 0; });
}

} // namespace ui
