#include "backend/operations/explain_trail.h"

#include <algorithm>

namespace backend {
namespace {

using Element = ExplainElement;
using Facts = ExplainFacts;

std::string milliseconds(TimePoint from, TimePoint to)
{
    return std::to_string(
               std::max<std::int64_t>(0, std::chrono::duration_cast<Milliseconds>(to - from).count())) +
           " ms after commit";
}

std::string span(std::chrono::hours age)
{
    return age.count() % 24 == 0 ? std::to_string(age.count() / 24) + " days"
                                 : std::to_string(age.count()) + " hours";
}

class Trail
{
public:
    Trail(const ShardMap& map, const Facts& facts)
        : m_map(map)
        , m_facts(facts)
    {
    }

    std::vector<ExplainStep> build()
    {
        addReader();
        addPost();
        addEdge();
        addDelivery();
        for (const auto& work : m_facts.work)
            addWork(work);
        addTrim();
        std::stable_sort(m_steps.begin(), m_steps.end(), [](const auto& a, const auto& b) {
            return a.at && b.at ? *a.at < *b.at : a.at.has_value() && !b.at;
        });
        addDeletionNow();
        addTimelineNow();
        return std::move(m_steps);
    }

private:
    void add(Element element, std::optional<TimePoint> at, std::string what)
    {
        m_steps.push_back({at, std::move(what), element});
    }

    std::string redisOf(int shard) const
    {
        return nodeNameIn(m_map, m_map.timelinesNode[std::size_t(shard)]);
    }

    void addReader()
    {
        const auto& reader = m_facts.profile;
        if (!reader.warm)
            add(Element::Reader, reader.lastSeenAt, "the reader was seen last, and is dormant now");
        if (reader.dormantAt)
            add(Element::Reader, reader.dormantAt,
                "the reader became dormant: no timeline was kept any more, and nothing delivered to it");
        if (reader.returnedAt)
            add(Element::Reader, reader.returnedAt,
                "the reader returned: the timeline is built from PostgreSQL");
    }

    void addPost()
    {
        if (!m_facts.stored) return;
        const int shard = m_facts.post.shard();
        add(Element::Posted, m_facts.post.time(),
            "posted by " + std::to_string(m_facts.stored->author.value) + ", logical shard " +
                std::to_string(shard) + " on " + nodeNameIn(m_map, m_map.postsNode[std::size_t(shard)]));
        if (m_facts.stored->deletedAt)
            add(Element::Deleted, m_facts.stored->deletedAt,
                "the post was deleted: its tombstone hides it everywhere at once");
        if (m_facts.accountDeletedAt)
            add(Element::Deleted, m_facts.accountDeletedAt, "the author's account was deleted");
    }

    void addEdge()
    {
        if (m_facts.self()) return add(Element::Followed, {}, "one's own posts are in one's home timeline");
        const auto& edge = m_facts.edge;
        if (!edge) return;
        if (!edge->following && edge->beganAt)
            add(Element::Followed, edge->beganAt, "the reader began to follow the author");
        const bool later = m_facts.stored && edge->following && edge->changedAt > m_facts.post.time();
        add(Element::Followed, edge->changedAt,
            edge->following ? std::string("the reader began to follow the author") +
                                  (later ? ", after the post: it is backfilled" : "")
                            : std::string("the reader ended following the author") +
                                  (m_facts.keeps() ? ", and keeps what was posted before" : ""));
        const auto& copy = m_facts.copy;
        if (!copy || copy->version < edge->version)
            add(Element::Followed, {}, "the author's list of followers does not know of it yet");
    }

    // --- the delivery

    // Who wrote the ledger's row; nothing of one that is from before this was told.
    std::string by(const Facts::Delivery& delivery) const
    {
        if (delivery.task == 0) return {};
        const auto kind = delivery.chunk == 0 ? TaskKind::PostCreated : TaskKind::DeliverChunk;
        const int node = m_map.postsNode[std::size_t(m_facts.post.shard())];
        return " by task " + taskTextOf(m_map, kind, {node, delivery.task}) + ", " +
               workerText(delivery.worker);
    }

    // Why the delivery that covers the reader's id passed the reader over; empty: it did not.
    std::string skipped(const Facts::Delivery& delivery) const
    {
        const auto at = delivery.at();
        const auto& edge = m_facts.edge;
        if (delivery.deleted > 0 && delivery.pushed == 0) return "the post was deleted by then";
        if (m_facts.dormantAt(at) == true) return "the reader was dormant then";
        if (m_facts.followedAt(at) != false) return {};
        if (!edge) return "the reader does not follow the author";
        return at < edge->changedAt ? "the reader did not follow the author then"
                                    : "the reader did not follow the author any more";
    }

    // What is not remembered of that time; empty: all is.
    std::string unknown(TimePoint at) const
    {
        if (!m_facts.followedAt(at)) return "; whether the reader followed the author then is not known";
        return m_facts.dormantAt(at) ? "" : "; whether the reader was dormant then is not known";
    }

