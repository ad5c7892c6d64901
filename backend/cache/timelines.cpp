#include "backend/cache/timelines.h"

#include "backend/cache/timeline_keys.h"
#include "backend/cache/timeline_scripts.h"

#include <algorithm>

namespace backend {
namespace {

constexpr std::string_view kVoid = "void";

// Spreads evenly whatever the two have in common.
std::uint64_t mixed(std::uint64_t post, std::uint64_t owner)
{
    auto x = post * 0x9e3779b97f4a7c15U ^ owner;
    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93U;
    return x ^ (x >> 32);
}

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

void Timelines::addEntry(RedisBatch& batch, std::vector<SizeCheck>& checks, TimelineFamily family, UserId owner,
                         PostId post) const
{
    const int node = nodeOf(family, owner);
    const auto key = entriesKey(family, owner);
    batch.add(node, {"ZADD", key, scoreText(post), memberText(post)});
    const auto draw = mixed(std::uint64_t(post.value), std::uint64_t(owner.value));
    const bool always = draw % std::uint64_t(std::max(m_limits.upkeepOneIn, 1)) == 0;
    if (!always && draw % std::uint64_t(std::max(m_limits.checkOneIn, 1)) != 0) return;
    checks.push_back({batch.add(node, {"ZCARD", key}), family, owner, post, always});
}

void Timelines::addUpkeep(RedisBatch& batch, std::vector<SizeCheck>& checks) const
{
    const auto age = std::chrono::duration_cast<Milliseconds>(m_limits.age).count();
    const auto size = std::int64_t(std::stoi(segmentSize()));
    for (const auto& check : checks) {
        const auto& count = batch.reply(check.reply);
        if (!count || (!check.always && count->integer < size)) continue;
        const auto ms = std::max<std::int64_t>(unixMillisecondsOf(check.post.value) - age - kIdEpochUnixMs, 0);
        const PostId oldest{makeRawId(ms, 0, 0)};
        batch.addScript(nodeOf(check.family, check.owner), timeline_scripts::upkeep(),
                        {entriesKey(check.family, check.owner), floorKey(check.family, check.owner),
                         buildKey(check.family, check.owner)},
                        {std::to_string(std::max(m_limits.cap, 1)), segmentSize(),
                         oldest.value > 0 ? scoreText(oldest).text() : "+inf", memberOf(oldest)});
    }
    checks.clear();
}

// Small caps have small segments, so that what is kept beyond the cap stays in proportion.
std::string Timelines::segmentSize() const
{
    return std::to_string(std::max(std::min(m_limits.segment, m_limits.cap / 2), 1));
}

void Timelines::removeEntries(RedisBatch& batch, TimelineFamily family, UserId owner,
                              std::span<const PostId> posts) const
{
    // The token first: a build that fills between the two commands cannot publish what is being removed.
    const int node = nodeOf(family, owner);
    batch.add(node, {"UNLINK", buildKey(family, owner)});
    std::vector<std::string> members;
    for (const auto post : posts)
        members.push_back(memberOf(post));
    if (!members.empty())
        batch.addScript(node, timeline_scripts::remove(), {entriesKey(family, owner)}, members);
}

void Timelines::backfill(RedisBatch& batch, TimelineFamily family, UserId owner,
                         std::span<const PostId> posts, PostId completeDownTo, const std::string& runId) const
{
    std::vector<std::string> arguments{runId.empty() ? std::string() : floorStamp(runId), memberOf(completeDownTo),
                                       scoreText(completeDownTo).text(), std::to_string(std::max(m_limits.cap, 1)),
                                       segmentSize()};
    std::vector<PostId> newestFirst(posts.begin(), posts.end());
    std::sort(newestFirst.rbegin(), newestFirst.rend());
    for (const auto post : newestFirst) {
        arguments.push_back(scoreText(post).text());
        arguments.push_back(memberOf(post));
    }
    batch.addScript(nodeOf(family, owner), timeline_scripts::backfill(),
                    {entriesKey(family, owner), floorKey(family, owner), buildKey(family, owner)}, arguments);
}

void Timelines::publishEmpty(RedisBatch& batch, TimelineFamily family, UserId owner,
                             const std::string& runId) const
{
    batch.add(nodeOf(family, owner), {"SET", floorKey(family, owner), floorValue(PostId{}, runId), "NX"});
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
    RedisBatch batch(client);
    batch.addScript(nodeOf(family, owner), timeline_scripts::drop(),
                    {entriesKey(family, owner), floorKey(family, owner), buildKey(family, owner)}, {});
    return batch.run(deadline);
}

} // namespace backend
