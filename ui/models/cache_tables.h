// The tables of the Cache page: caches over a window, and Redis nodes now. GUI thread only.
#pragma once

#include "backend/domain/snapshot.h"
#include "ui/models/cache_window.h"
#include "ui/models/table_model.h"

namespace ui {

struct CacheRow
{
    CacheWindow window;
    double seconds = 0; // that the window covers
};

using CacheTableModel = TableModel<CacheRow, QString>;

enum CacheColumn {
    CacheNameColumn,
    CacheRatioColumn,
    CacheHitsColumn,
    CacheMissesColumn,
    CacheLookupsColumn,
    CacheRateColumn,
    CacheColumnCount
};

CacheTableModel* makeCacheTable(QObject* parent);
// "98.7 %"; "n/a" without traffic; 100 % only without any miss.
QString hitRatioText(const CacheWindow& window);

using RedisNodeModel = TableModel<backend::NodeSnapshot, int>;

enum RedisNodeColumn {
    RedisNameColumn,
    RedisHealthColumn,
    RedisMemoryColumn,
    RedisKeysColumn,
    RedisCommandsColumn,
    RedisHitRatioColumn,
    RedisEvictionsColumn,
    RedisEvictedColumn,
    RedisConnectionsColumn,
    RedisProbeColumn,
    RedisUptimeColumn,
    RedisColumnCount
};

RedisNodeModel* makeRedisNodeTable(QObject* parent);
std::vector<backend::NodeSnapshot> redisNodes(const backend::ClusterSnapshot& snapshot);

} // namespace ui
