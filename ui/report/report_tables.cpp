#include "ui/report/report_tables.h"

#include <QCoreApplication>
#include <QDateTime>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kRateDecimals = 3;
constexpr int kRatioDecimals = 4;

struct ReportTables
{
    Q_DECLARE_TR_FUNCTIONS(ui::ReportTables)
};

QString unknown()
{
    return QStringLiteral("–");
}

QString wordsOr(const std::string& text)
{
    return text.empty() ? unknown() : QString::fromStdString(text);
}

QString viewText(std::string_view text)
{
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

QString grouped(QString digits)
{
    const auto point = digits.indexOf(u'.');
    for (auto i = (point < 0 ? digits.size() : point) - 3; i > 0; i -= 3)
        digits.insert(i, u',');
    return digits;
}

QString healthWord(backend::Health health)
{
    switch (health) {
    case backend::Health::Unknown:
        return ReportTables::tr("unknown");
    case backend::Health::Ok:
        return ReportTables::tr("ok");
    case backend::Health::Degraded:
        return ReportTables::tr("degraded");
    case backend::Health::Down:
        return ReportTables::tr("down");
    }
    return unknown();
}

QStringList balanceRow(backend::BalanceMetric metric, const QString& over, const backend::BalanceSummary& b,
                       bool chanceKnown)
{
    const bool any = b.known > 0;
    const auto value = [&](double v) { return any ? reportMetricFigure(v, metric) : unknown(); };
    const auto ratio = [&](double v, bool isKnown) {
        return isKnown ? reportFigure(v, kRatioDecimals) : unknown();
    };
    return {reportMetricText(metric),
            over,
            reportFigure(std::int64_t(b.known)),
            value(b.total),
            any ? reportFigure(b.mean, kRateDecimals) : unknown(),
            value(b.min),
            value(b.max),
            ratio(b.maxOverMean, any && b.mean > 0),
            ratio(b.coefficientOfVariation, any && b.mean > 0),
            ratio(b.chanceCoefficientOfVariation, any && chanceKnown)};
}

// A node of which a shard's figures are only last known.
QString shardNodeText(const std::string& name, bool down)
{
    return down ? ReportTables::tr("%1 down").arg(QString::fromStdString(name)) : wordsOr(name);
}

} // namespace

QString reportFigure(double value, int decimals)
{
    if (!(value >= 0) || std::isinf(value)) return unknown();
    QString text = QString::number(value, 'f', decimals);
    if (text.contains(u'.')) {
        while (text.endsWith(u'0'))
            text.chop(1);
        if (text.endsWith(u'.')) text.chop(1);
    }
    return grouped(text);
}

QString reportFigure(std::int64_t value)
{
    return value < 0 ? unknown() : grouped(QString::number(value));
}

QString reportMetricFigure(double value, backend::BalanceMetric metric)
{
    const bool rate = metric == backend::BalanceMetric::Deliveries || metric == backend::BalanceMetric::Reads;
    return reportFigure(value, rate ? kRateDecimals : 0);
}

QString reportMetricText(backend::BalanceMetric metric)
{
    switch (metric) {
    case backend::BalanceMetric::Timelines:
        return ReportTables::tr("Timelines");
    case backend::BalanceMetric::Entries:
        return ReportTables::tr("Entries");
    case backend::BalanceMetric::Bytes:
        return ReportTables::tr("Bytes");
    case backend::BalanceMetric::Posts:
        return ReportTables::tr("Posts");
    case backend::BalanceMetric::Deliveries:
        return ReportTables::tr("Deliveries/s");
    case backend::BalanceMetric::Reads:
        return ReportTables::tr("Reads/s");
    }
    return {};
}

QString reportTimeText(backend::TimePoint time)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    return QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC)
        .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss 'UTC'"));
}

