#include "backend/engine/open_engine.h"

#include "backend/cluster/directory.h"
#include "backend/cluster/shard_map_cache.h"
#include "backend/cluster/slot_lease.h"
#include "backend/common/log.h"
#include "backend/engine/age_clock.h"
#include "backend/fanout/fanout_handlers.h"
#include "backend/feed/counted_feed.h"
#include "backend/feed/feed_service.h"
#include "backend/monitoring/monitor_service.h"
#include "backend/operations/dormancy.h"
#include "backend/operations/fanout_planner.h"
#include "backend/operations/housekeeping.h"
#include "backend/operations/operations_service.h"
#include "backend/operations/restorer.h"
#include "backend/operations/takeover.h"
#include "backend/operations/timeline_verifier.h"
#include "backend/store/postgres_pool.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <unistd.h>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr int kWaitersOfOwn = 256;
constexpr int kMonitorConnections = 6, kMaintenanceConnections = 2;

std::string engineName()
{
    char host[256] = "localhost";
    ::gethostname(host, sizeof host - 1);
    return std::string(host) + ":" + std::to_string(::getpid());
}

// Of this engine's workers' connections, and of no other's.
std::string uniqueName()
{
    std::random_device random;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "rookery-%08x%08x", unsigned(random()), unsigned(random()));
    return text.data();
}

std::map<int, std::unique_ptr<SqlPool>> makePools(const ShardMap& map, int connections, int waiters,
                                                  Milliseconds connectTimeout,
                                                  const std::string& applicationName = {})
{
    std::map<int, std::unique_ptr<SqlPool>> pools;
    PoolLimits limits;
    limits.maxConnections = connections;
    limits.maxWaiters = waiters;
    limits.connectTimeout = connectTimeout;
    limits.applicationName = applicationName;
    for (const auto& node : map.nodes)
        if (node.kind == NodeKind::Postgres) pools.emplace(node.id, makePostgresPool(node, limits));
    return pools;
}

std::vector<NodeEndpoint> redisNodes(const ShardMap& map)
{
    std::vector<NodeEndpoint> nodes;
    for (const auto& node : map.nodes)
        if (node.kind == NodeKind::Redis) nodes.push_back(node);
    return nodes;
}

// Pools of one kind of user each, so that none starves another.
struct Pools
{
    Pools(const ShardMap& map, const EngineOptions& options, const std::string& workName)
        : feed(makePools(map, options.feedConnections, options.feedWaiters, options.connectTimeout))
        // A worker holds one connection per node for its handlers and one for its queue; the maintenance
        // thread one more.
        , work(makePools(map, 2 * 64 + kMaintenanceConnections, kWaitersOfOwn, options.connectTimeout,
                         workName))
        , monitor(makePools(map, kMonitorConnections, kWaitersOfOwn, options.connectTimeout))
    {
    }
    SqlPools feed, work, monitor;
};

std::vector<QueueNode> queueNodes(const ShardMap& map, const SqlPools& pools)
{
    std::vector<QueueNode> queues;
    for (const auto& [id, pool] : pools.all())
        queues.push_back({id, map.node(id)->name, pool.get()});
    return queues;
}

// Reclaiming waits in the queues of the nodes that hold posts; each has its part of the cluster's pace.
double postsNodes(const ShardMap& map)
{
    return double(std::max<std::size_t>(std::set<int>(map.postsNode.begin(), map.postsNode.end()).size(), 1));
}

// A tombstone stands for as long as a timeline may hold the post's id.
ObjectTimes objectTimes(const EngineOptions& options)
{
    auto times = options.objects;
    times.unreclaimed = std::max<std::chrono::seconds>(
        times.unreclaimed,
        std::chrono::duration_cast<std::chrono::seconds>(options.timelines.age) + std::chrono::days(1));
    return times;
}

// The way to the directory, opened before everything else.
struct DirectoryAccess
{
    std::unique_ptr<SqlPool> pool;
    std::unique_ptr<Directory> directory;
    std::unique_ptr<ShardMapCache> maps;
    ClusterSettings settings;
};

