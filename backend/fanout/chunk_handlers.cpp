#include "backend/common/fault_points.h"
#include "backend/fanout/delivery_run.h"
#include "backend/fanout/outcomes.h"
#include "backend/fanout/post_handlers.h"
#include "backend/fanout/push_counters.h"
#include "backend/store/ledger_store.h"
#include "backend/store/post_store.h"

#include <algorithm>
#include <limits>
#include <map>

namespace backend {
namespace {

constexpr int kWholeRange =
    1'000'000; // chunk ranges are bounded by ids; newcomers may have widened them a little

std::vector<EdgeStore::AudienceQuery> rangesOf(const std::vector<std::optional<ChunkPayload>>& chunks)
{
    std::vector<EdgeStore::AudienceQuery> queries;
    for (const auto& chunk : chunks)
        queries.push_back(
            chunk ? EdgeStore::AudienceQuery{chunk->author, chunk->after, chunk->upTo, kWholeRange}
                  : EdgeStore::AudienceQuery{UserId{1}, UserId{}, UserId{1}, 0});
    return queries;
}

LedgerRow chunkRow(const FanoutContext& context, const Task& task, const ChunkPayload& chunk,
                   const Delivery* delivery)
{
    LedgerRow row;
    row.task = task.ref.id;
    row.worker = context.worker;
    row.post = chunk.post;
    row.chunk = chunk.chunk;
    row.lastReader = chunk.upTo;
    row.committedUnixUs = chunk.committedUnixUs;
    if (!delivery || delivery->deleted > 0) {
        row.deleted = chunk.expected;
        return row;
    }
    // Who came after the plan got the post as well (by backfill in any case) but was not of the planned
    // audience.
    row.pushed = std::min(delivery->pushed, chunk.expected);
    row.unfollowed = chunk.expected - row.pushed;
    row.firstAt = row.lastAt = delivery->deliveredAt;
    return row;
}

// Posts of one author have chunks alike: their readers are read once, and get them in one go.
struct SharedRanges
{
    explicit SharedRanges(const std::vector<EdgeStore::AudienceQuery>& queries)
    {
        std::map<std::pair<UserId, std::pair<UserId, UserId>>, std::size_t> places;
        for (const auto& query : queries) {
            const auto [at, added] =
                places.try_emplace({query.author, {query.after, query.upTo}}, distinct.size());
            if (added) distinct.push_back(query);
            placeOf.push_back(at->second);
        }
    }
    std::vector<EdgeStore::AudienceQuery> distinct;
    std::vector<std::size_t> placeOf; // of each query among them
};

Result<void> deliverChunks(FanoutContext& context, std::span<const Task> tasks,
                           const std::vector<std::optional<ChunkPayload>>& chunks,
                           std::vector<TaskOutcome>& outcomes, Deadline deadline)
{
    DeliveryRun run(context);
    const auto queries = rangesOf(chunks);
    const SharedRanges ranges(queries);
    ROOKERY_ASSIGN(const auto audiences, EdgeStore::audiences(context.sql, ranges.distinct, deadline));
    std::vector<PostId> posts;
    for (const auto& chunk : chunks)
        posts.push_back(chunk ? chunk->post : PostId{});
    ROOKERY_ASSIGN(const auto deleted, PostStore::deletedAmong(context.sql, posts, deadline));

    std::vector<Delivery*> deliveries(tasks.size(), nullptr);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (!chunks[i] || std::find(deleted.begin(), deleted.end(), chunks[i]->post) != deleted.end())
            continue;
        Delivery delivery;
        delivery.post = chunks[i]->post;
        delivery.author = chunks[i]->author;
        delivery.audience = &audiences[ranges.placeOf[i]];
        delivery.query = queries[i];
        delivery.committedAt = TimePoint(std::chrono::microseconds(chunks[i]->committedUnixUs));
        deliveries[i] = &run.add(std::move(delivery));
    }
    ROOKERY_FAULT_POINT("deliver.chunk_read");
    ROOKERY_TRY(run.run(deadline));
    ROOKERY_FAULT_POINT("deliver.chunk_done");

    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (!chunks[i]) continue;
        if (deliveries[i] && !deliveries[i]->status) {
            outcomes[i].status = deliveries[i]->status;
            outcomes[i].awaits = deliveries[i]->awaits;
        } else
            outcomes[i].completion.push_back(
                ledgerStatement(chunkRow(context, tasks[i], *chunks[i], deliveries[i])));
    }
    return {};
}

// The tasks that take a deleted post out of the timelines of all who may have it.
Result<void> reclaimLater(FanoutContext& context, const PostPayload& payload, TaskOutcome& outcome,
                          Deadline deadline)
{
    ROOKERY_ASSIGN(const auto plan,
                   EdgeStore::planAudience(context.sql, payload.author, context.settings.chunk, deadline));
    auto ranges = plan.ranges;
    if (ranges.empty()) ranges.push_back({});
    ranges.back().upTo = UserId{std::numeric_limits<std::int64_t>::max()};
    for (std::size_t k = 0; k < ranges.size(); ++k) {
        const ChunkPayload chunk{payload.post, payload.author, int(k), ranges[k].after, ranges[k].upTo, 0, 0};
        NewTask reclaim{TaskKind::ReclaimChunk, payload.post.shard(), encode(chunk),
                        Milliseconds(k),        Milliseconds(0),      kReclaimFlow};
        // One entry for each reader, and the author's own.
        reclaim.units = int(std::clamp<std::int64_t>(ranges[k].warm + (k == 0 ? 1 : 0), 1, kWholeRange));
        outcome.children.push_back(std::move(reclaim));
    }
    return {};
}

