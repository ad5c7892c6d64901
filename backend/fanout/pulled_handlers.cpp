#include "backend/fanout/pulled_handlers.h"

#include "backend/common/fault_points.h"
#include "backend/fanout/outcomes.h"
#include "backend/store/edge_store.h"
#include "backend/store/pulled_posts.h"

#include <limits>

namespace backend {
namespace {

constexpr std::chrono::seconds kPrompt{30};
constexpr Milliseconds kBehind{2'000}; // virtual time it stands back behind other work

// The next followers of one author. By now (see FanoutPlanner) every post that anybody took for one to pull
// is committed, so that what is read here has them all; and nobody gets past it:
// - who follows later, or returns, reads PostgreSQL later;
// - a timeline that is being built or deepened loses its token in the very script that fills it by the floor
//   as it is then: who wants to publish or lower a floor after that reads again;
// - one without a floor is absent, and will be built;
// - whose edge ends, or which post is deleted, is looked for afterwards, also for a run that was killed
//   before it could look: since a while before the task was made. Such a run may have reached readers of the
//   next task, which looks as far back unless it follows within the margin.
class BackfillStep
{
public:
    BackfillStep(FanoutContext& context, const Task& task, const PulledPayload& payload, Deadline deadline)
        : m_context(context)
        , m_task(task)
        , m_payload(payload)
        , m_deadline(deadline)
        , m_until(deadline.earlier(kReadingsHold))
        , m_since(payload.sinceUnixUs ? TimePoint(std::chrono::microseconds(payload.sinceUnixUs))
                                      : task.createdAt)
        , m_batch(context.redis)
    {
    }

    Result<void> run(TaskOutcome& outcome)
    {
        const auto author = m_payload.author;
        ROOKERY_ASSIGN(const bool ends, PulledPosts::ends(m_context.sql, m_context.directoryNode, author,
                                                          m_payload.mergedTo, m_deadline));
        if (!ends) return {}; // pulled again, or the account is gone
        ROOKERY_ASSIGN(
            const auto missing,
            PulledPosts::missing(m_context.sql, author, m_context.timelines.limits().cap, m_deadline));
        bool last = true;
        if (!missing.posts.empty() || missing.completeDownTo) {
            const int limit = m_context.settings.pulledReaders;
            const std::vector<EdgeStore::AudienceQuery> query{{author, m_payload.after, {}, limit}};
            ROOKERY_ASSIGN(const auto audiences, EdgeStore::audiences(m_context.sql, query, m_deadline));
            m_readers = audiences[0].readers;
            last = m_readers.size() < std::size_t(limit);
            ROOKERY_FAULT_POINT("pulled.read");
            ROOKERY_TRY(backfill(missing));
            ROOKERY_TRY(takeBack(missing, last ? UserId{} : m_readers.back()));
            ROOKERY_FAULT_POINT("pulled.looked");
        }
        conclude(outcome, last);
        return {};
    }

private:
    Result<void> backfill(const PulledPosts::Missing& missing)
    {
        const auto& timelines = m_context.timelines;
        for (const auto reader : m_readers) {
            ROOKERY_ASSIGN(const auto runId,
                           m_context.redis.runId(timelines.nodeOf(TimelineFamily::Home, reader), m_until));
            timelines.backfill(m_batch, TimelineFamily::Home, reader, missing.posts, missing.completeDownTo,
                               runId);
            ROOKERY_FAULT_POINT_AFTER("pulled.between_readers", std::ignore = m_batch.run(m_until));
        }
        ROOKERY_FAULT_POINT("pulled.before_pipeline");
        ROOKERY_TRY(m_batch.run(m_until));
        ROOKERY_FAULT_POINT("pulled.after_pipeline");
        return refused();
    }

    // Refused because there is no floor: right. But one that is there after all was made good for the node's
    // next life meanwhile.
    Result<void> refused()
    {
        std::vector<UserId> some;
        for (std::size_t i = 0; i < m_readers.size(); ++i)
            if (m_batch.reply(i)->integer == -1) some.push_back(m_readers[i]);
        if (some.empty()) return {};
        ROOKERY_ASSIGN(const auto floors,
                       m_context.timelines.floors(m_context.redis, TimelineFamily::Home, some, m_deadline));
        for (const auto& floor : floors)
            if (floor)
                return fail(ErrorCode::Unavailable,
                            "a timeline began another life while it was filled; it is tried again", true);
        return {};
    }

    // Whoever unfollowed meanwhile has the timeline built again: what is to stay in it after an edge only
    // that edge's own task and a build know.
    Result<void> takeBack(const PulledPosts::Missing& missing, UserId upTo)
    {
        const auto since = m_since - kClockMargin;
        const std::vector<EdgeStore::EndedQuery> query{{{m_payload.author, m_payload.after, upTo, 0},
                                                        since,
                                                        PostId{std::numeric_limits<std::int64_t>::max()}}};
        ROOKERY_ASSIGN(const auto ended, EdgeStore::endedSince(m_context.sql, query, m_deadline));
        std::vector<PostId> deleted;
        if (!missing.posts.empty()) {
            ROOKERY_ASSIGN(deleted, PulledPosts::deletedSince(m_context.sql, m_payload.author,
                                                              missing.posts.back(), since, m_deadline));
        }
        m_batch.clear();
        for (const auto reader : ended[0])
            m_context.timelines.voidFloor(m_batch, TimelineFamily::Home, reader);
        if (!deleted.empty())
            for (const auto reader : m_readers)
                m_context.timelines.removeEntries(m_batch, TimelineFamily::Home, reader, deleted);
        return m_batch.run(m_deadline);
    }

    void conclude(TaskOutcome& outcome, bool last)
    {
        if (last) {
            outcome.completion.push_back(PulledPosts::endStatement(m_payload.author, m_payload.mergedTo));
            return;
        }
        auto next = m_payload;
        next.after = m_readers.back();
        next.sinceUnixUs =
            m_context.clock.now() - m_task.createdAt > kPrompt ? m_since.time_since_epoch().count() : 0;
        outcome.children.push_back(
            {TaskKind::BackfillPulled, m_task.shard, encode(next), kBehind, m_context.settings.pulledPause});
    }

    FanoutContext& m_context;
    const Task& m_task;
    const PulledPayload m_payload;
    const Deadline m_deadline, m_until;
    const TimePoint m_since;
    std::vector<UserId> m_readers;
    RedisBatch m_batch;
};

} // namespace

std::vector<TaskOutcome> handleBackfillPulled(FanoutContext& context, std::span<const Task> tasks,
                                              Deadline deadline)
{
    return handleEach<PulledPayload>(
        tasks, [&](const Task& task, const PulledPayload& payload, TaskOutcome& outcome) {
            return BackfillStep(context, task, payload, deadline).run(outcome);
        });
}

} // namespace backend
