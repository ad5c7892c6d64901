#include "backend/operations/explain.h"

#include "backend/operations/explain_facts.h"

#include <algorithm>

namespace backend {
namespace {

using Facts = ExplainFacts;

std::string id(std::int64_t value)
{
    return std::to_string(value);
}

std::string nodeName(const ShardMap& map, int node)
{
    const auto* endpoint = map.node(node);
    return endpoint ? endpoint->name : "node " + std::to_string(node);
}

std::string milliseconds(TimePoint from, TimePoint to)
{
    return std::to_string(
               std::max<std::int64_t>(0, std::chrono::duration_cast<Milliseconds>(to - from).count())) +
           " ms after posting";
}

bool unfinished(const Facts::Work& work)
{
    return work.state != TaskState::Dead;
}

// The task that decides whether the post is in the set. Reclaiming only tidies up.
bool decides(const Facts::Work& work)
{
    return work.kind != TaskKind::ReclaimChunk;
}

template <class Is>
const Facts::Work* firstWork(const Facts& facts, Is is)
{
    const auto found = std::find_if(facts.work.begin(), facts.work.end(),
                                    [&](const auto& w) { return decides(w) && is(w); });
    return found == facts.work.end() ? nullptr : &*found;
}

// --- the answer

struct Verdict
{
    ExplainAnswer answer;
    bool shown;
    std::string reason;
};

std::string taskText(const ShardMap& map, const Facts::Work& work)
{
    return std::string(toString(work.kind)) + " " + id(work.ref.id) + " on " + nodeName(map, work.ref.node);
}

// The set says one thing and PostgreSQL another: work that is under way explains it, else it is a fault.
Verdict disagreement(const ShardMap& map, const Facts& facts, ExplainAnswer fault, bool shown,
                     const std::string& what)
{
    if (const auto* work = firstWork(facts, unfinished))
        return {ExplainAnswer::UnderWay, shown,
                what + ", and the task " + taskText(map, *work) + " is still to be done"};
    if (const auto* letter = firstWork(facts, [](const auto& w) { return !unfinished(w); }))
        return {ExplainAnswer::Stuck, shown,
                what + ": the dead letter " + taskText(map, *letter) + " waits to be retried or discarded"};
    return {fault, shown,
            what + " and nothing is under way: rebuild the reader's timeline, and please report it"};
}

Verdict verdictWhenHidden(const ShardMap& map, const Facts& facts)
{
    if (!facts.stored)
        return {ExplainAnswer::NoSuchPost, false,
                "PostgreSQL has no post " + id(facts.post.value) + " in its logical shard"};
    if (facts.accountDeletedAt)
        return {ExplainAnswer::Deleted, false,
                "the author's account was deleted: all it posted is hidden everywhere at once"};
    if (facts.stored->deletedAt)
        return {ExplainAnswer::Deleted, false, "the post was deleted: it is hidden everywhere at once"};
    const std::string author = id(facts.stored->author.value), reader = id(facts.reader.value);
    const std::string why = facts.edge ? reader + " does not follow " + author + " any more"
                                       : reader + " never followed " + author;
    if (facts.timeline.valid() && facts.inSet())
        return disagreement(map, facts, ExplainAnswer::Extra, true,
                            why + ", yet the post is in the timeline");
    return {ExplainAnswer::NotFollowed, false, why};
}

Verdict verdict(const ShardMap& map, const Facts& facts)
{
    if (!facts.stored || facts.stored->deletedAt || facts.accountDeletedAt || !facts.follows())
        return verdictWhenHidden(map, facts);
    const auto& timeline = facts.timeline;
    if (!facts.profile.warm)
        return {ExplainAnswer::Rebuilt, true,
                "the reader is dormant: no timeline is kept, the next page is read from PostgreSQL and shows "
                "the post"};
    if (!timeline.valid())
        return {ExplainAnswer::Rebuilt, true,
                "the reader's timeline has no valid floor: the next page builds it from PostgreSQL and shows "
                "the post"};
    if (facts.post < timeline.floor->id)
        return {ExplainAnswer::BelowFloor, true,
                "the post is older than what the timeline keeps: pages below its floor come from PostgreSQL "
                "and show it"};
    if (facts.inSet()) return {ExplainAnswer::Delivered, true, "the post is in the reader's sorted set"};
    if (facts.merged)
        return {ExplainAnswer::Pulled, true,
                "the author is pulled: the reader's pages merge the post when they are read"};
    return disagreement(map, facts, ExplainAnswer::Missing, false,
                        "the reader follows the author, yet the post is not in the timeline");
}

// --- the trail

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
        if (!m_facts.profile.warm)
            add(m_facts.profile.lastSeenAt, "the reader was seen last, and is dormant now");
        addPost();
        addEdge();
        addDelivery();
        addWork();
        std::stable_sort(m_steps.begin(), m_steps.end(), [](const auto& a, const auto& b) {
            return a.at && b.at ? *a.at < *b.at : a.at.has_value() && !b.at;
        });
        addPresent();
        return std::move(m_steps);
    }

private:
    void add(std::optional<TimePoint> at, std::string what) { m_steps.push_back({at, std::move(what)}); }