Result<DirectoryAccess> openDirectory(const NodeEndpoint& endpoint, Deadline deadline)
{
    PoolLimits limits;
    limits.maxConnections = 5; // heartbeats and operations, besides what jobs in the background hold
    DirectoryAccess access;
    access.pool = makePostgresPool(endpoint, limits);
    access.directory = std::make_unique<Directory>(*access.pool);
    ROOKERY_ASSIGN(access.settings, access.directory->settings(deadline));
    ROOKERY_ASSIGN(access.maps, ShardMapCache::open(*access.directory, deadline));
    return access;
}

class RookeryEngine final : public OpenEngine
{
public:
    RookeryEngine(EngineOptions options, DirectoryAccess access);
    ~RookeryEngine() override;

    Result<void> start(Deadline deadline);

    Feed& feed() override { return m_counted; }
    Operations& operations() override { return m_operations; }
    Monitor& monitor() override { return *m_monitor; }
    bool readOnly() const override { return m_options.readOnly; }
    EngineSelf self() const override { return {m_slot.slot(), m_name}; }
    int shardCount() const override { return m_maps.current()->shardCount; }
    const SqlPools& pools() override { return m_pools.feed; }
    const ShardMapSource& shardMaps() override { return m_maps; }
    const TimelineLimits& timelineLimits() const override { return m_timelines.limits(); }
    const EngineMetrics& metrics() const override { return m_metrics; }
    std::shared_ptr<const PulledList> pulledAuthors(Deadline deadline) override
    {
        return m_pulled.current(deadline);
    }
    std::chrono::milliseconds ageShift() const override { return m_ageClock.shift(); }
    bool stopWorkers(Deadline deadline) override;

private:
    Result<void> heartbeat(const std::string& status);
    Result<void> renewSlot(Deadline deadline);
    Result<void> registerSelf(Deadline deadline);
    void obey(const EngineOrders& orders);
    void refreshOrders(Deadline deadline);
    void endConnections(const std::string& owner, Deadline deadline);
    Result<void> followSettings(Deadline deadline);
    Result<void> forgetDeleted(Deadline deadline);
    SamplerSettings samplerSettings() const;

    const EngineOptions m_options;
    const DirectoryAccess m_access;
    const std::string m_name = engineName();
    const EngineIdentity m_identity{m_name, SystemWallClock().now()};
    const std::string m_workName = uniqueName();
    SystemWallClock m_clock;
    AgeClock m_ageClock;
    bool m_ending = false; // guarded by m_ordersMutex: no orders are obeyed any more
    std::timed_mutex
        m_ordersMutex; // from reading orders to obeying them: older ones must not overtake newer ones
    Directory& m_directory;
    ShardMapCache& m_maps;
    EngineMetrics m_metrics;
    Pools m_pools;
    RedisClientPool m_redis;
    Timelines m_timelines;
    Objects m_objects;
    IdGenerator m_ids;
    SlotLease m_slot; // a read-only engine takes none
    std::chrono::steady_clock::time_point m_slotRenewedAt{};
    std::int64_t m_deletedUntilUs = 0; // of the directory's clock
    PulledAuthors m_pulled;
    AwayNodes m_away;
    FeedServices m_feedServices;
    TimelineDeepener m_deepener;
    TimelineBuilder m_builder;
    FeedService m_feed;
    CountedFeed m_counted; // what applications are given
    OperationsService m_operations;
    LedgerReader m_ledger;
    ShardInspector m_shardInspector;
    WorkerPool m_workers;
    std::unique_ptr<Housekeeping> m_housekeeping;
    std::unique_ptr<Restorer> m_restorer; // of engines with workers
    std::unique_ptr<Dormancy> m_dormancy; // the same
    std::unique_ptr<FanoutPlanner> m_planner;
    std::unique_ptr<TimelineVerifier> m_verifier; // of engines with workers
    std::unique_ptr<Sampler> m_sampler;
    std::unique_ptr<MonitorService> m_monitor;
};

