// Words for figures that are not of now: those of nodes that are down, as they were last read, and what
// engines count while the directory, which tells of them, is silent. Pure; any thread.
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
// Of a figure that is not there because that node is down: "nothing known since 10:41:07 UTC: pg-1 is down".
// at: when anything of it was read last.
QString unknownSinceText(const QString& node, std::optional<backend::TimePoint> at);
// Why the shard's figure of that metric is not there; empty: it is, or no node's silence is the reason.
QString missingText(const backend::ClusterSnapshot& snapshot, const backend::ShardSnapshot& shard,
                    backend::BalanceMetric metric);
// Of the node's disk; empty: it is of now, or not known at all.
QString diskDated(const backend::NodeSnapshot& node);
// Of what engines count, rates and percentiles: "as of 10:41:07 UTC; the directory does not answer"; empty:
// it is of now, or not known at all.
QString ratesDated(const backend::ClusterSnapshot& snapshot);
// The same where there is little room: "as of 10:41:07".
QString ratesDatedShort(const backend::ClusterSnapshot& snapshot);
// "16 shards show figures of 10:41:07 UTC: pg-1 is down", a sentence for each such node, and for the rates;
// empty: all are of now.
QString lastKnownNote(const backend::ClusterSnapshot& snapshot);

} // namespace ui
