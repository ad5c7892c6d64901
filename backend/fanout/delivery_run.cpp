#include "backend/fanout/delivery_run.h"

#include "backend/common/fault_points.h"
#include "backend/store/post_store.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_set>

namespace backend {
namespace {

constexpr int kReconcileRounds = 4;
constexpr std::size_t kPart = 400;           // commands, over all nodes: what others wait behind
constexpr std::chrono::seconds kPartTime{2}; // a node that is silent for so long is given up for this run
constexpr std::chrono::seconds kPipeline{5}; // of what is taken back: little

} // namespace

DeliveryRun::DeliveryRun(FanoutContext& context)
    : m_context(context)
    , m_batch(context.redis)
{
}

Delivery& DeliveryRun::add(Delivery delivery)
{
    m_sent.push_back({std::move(delivery), nullptr, {}});
    return m_sent.back().delivery;
}

Result<void> DeliveryRun::run(Deadline deadline)
{
    group();
    for (auto& sent : m_sent)
        publish(sent);
    const Deadline half(std::min(m_until.at(), deadline.earlier(deadline.remaining() / 2).at()));
    for (auto& group : m_groups)
        push(group, half);
    ROOKERY_FAULT_POINT("deliver.before_pipeline");
    std::ignore = m_batch.runPart(half); // judged reply by reply; leaves time to look again
    const auto deliveredAt = m_context.clock.now();
    readReplies(deliveredAt);
    record(deliveredAt);
    ROOKERY_FAULT_POINT("deliver.before_look");
    m_context.timelines.addUpkeep(m_batch, m_checks);
    std::ignore =
        m_batch.run(deadline.earlier(kPipeline)); // what it did not reach is left to later deliveries
    ROOKERY_TRY(takeBackDeleted(deadline));
    ROOKERY_FAULT_POINT("deliver.between_looks");
    ROOKERY_TRY(takeBackUnfollowed(deadline));
    ROOKERY_FAULT_POINT("deliver.after_look");
    return {};
}

// Deliveries of one audience, such as a burst of posts by one author, go together.
void DeliveryRun::group()
{
    std::map<std::pair<const Audience*, bool>, Group*> known;
    for (auto& sent : m_sent) {
        auto& d = sent.delivery;
        auto* found = d.audience ? known[{d.audience, d.toAuthor}] : nullptr;
        if (!found) {
            found = &m_groups.emplace_back();
            if (d.audience) known[{d.audience, d.toAuthor}] = found;
            if (d.audience) found->readers = d.audience->readers;
            if (d.toAuthor) found->readers.push_back(d.author);
        }
        found->entries.add(d.post);
        sent.group = found;
    }
}

void DeliveryRun::publish(Sent& sent)
{
    const auto& d = sent.delivery;
    sent.replies.first = m_batch.size();
    if (d.publish) {
        m_context.objects.fillPost(m_batch, *d.publish);
        m_context.timelines.addEntry(m_batch, m_checks, TimelineFamily::Author, d.author, d.post);
        m_context.timelines.addEntry(m_batch, m_checks, TimelineFamily::Public,
                                     Timelines::publicOwner(d.post.shard()), d.post);
    }
    sent.replies.end = m_batch.size();
}

void DeliveryRun::push(Group& group, Deadline deadline)
{
    group.replies.first = m_batch.size();
    group.adding.reserve(group.readers.size());
    for (const auto reader : group.readers) {
        group.adding.push_back(m_batch.size());
        m_context.timelines.addEntries(m_batch, m_checks, TimelineFamily::Home, reader, group.entries);
        if (m_batch.size() - m_sentUpTo >= kPart) {
            std::ignore = m_batch.runPart(deadline.earlier(kPartTime));
            m_sentUpTo = m_batch.size();
        }
        ROOKERY_FAULT_POINT_AFTER("deliver.between_entries",
                                  std::ignore = m_batch.run(Deadline::after(kPipeline)));
    }
    group.replies.end = m_batch.size();
}

// What Redis did not answer fails the deliveries it belongs to, and no other.
void DeliveryRun::readReplies(TimePoint deliveredAt)
{
    for (auto& group : m_groups)
        group.status = answered(m_batch, group.replies);
    for (auto& sent : m_sent) {
        auto& d = sent.delivery;
        d.status = sent.group->status;
        if (d.status) d.status = answered(m_batch, sent.replies);
        awaitNodes(d.status, d.awaits, m_batch, {sent.group->replies, sent.replies});
        if (!d.status) continue;
        d.pushed = std::int64_t(sent.group->readers.size());
        if (d.pushed > 0) d.deliveredAt = deliveredAt;
    }
}

void DeliveryRun::takeBack(Sent& sent, const std::vector<UserId>& readers)
{
    const std::vector<PostId> posts{sent.delivery.post};
    sent.replies.first = m_batch.size();
    for (const auto reader : readers)
        m_context.timelines.removeEntries(m_batch, TimelineFamily::Home, reader, posts);
    sent.replies.end = m_batch.size();
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
        sent.gone = d.status && gone.contains(d.post);
        if (!sent.gone) continue;
        takeBack(sent, sent.group->readers);
        if (d.publish) {
            const std::vector<PostId> one{d.post};
            m_context.objects.tombstonePost(m_batch, d.post);
            m_context.timelines.removeEntries(m_batch, TimelineFamily::Author, d.author, one);
            m_context.timelines.removeEntries(m_batch, TimelineFamily::Public,
                                              Timelines::publicOwner(d.post.shard()), one);
        }
        sent.replies.end = m_batch.size();
        d.deleted = d.pushed;
        d.pushed = 0;
        d.deliveredAt.reset();
    }
    std::ignore = m_batch.run(deadline.earlier(kPipeline));
    for (auto& sent : m_sent)
        if (sent.gone) {
            sent.delivery.status = answered(m_batch, sent.replies);
            awaitNodes(sent.delivery.status, sent.delivery.awaits, m_batch, {sent.replies});
        }
    return {};
}

