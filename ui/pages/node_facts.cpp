#include "ui/pages/node_facts.h"

#include "ui/models/capacity_table.h"
#include "ui/models/last_known.h"
#include "ui/pages/node_list.h"
#include "ui/widgets/backlog_text.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr double kFragmented = 1.5; // as the doctor judges, and only where it matters
constexpr std::int64_t kFragmentationMatters = 256 << 20;
constexpr double kOldTransactionSeconds = 300;
constexpr std::int64_t kWrapAroundSoon = 1'500'000'000;

struct NodeFacts
{
    Q_DECLARE_TR_FUNCTIONS(ui::NodeFacts)
};
using F = NodeFacts;

QString qt(const std::string& text)
{
    return QString::fromStdString(text);
}

QString numberOrUnknown(double value, int decimals)
{
    return value < 0 ? unknownText() : formatNumber(value, decimals);
}

QString perSecond(double value)
{
    return value < 0 ? unknownText() : F::tr("%1/s").arg(formatRate(value));
}

QString bytesPerSecond(double value)
{
    return value < 0 ? unknownText() : F::tr("%1/s").arg(formatBytes(std::int64_t(value)));
}

// "over the last 58 s"; rates need two readings.
QString overWindow(const QString& title, double seconds)
{
    return seconds > 0 ? F::tr("%1 · last %2").arg(title, formatDuration(std::max(1.0, std::round(seconds))))
                       : F::tr("%1 · from the second reading on").arg(title);
}

// A group of a part, or why the part is not there.
template <class T, class Facts>
FactGroup group(const QString& title, const backend::NodePart<T>& part, Facts facts)
{
    if (!part.value) return {title, {}, part.notRead.empty() ? F::tr("Not read.") : qt(part.notRead)};
    return {title, facts(*part.value), {}};
}

// What the list of nodes shows too is the same figure here: that of the last probe. A node that does not
// answer has none; then the last reading's stands.
std::int64_t probedOr(std::int64_t probed, std::int64_t read)
{
    return probed >= 0 ? probed : read;
}

std::vector<Fact> memoryFacts(const backend::RedisMemoryFigures& m, const backend::NodeSnapshot& node)
{
    const auto used = probedOr(node.memoryBytes, m.usedBytes);
    const bool limited = m.mostBytes > 0;
    const bool full = limited && double(used) >= double(m.mostBytes) * kNearlyFull;
    const bool fragmented = m.fragmentation > kFragmented && used >= kFragmentationMatters;
    return {
        {"memoryUsed", F::tr("Used"), formatBytes(used),
         F::tr("used_memory at the last probe, as in the list"), full ? Tone::Warning : Tone::Normal},
        {"memoryPeak", F::tr("Peak"),
         formatBytes(m.peakBytes < 0 ? m.peakBytes : std::max(m.peakBytes, used)),
         F::tr("used_memory_peak, since it started")},
        {"memoryMost", F::tr("Limit"), m.mostBytes == 0 ? F::tr("none") : formatBytes(m.mostBytes),
         F::tr("maxmemory")},
        {"memoryPolicy", F::tr("When full"), qt(m.policy), F::tr("maxmemory-policy"),
         m.policy.starts_with("allkeys") ? Tone::Critical : Tone::Normal},
        {"memoryResident", F::tr("Resident"), formatBytes(m.residentBytes), F::tr("used_memory_rss")},
        {"memoryFragmentation", F::tr("Fragmentation"), numberOrUnknown(m.fragmentation, 2),
         F::tr("Resident by used; high and harmless while little is used"),
         fragmented ? Tone::Warning : Tone::Normal},
    };
}

QString savingText(const backend::RedisPersistenceFigures& p)
{
    if (p.loading) return F::tr("reading its data file");
    if (p.saving) return F::tr("saving now");
    if (p.rewriting) return F::tr("rewriting its append-only file");
    return F::tr("nothing under way");
}

