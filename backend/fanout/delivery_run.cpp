#include "backend/fanout/delivery_run.h"

#include "backend/store/post_store.h"

#include <algorithm>
#include <unordered_set>

namespace backend {

DeliveryRun::DeliveryRun(FanoutContext& context) : m_context(context), m_batch(context.redis) {}

Delivery& DeliveryRun::add(Delivery delivery)
{
    m_sent.push_back({std::move(delivery), {}, 0, 0});
    return m_sent.back().delivery;
}

Result<void> DeliveryRun::run(Deadline deadline)
{
    for (auto& sent : m_sent) queueCommands(sent);
    std::ignore = m_batch.run(deadline); // judged reply by reply
    readReplies(m_context.clock.now());
    ROOKERY_TRY(takeBackDeleted(deadline));
    ROOKERY_TRY(takeBackUnfollowed(deadline));
    record();
    return {};
}

void DeliveryRun::queueCommands(Sent& sent)
{
    auto& d = sent.delivery;
    sent.firstReply = m_batch.size();
    if (d.publish) {
        m_context.objects.fillPost(m_batch, *d.publish);
        m_context.timelines.addEntry(m_batch, TimelineFamily::Author, d.author, d.post);
        m_context.timelines.addEntry(m_batch, TimelineFamily::Public, Timelines::publicOwner(d.post.shard()), d.post);
    }
    if (d.audience)
        for (const auto& follower : d.audience->followers) {
            if (follower.warm) sent.readers.push_back(follower.id);
            else ++d.dormant;
        }
    if (d.toAuthor) sent.readers.push_back(d.author);
    for (const auto reader : sent.readers) m_context.timelines.addEntry(m_batch, TimelineFamily::Home, reader, d.post);
    sent.endReply = m_batch.size();
}

void DeliveryRun::readReplies(TimePoint deliveredAt)
{
    for (auto& sent : m_sent) {
        auto& d = sent.delivery;
        for (auto i = sent.firstReply; i < sent.endReply && d.status; ++i)
            if (const auto& reply = m_batch.reply(i); !reply) d.status = fail(reply.error());
        if (!d.status) continue;
        d.pushed = std::int64_t(sent.readers.size());
        if (d.pushed > 0) d.deliveredAt = deliveredAt;
    }
}

void DeliveryRun::takeBack(Sent& sent, const std::vector<UserId>& readers)
{
    const std::vector<PostId> posts{sent.delivery.post};
    sent.firstReply = m_batch.size();
    for (const auto reader : readers) m_context.timelines.removeEntries(m_batch, TimelineFamily::Home, reader, posts);
    sent.endReply = m_batch.size();
}

Result<void> DeliveryRun::takeBackDeleted(Deadline deadline)
{
    std::vector<PostId> posts;
    for (const auto& sent : m_sent)
        if (sent.delivery.status) posts.push_back(sent.delivery.post);
    ROOKERY_ASSIGN(const auto deleted, PostStore::deletedAmong(m_context.sql, posts, deadline));
    if (deleted.empty()) return {};

    const std::unordered_set<PostId> gone(deleted.begin(), deleted.end());
    m_batch.clear();
    for (auto& sent : m_sent) {
        auto& d = sent.delivery;
        if (!d.status || !gone.contains(d.post)) continue;
        takeBack(sent, sent.readers);
        if (d.publish) {
            const std::vector<PostId> one{d.post};
            m_context.objects.tombstonePost(m_batch, d.post);
            m_context.timelines.removeEntries(m_batch, TimelineFamily::Author, d.author, one);
            m_context.timelines.removeEntries(m_batch, TimelineFamily::Public, Timelines::publicOwner(d.post.shard()), one);
        }
        d.deleted = d.pushed;
        d.pushed = 0;
        d.deliveredAt.reset();
        sent.readers.clear();
    }
    return m_batch.run(deadline);
}

Result<void> DeliveryRun::takeBackUnfollowed(Deadline deadline)
{
    std::vector<UserId> authors;
    for (const auto& sent : m_sent)
        if (sent.delivery.audience && sent.delivery.status) authors.push_back(sent.delivery.author);
    ROOKERY_ASSIGN(const auto ended, EdgeStore::edgesEnded(m_context.sql, authors, deadline));

    std::vector<Sent*> suspects;
    std::vector<EdgeStore::AudienceQuery> queries;
    std::size_t next = 0;
    for (auto& sent : m_sent) {
        if (!sent.delivery.audience || !sent.delivery.status) continue;
        if (ended[next++] == sent.delivery.audience->edgesEnded || sent.readers.empty()) continue;
        suspects.push_back(&sent);
        queries.push_back(sent.delivery.query);
        queries.back().limit = 1'000'000; // whoever of the range is left, newcomers included
    }
    if (suspects.empty()) return {};

    ROOKERY_ASSIGN(const auto present, EdgeStore::audiences(m_context.sql, queries, deadline));
    m_batch.clear();
    for (std::size_t i = 0; i < suspects.size(); ++i) {
        std::unordered_set<UserId> still;
        for (const auto& follower : present[i].followers) still.insert(follower.id);
        auto& d = suspects[i]->delivery;
        std::vector<UserId> left;
        for (const auto reader : suspects[i]->readers)
            if (reader != d.author && !still.contains(reader)) left.push_back(reader);
        takeBack(*suspects[i], left);
        d.unfollowed += std::int64_t(left.size());
        d.pushed -= std::int64_t(left.size());
    }
    return m_batch.run(deadline);
}

void DeliveryRun::record()
{
    for (const auto& sent : m_sent) {
        const auto& d = sent.delivery;
        if (!d.status || !d.deliveredAt || d.pushed <= 0) continue;
        m_context.metrics.fanoutDelay.record(std::max(std::chrono::microseconds(0), *d.deliveredAt - d.committedAt), d.pushed);
        for (const auto reader : sent.readers) m_context.metrics.deliveries[std::size_t(reader.shard())].add();
    }
}

} // namespace backend
