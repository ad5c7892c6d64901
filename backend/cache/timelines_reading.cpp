#include "backend/cache/timelines.h"

#include "backend/cache/timeline_keys.h"
#include "backend/cache/timeline_scripts.h"

#include <algorithm>

namespace backend {
namespace {

constexpr int kSpare =
    4; // asked for beyond the limit: what tells that the last wanted one is not of the last millisecond

// What a floor's value says if that is valid in this life of the node.
std::optional<TimelineFloor> validFloor(std::string_view value, std::string_view runId)
{
    constexpr std::size_t digits = 19, behind = digits + kFloorLayout.size();
    if (value.size() <= behind || value.substr(behind) != runId) return std::nullopt;
    const auto layout = value.substr(digits, kFloorLayout.size());
    if (layout != kFloorLayout && layout != kPartFloorLayout) return std::nullopt;
    const auto id = postOfMember(value.substr(0, digits));
    if (!id) return std::nullopt;
    return TimelineFloor{*id, layout == kFloorLayout};
}

struct Request
{
    TimelineFamily family;
    UserId owner;
    std::optional<PostId> before, after;
    int limit;
};

// What one look brought: everything below `before` of which nothing newer than `unsure` (milliseconds) can be
// missing.
struct Look
{
    std::vector<PostId> posts; // newest first, each once
    std::optional<std::int64_t> unsure;
};

void addList(Look& look, const RedisReply& ids, const RedisReply& more)
{
    for (const auto& element : ids.elements)
        if (const auto post = postOfMember(element.text)) look.posts.push_back(*post);
    if (more.integer == 0 || ids.elements.empty()) return;
    const auto last = idMillisecondsOf(look.posts.back().value) - (more.integer == 2 ? 1 : 0);
    look.unsure = std::max(look.unsure.value_or(last), last);
}

Look lookOf(const RedisReply& reply, const Request& request)
{
    Look look;
    look.posts.reserve(reply.elements[1].elements.size() + reply.elements[3].elements.size());
    addList(look, reply.elements[1], reply.elements[2]);
    addList(look, reply.elements[3], reply.elements[4]);
    std::sort(look.posts.rbegin(), look.posts.rend());
    look.posts.erase(std::unique(look.posts.begin(), look.posts.end()), look.posts.end());
    if (request.before) std::erase_if(look.posts, [&](PostId post) { return post >= *request.before; });
    return look;
}

// False when a longer look is needed.
bool fill(TimelineSlice& slice, const Look& look, const Request& request)
{
    slice.entries.clear();
    for (const auto post : look.posts) {
        if (look.unsure && idMillisecondsOf(post.value) <= *look.unsure) break;
        if (post < slice.floor) return slice.reachedFloor = true;
        const bool beyond =
            int(slice.entries.size()) >= request.limit || (request.after && post <= *request.after);
        if (beyond) return true;
        slice.entries.push_back(post);
    }
    slice.reachedFloor = !look.unsure || *look.unsure < idMillisecondsOf(slice.floor.value);
    return slice.reachedFloor;
}

// One owner's reading, look by look.
class Reading
{
public:
    Reading(const Timelines& timelines, const Request& request)
        : m_request(request)
        , m_node(timelines.nodeOf(request.family, request.owner))
        , m_step(std::max(request.limit, 0) + kSpare)
    {
    }

    bool done() const { return m_done; }
    Result<TimelineSlice> take() { return std::move(m_result); }

    void add(RedisBatch& batch)
    {
        const TimelineKeys keys(m_request.family, m_request.owner);
        m_reply = batch.addScript(m_node, timeline_scripts::read(), {keys.entries, keys.floor, keys.note},
                                  {m_request.before ? scoreText(*m_request.before).text() : std::string(),
                                   std::to_string(m_step), std::to_string(std::max(m_request.limit, 0))});
    }

    // The run_id is asked for after the reply. Should the connection have broken since, it is a later life's:
    // then the floor counts as void, never the other way round.
    void answered(RedisClient& client, const RedisBatch& batch, Deadline deadline)
    {
        const auto& reply = batch.reply(m_reply);
        TimelineSlice slice;
        m_done = true;
        if (!reply) {
            m_result = fail(reply.error());
            return;
        }
        if (!reply->isNil() && reply->elements.size() == 5) {
            const auto runId = client.runId(m_node, deadline);
            if (!runId) {
                m_result = fail(runId.error());
                return;
            }
            if (const auto floor = validFloor(reply->elements[0].text, *runId)) {
                slice.valid = true;
                slice.floor = floor->id;
                slice.whole = floor->whole;
                m_done = fill(slice, lookOf(*reply, m_request), m_request);
            }
        }
        m_step *= 2;
        m_result = std::move(slice);
    }

private:
    Request m_request;
    int m_node, m_step;
    bool m_done = false;
    std::size_t m_reply = 0;
    Result<TimelineSlice> m_result;
};

void readAll(RedisClient& client, std::vector<Reading>& readings, Deadline deadline)
{
    RedisBatch batch(client);
    for (;;) {
        batch.clear();
        std::vector<Reading*> open;
        for (auto& reading : readings) {
            if (reading.done()) continue;
            reading.add(batch);
            open.push_back(&reading);
        }
        if (open.empty()) return;
        std::ignore = batch.run(deadline); // judged reply by reply
        for (auto* reading : open)
            reading->answered(client, batch, deadline);
    }
}

} // namespace

Result<TimelineSlice> Timelines::read(RedisClient& client, TimelineFamily family, UserId owner,
                                      std::optional<PostId> before, std::optional<PostId> after, int limit,
                                      Deadline deadline) const
{
    std::vector<Reading> one{Reading(*this, {family, owner, before, after, limit})};
    readAll(client, one, deadline);
    return one.front().take();
}

std::vector<Result<TimelineSlice>> Timelines::readMany(RedisClient& client, TimelineFamily family,
                                                       std::span<const UserId> owners,
                                                       std::optional<PostId> before, int limit,
                                                       Deadline deadline) const
{
    std::vector<Reading> readings;
    readings.reserve(owners.size());
    for (const auto owner : owners)
        readings.emplace_back(*this, Request{family, owner, before, std::nullopt, limit});
    readAll(client, readings, deadline);
    std::vector<Result<TimelineSlice>> slices;
    slices.reserve(owners.size());
    for (auto& reading : readings)
        slices.push_back(reading.take());
    return slices;
}

Result<std::vector<std::optional<TimelineFloor>>>
Timelines::floors(RedisClient& client, TimelineFamily family, std::span<const UserId> owners,
                  Deadline deadline, Builders builders) const
{
    RedisBatch batch(client);
    std::vector<std::size_t> replies;
    for (const auto owner : owners) {
        const int node = nodeOf(family, owner);
        if (builders == Builders::Stopped) batch.add(node, {"UNLINK", buildKey(family, owner)});
        replies.push_back(batch.add(node, {"GET", floorKey(family, owner)}));
    }
    ROOKERY_TRY(batch.run(deadline));
    std::vector<std::optional<TimelineFloor>> out;
    out.reserve(owners.size());
    for (std::size_t i = 0; i < owners.size(); ++i) {
        ROOKERY_ASSIGN(const auto runId, client.runId(nodeOf(family, owners[i]), deadline));
        out.push_back(validFloor(batch.reply(replies[i])->text, runId));
    }
    return out;
}

} // namespace backend