    void addDelivery()
    {
        const auto& delivery = m_facts.delivery;
        // A small audience is delivered to at once; the plan is written with what became of it.
        if (m_facts.plannedAt && !(delivery && delivery->chunk == 0))
            add(Element::Planned, m_facts.plannedAt, "its fan-out was planned in chunks");
        if (!delivery || !m_facts.stored) return;
        if (delivery->mode == FanoutMode::Pull && !m_facts.self())
            return add(Element::Pulled, m_facts.plannedAt,
                       "the author is not pushed: readers merge the post when they read" +
                           (delivery->task == 0 ? std::string() : "; planned" + by(*delivery)));
        const std::string chunk =
            "chunk " + std::to_string(delivery->chunk) + ", which covers the reader's id";
        if (const auto why = skipped(*delivery); !why.empty())
            add(Element::Skipped, delivery->at(),
                chunk + ", passed the reader over" + by(*delivery) + ": " + why);
        else if (delivery->lastAt)
            add(Element::Delivered, delivery->lastAt,
                chunk + ", was delivered " + milliseconds(m_facts.post.time(), *delivery->lastAt) +
                    by(*delivery) + unknown(*delivery->lastAt));
        else
            add(Element::Skipped, delivery->writtenAt, chunk + ", had nobody to deliver to" + by(*delivery));
    }

    // --- what is still to be done

    void addWork(const Facts::Work& work)
    {
        const std::string task = "task " + taskTextOf(m_map, work.kind, work.ref);
        const std::string error = work.error.empty() ? "" : ": " + work.error;
        const std::string attempts = work.attempts > 0 ? ", attempt " + std::to_string(work.attempts) : "";
        switch (work.state) {
        case TaskState::Ready:
            add(Element::Task, work.since, task + " waits for a worker");
            break;
        case TaskState::Running: {
            const auto worker = work.worker.empty() ? std::string("a worker") : workerText(work.worker);
            add(Element::Task, work.since, task + " is held by " + worker + attempts);
            if (work.leaseUntil)
                add(Element::Task, work.leaseUntil,
                    "until then " + worker + " has its lease on " + taskTextOf(m_map, work.kind, work.ref) +
                        ", unless it prolongs it");
            break;
        }
        case TaskState::Retry:
            if (work.held) {
                add(Element::Task, work.since,
                    task + " is held until its turn: deleted posts are reclaimed at a pace");
                break;
            }
            if (!work.awaits.empty()) {
                add(Element::Task, work.since,
                    task + " waits for " + work.awaits + " to answer again" + attempts + error);
                break;
            }
            add(Element::Task, work.since, task + " waits for its next attempt" + attempts + error);
            if (work.runAt)
                add(Element::Task, work.runAt,
                    "the next attempt of " + taskTextOf(m_map, work.kind, work.ref) + " is due then");
            break;
        case TaskState::Dead:
            add(Element::Task, work.since, task + " became a dead letter" + error);
            break;
        }
    }

    void addTrim()
    {
        if (!m_facts.trimmed) return;
        const auto& trimmed = *m_facts.trimmed;
        add(Element::Trimmed, trimmed.at,
            trimmed.byAge ? "the post was " + span(m_facts.age) +
                                " old, the greatest age that the timeline keeps: trimmed by age"
                          : "by then the reader had " + std::to_string(m_facts.cap) +
                                " newer posts, as many as the timeline keeps: trimmed by count");
    }

    // --- now

    void addDeletionNow()
    {
        if (!m_facts.stored || !m_facts.stored->deletedAt) return;
        const std::string cache = "the object cache on " + redisOf(m_facts.post.shard());
        switch (m_facts.cached) {
        case CachedPost::State::Deleted:
            add(Element::Tombstone, {}, "the post's tombstone is in " + cache);
            break;
        case CachedPost::State::Missing:
            add(Element::Tombstone, {},
                "the post's tombstone is not in " + cache + ": pages learn of the deletion from PostgreSQL");
            break;
        case CachedPost::State::Present:
            add(Element::Tombstone, {},
                "the post's text is still in " + cache + ": its tombstone is yet to be written");
            break;
        }
        const bool waits = std::any_of(m_facts.work.begin(), m_facts.work.end(), [](const auto& work) {
            return work.kind == TaskKind::ReclaimChunk || work.kind == TaskKind::PostDeleted;
        });
        add(Element::Reclaimed, {},
            waits ? "the space of its entries is not reclaimed yet"
            : m_facts.inSet()
                ? "its entry is still in the timeline, and nothing will reclaim it before it is too old"
                : "the space of its entries is reclaimed");
    }

    void addTimelineNow()
    {
        const auto& timeline = m_facts.timeline;
        const std::string set = "the sorted set on " + redisOf(m_facts.reader.shard());
        if (!timeline.valid()) {
            add(Element::Timeline, {}, set + " has no valid floor");
        } else {
            const auto floor = timeline.floor->id;
            add(Element::Timeline, {},
                set + " holds " + std::to_string(timeline.ids.size()) + " posts and is complete " +
                    (floor.value > 0 ? "down to " + std::to_string(floor.value) : "to the beginning"));
        }
        if (m_facts.stored && m_facts.belowFloor())
            add(Element::Timeline, {},
                "the post's id is below that floor: pages there are read from PostgreSQL");
        if (m_facts.merged)
            add(Element::Pulled, {},
                "the author is pulled: pages merge the author's posts when they are read");
        if (m_facts.stored)
            add(Element::Timeline, {},
                m_facts.inSet() ? "the post's id is in it" : "the post's id is not in it");
    }

    const ShardMap& m_map;
    const Facts& m_facts;
    std::vector<ExplainStep> m_steps;
};

} // namespace

std::vector<ExplainStep> explainTrail(const ShardMap& map, const ExplainFacts& facts)
{
    return Trail(map, facts).build();
}

std::string nodeNameIn(const ShardMap& map, int node)
{
    const auto* endpoint = map.node(node);
    return endpoint ? endpoint->name : "node " + std::to_string(node);
}

std::string taskTextOf(const ShardMap& map, TaskKind kind, const TaskRef& task)
{
    return std::string(toString(kind)) + " " + std::to_string(task.id) + " on " + nodeNameIn(map, task.node);
}

} // namespace backend