// Looks until nothing changes: an edge may begin again while its entry is being taken back.
Result<void> DeliveryRun::takeBackUnfollowed(Deadline deadline)
{
    ROOKERY_ASSIGN(auto open, suspects(deadline));
    for (int round = 0; round < kReconcileRounds && !open.empty(); ++round) {
        ROOKERY_ASSIGN(open, reconcile(open, deadline));
    }
    for (auto* sent : open)
        sent->delivery.status =
            fail(ErrorCode::Overloaded,
                 "its readers' edges change faster than it is delivered; it is tried again", true);
    return {};
}

// Deliveries some of whose readers may have unfollowed since the audience was read, by this run or by an
// earlier one that was killed before it could look. The latter leaves no other trace than when the author
// last lost a follower.
Result<std::vector<DeliveryRun::Sent*>> DeliveryRun::suspects(Deadline deadline)
{
    std::vector<Sent*> open, found;
    std::vector<UserId> authors;
    for (auto& sent : m_sent) {
        if (!sent.delivery.audience || !sent.delivery.status || sent.gone) continue;
        open.push_back(&sent);
        authors.push_back(sent.delivery.author);
    }
    ROOKERY_ASSIGN(const auto lost, EdgeStore::lostFollowers(m_context.sql, authors, deadline));
    for (std::size_t i = 0; i < open.size(); ++i) {
        const auto& d = open[i]->delivery;
        if (lost[i].count != d.audience->edgesEnded ||
            (lost[i].lastAt && *lost[i].lastAt >= d.committedAt - kClockMargin))
            found.push_back(open[i]);
    }
    return found;
}

// Takes back where the edge has ended, delivers again where it began again. Returns those in which it found
// either.
Result<std::vector<DeliveryRun::Sent*>> DeliveryRun::reconcile(const std::vector<Sent*>& suspects,
                                                               Deadline deadline)
{
    const Deadline until = deadline.earlier(kPipeline); // for reading and acting on it
    std::vector<EdgeStore::EndedQuery> queries;
    for (const auto* sent : suspects)
        queries.push_back(
            {sent->delivery.query, sent->delivery.committedAt - kClockMargin, sent->delivery.post});
    ROOKERY_ASSIGN(const auto ended, EdgeStore::endedSince(m_context.sql, queries, deadline));
    m_batch.clear();
    std::vector<Sent*> changed;
    for (std::size_t i = 0; i < suspects.size(); ++i) {
        auto& sent = *suspects[i];
        const std::set<UserId> now(ended[i].begin(), ended[i].end());
        if (now == sent.takenBack) continue;
        std::vector<UserId> left;
        std::set_difference(now.begin(), now.end(), sent.takenBack.begin(), sent.takenBack.end(),
                            std::back_inserter(left));
        takeBack(sent, left);
        for (const auto reader : sent.takenBack)
            if (!now.contains(reader))
                m_context.timelines.addEntry(m_batch, m_checks, TimelineFamily::Home, reader,
                                             sent.delivery.post);
        sent.replies.end = m_batch.size();
        sent.takenBack = now;
        count(sent);
        changed.push_back(&sent);
    }
    std::ignore = m_batch.run(until);
    m_checks.clear();
    for (auto* sent : changed) {
        sent->delivery.status = answered(m_batch, sent->replies);
        awaitNodes(sent->delivery.status, sent->delivery.awaits, m_batch, {sent->replies});
    }
    std::erase_if(changed, [](const Sent* sent) { return !sent->delivery.status; });
    return changed;
}

void DeliveryRun::count(Sent& sent)
{
    auto& d = sent.delivery;
    const auto& readers = sent.group->readers;
    d.unfollowed = std::count_if(readers.begin(), readers.end(), [&](UserId reader) {
        return reader != d.author && sent.takenBack.contains(reader);
    });
    d.pushed = std::int64_t(readers.size()) - d.unfollowed;
}

// Entries that were not there before, each once: also of deliveries that wait for a node, whose other readers
// have them now, and not again when those are tried once more.
void DeliveryRun::record(TimePoint deliveredAt)
{
    std::map<const Group*, std::int64_t> added;
    for (const auto& group : m_groups)
        for (std::size_t i = 0; i < group.readers.size(); ++i) {
            const auto& reply = m_batch.reply(group.adding[i]);
            if (!reply || reply->integer <= 0) continue;
            m_context.metrics.deliveries[std::size_t(group.readers[i].shard())].add(reply->integer);
            added[&group] += reply->integer;
        }
    for (const auto& sent : m_sent) { // of a group's posts each has its share
        const auto share = added[sent.group] / std::int64_t(sent.group->entries.size());
        if (share > 0)
            m_context.metrics.fanoutDelay.record(
                std::max(std::chrono::microseconds(0), deliveredAt - sent.delivery.committedAt), share);
    }
}

} // namespace backend
