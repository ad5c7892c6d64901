#include "backend/operations/explain.h"

#include "backend/operations/explain_facts.h"
#include "backend/operations/explain_trail.h"

#include <algorithm>

namespace backend {
namespace {

using Facts = ExplainFacts;

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
    return taskTextOf(map, work.kind, work.ref);
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
                "PostgreSQL has no post " + std::to_string(facts.post.value) + " in its logical shard"};
    if (facts.accountDeletedAt)
        return {ExplainAnswer::Deleted, false,
                "the author's account was deleted: all it posted is hidden everywhere at once"};
    if (facts.stored->deletedAt)
        return {ExplainAnswer::Deleted, false, "the post was deleted: it is hidden everywhere at once"};
    const std::string author = std::to_string(facts.stored->author.value),
                      reader = std::to_string(facts.reader.value);
    const std::string why = facts.edge ? reader + " does not follow " + author + " any more"
                                       : reader + " never followed " + author;
    if (facts.timeline.valid() && facts.inSet())
        return disagreement(map, facts, ExplainAnswer::Extra, true,
                            why + ", yet the post is in the timeline");
    return {ExplainAnswer::NotFollowed, false, why};
}

Verdict verdict(const ShardMap& map, const Facts& facts)
{
    if (facts.hidden() || !facts.follows()) return verdictWhenHidden(map, facts);
    const auto& timeline = facts.timeline;
    if (!facts.profile.warm)
        return {ExplainAnswer::Rebuilt, true,
                "the reader is dormant: no timeline is kept, the next page is read from PostgreSQL and shows "
                "the post"};
    if (!timeline.valid())
        return {ExplainAnswer::Rebuilt, true,
                "the reader's timeline has no valid floor: the next page builds it from PostgreSQL and shows "
                "the post"};
    if (facts.belowFloor())
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
    out.trail = explainTrail(*map, facts);
    return out;
}

} // namespace backend
