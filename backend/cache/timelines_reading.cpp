#include "backend/cache/timelines.h"

#include "backend/cache/timeline_keys.h"
#include "backend/cache/timeline_scripts.h"

#include <algorithm>
#include <array>

namespace backend {
namespace {

constexpr std::string_view kNewest = "9999999999999999999"; // above every member

// The id of a floor's value if that is valid in this life of the node.
std::optional<PostId> validFloor(std::string_view value, std::string_view runId)
{
    constexpr std::size_t digits = 19;
    if (value.size() <= digits || value[digits] != ' ' || value.substr(digits + 1) != runId)
        return std::nullopt;
    return postOfMember(value.substr(0, digits));
}

void addRead(RedisBatch& batch, int node, TimelineFamily family, UserId owner, std::optional<PostId> before,
             std::optional<PostId> after, int limit)
{
    batch.addScript(node, timeline_scripts::read(), {entriesKey(family, owner), floorKey(family, owner)},
                    {before ? memberOf(*before) : std::string(kNewest),
                     before ? scoreText(*before).text() : "+inf", after ? memberOf(*after) : std::string(),
                     std::to_string(std::max(limit, 0))});
}

// The run_id is asked for after the reply. Should the connection have broken since, it is a later life's:
// then the floor counts as void, never the other way round.
Result<TimelineSlice> sliceOf(RedisClient& client, int node, const Result<RedisReply>& reply,
                              Deadline deadline)
{
    if (!reply) return fail(reply.error());
    TimelineSlice slice;
    if (reply->isNil() || reply->elements.size() != 3) return slice;
    ROOKERY_ASSIGN(const auto runId, client.runId(node, deadline));
    const auto floor = validFloor(reply->elements[0].text, runId);
    if (!floor) return slice;
    slice.valid = true;
    slice.floor = *floor;
    slice.reachedFloor = reply->elements[1].integer == 1;
    slice.entries.reserve(reply->elements[2].elements.size());
    for (const auto& element : reply->elements[2].elements)
        if (const auto post = postOfMember(element.text)) slice.entries.push_back(*post);
    return slice;
}

} // namespace

Result<TimelineSlice> Timelines::read(RedisClient& client, TimelineFamily family, UserId owner,
                                      std::optional<PostId> before, std::optional<PostId> after, int limit,
                                      Deadline deadline) const
{
    const int node = nodeOf(family, owner);
    RedisBatch batch(client);
    addRead(batch, node, family, owner, before, after, limit);
    ROOKERY_TRY(batch.run(deadline));
    return sliceOf(client, node, batch.reply(0), deadline);
}

std::vector<Result<TimelineSlice>> Timelines::readMany(RedisClient& client, TimelineFamily family,
                                                       std::span<const UserId> owners,
                                                       std::optional<PostId> before, int limit,
                                                       Deadline deadline) const
{
    RedisBatch batch(client);
    std::vector<int> nodes;
    for (const auto owner : owners) {
        nodes.push_back(nodeOf(family, owner));
        addRead(batch, nodes.back(), family, owner, before, std::nullopt, limit);
    }
    std::ignore = batch.run(deadline); // judged reply by reply
    std::vector<Result<TimelineSlice>> slices;
    slices.reserve(owners.size());
    for (std::size_t i = 0; i < owners.size(); ++i)
        slices.push_back(sliceOf(client, nodes[i], batch.reply(i), deadline));
    return slices;
}

Result<std::vector<std::optional<PostId>>> Timelines::floors(RedisClient& client, TimelineFamily family,
                                                             std::span<const UserId> owners,
                                                             Deadline deadline) const
{
    RedisBatch batch(client);
    for (const auto owner : owners)
        batch.add(nodeOf(family, owner), {"GET", floorKey(family, owner)});
    ROOKERY_TRY(batch.run(deadline));
    std::vector<std::optional<PostId>> out;
    out.reserve(owners.size());
    for (std::size_t i = 0; i < owners.size(); ++i) {
        ROOKERY_ASSIGN(const auto runId, client.runId(nodeOf(family, owners[i]), deadline));
        out.push_back(validFloor(batch.reply(i)->text, runId));
    }
    return out;
}

} // namespace backend