RookeryEngine::RookeryEngine(EngineOptions options, DirectoryAccess access)
    : m_options(std::move(options))
    , m_access(std::move(access))
    , m_directory(*m_access.directory)
    , m_maps(*m_access.maps)
    , m_pools(*m_maps.current(), m_options, m_workName)
    , m_redis(redisNodes(*m_maps.current()), m_options.feedConnections, m_options.feedWaiters)
    , m_timelines(m_maps, m_options.timelines)
    , m_objects(m_maps, objectTimes(m_options))
    , m_ids(m_maps.current()->shardCount)
    , m_slot(*m_access.pool, m_name)
    , m_pulled(*m_access.pool)
    , m_away(redisNodes(*m_maps.current()))
    , m_feedServices{m_pools.feed,
                     m_redis,
                     m_maps,
                     m_timelines,
                     m_objects,
                     m_ageClock,
                     m_metrics,
                     m_pulled,
                     m_access.settings.directoryNode,
                     [this](int shard, PostId above) { return m_ids.next(shard, above.value); },
                     [this] { m_workers.wake(); },
                     m_options.readOnly,
                     m_options.keepPast,
                     m_options.publicPageAge}
    , m_deepener(m_feedServices)
    , m_builder(m_feedServices, m_deepener)
    , m_feed(m_feedServices, m_builder)
    , m_counted(m_feed, m_metrics)
    , m_operations(m_feedServices, m_directory, m_builder, queueNodes(*m_maps.current(), m_pools.feed),
                   m_options.directory, {m_name, m_options.who, m_access.settings.environment},
                   m_options.planner)
    , m_ledger(m_pools.feed, m_maps)
    , m_shardInspector(m_pools.monitor, m_maps, m_metrics, m_access.settings.directoryNode)
    , m_workers(
          queueNodes(*m_maps.current(), m_pools.work),
          [this](int worker) {
              return makeFanoutHandlers({m_pools.work, m_maps, m_timelines, m_objects, m_clock, m_metrics,
                                         m_pulled, m_away, m_access.settings.directoryNode, m_workName,
                                         workerName(m_name, worker), m_options.fanout});
          },
          m_metrics,
          [this] {
              WorkerPoolOptions pool;
              pool.workers = m_options.readOnly ? 0 : m_options.workers;
              pool.engine = m_name;
              pool.owner = m_workName;
              pool.unitsPerSecond = m_options.fanout.reclaimPerSecond / postsNodes(*m_maps.current());
              pool.answering = [this](std::span<const int> awaited) {
                  return m_away.answering(awaited, m_maps.current()->epoch);
              };
              pool.endConnections = [this](const std::string& owner, Deadline deadline) {
                  endConnections(owner, deadline);
              };
              return pool;
          }())
{
    m_operations.ordersChanged = [this](Deadline deadline) { refreshOrders(deadline.earlier(1s)); };
    m_operations.deleteUser = [this](UserId user, Deadline deadline) {
        return m_feed.deleteUser(user, deadline);
    };
}