std::vector<Fact> persistenceFacts(const backend::RedisPersistenceFigures& p)
{
    const bool saved = p.lastSaveStatus == "ok", appended = p.lastAofWriteStatus == "ok";
    return {
        {"persistenceAof",
         F::tr("Append-only file"),
         !p.aofEnabled ? F::tr("off")
         : appended    ? F::tr("on, last write ok")
                       : F::tr("on, its last write failed"),
         {},
         p.aofEnabled && !appended ? Tone::Critical : Tone::Normal},
        {"persistenceSave", F::tr("Snapshots"),
         !p.savePoints           ? unknownText()
         : p.savePoints->empty() ? F::tr("off")
                                 : F::tr("save %1").arg(qt(*p.savePoints)),
         F::tr("The setting save: seconds and changes")},
        {"persistenceLast",
         F::tr("Last save"),
         !p.everSaved ? F::tr("none since it started")
         : saved      ? F::tr("ok")
                      : F::tr("failed: see the server's log"),
         {},
         saved ? Tone::Normal : Tone::Warning},
        {"persistenceLastAt", F::tr("Last saved"), p.lastSaveAt ? formatTime(*p.lastSaveAt) : unknownText(),
         F::tr("rdb_last_save_time; before Redis 7 the server's start when it never saved")},
        {"persistenceChanges", F::tr("Changes since"), formatCount(p.changesSinceSave), {}},
        {"persistenceState", F::tr("Now"), savingText(p), {}},
    };
}

std::vector<Fact> replicationFacts(const backend::RedisReplicationFigures& r)
{
    std::vector<Fact> out{{"replicationRole",
                           F::tr("Role"),
                           r.replica ? F::tr("replica") : F::tr("primary"),
                           {},
                           r.replica ? Tone::Warning : Tone::Normal}};
    if (r.replica) {
        out.push_back({"replicationPrimary", F::tr("Primary"), qt(r.primary), {}});
        out.push_back({"replicationLink",
                       F::tr("Link"),
                       r.linkUp ? F::tr("up, heard %1 ago").arg(formatDuration(double(r.silentSeconds)))
                                : F::tr("down"),
                       {},
                       r.linkUp ? Tone::Normal : Tone::Critical});
    }
    out.push_back(
        {"replicationReplicas", F::tr("Replicas"), formatCount(std::int64_t(r.replicas.size())), {}});
    out.push_back(
        {"replicationOffset", F::tr("Offset"), formatCount(r.offset), F::tr("Bytes of its stream")});
    return out;
}

std::vector<Fact> clientFacts(const backend::RedisClientFigures& c, const backend::NodeSnapshot& node)
{
    const auto connected = probedOr(node.connections, c.connected);
    const bool full = c.most > 0 && double(connected) >= double(c.most) * kNearlyFull;
    return {
        {"clientsConnected", F::tr("Connected"),
         usedOfText(formatCount(connected), c.most > 0 ? formatCount(c.most) : QString()),
         F::tr("connected_clients of maxclients at the last probe, as in the list"),
         full ? Tone::Warning : Tone::Normal},
        {"clientsBlocked", F::tr("Blocked"), formatCount(c.blocked), F::tr("Waiting in a blocking command")},
        {"clientsRejected", F::tr("Refused"), formatCount(c.rejectedTotal),
         F::tr("Since the server started: beyond maxclients"),
         c.rejectedTotal > 0 ? Tone::Warning : Tone::Normal},
        {"clientsOutput", F::tr("Largest buffers"),
         F::tr("%1 out, %2 in").arg(formatBytes(c.largestOutputBytes), formatBytes(c.largestInputBytes)),
         F::tr("Of the clients seen lately")},
    };
}

std::vector<Fact> keyFacts(const backend::RedisKeyFigures& k)
{
    const bool known = k.windowSeconds > 0;
    return {
        {"keysHitRatio", F::tr("Key hits"),
         !known           ? unknownText()
         : k.hitRatio < 0 ? F::tr("no look-ups")
                          : F::tr("%1, of all clients").arg(formatRatio(k.hitRatio)),
         F::tr("Hits among the key look-ups in the window, whoever asked: this console's monitoring, too")},
        {"keysLookups", F::tr("Look-ups"), perSecond(k.lookupsPerSecond), {}},
        {"keysCommands", F::tr("Commands"), perSecond(k.commandsPerSecond), {}},
        {"keysEvicted", F::tr("Evicted"),
         F::tr("%1, %2 since its start").arg(perSecond(k.evictedPerSecond), formatCount(k.evictedTotal)),
         F::tr("Thrown away because memory was full"), k.evictedTotal > 0 ? Tone::Warning : Tone::Normal},
        {"keysExpired", F::tr("Expired"),
         F::tr("%1, %2 since its start").arg(perSecond(k.expiredPerSecond), formatCount(k.expiredTotal)),
         F::tr("Reached the end of their time to live")},
        {"keysNetwork", F::tr("Network"),
         F::tr("%1 in, %2 out")
             .arg(bytesPerSecond(k.receivedBytesPerSecond), bytesPerSecond(k.sentBytesPerSecond)),
         F::tr("Of all clients of the server")},
    };
}

