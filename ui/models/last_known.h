// Words for figures that are not of now: those of nodes that are down, as they were last read. Pure; any
// thread.
#pragma once

#include "backend/domain/balance.h"

#include <QString>

#include <optional>

namespace ui {

// "as of 10:41:07 UTC; pg-1 is down"
QString lastKnownText(const QString& node, std::optional<backend::TimePoint> at);
// Of the shard's figure of that metric; empty: it is of now, or not known at all.
QString lastKnownText(const backend::ClusterSnapshot& snapshot, const backend::ShardSnapshot& shard,
                      backend::BalanceMetric metric);
// Of the node's disk; empty: it is of now, or not known at all.
QString diskDated(const backend::NodeSnapshot& node);
// "16 shards show figures of 10:41:07 UTC: pg-1 is down", a sentence for each such node; empty: none.
QString lastKnownNote(const backend::ClusterSnapshot& snapshot);

} // namespace ui