ReportPageTable reportHeadTable(const backend::ShardReport& report)
{
    using T = ReportTables;
    return {T::tr("Report"),
            {{T::tr("Cluster"), false, 3},
             {T::tr("Environment"), false, 2},
             {T::tr("Taken at"), false, 3},
             {T::tr("Epoch"), true, 1},
             {T::tr("Logical shards"), true, 1.5},
             {T::tr("Users"), true, 1.5},
             {T::tr("Schema version"), true, 1.5}},
            {{wordsOr(report.clusterName), wordsOr(report.environment), reportTimeText(report.takenAt),
              reportFigure(report.epoch), reportFigure(std::int64_t(report.shardCount)),
              report.users > 0 ? reportFigure(report.users) : unknown(),
              reportFigure(std::int64_t(report.schemaVersion))}}};
}

ReportPageTable reportTrafficTable(const backend::ShardReport& report)
{
    using T = ReportTables;
    return {T::tr("Reads and writes of the whole cluster"),
            {{T::tr("Reads/s"), true, 1},
             {T::tr("Failed reads/s"), true, 1},
             {T::tr("Failed writes/s"), true, 1},
             {T::tr("Incomplete pages/s"), true, 1}},
            {{reportFigure(report.readsPerSecond, kRateDecimals),
              reportFigure(report.failedReadsPerSecond, kRateDecimals),
              reportFigure(report.failedWritesPerSecond, kRateDecimals),
              reportFigure(report.partialPagesPerSecond, kRateDecimals)}}};
}

ReportPageTable reportBalanceTable(const backend::ShardReport& report)
{
    using T = ReportTables;
    ReportPageTable out{T::tr("Balance"),
                        {{T::tr("Metric"), false, 1.6},
                         {T::tr("Over"), false, 1},
                         {T::tr("Known"), true, 0.8},
                         {T::tr("Total"), true, 1.6},
                         {T::tr("Mean"), true, 1.6},
                         {T::tr("Least"), true, 1.4},
                         {T::tr("Most"), true, 1.4},
                         {T::tr("Most / mean"), true, 1.2},
                         {T::tr("Variation"), true, 1.2},
                         {T::tr("By chance"), true, 1.2}},
                        {}};
    for (const auto& balance : report.balance) {
        out.rows.push_back(balanceRow(balance.metric, T::tr("shards"), balance.byShard, report.users > 0));
        out.rows.push_back(balanceRow(balance.metric, T::tr("nodes"), balance.byNode, report.users > 0));
    }
    return out;
}

ReportPageTable reportNodeLoadsTable(const backend::ShardReport& report)
{
    using T = ReportTables;
    ReportPageTable out{T::tr("Load by node: the shards it holds"), {{T::tr("Node"), false, 1}}, {}};
    std::vector<QString> names; // in the order of the report's nodes
    const auto addName = [&](const std::string& name) {
        const auto text = QString::fromStdString(name);
        if (std::find(names.begin(), names.end(), text) == names.end()) names.push_back(text);
    };
    for (const auto& node : report.nodes)
        addName(node.name);
    for (const auto& balance : report.balance) {
        out.columns.push_back({reportMetricText(balance.metric), true, 1});
        for (const auto& load : balance.nodes)
            addName(load.name);
    }
    for (const auto& name : names) {
        QStringList row{name};
        for (const auto& balance : report.balance) {
            const auto load = std::find_if(balance.nodes.begin(), balance.nodes.end(), [&](const auto& l) {
                return QString::fromStdString(l.name) == name;
            });
            row << (load == balance.nodes.end() ? QString()
                                                : reportMetricFigure(load->value, balance.metric));
        }
        out.rows.push_back(row);
    }
    return out;
}

