#include "backend/report/tables.h"

#include <algorithm>
#include <cmath>

namespace backend {
namespace {

constexpr int kRateDecimals = 3;
constexpr int kRatioDecimals = 4;

Figure words(std::string text)
{
    if (text.empty()) return std::nullopt;
    return text;
}

std::string_view wordOf(Health health)
{
    switch (health) {
    case Health::Unknown:
        return "unknown";
    case Health::Ok:
        return "ok";
    case Health::Degraded:
        return "degraded";
    case Health::Down:
        return "down";
    }
    return "unknown";
}

Figure timeFigure(const std::optional<TimePoint>& at)
{
    return at ? Figure(utcText(*at)) : Figure();
}

// Its size is of both roles: as old as the older part.
std::optional<TimePoint> postgresReadAt(const ShardSnapshot& shard)
{
    if (!shard.usersReadAt || !shard.postsReadAt) return std::nullopt;
    return std::min(*shard.usersReadAt, *shard.postsReadAt);
}

// Which figures are not of now, and whose silence it is: "users on pg-1; timelines on redis-3".
std::string lastKnownText(const ShardReportRow& row)
{
    std::string out;
    const auto add = [&](bool down, bool known, const char* role, const std::string& node) {
        if (!down || !known) return;
        out += (out.empty() ? "" : "; ") + std::string(role) + " on " + node;
    };
    add(row.shard.usersDown, row.shard.users >= 0, "users", row.usersNode);
    add(row.shard.postsDown, row.shard.posts >= 0, "posts", row.postsNode);
    add(row.shard.timelinesDown, row.shard.timelines >= 0, "timelines", row.timelinesNode);
    if (row.shard.ratesOld) out += (out.empty() ? "" : "; ") + std::string("rates: the directory is silent");
    return out;
}

ReportTable shardsTable(const ShardReport& report)
{
    ReportTable out{"shard",
                    "shards",
                    "Logical shards",
                    {{"shard", "Shard"},
                     {"users_node", "Users on", false},
                     {"posts_node", "Posts on", false},
                     {"timelines_node", "Timelines on", false},
                     {"users_count", "Users"},
                     {"posts_count", "Posts"},
                     {"postgres_bytes", "PostgreSQL, bytes"},
                     {"timelines_count", "Timelines"},
                     {"entries_count", "Entries"},
                     {"timelines_bytes", "Timelines, bytes"},
                     {"deliveries_per_second", "Deliveries/s"},
                     {"reads_per_second", "Reads/s"},
                     {"swept_at_utc", "Timelines counted at (UTC)", false},
                     {"postgres_read_at_utc", "PostgreSQL read at (UTC)", false},
                     {"last_known", "Last known", false}},
                    {}};
    for (const auto& row : report.rows) {
        const auto& s = row.shard;
        out.rows.push_back({wholeFigure(s.shard), words(row.usersNode), words(row.postsNode),
                            words(row.timelinesNode), wholeFigure(s.users), wholeFigure(s.posts),
                            wholeFigure(s.postgresBytes), wholeFigure(s.timelines), wholeFigure(s.entries),
                            wholeFigure(s.bytes), realFigure(s.deliveriesPerSecond, kRateDecimals),
                            realFigure(s.readsPerSecond, kRateDecimals), timeFigure(s.sweptAt),
                            timeFigure(postgresReadAt(s)), words(lastKnownText(row))});
    }
    return out;
}

std::vector<Figure> balanceRow(BalanceMetric metric, const char* scope, const BalanceSummary& b,
                               bool chanceKnown)
{
    const bool any = b.known > 0;
    const auto value = [&](double v) { return any ? metricFigure(v, metric) : Figure(); };
    const auto ratio = [&](double v, bool known) { return known ? realFigure(v, kRatioDecimals) : Figure(); };
    return {std::string(toString(metric)),
            std::string(scope),
            wholeFigure(b.known),
            value(b.total),
            any ? realFigure(b.mean, kRateDecimals) : Figure(),
            value(b.min),
            value(b.max),
            ratio(b.maxOverMean, any && b.mean > 0),
            ratio(b.coefficientOfVariation, any && b.mean > 0),
            ratio(b.chanceCoefficientOfVariation, any && chanceKnown)};
}

ReportTable balanceTable(const ShardReport& report)
{
    ReportTable out{"balance",
                    "balance",
                    "Balance",
                    {{"metric", "Metric", false},
                     {"over", "Over", false},
                     {"known_count", "Known"},
                     {"total", "Total"},
                     {"mean", "Mean"},
                     {"min", "Least"},
                     {"max", "Most"},
                     {"max_over_mean", "Most / mean"},
                     {"coefficient_of_variation", "Variation"},
                     {"chance_coefficient_of_variation", "Variation by chance"}},
                    {}};
    for (const auto& balance : report.balance) {
        out.rows.push_back(balanceRow(balance.metric, "shards", balance.byShard, report.users > 0));
        out.rows.push_back(balanceRow(balance.metric, "nodes", balance.byNode, report.users > 0));
    }
    return out;
}

ReportTable nodeLoadsTable(const ShardReport& report)
{
    ReportTable out{"node_load",
                    "node_loads",
                    "Load by node, highest first",
                    {{"metric", "Metric", false},
                     {"node", "Node", false},
                     {"shards_count", "Shards"},
                     {"value", "Value"},
                     {"last_known", "Last known", false}},
                    {}};
    for (const auto& balance : report.balance)
        for (const auto& load : balance.nodes)
            out.rows.push_back({std::string(toString(balance.metric)), words(load.name),
                                wholeFigure(load.shards), metricFigure(load.value, balance.metric),
                                words(load.lastKnown ? "yes" : "")});
    return out;
}

std::string rolesText(const NodeSnapshot& node)
{
    std::string out;
    for (const auto role : node.roles)
        out += (out.empty() ? "" : " ") + std::string(toString(role));
    return out;
}

ReportTable nodesTable(const ShardReport& report)
{
    ReportTable out{"node",
                    "nodes",
                    "Nodes",
                    {{"name", "Node", false},
                     {"kind", "Kind", false},
                     {"roles", "Roles", false},
                     {"shards_count", "Shards"},
                     {"health", "Health", false},
                     {"version", "Version", false},
                     {"uptime_seconds", "Up, seconds"},
                     {"probe_milliseconds", "Probe, ms"},
                     {"memory_bytes", "Memory, bytes"},
                     {"disk_bytes", "Disk, bytes"},
                     {"connections_count", "Connections"},
                     {"commands_per_second", "Commands/s"},
                     {"keys_count", "Keys"},
                     {"evicted_keys_count", "Evicted keys"},
                     {"evictions_per_second", "Evictions/s"},
                     {"keyspace_hit_ratio", "Key hit ratio"},
                     {"message", "Message", false}},
                    {}};
    for (const auto& n : report.nodes)
        out.rows.push_back({words(n.name), std::string(toString(n.kind)), words(rolesText(n)),
                            wholeFigure(n.shards), std::string(wordOf(n.health)), words(n.version),
                            realFigure(n.uptimeSeconds, 0), realFigure(n.probeMilliseconds, kRateDecimals),
                            wholeFigure(n.memoryBytes), wholeFigure(n.diskBytes), wholeFigure(n.connections),
                            realFigure(n.commandsPerSecond, kRateDecimals), wholeFigure(n.keys),
                            wholeFigure(n.evictedTotal), realFigure(n.evictionsPerSecond, kRateDecimals),
                            realFigure(n.keyspaceHitRatio, kRatioDecimals), words(n.message)});
    return out;
}

} // namespace

Figure metricFigure(double value, BalanceMetric metric)
{
    const bool rate = metric == BalanceMetric::Deliveries || metric == BalanceMetric::Reads;
    return realFigure(value, rate ? kRateDecimals : 0);
}

ReportTable headTable(const ShardReport& report)
{
    return {"report",
            "report",
            "Report",
            {{"schema_version", "Schema version"},
             {"cluster", "Cluster", false},
             {"environment", "Environment", false},
             {"taken_at_utc", "Taken at (UTC)", false},
             {"epoch", "Epoch"},
             {"shard_count", "Logical shards"},
             {"cluster_users_count", "Users"},
             {"cluster_reads_per_second", "Reads/s"},
             {"cluster_failed_reads_per_second", "Failed reads/s"},
             {"cluster_failed_writes_per_second", "Failed writes/s"},
             {"cluster_partial_pages_per_second", "Incomplete pages/s"}},
            {{wholeFigure(report.schemaVersion), words(report.clusterName), words(report.environment),
              utcText(report.takenAt), wholeFigure(report.epoch), wholeFigure(report.shardCount),
              report.users > 0 ? wholeFigure(report.users) : Figure(),
              realFigure(report.readsPerSecond, kRateDecimals),
              realFigure(report.failedReadsPerSecond, kRateDecimals),
              realFigure(report.failedWritesPerSecond, kRateDecimals),
              realFigure(report.partialPagesPerSecond, kRateDecimals)}}};
}

std::vector<ReportTable> reportTables(const ShardReport& report)
{
    return {balanceTable(report), nodeLoadsTable(report), shardsTable(report), nodesTable(report)};
}

} // namespace backend