Result<void> deletePosts(FanoutContext& context, std::span<const Task> tasks,
                         const std::vector<std::optional<PostPayload>>& payloads,
                         std::vector<TaskOutcome>& outcomes, Deadline deadline)
{
    RedisBatch batch(context.redis);
    std::vector<PostsCountEffect> effects;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (!payloads[i]) continue;
        const std::vector<PostId> post{payloads[i]->post};
        context.objects.tombstonePost(batch, post[0]);
        context.timelines.removeEntries(batch, TimelineFamily::Author, payloads[i]->author, post);
        context.timelines.removeEntries(batch, TimelineFamily::Public,
                                        Timelines::publicOwner(post[0].shard()), post);
        effects.push_back({tasks[i].ref, tasks[i].expiresAt, payloads[i]->author, -1});
    }
    ROOKERY_TRY(batch.run(deadline));
    ROOKERY_FAULT_POINT("delete.removed");
    ROOKERY_TRY(countPosts(context.sql, context.redis, context.objects, effects, deadline));
    for (std::size_t i = 0; i < tasks.size(); ++i)
        if (payloads[i]) ROOKERY_TRY(reclaimLater(context, *payloads[i], outcomes[i], deadline));
    context.metrics.deletes.add(std::int64_t(effects.size()));
    return {};
}

Result<void> reclaimChunks(FanoutContext& context, const std::vector<std::optional<ChunkPayload>>& chunks,
                           std::vector<TaskOutcome>& outcomes, Deadline deadline)
{
    std::vector<Replies> replies(chunks.size());
    ROOKERY_ASSIGN(const auto audiences, EdgeStore::audiences(context.sql, rangesOf(chunks), deadline));
    RedisBatch batch(context.redis);
    ROOKERY_FAULT_POINT("delete.before_reclaim");
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        if (!chunks[i]) continue;
        const std::vector<PostId> post{chunks[i]->post};
        replies[i].first = batch.size();
        for (const auto reader : audiences[i].readers)
            context.timelines.removeEntries(batch, TimelineFamily::Home, reader, post);
        if (chunks[i]->chunk == 0)
            context.timelines.removeEntries(batch, TimelineFamily::Home, chunks[i]->author, post);
        context.objects.tombstoneReclaimed(batch, post[0]);
        replies[i].end = batch.size();
    }
    std::ignore = batch.run(deadline); // judged reply by reply
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        if (!chunks[i]) continue;
        outcomes[i].status = answered(batch, replies[i]);
        awaitNodes(outcomes[i].status, outcomes[i].awaits, batch, {replies[i]});
    }
    return {};
}

} // namespace

std::vector<TaskOutcome> handleDeliverChunk(FanoutContext& context, std::span<const Task> tasks,
                                            Deadline deadline)
{
    return handleAll<ChunkPayload>(tasks, [&](const auto& chunks, auto& outcomes) {
        return deliverChunks(context, tasks, chunks, outcomes, deadline);
    });
}

std::vector<TaskOutcome> handlePostDeleted(FanoutContext& context, std::span<const Task> tasks,
                                           Deadline deadline)
{
    return handleAll<PostPayload>(tasks, [&](const auto& payloads, auto& outcomes) {
        return deletePosts(context, tasks, payloads, outcomes, deadline);
    });
}

std::vector<TaskOutcome> handleReclaimChunk(FanoutContext& context, std::span<const Task> tasks,
                                            Deadline deadline)
{
    return handleAll<ChunkPayload>(tasks, [&](const auto& chunks, auto& outcomes) {
        return reclaimChunks(context, chunks, outcomes, deadline);
    });
}

Result<void> voidReadersOfChunk(FanoutContext& context, const Task& task, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto chunk, decodePayload<ChunkPayload>(task.payload));
    const std::vector<EdgeStore::AudienceQuery> query{{chunk.author, chunk.after, chunk.upTo, kWholeRange}};
    ROOKERY_ASSIGN(const auto audiences, EdgeStore::audiences(context.sql, query, deadline));
    RedisBatch batch(context.redis);
    for (const auto reader : audiences[0].readers)
        context.timelines.voidFloor(batch, TimelineFamily::Home, reader);
    return batch.run(deadline);
}

Result<void> voidReadersOfPost(FanoutContext& context, const Task& task, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto payload, decodePayload<PostPayload>(task.payload));
    RedisBatch batch(context.redis);
    context.timelines.voidFloor(batch, TimelineFamily::Home, payload.author);
    context.timelines.voidFloor(batch, TimelineFamily::Author, payload.author);
    context.timelines.voidFloor(batch, TimelineFamily::Public, Timelines::publicOwner(payload.post.shard()));
    UserId after;
    while (!payload.split()) { // else its readers' chunks are tasks of their own
        const std::vector<EdgeStore::AudienceQuery> query{{payload.author, after, UserId{}, 10'000}};
        ROOKERY_ASSIGN(const auto audiences, EdgeStore::audiences(context.sql, query, deadline));
        if (audiences[0].readers.empty()) break;
        for (const auto reader : audiences[0].readers)
            context.timelines.voidFloor(batch, TimelineFamily::Home, reader);
        after = audiences[0].readers.back();
    }
    return batch.run(deadline);
}

} // namespace backend
