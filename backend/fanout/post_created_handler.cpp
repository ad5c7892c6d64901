#include "backend/common/fault_points.h"
#include "backend/fanout/delivery_run.h"
#include "backend/fanout/outcomes.h"
#include "backend/fanout/post_handlers.h"
#include "backend/store/ledger_store.h"
#include "backend/store/post_store.h"
#include "backend/store/user_store.h"

#include <algorithm>
#include <map>
#include <set>

namespace backend {
namespace {

std::int64_t unixMicroseconds(TimePoint at)
{
    return at.time_since_epoch().count();
}

// One batch of post_created tasks from one node, step by step. Lives for one call.
class PostCreatedBatch
{
public:
    PostCreatedBatch(FanoutContext& context, std::span<const Task> tasks, Deadline deadline)
        : m_context(context)
        , m_tasks(tasks)
        , m_deadline(deadline)
        , m_outcomes(tasks.size())
        , m_run(context)
    {
    }

    std::vector<TaskOutcome> run()
    {
        if (const auto done = steps(); !done) return allFailed(m_tasks.size(), done.error());
        return std::move(m_outcomes);
    }

private:
    Result<void> steps()
    {
        m_payloads = decodeAll<PostPayload>(m_tasks, m_outcomes);
        m_pulled = m_context.pulled.forDelivery(m_deadline);
        ROOKERY_TRY(loadPosts());
        ROOKERY_TRY(loadAudiences());
        ROOKERY_TRY(deleteThoseOfDeleted());
        ROOKERY_FAULT_POINT("plan.read");
        ROOKERY_TRY(deliver());
        ROOKERY_TRY(planLargeAudiences());
        goOnWithoutAuthors();
        ROOKERY_TRY(count());
        for (std::size_t i = 0; i < m_tasks.size(); ++i)
            if (m_outcomes[i].status) conclude(i);
        ROOKERY_FAULT_POINT("plan.done");
        return {};
    }

    Result<void> loadPosts()
    {
        std::vector<PostId> ids;
        for (const auto& payload : m_payloads)
            ids.push_back(payload ? payload->post : PostId{});
        ROOKERY_ASSIGN(m_posts, PostStore::load(m_context.sql, ids, m_deadline));
        for (std::size_t i = 0; i < m_tasks.size(); ++i)
            if (m_payloads[i] && !m_posts[i])
                m_outcomes[i].status =
                    fail(ErrorCode::Internal, "post " + std::to_string(ids[i].value) +
                                                  " has a task but no row; look at its shard's node");
        return {};
    }

    Result<void> loadAudiences()
    {
        std::set<UserId> pushed; // whose readers are asked for: those of the others are, or have been, served
        for (std::size_t i = 0; i < m_tasks.size(); ++i)
            if (m_outcomes[i].status && !m_payloads[i]->split() && m_pulled->pushed(m_payloads[i]->author))
                pushed.insert(m_payloads[i]->author);
        std::vector<EdgeStore::AudienceQuery> queries;
        for (std::size_t i = 0; i < m_tasks.size(); ++i)
            if (m_outcomes[i].status && m_audiences.try_emplace(m_payloads[i]->author).second)
                queries.push_back(
                    {m_payloads[i]->author,
                     {},
                     {},
                     pushed.contains(m_payloads[i]->author) ? m_context.settings.chunk + 1 : 0});
        ROOKERY_ASSIGN(auto audiences, EdgeStore::audiences(m_context.sql, queries, m_deadline));
        for (std::size_t q = 0; q < queries.size(); ++q) {
            const UserId author = queries[q].author;
            if (audiences[q].readers.size() > std::size_t(m_context.settings.chunk)) {
                m_plans.try_emplace(author);
                audiences[q].readers.clear();
            }
            m_audiences[author] = std::move(audiences[q]);
        }
        return {};
    }

    // Reading a million followers takes a while: the batch's small posts are delivered by then.
    Result<void> planLargeAudiences()
    {
        for (auto& [author, plan] : m_plans) {
            ROOKERY_ASSIGN(
                plan, EdgeStore::planAudience(m_context.sql, author, m_context.settings.chunk, m_deadline));
        }
        return {};
    }

    // Whoever posted while the account was deleted: the post that was written behind the deletion's back is
    // deleted by its own task.
    Result<void> deleteThoseOfDeleted()
    {
        for (std::size_t i = 0; i < m_tasks.size(); ++i) {
            if (!m_outcomes[i].status || m_posts[i]->deleted ||
                !m_audiences.at(m_payloads[i]->author).authorDeleted)
                continue;
            ROOKERY_TRY(PostStore::markDeleted(m_context.sql, m_payloads[i]->post, m_deadline));
            m_posts[i]->deleted = true;
        }
        return {};
    }

