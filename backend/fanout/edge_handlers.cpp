#include "backend/fanout/edge_handlers.h"

#include "backend/cache/pulled_followees.h"
#include "backend/common/fault_points.h"
#include "backend/fanout/outcomes.h"
#include "backend/fanout/push_counters.h"
#include "backend/fanout/reader_handlers.h"
#include "backend/store/account_store.h"
#include "backend/store/edge_store.h"
#include "backend/store/post_store.h"
#include "backend/store/user_store.h"

#include <algorithm>
#include <set>

namespace backend {
namespace {

constexpr int kEdgeRounds = 4; // an edge that changes faster than this is left to its next task
constexpr int kRemovalPage = 2'000;

// Brings the readers' home timelines in line with the edges: backfill what is followed, remove what is not.
class EdgeEffects
{
public:
    EdgeEffects(FanoutContext& context, Deadline deadline)
        : m_context(context)
        , m_deadline(deadline)
        , m_batch(context.redis)
    {
    }

    Result<void> apply(const std::vector<EdgeState>& states)
    {
        std::vector<UserId> readers;
        for (const auto& state : states)
            readers.push_back(state.edge.follower);
        // Nobody who read the edges before this one changed may lower these floors any more: what lies below
        // them would be with the ended edges and without the new ones.
        ROOKERY_ASSIGN(const auto floors,
                       m_context.timelines.floors(m_context.redis, TimelineFamily::Home, readers, m_deadline,
                                                  Timelines::Builders::Stopped));
        const PulledFollowees pulled(m_context.maps);
        for (std::size_t i = 0; i < states.size(); ++i) {
            pulled.changed(m_batch, states[i].edge.follower);
            if (!states[i].readerWarm) continue; // who returns meanwhile shows by the generation afterwards
            // Absent: nothing to change, but a build may be under way that read the edges before this one
            // changed. Voiding takes its token, and its floor should it just have published one.
            if (!floors[i])
                m_context.timelines.voidFloor(m_batch, TimelineFamily::Home, states[i].edge.follower);
            else
                ROOKERY_TRY(bringInLine(states[i], floors[i]->id));
        }
        ROOKERY_FAULT_POINT("backfill.before_pipeline");
        ROOKERY_TRY(m_batch.run(m_deadline));
        ROOKERY_FAULT_POINT("backfill.after_pipeline");
        return checkBackfills();
    }

private:
    // Refused: the timeline began another life after its floor was read, empty or brought back from a dump
    // that ends before this edge. The next try reads the new floor.
    Result<void> checkBackfills()
    {
        for (const auto i : m_backfills)
            if (const auto& reply = m_batch.reply(i); reply && reply->integer == -1)
                return fail(ErrorCode::Unavailable,
                            "a timeline began another life while it was filled; it is tried again", true);
        return {};
    }

    Result<void> bringInLine(const EdgeState& state, PostId floor)
    {
        if (state.following) return backfill(state.edge, std::nullopt, floor);
        // What is kept was delivered, or, of a pulled author, merged until now; what is newer goes.
        const PostId above{state.keptTo.value + 1};
        if (state.keptTo && state.keptTo >= floor) ROOKERY_TRY(backfill(state.edge, above, floor));
        return remove(state.edge, std::max(floor, above));
    }

    Result<void> backfill(const Edge& edge, std::optional<PostId> before, PostId floor)
    {
        const int cap = m_context.timelines.limits().cap;
        const std::vector<PostSource> author{edge.followee};
        ROOKERY_ASSIGN(auto posts, PostStore::newestIdsOf(m_context.sql, author, {before, floor}, cap + 1,
                                                          false, m_deadline));
        // Not the floor that was read: who read the edges after it may have lowered it since, and then has
        // these posts as well.
        PostId completeDownTo;
        if (posts.size() > std::size_t(cap)) {
            posts.resize(std::size_t(cap));
            completeDownTo = posts.back();
        }
        ROOKERY_ASSIGN(const auto runId,
                       m_context.redis.runId(m_context.timelines.nodeOf(TimelineFamily::Home, edge.follower),
                                             m_deadline));
        m_backfills.push_back(m_batch.size());
        m_context.timelines.backfill(m_batch, TimelineFamily::Home, edge.follower, posts, completeDownTo,
                                     runId);
        return {};
    }

    Result<void> remove(const Edge& edge, PostId floor)
    {
        const std::vector<PostSource> author{edge.followee};
        std::optional<PostId> before;
        for (;;) {
            ROOKERY_ASSIGN(const auto posts, PostStore::newestIdsOf(m_context.sql, author, {before, floor},
                                                                    kRemovalPage, true, m_deadline));
            m_context.timelines.removeEntries(m_batch, TimelineFamily::Home, edge.follower, posts);
            if (posts.size() < std::size_t(kRemovalPage)) return {};
            before = posts.back();
        }
    }

