// The tables of the Shards page: every logical shard with its nodes and volumes. Rows come from a snapshot.
// GUI thread only.
#pragma once

#include "backend/domain/snapshot.h"
#include "ui/models/table_model.h"

namespace ui {

struct ShardRow
{
    backend::ShardSnapshot shard;
    QString usersNode, postsNode, timelinesNode; // names
    backend::TimePoint now;                      // of the snapshot: ages count from here
    // Why figures are not of now, by where they come from ("as of 10:41:07 UTC; pg-1 is down"); empty: they
    // are, or they are means of a window.
    QString usersDated{}, postsDated{}, timelinesDated{}, ratesDated{};
    // Why figures that are not there are not: "nothing known since 10:41:07 UTC: pg-1 is down"; empty: no
    // node's silence is the reason.
    QString usersMissing{}, postsMissing{}, rowsMissing{} /* of both */, timelinesMissing{};
};

using ShardTableModel = TableModel<ShardRow, int>;

enum ShardColumn {
    ShardNumberColumn,
    ShardTimelinesColumn,
    ShardEntriesColumn,
    ShardBytesColumn,
    ShardUsersColumn,
    ShardPostsColumn,
    ShardPostgresBytesColumn,
    ShardDeliveriesColumn,
    ShardReadsColumn,
    ShardTimelinesNodeColumn,
    ShardUsersNodeColumn,
    ShardPostsNodeColumn,
    ShardSweptColumn,
    ShardLastKnownColumn,
    ShardColumnCount
};

ShardTableModel* makeShardTable(QObject* parent);
ShardRow shardRow(const backend::ClusterSnapshot& snapshot, const backend::ShardSnapshot& shard,
                  bool ofWindow = false);
// ofWindow: what its shards' timelines and posts show are means, known or not, whatever is down now.
std::vector<ShardRow> shardRows(const backend::ClusterSnapshot& snapshot, bool ofWindow = false);
// "pg-1"; "#7" for a node that the snapshot does not list.
QString nodeName(const backend::ClusterSnapshot& snapshot, int node);

} // namespace ui
