#include "backend/monitoring/sampler.h"

#include "backend/monitoring/event_reader.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace backend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kDirectoryFresh{3}; // older views say nothing about engines

std::vector<NodeEndpoint> nodesOf(const ShardMap& map, NodeKind kind)
{
    std::vector<NodeEndpoint> out;
    for (const auto& node : map.nodes)
        if (node.kind == kind) out.push_back(node);
    return out;
}

NodeEndpoint directoryEndpoint(const ShardMap& map, int node)
{
    auto out = map.node(node) ? *map.node(node) : NodeEndpoint{};
    out.name = "The directory on " + out.name;
    return out;
}

std::vector<std::string> nodeNames(const ClusterSnapshot& snapshot)
{
    std::vector<std::string> out;
    for (const auto& node : snapshot.nodes)
        out.push_back(node.name);
    return out;
}

} // namespace

Sampler::Sampler(SamplerInputs inputs, SamplerSettings settings)
    : m_inputs(std::move(inputs))
    , m_settings(std::move(settings))
    , m_traffic(std::make_shared<RedisTraffic>(nodesOf(*m_inputs.maps.current(), NodeKind::Redis)))
    , m_cost(m_inputs.maps.current()->nodes, m_inputs.pools, m_traffic)
{
    if (!m_settings.historyFile.empty())
        m_store =
            std::make_unique<HistoryStore>(m_settings.historyFile, m_settings.clusterId, m_inputs.clock);
    if (m_store) m_events.load(m_store->keptEvents());
    const auto& identity = m_settings.identity;
    m_own.name = identity.own.name;
    m_own.role = identity.ownRole;
    m_own.startedAt = identity.own.startedAt;
    m_ownHeartbeatAt = Clock::now();
    m_watch = std::make_unique<EventWatch>(m_events, identity.own.name);
    startProbers();
    publish(buildSnapshot(identity, findings(), {}, m_totals, m_window));
    m_thread = std::make_unique<PeriodicThread>("snapshot", m_settings.times.interval,
                                                [this](const std::stop_token&) { step(); });
}

Sampler::~Sampler()
{
    m_thread->requestStop();
    for (const auto& prober : m_postgres)
        prober->requestStop();
    if (m_directory) m_directory->requestStop();
    m_redis->requestStop();
    m_sweeper->requestStop();
    m_thread.reset(); // reads the others
    if (const auto events = m_watch->end(m_inputs.clock.now()); m_store) m_store->addEvents(events);
}

void Sampler::startProbers()
{
    const auto map = m_inputs.maps.current();
    for (const auto& node : nodesOf(*map, NodeKind::Postgres))
        if (const auto pool = m_inputs.pools.pool(node.id))
            m_postgres.push_back(std::make_unique<PostgresProber>(
                node, **pool, makePostgresTaskQueue(node.id), m_settings.times));
    const int directory = m_settings.identity.directoryNode;
    if (const auto pool = m_inputs.pools.pool(directory))
        m_directory = std::make_unique<DirectoryProber>(
            directoryEndpoint(*map, directory), **pool, m_inputs.publish, [this] { return ownStatus(); },
            m_settings.times);
    const auto redis = nodesOf(*map, NodeKind::Redis);
    m_redis = std::make_unique<RedisProber>(redis, m_settings.times, m_traffic);
    m_sweeper =
        std::make_unique<TimelineSweeper>(m_inputs.maps, redis, m_inputs.clock, m_settings.sweep, m_traffic);
}

std::vector<ProbeRecord> Sampler::probeRecords() const
{
    auto out = m_redis->records();
    for (const auto& prober : m_postgres)
        out.push_back(prober->record());
    return out;
}

std::vector<ProbedNode> Sampler::probedNodes() const
{
    const auto now = Clock::now();
    std::vector<ProbedNode> out;
    for (const auto& record : probeRecords()) {
        ProbedNode node{record.node.id, record.connectionsMost, record.memoryMostBytes, {}};
        if (record.silentSince)
            node.silentSince = m_inputs.clock.now() -
                               std::chrono::duration_cast<TimePoint::duration>(now - *record.silentSince);
        out.push_back(node);
    }
    return out;
}

OwnCost Sampler::ownCost() const
{
    return m_cost.cost(probeRecords());
}

SnapshotPtr Sampler::snapshot() const
{
    const std::lock_guard lock(m_mutex);
    return m_snapshot;
}

EngineCounters Sampler::engineCounters() const
{
    const std::lock_guard lock(m_mutex);
    return m_engineCounters;
}

void Sampler::step()
{
    const auto now = Clock::now();
    m_cost.read(now);
    const auto found = findings();
    m_totals.update(found.engines);
    {
        const std::lock_guard lock(m_mutex);
        m_engineCounters = m_totals.totals();
    }
    auto queue = queueOf(found, now);
    if (!countsAreOld(found)) m_window.add(now, m_totals.flow(), queue); // else it stays as of then
    auto snapshot = buildSnapshot(m_settings.identity, found, std::move(queue), m_totals, m_window);
    snapshot.sequence = m_snapshot->sequence + 1; // only this thread writes it
    if (m_store) snapshot.historyProblem = m_store->problem();
    publish(std::move(snapshot));
    m_queueWatch.sampled(*m_snapshot, m_totals.flow(), now);
    m_engineLanes.look(found.engines, m_snapshot->takenAt);
    remember();
    watchEvents(found.enginesKnown);
}

void Sampler::watchEvents(bool enginesKnown)
{
    const auto restore = m_inputs.restore ? m_inputs.restore() : RestoreProgress();
    if (const auto events = m_watch->look(*m_snapshot, enginesKnown, restore); m_store)
        m_store->addEvents(events);
}