std::vector<Fact> keyspaceFacts(const std::vector<backend::RedisDatabase>& databases)
{
    std::vector<Fact> out;
    for (const auto& one : databases)
        out.push_back(
            {QStringLiteral("keyspace%1").arg(one.number),
             F::tr("Database %1").arg(one.number),
             F::tr("%1 keys, %2 of them expire").arg(formatCount(one.keys), formatCount(one.expiring)),
             {}});
    if (out.empty()) out.push_back({"keyspaceEmpty", F::tr("Keys"), F::tr("none"), {}});
    return out;
}

std::vector<Fact> latencyFacts(const backend::RedisLatency& latency)
{
    if (latency.thresholdMs == 0 && latency.events.empty())
        return {{"latencyOff", F::tr("Events"), F::tr("not watched"),
                 F::tr("CONFIG SET latency-monitor-threshold 100 makes the server keep events that take "
                       "longer than 100 ms")}};
    std::vector<Fact> out;
    for (const auto& event : latency.events)
        out.push_back({QStringLiteral("latency ") + qt(event.name), qt(event.name),
                       F::tr("%1, worst %2, at %3")
                           .arg(formatMilliseconds(double(event.latestMs)),
                                formatMilliseconds(double(event.worstMs)), formatTime(event.at)),
                       F::tr("LATENCY LATEST")});
    if (out.empty())
        out.push_back({"latencyNone",
                       F::tr("Events"),
                       F::tr("none above %1").arg(formatMilliseconds(double(latency.thresholdMs))),
                       {}});
    return out;
}

Fact parkedFact(const backend::NodeSnapshot& node)
{
    return {"knownParked", F::tr("Wait for it"), parkedTasksText(node.parkedTasks),
            F::tr("Parked, and tried when it does a write again, or after some hours; what they do elsewhere "
                  "is done")};
}

std::vector<FactGroup> redisFacts(const backend::RedisDetails& d, const backend::NodeSnapshot& node)
{
    const double window = d.keys.value ? d.keys.value->windowSeconds : 0;
    const auto memory = [&node](const auto& figures) { return memoryFacts(figures, node); };
    const auto clients = [&node](const auto& figures) { return clientFacts(figures, node); };
    std::vector<FactGroup> out{group(F::tr("Memory"), d.memory, memory),
                               group(overWindow(F::tr("Keys"), window), d.keys, keyFacts),
                               group(F::tr("Persistence"), d.persistence, persistenceFacts),
                               group(F::tr("Clients"), d.clients, clients),
                               group(F::tr("Replication"), d.replication, replicationFacts),
                               group(F::tr("Keyspace"), d.keyspace, keyspaceFacts),
                               group(F::tr("Latency events"), d.latency, latencyFacts)};
    if (node.parkedTasks > 0) out.insert(out.begin(), {F::tr("Tasks"), {parkedFact(node)}, {}});
    return out;
}

std::vector<Fact> connectionFacts(const backend::PostgresConnectionFigures& c,
                                  const backend::NodeSnapshot& node)
{
    const auto used = probedOr(node.connections, c.open);
    const auto allowed = c.most - std::max<std::int64_t>(c.reserved, 0);
    const bool full = c.most > 0 && double(used) >= double(allowed) * kNearlyFull;
    return {
        {"connectionsOpen", F::tr("Open"),
         F::tr("%1 of %2, %3 reserved").arg(formatCount(used), formatCount(c.most), formatCount(c.reserved)),
         F::tr("Of all databases, of max_connections, at the last probe, as in the list; reserved for "
               "superusers"),
         full ? Tone::Warning : Tone::Normal}};
}

