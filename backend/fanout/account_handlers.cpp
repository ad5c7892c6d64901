#include "backend/fanout/account_handlers.h"

#include "backend/common/fault_points.h"
#include "backend/common/task_payloads.h"
#include "backend/fanout/outcomes.h"
#include "backend/fanout/push_counters.h"
#include "backend/store/account_store.h"
#include "backend/store/edge_store.h"
#include "backend/store/post_store.h"

#include <algorithm>

namespace backend {
namespace {

using Phase = AccountPayload::Phase;

// What was under way when the account was hidden is done by then, and its effects are undone.
constexpr Milliseconds kSettling = kReadingsHold + Milliseconds(2'000);
constexpr Milliseconds kLongestWait{600'000};

// One step. What is to be done next, or nothing when the account is no more.
class AccountStep
{
public:
    AccountStep(FanoutContext& context, const AccountPayload& payload, Deadline deadline)
        : m_context(context)
        , m_payload(payload)
        , m_deadline(deadline)
    {
    }

    struct Next
    {
        AccountPayload payload;
        Milliseconds wait{0};
    };

    Result<std::optional<Next>> run()
    {
        ROOKERY_ASSIGN(const auto account, AccountStore::load(m_context.sql, m_payload.user, m_deadline));
        if (!account || !account->deleted) return std::optional<Next>();
        m_account = *account;
        switch (m_payload.phase) {
        case Phase::Hide:
            return hide();
        case Phase::Following:
            return endEdges(Phase::Followers);
        case Phase::Followers:
            return endEdges(Phase::Posts);
        case Phase::Posts:
            return deletePosts();
        case Phase::Close:
            return close();
        }
        return fail(ErrorCode::Internal, "a deleted account has no phase " +
                                             std::to_string(int(m_payload.phase)) +
                                             "; a newer program wrote it: upgrade this engine");
    }

private:
    Next next(Phase phase, std::int64_t at, Milliseconds wait) const
    {
        auto payload = m_payload;
        payload.phase = phase;
        payload.at = at;
        return {payload, wait};
    }

    Result<void> note()
    {
        return AccountStore::note(m_context.sql, m_context.directoryNode, m_payload.user, m_account.handle,
                                  m_payload.edges, m_payload.posts, m_deadline);
    }

    Result<std::optional<Next>> hide()
    {
        ROOKERY_TRY(note());
        RedisBatch batch(m_context.redis);
        m_context.objects.tombstoneUser(batch, m_payload.user);
        m_context.timelines.addDrop(batch, TimelineFamily::Author, m_payload.user);
        ROOKERY_TRY(batch.run(m_deadline));
        return next(Phase::Following, 0, Milliseconds(0));
    }

    Result<std::optional<Next>> endEdges(Phase then)
    {
        const int limit = m_context.settings.accountEdges;
        const bool following = m_payload.phase == Phase::Following;
        const auto page = following ? EdgeStore::followeesPage : EdgeStore::followersPage;
        ROOKERY_ASSIGN(const auto others,
                       page(m_context.sql, m_payload.user, UserId{m_payload.at}, limit, m_deadline));
        std::vector<Edge> edges;
        for (const auto other : others)
            edges.push_back(following ? Edge{m_payload.user, other} : Edge{other, m_payload.user});
        ROOKERY_ASSIGN(const auto ended,
                       EdgeStore::endAll(m_context.sql, edges, m_context.settings.accountDelay, m_deadline));
        ROOKERY_FAULT_POINT("account.edges_ended");
        m_payload.edges += ended;
        ROOKERY_TRY(note());
        if (others.size() < std::size_t(limit)) return next(then, 0, m_context.settings.accountPause);
        return next(m_payload.phase, others.back().value, m_context.settings.accountPause);
    }

    Result<std::optional<Next>> deletePosts()
    {
        ROOKERY_ASSIGN(const auto deleted,
                       AccountStore::deletePosts(m_context.sql, m_payload.user, PostId{m_payload.at},
                                                 m_context.settings.accountPosts,
                                                 m_context.settings.accountDelay, m_deadline));
        ROOKERY_FAULT_POINT("account.posts_deleted");
        m_payload.posts += deleted.count;
        ROOKERY_TRY(note());
        if (!deleted.lowest) return next(Phase::Close, 0, kSettling);
        return next(Phase::Posts, deleted.lowest->value, m_context.settings.accountPause);
    }

    // The counters tell whether anything stands, or is still being undone.
    Result<std::optional<Next>> close()
    {
        if (m_account.counters != Counters{}) {
            ++m_payload.round;
            const auto wait = kSettling * (1 << std::min(m_payload.round, 6));
            return next(Phase::Following, 0, std::min<Milliseconds>(wait, kLongestWait));
        }
        ROOKERY_FAULT_POINT("account.before_close");
        RedisBatch batch(m_context.redis);
        m_context.timelines.addDrop(batch, TimelineFamily::Author, m_payload.user);
        m_context.timelines.addDrop(batch, TimelineFamily::Home, m_payload.user);
        m_context.objects.dropCounters(batch, m_payload.user);
        ROOKERY_TRY(batch.run(m_deadline));
        ROOKERY_TRY(AccountStore::freeNames(m_context.sql, m_context.directoryNode, m_payload.user,
                                            m_account.handle, m_deadline));
        ROOKERY_FAULT_POINT("account.names_free");
        ROOKERY_TRY(
            AccountStore::noteFinished(m_context.sql, m_context.directoryNode, m_payload.user, m_deadline));
        return std::optional<Next>();
    }

    FanoutContext& m_context;
    AccountPayload m_payload;
    StoredAccount m_account;
    Deadline m_deadline;
};

// Gone from the object cache and the public timeline; readers' timelines lose them with their edges.
Result<void> removePosts(FanoutContext& context, const std::vector<std::optional<PostsPayload>>& payloads,
                         Deadline deadline)
{
    RedisBatch batch(context.redis);
    for (const auto& payload : payloads) {
        if (!payload) continue;
        const std::vector<PostSource> author{payload->author};
        auto before = std::optional(PostId{payload->to.value + 1});
        while (before) {
            ROOKERY_ASSIGN(const auto posts,
                           PostStore::newestIdsOf(context.sql, author, {before, payload->from},
                                                  context.settings.accountPosts, true, deadline));
            for (const auto post : posts)
                context.objects.tombstoneReclaimed(batch, post);
            context.timelines.removeEntries(batch, TimelineFamily::Author, payload->author, posts);
            context.timelines.removeEntries(batch, TimelineFamily::Public,
                                            Timelines::publicOwner(payload->author.shard()), posts);
            const bool more = posts.size() == std::size_t(context.settings.accountPosts);
            before = more ? std::optional(posts.back()) : std::nullopt;
        }
    }
    return batch.run(deadline);
}

} // namespace

std::vector<TaskOutcome> handleAccountDeleted(FanoutContext& context, std::span<const Task> tasks,
                                              Deadline deadline)
{
    return handleEach<AccountPayload>(
        tasks, [&](const Task& task, const AccountPayload& payload, TaskOutcome& outcome) -> Result<void> {
            ROOKERY_ASSIGN(const auto next, AccountStep(context, payload, deadline).run());
            if (next)
                outcome.children.push_back({TaskKind::AccountDeleted, task.shard, encode(next->payload),
                                            context.settings.accountDelay, next->wait});
            return {};
        });
}

std::vector<TaskOutcome> handlePostsDeleted(FanoutContext& context, std::span<const Task> tasks,
                                            Deadline deadline)
{
    return handleAll<PostsPayload>(tasks, [&](const auto& payloads, auto&) -> Result<void> {
        ROOKERY_TRY(removePosts(context, payloads, deadline));
        ROOKERY_FAULT_POINT("account.posts_removed");
        std::vector<PostsCountEffect> effects;
        for (std::size_t i = 0; i < tasks.size(); ++i)
            if (payloads[i])
                effects.push_back(
                    {tasks[i].ref, tasks[i].expiresAt, payloads[i]->author, -int(payloads[i]->count)});
        ROOKERY_TRY(countPosts(context.sql, context.redis, context.objects, effects, deadline));
        for (const auto& payload : payloads)
            if (payload) context.metrics.deletes.add(payload->count);
        return {};
    });
}

} // namespace backend
