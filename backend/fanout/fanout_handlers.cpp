#include "backend/fanout/fanout_handlers.h"

#include "backend/common/task_payloads.h"
#include "backend/fanout/account_handlers.h"
#include "backend/fanout/edge_handlers.h"
#include "backend/fanout/outcomes.h"
#include "backend/fanout/post_handlers.h"
#include "backend/fanout/pulled_handlers.h"
#include "backend/fanout/reader_handlers.h"

#include <algorithm>
#include <iterator>

namespace backend {
namespace {

constexpr std::chrono::seconds kIsolation{3}; // how long a failed batch is taken apart

class FanoutHandlers final : public TaskHandlers
{
public:
    explicit FanoutHandlers(const FanoutServices& services)
        : m_pools(services.pools)
        , m_sql(services.pools, services.maps)
        , m_redis(redisNodes(*services.maps.current()),
                  {.name = services.connectionName,
                   .mayConnect = [this](Deadline deadline) { return leasesStand(deadline); },
                   .away = &services.away})
        , m_worker(services.worker)
        , m_context{
              m_worker,         m_sql,          m_redis,          services.timelines, services.objects,
              services.maps,    services.clock, services.metrics, services.pulled,    services.directoryNode,
              services.settings}
    {
    }

    std::vector<TaskOutcome> handle(TaskKind kind, std::span<const Task> tasks, Deadline deadline) override
    {
        m_tasks = tasks;
        auto outcomes = handleApart(kind, tasks, deadline, deadline.earlier(kIsolation));
        m_tasks = {};
        return outcomes;
    }

    Result<void> beforeBury(const Task& task, Deadline deadline) override
    {
        if (!payloadReadable(task)) return {}; // whose timelines it meant nobody can tell
        m_tasks = {&task, 1};
        auto done = voidReaders(task, deadline);
        m_tasks = {};
        return done;
    }

private:
    Result<void> voidReaders(const Task& task, Deadline deadline)
    {
        switch (task.kind) {
        case TaskKind::PostCreated:
            return voidReadersOfPost(m_context, task, deadline);
        case TaskKind::DeliverChunk:
            return voidReadersOfChunk(m_context, task, deadline);
        case TaskKind::EdgeChanged:
            return voidReaderOfEdge(m_context, task, deadline);
        case TaskKind::ReaderChanged:
            return voidReader(m_context, task, deadline);
        case TaskKind::UserCreated:
        case TaskKind::PostDeleted:
        case TaskKind::ReclaimChunk:
        case TaskKind::AccountDeleted:
        case TaskKind::PostsDeleted:
        case TaskKind::BackfillPulled: // its author is merged on
            break;                     // nothing in a timeline becomes incomplete
        }
        return {};
    }

    // Who took over lapsed leases has ended our connections first: on new ones nothing is sent before it is
    // known that the tasks at hand are still ours. Those that are get their leases prolonged.
    Result<void> leasesStand(Deadline deadline)
    {
        if (m_tasks.empty()) return {};
        const int node = m_tasks.front().ref.node; // a batch is of one node
        ROOKERY_ASSIGN(auto* pool, m_pools.pool(node));
        ROOKERY_ASSIGN(const auto connection, pool->lease(deadline));
        ROOKERY_ASSIGN(const auto lost, makePostgresTaskQueue(node)->renew(
                                            *connection, m_tasks, WorkerPoolOptions().lease, deadline));
        if (lost.empty()) return {};
        return fail(ErrorCode::LeaseLost,
                    "another engine took over " + std::to_string(lost.size()) +
                        " of these tasks; nothing more is sent for them",
                    true);
    }

    // A batch that failed as a whole is run again in halves: one task that cannot succeed, because its node
    // is away or its rows are broken, must not hold up the others.
    std::vector<TaskOutcome> handleApart(TaskKind kind, std::span<const Task> tasks, Deadline deadline,
                                         Deadline isolation)
    {
        auto outcomes = handleTogether(kind, tasks, deadline);
        if (tasks.size() == 1) awaitWhoFailed(outcomes);
        // Those that wait for nodes alone have done all else.
        const bool done =
            std::any_of(outcomes.begin(), outcomes.end(),
                        [](const auto& o) { return o.status.has_value(); }) ||
            std::all_of(outcomes.begin(), outcomes.end(), [](const auto& o) { return !o.awaits.empty(); });
        if (done || tasks.size() < 2 || isolation.expired()) return outcomes;
        const auto half = tasks.size() / 2;
        outcomes = handleApart(kind, tasks.first(half), deadline, isolation);
        auto rest = handleApart(kind, tasks.subspan(half), deadline, isolation);
        outcomes.insert(outcomes.end(), std::make_move_iterator(rest.begin()),
                        std::make_move_iterator(rest.end()));
        return outcomes;
    }

    // Of one task alone it is known whose failure it is.
    static void awaitWhoFailed(std::vector<TaskOutcome>& outcomes)
    {
        for (auto& outcome : outcomes)
            if (!outcome.status && outcome.awaits.empty() && outcome.status.error().redisNode != 0)
                outcome.awaits = {outcome.status.error().redisNode};
    }

    std::vector<TaskOutcome> handleTogether(TaskKind kind, std::span<const Task> tasks, Deadline deadline)
    {
        switch (kind) {
        case TaskKind::UserCreated:
            return handleUserCreated(m_context, tasks, deadline);
        case TaskKind::PostCreated:
            return handlePostCreated(m_context, tasks, deadline);
        case TaskKind::DeliverChunk:
            return handleDeliverChunk(m_context, tasks, deadline);
        case TaskKind::EdgeChanged:
            return handleEdgeChanged(m_context, tasks, deadline);
        case TaskKind::PostDeleted:
            return handlePostDeleted(m_context, tasks, deadline);
        case TaskKind::ReclaimChunk:
            return handleReclaimChunk(m_context, tasks, deadline);
        case TaskKind::ReaderChanged:
            return handleReaderChanged(m_context, tasks, deadline);
        case TaskKind::AccountDeleted:
            return handleAccountDeleted(m_context, tasks, deadline);
        case TaskKind::PostsDeleted:
            return handlePostsDeleted(m_context, tasks, deadline);
        case TaskKind::BackfillPulled:
            return handleBackfillPulled(m_context, tasks, deadline);
        }
        return allFailed(tasks.size(), {ErrorCode::SchemaTooNew,
                                        "this program does not know task kind " + std::to_string(int(kind)) +
                                            "; a newer one wrote it: upgrade this engine",
                                        true});
    }

    static std::vector<NodeEndpoint> redisNodes(const ShardMap& map)
    {
        std::vector<NodeEndpoint> nodes;
        for (const auto& node : map.nodes)
            if (node.kind == NodeKind::Redis) nodes.push_back(node);
        return nodes;
    }

    const SqlPools& m_pools;
    std::span<const Task> m_tasks; // at hand
    SqlSession m_sql;
    RedisClient m_redis;
    const std::string m_worker;
    FanoutContext m_context;
};

} // namespace

std::unique_ptr<TaskHandlers> makeFanoutHandlers(const FanoutServices& services)
{
    return std::make_unique<FanoutHandlers>(services);
}

} // namespace backend
