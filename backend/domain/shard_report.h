// The shard report as values: every rendering (CSV, JSON, HTML, PDF) shows these numbers and no others. Plain
// values.
#pragma once

#include "backend/domain/balance.h"

#include <string>
#include <vector>

namespace backend {

inline constexpr int kShardReportSchemaVersion = 1;

enum class ReportFormat { Csv, Json, Html };

struct ShardReportRow
{
    ShardSnapshot shard;
    std::string usersNode, postsNode, timelinesNode; // names
};

struct ShardReportBalance
{
    BalanceMetric metric = BalanceMetric::Timelines;
    BalanceSummary byShard;
    BalanceSummary byNode;
    std::vector<NodeLoad> nodes; // highest first
};

struct ShardReport
{
    int schemaVersion = kShardReportSchemaVersion;
    std::string clusterName, environment;
    TimePoint takenAt; // the snapshot's; UTC
    std::int64_t epoch = 0;
    int shardCount = 0;
    std::int64_t users = 0; // n of the chance band; 0 when unknown
    // Of the whole cluster, over the snapshot's second; -1: not known.
    double readsPerSecond = -1, failedReadsPerSecond = -1, failedWritesPerSecond = -1,
           partialPagesPerSecond = -1;
    std::vector<ShardReportRow> rows;        // ascending by shard
    std::vector<ShardReportBalance> balance; // one per BalanceMetric, in its order
    std::vector<NodeSnapshot> nodes;
};

} // namespace backend