    void addPost()
    {
        if (!m_facts.stored) return;
        const int shard = m_facts.post.shard();
        add(m_facts.post.time(), "posted by " + id(m_facts.stored->author.value) + ", logical shard " +
                                     std::to_string(shard) + " on " +
                                     nodeName(m_map, m_map.postsNode[std::size_t(shard)]));
        if (m_facts.stored->deletedAt) add(m_facts.stored->deletedAt, "the post was deleted");
        if (m_facts.accountDeletedAt) add(m_facts.accountDeletedAt, "the author's account was deleted");
    }

    void addEdge()
    {
        if (m_facts.self()) return add({}, "one's own posts are in one's home timeline");
        const auto& edge = m_facts.edge;
        if (!edge) return;
        const bool later = m_facts.stored && edge->following && edge->changedAt > m_facts.post.time();
        add(edge->changedAt, edge->following
                                 ? std::string("the reader began to follow the author") +
                                       (later ? ", after the post: it is backfilled" : "")
                                 : std::string("the reader ended following the author") +
                                       (m_facts.keeps() ? ", and keeps what was posted before" : ""));
        const auto& copy = m_facts.copy;
        if (!copy || copy->version < edge->version)
            add({}, "the author's list of followers does not know of it yet");
    }

    void addDelivery()
    {
        const auto& delivery = m_facts.delivery;
        // A small audience is delivered to at once; the plan is written with what became of it.
        if (m_facts.plannedAt && !(delivery && delivery->chunk == 0))
            add(m_facts.plannedAt, "its fan-out was planned in chunks");
        if (!delivery || !m_facts.stored) return;
        if (delivery->mode == FanoutMode::Pull)
            return add(m_facts.plannedAt, "the author is not pushed: readers merge the post when they read");
        const std::string chunk =
            "chunk " + std::to_string(delivery->chunk) + ", which covers the reader's id";
        if (delivery->lastAt)
            add(delivery->lastAt,
                chunk + ", was delivered " + milliseconds(m_facts.post.time(), *delivery->lastAt));
        else
            add({}, chunk + ", had nobody to deliver to");
    }

    void addWork()
    {
        for (const auto& work : m_facts.work) {
            const std::string error = work.error.empty() ? "" : ": " + work.error;
            const std::string attempts =
                work.attempts > 0 ? ", attempt " + std::to_string(work.attempts) : "";
            switch (work.state) {
            case TaskState::Ready:
                add(work.since, "task " + taskText(m_map, work) + " waits for a worker");
                break;
            case TaskState::Running:
                add(work.since, "task " + taskText(m_map, work) + " is held by a worker" + attempts);
                break;
            case TaskState::Retry:
                add(work.since,
                    "task " + taskText(m_map, work) + " waits for its next attempt" + attempts + error);
                break;
            case TaskState::Dead:
                add(work.since, "task " + taskText(m_map, work) + " became a dead letter" + error);
                break;
            }
        }
    }

    void addPresent()
    {
        const auto& timeline = m_facts.timeline;
        const std::string set =
            "the sorted set on " + nodeName(m_map, m_map.timelinesNode[std::size_t(m_facts.reader.shard())]);
        if (!timeline.valid()) {
            add({}, set + " has no valid floor");
        } else {
            const auto floor = timeline.floor->id;
            add({}, set + " holds " + std::to_string(timeline.ids.size()) + " posts and is complete " +
                        (floor.value > 0 ? "down to " + id(floor.value) : "to the beginning"));
        }
        if (m_facts.stored)
            add({}, m_facts.inSet() ? "the post's id is in it" : "the post's id is not in it");
    }

    const ShardMap& m_map;
    const Facts& m_facts;
    std::vector<ExplainStep> m_steps;
};

} // namespace

Result<Explanation> explainPost(const FeedServices& services, PostId post, UserId reader, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto facts, readExplainFacts(services, post, reader, deadline));
    const auto map = services.maps.current();
    auto [answer, shown, reason] = verdict(*map, facts);
    Explanation out;
    out.post = post;
    out.reader = reader;
    if (facts.stored) out.author = facts.stored->author;
    out.answer = answer;
    out.shown = shown;
    out.reason = std::move(reason);
    out.trail = Trail(*map, facts).build();
    return out;
}

} // namespace backend