ReportPageTable reportShardsTable(const backend::ShardReport& report)
{
    using T = ReportTables;
    const bool anyDown = std::any_of(report.rows.begin(), report.rows.end(), [](const auto& row) {
        return row.shard.usersDown || row.shard.postsDown || row.shard.timelinesDown;
    });
    ReportPageTable out{anyDown ? T::tr("Logical shards (on nodes that are down: as last known)")
                                : T::tr("Logical shards"),
                        {{T::tr("Shard"), true, 0.7},
                         {T::tr("Users on"), false, 0.9},
                         {T::tr("Posts on"), false, 0.9},
                         {T::tr("Timelines on"), false, 1.2},
                         {T::tr("Users"), true, 1},
                         {T::tr("Posts"), true, 1.1},
                         {T::tr("PostgreSQL, bytes"), true, 1.75},
                         {T::tr("Timelines"), true, 1},
                         {T::tr("Entries"), true, 1.1},
                         {T::tr("Redis, bytes"), true, 1.3},
                         {T::tr("Deliveries/s"), true, 1.1},
                         {T::tr("Reads/s"), true, 1},
                         {T::tr("Timelines counted at"), false, 2.3}},
                        {}};
    for (const auto& row : report.rows) {
        const auto& s = row.shard;
        out.rows.push_back({reportFigure(std::int64_t(s.shard)), shardNodeText(row.usersNode, s.usersDown),
                            shardNodeText(row.postsNode, s.postsDown),
                            shardNodeText(row.timelinesNode, s.timelinesDown), reportFigure(s.users),
                            reportFigure(s.posts), reportFigure(s.postgresBytes), reportFigure(s.timelines),
                            reportFigure(s.entries), reportFigure(s.bytes),
                            reportFigure(s.deliveriesPerSecond, kRateDecimals),
                            reportFigure(s.readsPerSecond, kRateDecimals),
                            s.sweptAt ? reportTimeText(*s.sweptAt) : unknown()});
    }
    return out;
}

ReportPageTable reportNodesTable(const backend::ShardReport& report)
{
    using T = ReportTables;
    ReportPageTable out{T::tr("Nodes"),
                        {{T::tr("Node"), false, 1.2},
                         {T::tr("Kind"), false, 1},
                         {T::tr("Roles"), false, 2},
                         {T::tr("Shards"), true, 0.8},
                         {T::tr("Health"), false, 1},
                         {T::tr("Version"), false, 1.2},
                         {T::tr("Up, seconds"), true, 1},
                         {T::tr("Probe, ms"), true, 1},
                         {T::tr("Connections"), true, 1}},
                        {}};
    for (const auto& n : report.nodes) {
        QStringList roles;
        for (const auto role : n.roles)
            roles << viewText(backend::toString(role));
        out.rows.push_back({wordsOr(n.name), viewText(backend::toString(n.kind)),
                            roles.isEmpty() ? unknown() : roles.join(u' '),
                            reportFigure(std::int64_t(n.shards)), healthWord(n.health), wordsOr(n.version),
                            reportFigure(n.uptimeSeconds, 0),
                            reportFigure(n.probeMilliseconds, kRateDecimals), reportFigure(n.connections)});
    }
    return out;
}

ReportPageTable reportNodeVolumesTable(const backend::ShardReport& report)
{
    using T = ReportTables;
    ReportPageTable out{T::tr("Nodes: volumes and rates"),
                        {{T::tr("Node"), false, 1.2},
                         {T::tr("Memory, bytes"), true, 1.4},
                         {T::tr("Disk, bytes"), true, 1.4},
                         {T::tr("Keys"), true, 1},
                         {T::tr("Commands/s"), true, 1},
                         {T::tr("Key hit ratio"), true, 1},
                         {T::tr("Evicted keys"), true, 1},
                         {T::tr("Evictions/s"), true, 1}},
                        {}};
    for (const auto& n : report.nodes)
        out.rows.push_back({wordsOr(n.name), reportFigure(n.memoryBytes), reportFigure(n.diskBytes),
                            reportFigure(n.keys), reportFigure(n.commandsPerSecond, kRateDecimals),
                            reportFigure(n.keyspaceHitRatio, kRatioDecimals), reportFigure(n.evictedTotal),
                            reportFigure(n.evictionsPerSecond, kRateDecimals)});
    return out;
}

} // namespace ui