    FanoutContext& m_context;
    Deadline m_deadline;
    RedisBatch m_batch;
    std::vector<std::size_t> m_backfills; // positions of their replies
};

// Whoever began to follow, or to be followed, while an account was deleted follows no more: the edge that was
// written behind the deletion's back is ended by its own task.
Result<void> endThoseOfDeleted(FanoutContext& context, std::span<const EdgeState> states, Deadline deadline)
{
    std::vector<Edge> ended;
    std::vector<UserId> followees;
    for (const auto& state : states)
        if (state.following) followees.push_back(state.edge.followee);
    ROOKERY_ASSIGN(const auto deleted, AccountStore::deletedAmong(context.sql, followees, deadline));
    for (const auto& state : states)
        if (state.following && (state.readerDeleted || std::find(deleted.begin(), deleted.end(),
                                                                 state.edge.followee) != deleted.end()))
            ended.push_back(state.edge);
    if (ended.empty()) return {};
    ROOKERY_TRY(EdgeStore::endAll(context.sql, ended, Milliseconds(0), deadline));
    return {};
}

// Followees' side, counters, timelines; then looks whether the truth or the reader moved meanwhile, and goes
// again.
// Returns those of the ended ones that keep the past.
Result<std::set<Edge>> reconcile(FanoutContext& context, std::vector<Edge> edges, Deadline deadline)
{
    std::set<Edge> kept;
    const std::vector<Edge> all = edges;
    for (int round = 0; round < kEdgeRounds && !edges.empty(); ++round) {
        const auto until = deadline.earlier(kReadingsHold);
        ROOKERY_ASSIGN(const auto states, EdgeStore::load(context.sql, edges, deadline));
        ROOKERY_TRY(EdgeStore::writeFollowers(context.sql, states, deadline));
        // After that: the deletion of an account that is not seen here sees these followers.
        ROOKERY_TRY(endThoseOfDeleted(context, states, deadline));
        ROOKERY_FAULT_POINT("edge.after_followers");
        ROOKERY_TRY(EdgeStore::countFollowing(context.sql, edges, deadline));
        ROOKERY_FAULT_POINT("edge.after_count");
        ROOKERY_TRY(EdgeEffects(context, until).apply(states));
        ROOKERY_ASSIGN(const auto after, EdgeStore::load(context.sql, edges, deadline));
        std::vector<Edge> moved;
        for (std::size_t i = 0; i < edges.size(); ++i) {
            if (!after[i].following && after[i].keptTo) kept.insert(edges[i]);
            if (after[i].version != states[i].version ||
                after[i].readerGeneration != states[i].readerGeneration)
                moved.push_back(edges[i]);
        }
        edges = std::move(moved);
    }
    if (!edges.empty())
        return fail(ErrorCode::Overloaded,
                    "an edge changes faster than it can be reconciled; it is tried again", true);
    std::vector<UserId> counted;
    for (const auto& edge : all) {
        counted.push_back(edge.follower);
        counted.push_back(edge.followee);
    }
    ROOKERY_TRY(pushCounters(context.sql, context.redis, context.objects, std::move(counted), deadline));
    return kept;
}

} // namespace

std::vector<TaskOutcome> handleEdgeChanged(FanoutContext& context, std::span<const Task> tasks,
                                           Deadline deadline)
{
    return handleAll<EdgePayload>(tasks, [&](const auto& payloads, auto& outcomes) -> Result<void> {
        std::vector<Edge> edges;
        for (const auto& payload : payloads)
            if (payload) edges.push_back({payload->follower, payload->followee});
        std::sort(edges.begin(), edges.end());
        edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
        ROOKERY_ASSIGN(const auto kept, reconcile(context, std::move(edges), deadline));
        // A post that was made before its reader left may be committed after this: once more when none can
        // be.
        for (std::size_t i = 0; i < tasks.size(); ++i)
            if (payloads[i] && !payloads[i]->again &&
                kept.contains({payloads[i]->follower, payloads[i]->followee}))
                outcomes[i].children.push_back(
                    {TaskKind::EdgeChanged, tasks[i].shard,
                     encode(EdgePayload{payloads[i]->follower, payloads[i]->followee, true}), Milliseconds(0),
                     kCommittedWithin + Milliseconds(2'000)});
        return {};
    });
}

std::vector<TaskOutcome> handleUserCreated(FanoutContext& context, std::span<const Task> tasks,
                                           Deadline deadline)
{
    return handleAll<UserPayload>(tasks, [&](const auto& payloads, auto&) -> Result<void> {
        std::vector<User> users;
        for (const auto& payload : payloads)
            if (payload)
                users.push_back({payload->user, payload->handle, payload->displayName, payload->user.time()});
        ROOKERY_TRY(UserStore::insertRows(context.sql, users, deadline));
        std::vector<UserId> ids;
        for (const auto& user : users)
            ids.push_back(user.id);
        ROOKERY_ASSIGN(const auto deleted, AccountStore::deletedAmong(context.sql, ids, deadline));
        RedisBatch batch(context.redis);
        for (const auto& user : users)
            if (std::find(deleted.begin(), deleted.end(), user.id) == deleted.end())
                context.objects.fillUser(batch, user);
        return batch.run(deadline);
    });
}

Result<void> voidReaderOfEdge(FanoutContext& context, const Task& task, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto payload, decodePayload<EdgePayload>(task.payload));
    return voidHome(context, payload.follower, deadline);
}

} // namespace backend
