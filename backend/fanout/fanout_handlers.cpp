#include "backend/fanout/fanout_handlers.h"

#include "backend/common/task_payloads.h"
#include "backend/fanout/account_handlers.h"
#include "backend/fanout/edge_handlers.h"
#include "backend/fanout/outcomes.h"
#include "backend/fanout/post_handlers.h"
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
        : m_sql(services.pools, services.maps)
        , m_redis(redisNodes(*services.maps.current()))
        , m_context{
              m_sql,          m_redis,          services.timelines, services.objects,       services.maps,
              services.clock, services.metrics, services.pulled,    services.directoryNode, services.settings}
    {
    }

    std::vector<TaskOutcome> handle(TaskKind kind, std::span<const Task> tasks, Deadline deadline) override
    {
        return handleApart(kind, tasks, deadline, deadline.earlier(kIsolation));
    }

    Result<void> beforeBury(const Task& task, Deadline deadline) override
    {
        if (!payloadReadable(task)) return {}; // whose timelines it meant nobody can tell
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
            break; // nothing in a timeline becomes incomplete
        }
        return {};
    }

private:
    // A batch that failed as a whole is run again in halves: one task that cannot succeed, because its node
    // is away or its rows are broken, must not hold up the others.
    std::vector<TaskOutcome> handleApart(TaskKind kind, std::span<const Task> tasks, Deadline deadline,
                                         Deadline isolation)
    {
        auto outcomes = handleTogether(kind, tasks, deadline);
        const bool done =
            std::any_of(outcomes.begin(), outcomes.end(), [](const auto& o) { return o.status.has_value(); });
        if (done || tasks.size() < 2 || isolation.expired()) return outcomes;
        const auto half = tasks.size() / 2;
        outcomes = handleApart(kind, tasks.first(half), deadline, isolation);
        auto rest = handleApart(kind, tasks.subspan(half), deadline, isolation);
        outcomes.insert(outcomes.end(), std::make_move_iterator(rest.begin()),
                        std::make_move_iterator(rest.end()));
        return outcomes;
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

    SqlSession m_sql;
    RedisClient m_redis;
    FanoutContext m_context;
};

} // namespace

std::unique_ptr<TaskHandlers> makeFanoutHandlers(const FanoutServices& services)
{
    return std::make_unique<FanoutHandlers>(services);
}

} // namespace backend
