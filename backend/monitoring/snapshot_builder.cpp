#include "backend/monitoring/snapshot_builder.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>
#include <set>

namespace backend {
namespace {

// A count older than this is of a node that hangs: its oldest task has aged since.
constexpr std::chrono::seconds kFreshCount{15};

std::int64_t sumOf(const std::vector<std::int64_t>& counts)
{
    return std::accumulate(counts.begin(), counts.end(), std::int64_t(0));
}

void addRoles(NodeSnapshot& out, const ShardMap& map, int directoryNode)
{
    if (out.id == directoryNode) out.roles.push_back(Role::Directory);
    for (const auto role : {Role::Users, Role::Posts, Role::Timelines}) {
        const auto& placement = map.placement(role);
        const auto count = std::count(placement.begin(), placement.end(), out.id);
        if (count > 0) out.roles.push_back(role);
    }
    std::set<int> held; // a shard counts once on a node that holds it in several roles
    for (std::size_t shard = 0; shard < std::size_t(map.shardCount); ++shard)
        for (const auto role : {Role::Users, Role::Posts, Role::Timelines})
            if (shard < map.placement(role).size() && map.placement(role)[shard] == out.id)
                held.insert(int(shard));
    out.shards = int(held.size());
}

NodeSnapshot nodeBase(const NodeEndpoint& endpoint, const NodeVerdict& verdict, const ProbeFindings& findings,
                      const MonitorIdentity& identity)
{
    NodeSnapshot out;
    out.id = endpoint.id;
    out.name = endpoint.name;
    out.kind = endpoint.kind;
    out.health = verdict.health;
    out.message = verdict.message;
    addRoles(out, *findings.map, identity.directoryNode);
    return out;
}

// What the probes' clock read, by the wall clock.
std::optional<TimePoint> wallTime(const ProbeFindings& findings, NodeHealth::Time at)
{
    if (at == NodeHealth::Time()) return std::nullopt;
    return findings.at - std::chrono::duration_cast<TimePoint::duration>(findings.steadyAt - at);
}

// Figures of the moment are unknown while the node does not answer; what it holds stays known.
NodeSnapshot postgresNode(NodeSnapshot out, const PostgresFigures& figures,
                          std::optional<TimePoint> sizesReadAt)
{
    out.version = figures.version;
    out.diskBytes = figures.databaseBytes;
    out.diskReadAt = sizesReadAt;
    if (out.health == Health::Ok && !figures.queueError.empty()) {
        out.health = Health::Degraded;
        out.message = "The queue of " + out.name + " cannot be counted: " + figures.queueError;
    }
    if (out.health == Health::Down) return out;
    out.uptimeSeconds = figures.uptimeSeconds;
    out.probeMilliseconds = figures.probeMilliseconds;
    out.connections = figures.connections;
    out.commandsPerSecond = figures.transactionsPerSecond;
    return out;
}

NodeSnapshot redisNode(NodeSnapshot out, const RedisFigures& figures)
{
    out.version = figures.version;
    if (out.health == Health::Down) return out;
    if (out.health == Health::Ok && !figures.policyError.empty()) {
        out.health = Health::Degraded;
        out.message = out.name + ": " + figures.policyError;
    }
    out.uptimeSeconds = figures.uptimeSeconds;
    out.probeMilliseconds = figures.probeMilliseconds;
    out.memoryBytes = figures.memoryBytes;
    out.memoryLimitBytes = figures.memoryMostBytes;
    out.connections = figures.connections;
    out.keys = figures.keys;
    out.commandsPerSecond = figures.commandsPerSecond;
    out.evictedTotal = figures.evictedTotal;
    out.evictionsPerSecond = figures.evictionsPerSecond;
    out.keyspaceHitRatio = figures.hitRatio;
    return out;
}

// Of the node that holds a shard in a role; null: no such node.
template <class View>
const View* viewOf(const std::vector<std::pair<NodeEndpoint, View>>& nodes, int node)
{
    const auto found = std::find_if(nodes.begin(), nodes.end(),
                                    [node](const auto& entry) { return entry.first.id == node; });
    return found == nodes.end() ? nullptr : &found->second;
}

template <class View>
bool isDown(const View* view)
{
    return view && view->verdict.health == Health::Down;
}

const SchemaSize* sizeOf(const PostgresProber::View* view, const char* role, int shard)
{
    if (!view) return nullptr;
    std::array<char, 24> name{};
    std::snprintf(name.data(), name.size(), "%s_%04d", role, shard);
    const auto found = view->figures.schemas.find(name.data());
    return found == view->figures.schemas.end() ? nullptr : &found->second;
}

void addRows(ShardSnapshot& shard, const ProbeFindings& findings)
{
    const auto* usersNode = viewOf(findings.postgres, shard.usersNode);
    const auto* postsNode = viewOf(findings.postgres, shard.postsNode);
    const auto* users = sizeOf(usersNode, "users", shard.shard);
    const auto* posts = sizeOf(postsNode, "posts", shard.shard);
    if (users) {
        shard.users = users->rows;
        shard.usersReadAt = wallTime(findings, usersNode->figures.sizesAt);
    }
    if (posts) {
        shard.posts = posts->rows;
        shard.postsReadAt = wallTime(findings, postsNode->figures.sizesAt);
    }
    if (users && posts) shard.postgresBytes = users->bytes + posts->bytes;
    shard.usersDown = isDown(usersNode);
    shard.postsDown = isDown(postsNode);
}

// Then nothing of what is counted has to come from the directory.
bool onlySelf(const ProbeFindings& findings)
{
    const auto& engines = findings.engines;
    return !engines.empty() &&
           std::all_of(engines.begin(), engines.end(), [](const EngineRow& row) { return row.self; });
}

// What other engines count is told by the directory: without it there is no sum.
bool ratesKnown(const ProbeFindings& findings, const EngineTotals& totals)
{
    return totals.ratesKnown() && (findings.directory.health != Health::Down || onlySelf(findings));
}

std::vector<ShardSnapshot> shardsOf(const ProbeFindings& findings, const EngineTotals& totals)
{
    const auto& map = *findings.map;
    const auto rates = totals.rates();
    const bool known = ratesKnown(findings, totals);
    const auto rate = [&](const std::vector<double>& list, std::size_t shard) {
        return !known ? -1 : shard < list.size() ? list[shard] : 0;
    };
    std::vector<ShardSnapshot> out(std::size_t(map.shardCount));
    for (std::size_t i = 0; i < out.size(); ++i) {
        auto& shard = out[i];
        shard.shard = int(i);
        shard.usersNode = map.usersNode[i];
        shard.postsNode = map.postsNode[i];
        shard.timelinesNode = map.timelinesNode[i];
        addRows(shard, findings);
        shard.timelinesDown = isDown(viewOf(findings.redis, shard.timelinesNode));
        if (i < findings.timelines.size() && findings.timelines[i].sweptAt) {
            shard.timelines = findings.timelines[i].timelines;
            shard.entries = findings.timelines[i].entries;
            shard.bytes = findings.timelines[i].bytes;
            shard.sweptAt = findings.timelines[i].sweptAt;
        }
        // Nothing arrives on a node that is down: no figure to compare with the others'.
        shard.deliveriesPerSecond = shard.timelinesDown ? -1 : rate(rates.deliveries, i);
        shard.readsPerSecond = rate(rates.reads, i);
        shard.ratesOld = known && countsAreOld(findings);
    }
    return out;
}

// One engine is at it at a time; what others did within the hour before counts as well.
void addVerification(std::optional<TimelineVerification>& sum, const TimelineVerification& more)
{
    if (!sum) {
        sum = more;
        return;
    }
    sum->verifiedLastHour += more.verifiedLastHour;
    sum->differencesLastHour += more.differencesLastHour;
    sum->verifiedTotal += more.verifiedTotal;
    sum->differences += more.differences;
    sum->rounds += more.rounds;
    if (more.running || sum->lastRoundSeconds < 0) sum->lastRoundSeconds = more.lastRoundSeconds;
    sum->running = sum->running || more.running;
    if (more.lastDifferenceAt &&
        (!sum->lastDifferenceAt || *more.lastDifferenceAt > *sum->lastDifferenceAt)) {
        sum->lastDifferenceAt = more.lastDifferenceAt;
        sum->lastReader = more.lastReader;
    }
}

void addEngines(ClusterSnapshot& out, const ProbeFindings& findings)
{
    for (const auto& row : findings.engines) {
        if (!row.self && row.heartbeatAgeSeconds > kGoneAfterSeconds) continue;
        EngineSnapshot engine;
        engine.slot = row.slot;
        engine.name = row.name;
        engine.role = row.role;
        engine.startedAt = row.startedAt;
        engine.heartbeatAgeSeconds = row.heartbeatAgeSeconds;
        engine.paused = row.paused;
        engine.workersWanted = row.workersWanted;
        engine.self = row.self;
        if (row.status) {
            engine.borrowedIdMilliseconds = row.status->borrowedIdMilliseconds;
            if (row.status->restore) out.restore = row.status->restore;
            if (row.status->verification) addVerification(out.verification, *row.status->verification);
            for (auto worker : row.status->workers) {
                if (worker.state != WorkerState::Stopped) ++engine.workers;
                worker.engineSlot = row.slot;
                worker.engineName = row.name;
                out.workers.push_back(std::move(worker));
            }
        }
        out.engines.push_back(std::move(engine));
    }
}

// Since when, by the wall clock.
std::optional<CallTrouble> troubleOf(const std::optional<CallWatch::Trouble>& seen,
                                     const ProbeFindings& findings)
{
    if (!seen) return std::nullopt;
    return CallTrouble{seen->share, seen->perSecond, seen->mostly,
                       wallTime(findings, seen->since).value_or(findings.at)};
}

void addTroubles(ClusterSnapshot& out, const CallWatch& calls, const ProbeFindings& findings)
{
    out.readsFail = troubleOf(calls.reads(), findings);
    out.writesFail = troubleOf(calls.writes(), findings);
    out.pagesPartial = troubleOf(calls.partialPages(), findings);
}

void addBacklog(ClusterSnapshot& out, const BacklogWatch& watch, const ProbeFindings& findings)
{
    const auto since = watch.since();
    if (!since) return;
    Backlog backlog;
    backlog.cause = backlogCause(out);
    for (const auto& kind : out.queue)
        backlog.waiting += kind.ready;
    backlog.since = wallTime(findings, *since).value_or(findings.at);
    out.backlog = backlog;
}

void addTraffic(ClusterSnapshot& out, const EngineTotals& totals, bool known, const FlowWindow& window)
{
    const auto& counted = totals.totals();
    const auto rates = totals.rates();
    out.deliveriesPerSecond = known ? rates.deliveriesPerSecond() : -1;
    out.readsPerSecond = known ? rates.readsPerSecond() : -1;
    out.postsPerSecond = known ? rates.posts : -1;
    out.failedReadsPerSecond = known ? rates.failedReads : -1;
    out.failedWritesPerSecond = known ? rates.failedWrites : -1;
    out.partialPagesPerSecond = known ? rates.partialPages : -1;
    out.deliveriesTotal = sumOf(counted.deliveries);
    out.readsTotal = sumOf(counted.reads) + counted.publicPages;
    out.failedReadsTotal = counted.failedReads;
    out.failedWritesTotal = counted.failedWrites;
    out.partialPagesTotal = counted.partialPages;
    out.postsTotal = counted.posts;
    for (std::size_t i = 0; i < kCacheKindNames.size(); ++i)
        out.caches.push_back({kCacheKindNames[i], counted.cacheHits[i], counted.cacheMisses[i]});
    if (!known) return;
    const auto fanout = window.fanout();
    out.fanoutP50Ms = fanout.p50Ms;
    out.fanoutP95Ms = fanout.p95Ms;
    out.fanoutP99Ms = fanout.p99Ms;
    out.fanoutCount = fanout.count;
}

} // namespace

namespace {

void addParked(ClusterSnapshot& out, const ProbeFindings& findings)
{
    for (const auto& [endpoint, view] : findings.postgres)
        for (const auto& parked : view.figures.queue.parked)
            for (auto& node : out.nodes)
                if (node.id == parked.node) node.parkedTasks += parked.tasks;
}

} // namespace

std::vector<QueueKindSnapshot> queueOf(const ProbeFindings& findings, NodeHealth::Time now)
{
    std::vector<QueueKindSnapshot> out(kTaskKinds.size());
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i].kind = kTaskKinds[i];
    bool counted = false;
    for (const auto& [endpoint, view] : findings.postgres) {
        if (view.figures.queueAt == NodeHealth::Time()) continue;
        counted = true;
        const auto age = now - view.figures.queueAt;
        const double aged = age > kFreshCount ? std::chrono::duration<double>(age).count() : 0;
        for (const auto& counts : view.figures.queue.kinds) {
            const auto at = std::find_if(out.begin(), out.end(),
                                         [&](const auto& kind) { return kind.kind == counts.kind; });
            if (at == out.end()) continue; // of a newer program
            at->ready += counts.ready;
            at->running += counts.running;
            at->retry += counts.retry;
            at->dead += counts.dead;
            if (counts.ready + counts.running + counts.retry > 0)
                at->oldestAgeSeconds = std::max(at->oldestAgeSeconds, counts.oldestAgeSeconds + aged);
        }
    }
    if (!counted) out.clear();
    return out;
}