Result<EventPage> Sampler::events(const EventQuery& query, Deadline deadline) const
{
    const auto pool = m_inputs.pools.pool(m_settings.identity.directoryNode);
    return readEvents(m_events, pool ? *pool : nullptr, query, deadline);
}

void Sampler::remember()
{
    m_shardHistory.add(*m_snapshot);
    auto point = historyPoint(*m_snapshot);
    if (m_store) {
        if (!std::exchange(m_recalled, true)) recall(point);
        m_store->add(point, nodeNames(*m_snapshot));
    }
    m_history.add(std::move(point));
}

// The last hour of earlier processes, before the first point of this one.
void Sampler::recall(const HistoryPoint& first)
{
    auto range = historyRange(first.at - std::chrono::hours(1), first.at, std::numeric_limits<int>::max());
    if (!range) return; // the store tells why
    // Counts go on from there: what was counted meanwhile nobody knows, so that the next step shall be none.
    std::map<std::string, CacheCounts> offsets;
    for (const auto& cache : first.caches) {
        auto& offset = offsets[cache.name];
        offset = cache;
        if (range->mean.empty()) break;
        for (const auto& last : range->mean.back().caches)
            if (last.name == cache.name)
                offset = {cache.name, cache.hits - last.hits, cache.misses - last.misses};
    }
    for (auto& point : range->mean) {
        for (auto& cache : point.caches) {
            cache.hits += offsets[cache.name].hits;
            cache.misses += offsets[cache.name].misses;
        }
        m_history.add(std::move(point));
    }
}

Result<HistoryRange> Sampler::historyRange(TimePoint begin, TimePoint end, int most) const
{
    if (!m_store)
        return fail(ErrorCode::NotFound, "history is not kept on disk here; only the last hour is known");
    return m_store->range(begin, end, most, nodeNames(*snapshot()));
}

void Sampler::publish(ClusterSnapshot snapshot)
{
    snapshot.takenAt = m_inputs.clock.now();
    auto shared = std::make_shared<const ClusterSnapshot>(std::move(snapshot));
    const std::lock_guard lock(m_mutex);
    m_snapshot = std::move(shared);
}

EngineStatus Sampler::ownStatus() const
{
    EngineStatus out;
    out.publishedAt = std::chrono::duration_cast<Milliseconds>(Clock::now().time_since_epoch());
    out.counters = copyCounters(m_inputs.metrics, m_inputs.maps.current()->shardCount);
    out.borrowedIdMilliseconds = m_inputs.metrics.borrowedIdMilliseconds.load();
    out.sqlConnectionsPerNode = m_settings.sqlConnectionsPerNode;
    if (m_inputs.workers) out.workers = m_inputs.workers();
    if (m_inputs.restore)
        if (auto restore = m_inputs.restore(); restore.running) out.restore = std::move(restore);
    if (m_inputs.verification) out.verification = m_inputs.verification();
    return out;
}

ProbeFindings Sampler::findings()
{
    ProbeFindings out;
    out.at = m_inputs.clock.now();
    out.steadyAt = Clock::now();
    out.map = m_inputs.maps.current();
    for (const auto& prober : m_postgres)
        out.postgres.emplace_back(prober->node(), prober->view());
    out.redis = m_redis->views();
    out.timelines = m_sweeper->view();
    if (!m_directory) return out;
    const auto directory = m_directory->view();
    out.directory = directory.verdict;
    out.publishError = directory.publishError;
    out.engines = engineRows(directory);
    const auto age = Clock::now() - directory.readAt;
    const bool everRead = directory.readAt != NodeHealth::Time();
    out.enginesKnown = everRead && age < kDirectoryFresh;
    // It is asked once an interval: for the heartbeat, then for the engines.
    const auto& times = m_settings.times;
    const bool overdue = age > times.interval + 2 * times.deadline;
    if (everRead && (directory.verdict.health != Health::Ok || overdue))
        out.enginesReadAt =
            out.at - std::chrono::duration_cast<TimePoint::duration>(out.steadyAt - directory.readAt);
    return out;
}

// Heartbeats age while the directory is silent, and this engine's counters are at hand without it.
std::vector<EngineRow> Sampler::engineRows(const DirectoryProber::View& view)
{
    const double sinceRead = std::chrono::duration<double>(Clock::now() - view.readAt).count();
    auto rows = view.engines;
    for (auto& row : rows) {
        row.heartbeatAgeSeconds += sinceRead;
        row.readSecondsAgo = sinceRead;
    }
    if (m_inputs.ownSlot && view.readAt != NodeHealth::Time()) nameSelf(rows);
    return rows;
}

// This engine is there whatever the directory says of it: its row may be gone, or another's who took its slot
// over. Its slot is what its lease says, unless the directory has another engine there.
void Sampler::nameSelf(std::vector<EngineRow>& rows)
{
    const auto& own = m_settings.identity.own;
    const auto now = Clock::now();
    auto self = std::find_if(rows.begin(), rows.end(), [&](const auto& row) {
        return EngineIdentity{row.name, row.startedAt} == own;
    });
    if (self == rows.end()) {
        m_own.heartbeatAgeSeconds = std::chrono::duration<double>(now - m_ownHeartbeatAt).count();
        self = rows.insert(rows.begin(), m_own);
    } else {
        m_own = *self;
        m_ownHeartbeatAt = now - std::chrono::duration_cast<Clock::duration>(
                                     std::chrono::duration<double>(self->heartbeatAgeSeconds));
    }
    self->self = true;
    self->status = ownStatus();
    const int slot = m_inputs.ownSlot();
    const bool taken =
        std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return !row.self && row.slot == slot; });
    self->slot = taken ? -1 : slot;
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.slot < b.slot; });
}

} // namespace backend