// Of another moment than how many are open, and with the connection that asked.
std::vector<Fact> connectionStates(const backend::PostgresConnectionFigures& c)
{
    std::vector<Fact> out;
    for (const auto& state : c.states) {
        const bool hidden = state.state == "hidden";
        const bool idling = state.state.starts_with("idle in transaction") && state.longestSeconds > 60;
        out.push_back({QStringLiteral("connections ") + qt(state.state),
                       hidden ? F::tr("Hidden") : qt(state.state),
                       state.longestSeconds < 0
                           ? formatCount(state.connections)
                           : F::tr("%1, longest %2")
                                 .arg(formatCount(state.connections), formatDuration(state.longestSeconds)),
                       hidden ? F::tr("Of other roles: this one may not see their state. GRANT "
                                      "pg_read_all_stats TO it to change that.")
                              : F::tr("How many, and for how long the longest is in this state"),
                       idling ? Tone::Warning : Tone::Normal});
    }
    return out;
}

std::vector<Fact> horizonFacts(const backend::PostgresHorizonFigures& h)
{
    const bool old = h.oldestTransactionSeconds >= kOldTransactionSeconds;
    return {
        {"horizonOldest", F::tr("Oldest transaction"),
         h.oldestTransactionSeconds < 0
             ? F::tr("none open")
             : F::tr("%1: %2").arg(formatDuration(h.oldestTransactionSeconds), qt(h.oldestTransaction)),
         F::tr("Of those this role may see"), old ? Tone::Warning : Tone::Normal},
        {"horizonXmin", F::tr("Held back"),
         h.xminAge < 0 ? F::tr("nothing holds back vacuum")
                       : F::tr("%1 transactions by %2").arg(formatCount(h.xminAge), qt(h.heldBy)),
         F::tr("Age of the oldest snapshot: dead rows younger than it stay"),
         old ? Tone::Warning : Tone::Normal},
        {"horizonFrozen", F::tr("Oldest row"), F::tr("%1 transactions ago").arg(formatCount(h.frozenAge)),
         F::tr("age(datfrozenxid): writes stop near 2,147,483,648; autovacuum sees to it"),
         h.frozenAge >= kWrapAroundSoon ? Tone::Critical : Tone::Normal},
    };
}

std::vector<Fact> standbyFacts(const backend::PostgresReplicationFigures& r)
{
    std::int64_t replicaCount = 0, slotCount = 0, unused = 0;
    for (const auto& one : r.replicas) {
        replicaCount += !one.slot;
        slotCount += one.slot;
        unused += one.slot && !one.active;
    }
    return {
        {"replicationRole", F::tr("Role"), r.inRecovery ? F::tr("standby") : F::tr("primary"), {}},
        {"replicationReplicas", F::tr("Replicas"), formatCount(replicaCount), {}},
        {"replicationSlots", F::tr("Slots"),
         unused > 0 ? F::tr("%1, %2 of them unused").arg(formatCount(slotCount), formatCount(unused))
                    : formatCount(slotCount),
         F::tr("An unused slot keeps WAL until the disk is full"), unused > 0 ? Tone::Warning : Tone::Normal},
        {"replicationDelay",
         F::tr("Replay delay"),
         r.inRecovery ? formatDuration(r.replayDelaySeconds) : F::tr("not a standby"),
         {}},
    };
}

std::vector<Fact> activityFacts(const backend::PostgresActivityFigures& a)
{
    const bool known = a.windowSeconds > 0;
    return {
        {"activityHitRatio", F::tr("Cache hits"),
         !known           ? unknownText()
         : a.hitRatio < 0 ? F::tr("no blocks read")
                          : formatRatio(a.hitRatio),
         F::tr(
             "Blocks found in shared_buffers among all read in the window; the rest may still come from the "
             "system's cache")},
        {"activityBlocks", F::tr("Blocks read"), perSecond(a.blocksPerSecond), {}},
        {"activityTransactions", F::tr("Transactions"), perSecond(a.transactionsPerSecond), {}},
        {"activityRollbacks", F::tr("Rolled back"), perSecond(a.rollbacksPerSecond), {}},
        {"activityDeadlocks", F::tr("Deadlocks"),
         known ? formatCount(std::int64_t(a.deadlocks)) : unknownText(), F::tr("In the window"),
         a.deadlocks > 0 ? Tone::Warning : Tone::Normal},
        {"activityTemporary", F::tr("Temporary files"), bytesPerSecond(a.temporaryBytesPerSecond),
         F::tr("Sorts and hashes larger than work_mem")},
    };
}