bool RookeryEngine::stopWorkers(Deadline deadline)
{
    {
        const std::lock_guard lock(m_ordersMutex);
        m_ending = true;
        m_workers.setWorkers(0);
    }
    while (!m_workers.snapshot().empty()) {
        if (deadline.expired()) return false;
        m_workers.setWorkers(0); // takes leave of those that are done
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

RookeryEngine::~RookeryEngine()
{
    const auto stop = [](const auto& thread) {
        if (thread) thread->requestStop();
    };
    stop(m_verifier);
    stop(m_restorer);
    stop(m_dormancy);
    stop(m_planner);
    stop(m_housekeeping);
    m_deepener.requestStop();
    m_feed.requestStop();
    m_away.requestStop();
    m_workers.stop();
    m_sampler.reset();
    m_verifier.reset();
    m_restorer.reset();
    m_dormancy.reset();
    m_planner.reset();
    m_housekeeping.reset();
    if (m_slotRenewedAt == std::chrono::steady_clock::time_point()) return; // it never had one
    const auto soon = Deadline::after(500ms); // a directory that is gone cannot be told
    std::ignore = m_directory.removeEngine(m_identity, soon);
    std::ignore = m_slot.release(m_ids.usedUntilMs(), soon);
}

SamplerSettings RookeryEngine::samplerSettings() const
{
    SamplerSettings settings;
    const auto& cluster = m_access.settings;
    settings.identity = {cluster.clusterName, cluster.environment, m_options.readOnly,
                         m_identity,          m_options.role,      cluster.directoryNode};
    // The workers' own come on top.
    settings.sqlConnectionsPerNode =
        m_options.feedConnections + kMaintenanceConnections + kMonitorConnections;
    settings.historyFile = m_options.historyFile;
    settings.clusterId = cluster.id;
    return settings;
}

Result<void> RookeryEngine::start(Deadline deadline)
{
    DirectoryProber::Publish publish;
    std::function<int()> ownSlot;
    if (!m_options.readOnly) {
        ROOKERY_TRY(renewSlot(deadline));
        ROOKERY_TRY(registerSelf(deadline));
        refreshOrders(deadline.earlier(1s));
        m_workers.start();
        m_housekeeping = std::make_unique<Housekeeping>(m_pools.feed, m_maps, m_directory);
        if (m_options.workers > 0 && m_options.restorePerSecond > 0) {
            RestorerSettings settings;
            settings.readersPerSecond = m_options.restorePerSecond;
            m_restorer = std::make_unique<Restorer>(m_feedServices, m_directory, m_builder, settings);
        }
        if (m_options.workers > 0 && m_options.dormantAfter.count() > 0) {
            DormancySettings settings;
            settings.unseen = m_options.dormantAfter;
            settings.every = m_options.dormancyEvery;
            m_dormancy = std::make_unique<Dormancy>(m_feedServices, m_directory, settings);
        }
        if (m_options.workers > 0)
            m_planner = std::make_unique<FanoutPlanner>(m_feedServices, m_directory, m_options.planner);
        if (m_options.workers > 0 && m_options.auditPerSecond > 0) {
            VerifierSettings settings;
            settings.readersPerSecond = m_options.auditPerSecond;
            if (m_options.repairFound)
                settings.repair = [this](UserId reader, Deadline soon) {
                    return m_operations.rebuildTimeline(reader, soon);
                };
            m_verifier = std::make_unique<TimelineVerifier>(m_feedServices, m_directory, std::move(settings));
        }
        publish = [this](const std::string& status) { return heartbeat(status); };
        ownSlot = [this] { return m_slot.slot(); };
    }
    m_sampler = std::make_unique<Sampler>(
        SamplerInputs{m_maps, m_pools.monitor, m_metrics, m_clock, [this] { return m_workers.snapshot(); },
                      [this] { return m_restorer ? m_restorer->progress() : RestoreProgress(); },
                      std::move(publish), std::move(ownSlot),
                      [this] { return m_verifier ? std::optional(m_verifier->figures()) : std::nullopt; }},
        samplerSettings());
    m_monitor = std::make_unique<MonitorService>(*m_sampler, m_maps, m_ledger, m_shardInspector,
                                                 m_pools.monitor, m_timelines.limits().cap,
                                                 [this](TimePoint begin, TimePoint end, std::size_t most) {
                                                     return m_workers.spans(begin, end, most);
                                                 });
    return {};
}

Result<void> RookeryEngine::renewSlot(Deadline deadline)
{
    ROOKERY_ASSIGN(const auto grant, m_slot.renew(deadline, m_ids.nowMs()));
    m_ids.grant(grant);
    m_slotRenewedAt = std::chrono::steady_clock::now();
    return {};
}

Result<void> RookeryEngine::registerSelf(Deadline deadline)
{
    EngineRecord record;
    record.slot = m_slot.slot();
    record.name = m_identity.name;
    record.role = m_options.role;
    record.startedAt = m_identity.startedAt;
    record.workersWanted = m_workers.workers();
    record.paused = m_workers.paused(); // what was ordered before stands
    return m_directory.registerEngine(record, deadline);
}

// Runs on the sampler's directory thread, once a second.
Result<void> RookeryEngine::heartbeat(const std::string& status)
{
    const auto deadline = Deadline::after(400ms);
    m_metrics.borrowedIdMilliseconds = m_ids.borrowedMilliseconds();
    if (m_slot.slot() < 0 || std::chrono::steady_clock::now() - m_slotRenewedAt >= SlotLease::kRenewEvery)
        ROOKERY_TRY(renewSlot(deadline));
    const std::lock_guard lock(m_ordersMutex);
    auto orders = m_directory.heartbeat(m_slot.slot(), m_identity, status, deadline);
    if (!orders && orders.error().code == ErrorCode::NotFound) {
        // A new slot, or taken for dead meanwhile, or the slot is another's: the lease tells.
        ROOKERY_TRY(renewSlot(deadline));
        ROOKERY_TRY(registerSelf(deadline));
        orders = m_directory.heartbeat(m_slot.slot(), m_identity, status, deadline);
    }
    if (!orders) return fail(std::move(orders.error()));
    obey(*orders);
    ROOKERY_TRY(forgetDeleted(deadline));
    return followSettings(deadline);
}

// Accounts that any engine deleted lately. A minute is looked back, so that none is missed whose row became
// visible late.
Result<void> RookeryEngine::forgetDeleted(Deadline deadline)
{
    ROOKERY_ASSIGN(const auto deleted, m_directory.deletedAccounts(m_deletedUntilUs, deadline));
    m_feed.forget(deleted.users);
    m_deletedUntilUs = deleted.untilUs;
    return {};
}

// Without the time for it the next heartbeat does it.
void RookeryEngine::refreshOrders(Deadline deadline)
{
    const std::unique_lock lock(m_ordersMutex, deadline.at());
    if (!lock) return;
    if (const auto orders = m_directory.orders(m_slot.slot(), m_identity, deadline)) obey(*orders);
    if (const auto followed = followSettings(deadline); !followed)
        log::warning("the cluster's settings cannot be read yet: " + followed.error().message);
}

// Of an engine that let leases lapse: what it still sends must not reach a server after others do its work.
void RookeryEngine::endConnections(const std::string& owner, Deadline deadline)
{
    const auto ended = endConnectionsNamed(owner, m_pools.monitor, m_redis, *m_maps.current(), deadline);
    log::warning("tasks of an engine that does not prolong its leases are taken over (" + owner + "); " +
                 std::to_string(ended.postgres) + " of its connections to PostgreSQL and " +
                 std::to_string(ended.redis) + " to Redis were ended");
    for (const auto& what : ended.unreachable)
        log::warning("its connections to one node could not be ended: " + what);
}

Result<void> RookeryEngine::followSettings(Deadline deadline)
{
    ROOKERY_ASSIGN(const auto shift, m_directory.setting("age_shift_ms", deadline));
    m_ageClock.setShift(Milliseconds(shift ? std::strtoll(shift->c_str(), nullptr, 10) : 0));
    ROOKERY_TRY(m_maps.refresh(deadline));
    return {};
}

// The mutex is held.
void RookeryEngine::obey(const EngineOrders& orders)
{
    if (m_ending) return;
    m_workers.setPaused(orders.paused);
    if (orders.workersWanted != m_workers.workers()) m_workers.setWorkers(orders.workersWanted);
}

} // namespace

Result<std::unique_ptr<OpenEngine>> openEngine(const EngineOptions& options, Deadline deadline)
{
    ROOKERY_ASSIGN(auto access, openDirectory(options.directory, deadline));
    auto engine = std::make_unique<RookeryEngine>(options, std::move(access));
    ROOKERY_TRY(engine->start(deadline));
    return engine;
}

} // namespace backend
