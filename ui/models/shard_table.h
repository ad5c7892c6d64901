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
    ShardColumnCount
};

ShardTableModel* makeShardTable(QObject* parent);
std::vector<ShardRow> shardRows(const backend::ClusterSnapshot& snapshot);
// "pg-1"; "#7" for a node that the snapshot does not list.
QString nodeName(const backend::ClusterSnapshot& snapshot, int node);

} // namespace ui