std::vector<FactGroup> postgresFacts(const backend::PostgresDetails& d, const backend::NodeSnapshot& node)
{
    const double window = d.activity.value ? d.activity.value->windowSeconds : 0;
    const auto connections = [&node](const auto& figures) { return connectionFacts(figures, node); };
    std::vector<FactGroup> out{group(F::tr("Connections"), d.connections, connections),
                               group(overWindow(F::tr("Activity"), window), d.activity, activityFacts),
                               group(F::tr("Vacuum horizon"), d.horizon, horizonFacts),
                               group(F::tr("Replication"), d.replication, standbyFacts),
                               {F::tr("Storage"),
                                {{"storageDatabase", F::tr("Database"), formatBytes(node.diskBytes),
                                  diskDated(node), diskDated(node).isEmpty() ? Tone::Normal : Tone::Muted}},
                                {}}};
    if (d.connections.value && !d.connections.value->states.empty())
        out.insert(out.begin() + 1,
                   {F::tr("By state · this reading's included"), connectionStates(*d.connections.value), {}});
    return out;
}

} // namespace

std::vector<FactGroup> nodeFactsWithout(const NodeListRow& row, const QString& why)
{
    const auto& node = row.node;
    std::vector<Fact> known{
        {"knownRoles", F::tr("Holds"), nodeRolesText(node.roles), F::tr("Roles of the node")},
        {"knownShards", F::tr("Logical shards"), formatCount(node.shards), F::tr("All roles together")}};
    const auto add = [&known](const QString& id, const QString& name, bool there, const QString& value,
                              const QString& explanation, const QString& dated = {}) {
        if (there)
            known.push_back({id, name, value, dated.isEmpty() ? explanation : dated,
                             dated.isEmpty() ? Tone::Normal : Tone::Muted});
    };
    const auto most = [](std::int64_t limit, const QString& text) { return limit > 0 ? text : QString(); };
    const auto connectionsMost = row.probed.connectionsMost, memoryMost = row.probed.memoryMostBytes;
    add("knownUptime", F::tr("Up for"), node.uptimeSeconds >= 0, formatUptime(node.uptimeSeconds),
        F::tr("Since the server started"));
    add("knownConnections", F::tr("Connections"), node.connections >= 0,
        usedOfText(formatCount(node.connections), most(connectionsMost, formatCount(connectionsMost))),
        F::tr("Open now, of all programs, of those that the server allows"));
    add("knownMemory", F::tr("Memory"), node.memoryBytes >= 0,
        usedOfText(formatBytes(node.memoryBytes), most(memoryMost, formatBytes(memoryMost))),
        F::tr("used_memory of maxmemory"));
    add("knownKeys", F::tr("Keys"), node.keys >= 0, formatCount(node.keys), {});
    add("knownDisk", F::tr("Disk"), node.diskBytes >= 0, formatBytes(node.diskBytes),
        F::tr("Size of the database"), diskDated(node));
    add("knownRate", F::tr("Ops/s"), node.commandsPerSecond >= 0, formatRate(node.commandsPerSecond),
        F::tr("Redis: commands; PostgreSQL: transactions; mean of up to ten seconds"));
    if (node.parkedTasks > 0) known.push_back(parkedFact(node));
    add("knownProbe", F::tr("Answers in"), node.probeMilliseconds >= 0,
        formatMilliseconds(node.probeMilliseconds), F::tr("Round trip of the last probe"));
    return {{F::tr("Known from the probes"), std::move(known), {}}, {F::tr("Its own figures"), {}, why}};
}

std::vector<FactGroup> nodeFacts(const backend::NodeDetails& details, const backend::NodeSnapshot& node)
{
    return details.kind == backend::NodeKind::Redis ? redisFacts(details.redis, node)
                                                    : postgresFacts(details.postgres, node);
}

} // namespace ui
