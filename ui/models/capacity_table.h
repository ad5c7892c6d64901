// The nodes with the room they have and where they are going: readers and what fits besides, memory or disk
// used, its growth and when it is full. GUI thread only.
#pragma once

#include "backend/domain/capacity.h"
#include "backend/domain/snapshot.h"
#include "ui/models/growth_fit.h"
#include "ui/models/table_model.h"

namespace ui {

struct NodeLimit
{
    enum class Kind { None, MaxMemory, Machine };
    Kind kind = Kind::None;
    std::int64_t bytes = 0; // of this node: a machine's memory is shared out evenly among its Redis nodes
    std::int64_t machineBytes = 0; // Machine: of which `bytes` is the share
    int nodesOnMachine = 1;
};
NodeLimit limitOf(const backend::NodeCapacity& node);
QString limitText(const NodeLimit& limit); // "64.0 MiB maxmemory", "2.9 GiB, 1/8 of machine"

struct NodeRoomRow
{
    int node = 0;
    QString name;
    bool redis = true;
    std::int64_t usedBytes = -1;                  // memory of Redis, disk of PostgreSQL
    std::int64_t maxMemoryBytes = -1;             // Redis, told before it is weighed; 0: none is set
    QString usedDated{};                          // why it is not of now; empty: it is
    std::optional<backend::NodeCapacity> weighed; // Redis, once measured
    Growth growth;

    NodeLimit limit() const;
    double usedShare() const;            // of the limit, 0 … 1 and above; NaN: not known
    std::int64_t readersThatFit() const; // in all; -1: not known
};

// What was remembered of a node, with a line through it.
struct NodePast
{
    std::vector<GrowthPoint> memory, disk; // from the first that is known; NaN: a gap, the node was down
    Growth memoryGrowth, diskGrowth;
};
// By position in snapshot.nodes. Takes a while: not on the GUI thread.
std::vector<NodePast> nodePasts(const std::vector<backend::HistoryPoint>& history);

// One row a node, in the snapshot's order.
std::vector<NodeRoomRow> nodeRoom(const backend::ClusterSnapshot& snapshot,
                                  const std::vector<NodePast>& pasts, const backend::Capacity* capacity);

QString growthText(const Growth& growth);   // "2026-12-24 07:03 CET", "not growing" …
QString growthReason(const Growth& growth); // a sentence

using NodeRoomModel = TableModel<NodeRoomRow, int>;
enum NodeRoomColumn {
    RoomNameColumn,
    RoomReadersColumn,
    RoomPerReaderColumn,
    RoomUsedColumn,
    RoomLimitColumn,
    RoomShareColumn,
    RoomFitsColumn,
    RoomGrowthColumn,
    RoomFullColumn,
    RoomColumnCount
};
NodeRoomModel* makeNodeRoomTable(QObject* parent);
// From here on a limit of memory or connections is nearly used up.
inline constexpr double kNearlyFull = 0.8;
Tone usedShareTone(double share); // of a limit
// The one of which most is used, of those with a limit; null: none has one that is known.
const NodeRoomRow* fullestOf(const std::vector<NodeRoomRow>& rows);

// Every Redis node was looked at, and none has one: a cluster without readers.
bool noTimelines(const backend::Capacity& capacity);

} // namespace ui