    Result<void> deliver()
    {
        m_deliveries.resize(m_tasks.size(), nullptr);
        for (std::size_t i = 0; i < m_tasks.size(); ++i) {
            if (!m_outcomes[i].status || m_posts[i]->deleted) continue;
            const auto& audience = m_audiences.at(m_payloads[i]->author);
            Delivery delivery;
            delivery.post = m_payloads[i]->post;
            delivery.author = m_payloads[i]->author;
            delivery.publish = &m_posts[i]->post;
            delivery.toAuthor = audience.authorWarm;
            // Of a large audience each chunk looks after its own readers.
            if (!m_payloads[i]->split() && !m_plans.contains(delivery.author)) delivery.audience = &audience;
            delivery.query = {delivery.author, {}, {}, 0};
            delivery.committedAt = committedAt(i);
            m_deliveries[i] = &m_run.add(std::move(delivery));
        }
        ROOKERY_TRY(m_run.run(m_deadline));
        for (std::size_t i = 0; i < m_tasks.size(); ++i)
            if (m_deliveries[i] && !m_deliveries[i]->status) {
                m_outcomes[i].status = m_deliveries[i]->status;
                m_outcomes[i].awaits = m_deliveries[i]->awaits;
            }
        return {};
    }

    TimePoint committedAt(std::size_t i) const
    {
        const auto& payload = *m_payloads[i];
        return payload.split() ? TimePoint(std::chrono::microseconds(payload.splitUnixUs))
                               : m_tasks[i].createdAt;
    }

    // The author's node is away, and more readers than are served here and now live on others: they do not
    // wait for it. What is left is a task of its own.
    void goOnWithoutAuthors()
    {
        m_withoutAuthor.resize(m_tasks.size(), false);
        for (std::size_t i = 0; i < m_tasks.size(); ++i) {
            auto& outcome = m_outcomes[i];
            if (outcome.awaits.empty() || m_payloads[i]->split() || !m_plans.contains(m_payloads[i]->author))
                continue;
            outcome = {};
            m_withoutAuthor[i] = true;
            PostPayload rest = *m_payloads[i];
            rest.splitUnixUs = unixMicroseconds(m_tasks[i].createdAt);
            outcome.children.push_back({TaskKind::PostCreated, m_tasks[i].shard, encode(rest)});
        }
    }

    // posts + 1, also for a post that was deleted meanwhile: its deletion subtracts.
    Result<void> count()
    {
        std::vector<PostsCountEffect> effects;
        for (std::size_t i = 0; i < m_tasks.size(); ++i)
            if (m_outcomes[i].status && !m_payloads[i]->split())
                effects.push_back({m_tasks[i].ref, m_tasks[i].expiresAt, m_payloads[i]->author, 1});
        RedisBatch batch(m_context.redis);
        std::map<UserId, std::size_t> published; // replies
        const auto publish = [&](UserId user, const StoredCounters& stored) {
            published[user] = batch.size();
            m_context.objects.setCounters(batch, user, {stored.version, stored.counters});
        };
        if (!effects.empty()) {
            ROOKERY_ASSIGN(const auto counters,
                           UserStore::applyPostsCounts(m_context.sql, effects, m_deadline));
            for (const auto& [user, stored] : counters)
                publish(user, stored);
        }
        // Of those that another task counted while the author's node was away.
        std::set<UserId> split;
        for (std::size_t i = 0; i < m_tasks.size(); ++i)
            if (m_outcomes[i].status && m_payloads[i]->split() && !published.contains(m_payloads[i]->author))
                split.insert(m_payloads[i]->author);
        if (!split.empty()) {
            const std::vector<UserId> counted(split.begin(), split.end());
            ROOKERY_ASSIGN(const auto stored, UserStore::counters(m_context.sql, counted, m_deadline));
            for (std::size_t k = 0; k < counted.size(); ++k)
                publish(counted[k], stored[k]);
        }
        if (published.empty()) return {};
        std::ignore = batch.run(m_deadline); // a node that is away fails the tasks of its own authors only
        for (std::size_t i = 0; i < m_tasks.size(); ++i) {
            auto& outcome = m_outcomes[i];
            if (!outcome.status || m_withoutAuthor[i]) continue;
            const auto place = published.find(m_payloads[i]->author);
            if (place == published.end()) continue;
            const auto& reply = batch.reply(place->second);
            if (reply) continue;
            outcome.status = fail(reply.error());
            if (const int node = reply.error().redisNode; node != 0) outcome.awaits = {node};
        }
        return {};
    }