bool countsAreOld(const ProbeFindings& findings)
{
    return findings.enginesReadAt && !onlySelf(findings);
}

ClusterSnapshot buildSnapshot(const MonitorIdentity& identity, const ProbeFindings& findings,
                              std::vector<QueueKindSnapshot> queue, const EngineTotals& totals,
                              const FlowWindow& window)
{
    ClusterSnapshot out;
    out.clusterName = identity.clusterName;
    out.environment = identity.environment;
    out.readOnly = identity.readOnly;
    out.epoch = findings.map->epoch;
    out.shardCount = findings.map->shardCount;
    for (const auto& [endpoint, view] : findings.postgres) {
        out.nodes.push_back(postgresNode(nodeBase(endpoint, view.verdict, findings, identity), view.figures,
                                         wallTime(findings, view.figures.sizesAt)));
        if (view.verdict.health == Health::Down || !view.figures.queueError.empty())
            out.queueNotCounted.push_back(endpoint.name);
    }
    for (const auto& [endpoint, view] : findings.redis)
        out.nodes.push_back(redisNode(nodeBase(endpoint, view.verdict, findings, identity), view.figures));
    addParked(out, findings);
    out.shards = shardsOf(findings, totals);
    out.queue = std::move(queue);
    for (const auto& kind : out.queue) {
        out.queueUnfinished += kind.unfinished();
        out.queueDead += kind.dead;
        out.queueOldestAgeSeconds = std::max(out.queueOldestAgeSeconds, kind.oldestAgeSeconds);
    }
    const bool known = ratesKnown(findings, totals);
    if (known) window.fillRates(out);
    if (known && countsAreOld(findings)) out.ratesReadAt = findings.enginesReadAt;
    addEngines(out, findings);
    addTraffic(out, totals, known, window);
    if (known) addTroubles(out, window.calls(), findings);
    if (known) addBacklog(out, window.backlog(), findings);
    const auto verdict = clusterVerdict(out, findings.directory, findings.publishError);
    out.health = verdict.health;
    out.message = verdict.message;
    return out;
}

} // namespace backend
