// The shard report: how evenly the logical shards and the nodes are loaded, from one snapshot, and its
// renderings. Every rendering shows the same numbers. Pure functions; any thread.
#pragma once

#include "backend/domain/shard_report.h"
#include "backend/domain/snapshot.h"

#include <string>

namespace backend {

ShardReport buildShardReport(const ClusterSnapshot& snapshot);

// RFC 4180, one table with a header: the column `record` says what a row is (shard, balance, node_load,
// node), and each kind of record has columns of its own, so that no column mixes or counts twice. Empty
// fields are not known.
std::string renderCsv(const ShardReport& report);
// An object with schema_version; names carry units, null is not known.
std::string renderJson(const ShardReport& report);
// One file without references: tables, a heatmap of the shards and the nodes ranked, for each metric.
// Well-formed XML.
std::string renderHtml(const ShardReport& report);

std::string renderShardReport(const ShardReport& report, ReportFormat format);

} // namespace backend
