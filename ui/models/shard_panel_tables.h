// The tables of one logical shard: its unfinished tasks, its hottest authors, its hottest readers. Rows come
// from ShardDetails. GUI thread only.
#pragma once

#include "backend/domain/shard_details.h"
#include "ui/models/table_model.h"

namespace ui {

struct ShardTaskRow
{
    int node = 0;
    QString nodeName;
    backend::ShardTaskCount count;
};
using ShardTaskModel = TableModel<ShardTaskRow, qint64>;
enum ShardTaskColumn {
    ShardTaskKindColumn,
    ShardTaskNodeColumn,
    ShardTaskUnfinishedColumn,
    ShardTaskRetryColumn,
    ShardTaskOldestColumn
};
using HotAuthorModel = TableModel<backend::HotAuthor, qint64>;
using HotReaderModel = TableModel<backend::HotReader, qint64>;

std::vector<ShardTaskRow> shardTaskRows(const backend::ShardDetails& details);
ShardTaskModel* makeShardTaskTable(QObject* parent);
HotAuthorModel* makeHotAuthorTable(QObject* parent);
HotReaderModel* makeHotReaderTable(QObject* parent);

// While parts of `now` are awaited: what of them was known before stays, as of then.
backend::ShardDetails withAwaitedKept(backend::ShardDetails now, const backend::ShardDetails& before);

// "@alice", or "id 123" while the handle is not known.
QString userText(backend::UserId user, const std::string& handle);

} // namespace ui
