#include "backend/cache/timelines.h"

#include "backend/cache/timeline_keys.h"
#include "backend/cache/timeline_scripts.h"

#include <algorithm>

namespace backend {
namespace {

constexpr std::string_view kVoid = "void";

} // namespace

Timelines::Timelines(const ShardMapSource& maps, TimelineLimits limits)
    : m_maps(maps)
    , m_limits(limits)
{
}

const TimelineLimits& Timelines::limits() const
{
    return m_limits;
}

int Timelines::nodeOf(TimelineFamily, UserId owner) const
{
    const auto map = m_maps.current();
    const auto shard = std::size_t(owner.shard());
    return shard < map->timelinesNode.size() ? map->timelinesNode[shard] : -1;
}

UserId Timelines::publicOwner(int shard)
{
    return UserId{makeRawId(0, shard, 0)};
}

void Timelines::addEntry(RedisBatch& batch, TimelineFamily family, UserId owner, PostId post) const
{
    const int node = nodeOf(family, owner);
    batch.add(node, {"ZADD", entriesKey(family, owner), scoreText(post), memberText(post)});
    const auto draw = std::hash<PostId>()(post) * 31 + std::hash<UserId>()(owner);
    if (draw % std::size_t(std::max(m_limits.trimOneIn, 1)) != 0) return;
    const auto oldest =
        unixMillisecondsOf(post.value) - std::chrono::duration_cast<Milliseconds>(m_limits.age).count();
    addTrim(batch, family, owner,
            PostId{makeRawId(std::max<std::int64_t>(oldest - kIdEpochUnixMs, 0), 0, 0)});
}

void Timelines::addTrim(RedisBatch& batch, TimelineFamily family, UserId owner, PostId oldest) const
{
    const std::string before = oldest.value > 0 ? "(" + scoreText(oldest).text() : "-inf";
    batch.addScript(nodeOf(family, owner), timeline_scripts::trim(),
                    {entriesKey(family, owner), floorKey(family, owner), buildKey(family, owner)},
                    {std::to_string(std::max(m_limits.cap, 1)), std::to_string(std::max(m_limits.slack, 0)),
                     before, memberOf(oldest)});
}

void Timelines::removeEntries(RedisBatch& batch, TimelineFamily family, UserId owner,
                              std::span<const PostId> posts) const
{
    // The token first: a build that fills between the two commands cannot publish what is being removed.
    const int node = nodeOf(family, owner);
    batch.add(node, {"UNLINK", buildKey(family, owner)});
    if (posts.size() == 1) {
        batch.add(node, {"ZREM", entriesKey(family, owner), memberText(posts.front())});
    } else if (!posts.empty()) {
        std::vector<std::string> words{"ZREM", timelineKey(family, owner)};
        for (const auto post : posts)
            words.push_back(memberOf(post));
        batch.add(node, words);
    }
}

void Timelines::backfill(RedisBatch& batch, TimelineFamily family, UserId owner,
                         std::span<const PostId> posts, PostId completeDownTo, const std::string& runId) const
{
    std::vector<std::string> arguments{runId, memberOf(completeDownTo),
                                       "(" + scoreText(completeDownTo).text()};
    for (const auto post : posts) {
        arguments.push_back(scoreText(post).text());
        arguments.push_back(memberOf(post));
    }
    batch.addScript(nodeOf(family, owner), timeline_scripts::backfill(),
                    {entriesKey(family, owner), floorKey(family, owner), buildKey(family, owner)}, arguments);
    addTrim(batch, family, owner,
            PostId{}); // many follows at once must not pile up without a delivery between
}

void Timelines::publishEmpty(RedisBatch& batch, TimelineFamily family, UserId owner,
                             const std::string& runId) const
{
    const std::string value = memberOf(PostId{}) + " " + runId;
    batch.add(nodeOf(family, owner), {"SET", floorKey(family, owner), value, "NX"});
}

void Timelines::voidFloor(RedisBatch& batch, TimelineFamily family, UserId owner) const
{
    // The token first: a build that publishes between the two commands is voided by the second.
    const int node = nodeOf(family, owner);
    batch.add(node, {"UNLINK", buildKey(family, owner)});
    batch.add(node, {"SET", floorKey(family, owner), kVoid, "PX", kVoidLifeMs});
}

Result<void> Timelines::drop(RedisClient& client, TimelineFamily family, UserId owner,
                             Deadline deadline) const
{
    return client
        .command(nodeOf(family, owner),
                 {"UNLINK", floorKey(family, owner), buildKey(family, owner), entriesKey(family, owner)},
                 deadline)
        .map([](const RedisReply&) {});
}

} // namespace backend