    // The author's own part of a post whose chunks are on their way.
    void concludeSplit(std::size_t i)
    {
        const auto* delivery = m_deliveries[i];
        LedgerRow row;
        row.post = m_payloads[i]->post;
        row.pushed = delivery ? delivery->pushed : 0;
        row.deleted = !delivery || delivery->deleted > 0 ? 1 : 0;
        row.dormant = 1 - row.pushed - row.deleted;
        if (delivery) row.firstAt = row.lastAt = delivery->deliveredAt;
        m_outcomes[i].completion.push_back(ledgerLateStatement(row));
    }

    void conclude(std::size_t i)
    {
        if (m_payloads[i]->split()) return concludeSplit(i);
        const auto& payload = *m_payloads[i];
        const auto& audience = m_audiences.at(payload.author);
        const auto plan = m_plans.find(payload.author);
        LedgerRow row;
        row.post = payload.post;
        row.task = m_tasks[i].ref.id;
        row.worker = m_context.worker;
        row.committedUnixUs = unixMicroseconds(m_tasks[i].createdAt);
        row.plannedAt = plan == m_plans.end() ? audience.readAt : plan->second.readAt;
        const std::int64_t warm =
            plan == m_plans.end() ? std::int64_t(audience.readers.size()) : plan->second.warm;
        const std::int64_t dormant = plan == m_plans.end()
                                         ? std::max<std::int64_t>(audience.followers - warm, 0)
                                         : plan->second.dormant;
        row.audience = 1 + warm + dormant;
        const bool pushed = m_pulled->pushed(payload.author);
        row.mode = pushed ? FanoutMode::Push : FanoutMode::Pull;
        row.chunks = 1;
        row.lastReader = UserId{std::numeric_limits<std::int64_t>::max()};
        const auto* delivery = m_deliveries[i];
        if (!delivery) {
            row.deleted = row.audience;
        } else {
            (pushed ? row.dormant : row.pulled) = dormant; // of the pulled nobody asks who is warm
            if (!m_withoutAuthor[i]) {
                row.pushed = delivery->pushed;
                row.unfollowed = delivery->unfollowed;
                row.deleted = delivery->deleted;
                row.dormant += audience.authorWarm ? 0 : 1;
                row.firstAt = row.lastAt = delivery->deliveredAt;
            }
            if (plan != m_plans.end()) split(i, plan->second, row);
        }
        m_outcomes[i].completion.push_back(ledgerStatement(row));
    }

    // A large audience: this row is the plan (and the author's own delivery); a task for each range does the
    // rest.
    void split(std::size_t i, const AudiencePlan& plan, LedgerRow& row)
    {
        row.chunks = 1 + int(plan.ranges.size());
        row.lastReader = UserId{};
        ROOKERY_FAULT_POINT("plan.split");
        for (std::size_t k = 0; k < plan.ranges.size(); ++k) {
            const auto& range = plan.ranges[k];
            const ChunkPayload chunk{row.post,   m_payloads[i]->author, int(k) + 1, range.after, range.upTo,
                                     range.warm, row.committedUnixUs};
            // Posts of a burst go range by range: those that one worker has are written together.
            m_outcomes[i].children.push_back({TaskKind::DeliverChunk, row.post.shard(), encode(chunk),
                                              Milliseconds(k), Milliseconds(0), m_payloads[i]->author.value});
        }
    }

    FanoutContext& m_context;
    std::span<const Task> m_tasks;
    Deadline m_deadline;
    std::vector<TaskOutcome> m_outcomes;
    std::vector<std::optional<PostPayload>> m_payloads;
    std::vector<std::optional<StoredPost>> m_posts;
    std::shared_ptr<const PulledList> m_pulled;
    std::map<UserId, Audience> m_audiences;
    std::map<UserId, AudiencePlan> m_plans; // of authors with more readers than one chunk
    DeliveryRun m_run;
    std::vector<Delivery*> m_deliveries;
    std::vector<bool> m_withoutAuthor; // whose own part is left to another task
};

} // namespace

std::vector<TaskOutcome> handlePostCreated(FanoutContext& context, std::span<const Task> tasks,
                                           Deadline deadline)
{
    return PostCreatedBatch(context, tasks, deadline).run();
}

} // namespace backend
