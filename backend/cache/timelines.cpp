#include "backend/cache/timelines.h"

#include "backend/cache/timeline_keys.h"
#include "backend/cache/timeline_scripts.h"

#include <algorithm>
#include <unordered_set>

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

int Timelines::segmentSize() const
{
    return std::max(std::min(m_limits.segment, m_limits.cap / 2), 1);
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

void TimelineEntries::add(PostId post)
{
    m_arguments.add(scoreText(post));
    m_arguments.add(memberText(post));
    m_newest = std::max(m_newest, post);
}

void Timelines::addEntries(RedisBatch& batch, std::vector<SizeCheck>& checks, TimelineFamily family,
                           UserId owner, const TimelineEntries& entries) const
{
    const int node = nodeOf(family, owner);
    const auto key = entriesKey(family, owner);
    batch.add(node, {"ZADD", key}, entries.arguments());
    const auto draw = mixed(std::uint64_t(entries.newest().value), std::uint64_t(owner.value));
    const auto drawn = [&](int oneIn) { return draw % std::uint64_t(std::max(oneIn, 1)) < entries.size(); };
    const bool always = drawn(m_limits.upkeepOneIn);
    if (!always && !drawn(m_limits.checkOneIn)) return;
    checks.push_back({batch.add(node, {"ZCARD", key}), family, owner, entries.newest(), always});
}

void Timelines::addEntry(RedisBatch& batch, std::vector<SizeCheck>& checks, TimelineFamily family,
                         UserId owner, PostId post) const
{
    TimelineEntries one;
    one.add(post);
    addEntries(batch, checks, family, owner, one);
}

void Timelines::addUpkeep(RedisBatch& batch, std::vector<SizeCheck>& checks) const
{
    const auto age = std::chrono::duration_cast<Milliseconds>(m_limits.age).count();
    const std::int64_t size = segmentSize();
    std::unordered_set<std::uint64_t> begun; // a batch may deliver to one owner many times
    for (const auto& check : checks) {
        const auto& count = batch.reply(check.reply);
        if (!count || (!check.always && count->integer < size)) continue;
        if (!begun.insert(std::uint64_t(check.owner.value) * 4 + std::uint64_t(check.family)).second)
            continue;
        const auto ms =
            std::max<std::int64_t>(unixMillisecondsOf(check.newest.value) - age - kIdEpochUnixMs, 0);
        const PostId oldest{makeRawId(ms, 0, 0)};
        const TimelineKeys keys(check.family, check.owner);
        batch.addScript(nodeOf(check.family, check.owner), timeline_scripts::upkeep(),
                        {keys.entries, keys.floor, keys.build, keys.note},
                        {std::to_string(std::max(m_limits.cap, 1)), std::to_string(segmentSize()),
                         check.always && oldest.value > 0 ? scoreText(oldest).text() : "", memberOf(oldest)});
    }
    checks.clear();
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
    if (members.empty()) return;
    const TimelineKeys keys(family, owner);
    batch.addScript(node, timeline_scripts::remove(), {keys.entries, keys.floor, keys.build, keys.note},
                    members);
}

void Timelines::backfill(RedisBatch& batch, TimelineFamily family, UserId owner,
                         std::span<const PostId> posts, PostId completeDownTo, const std::string& runId) const
{
    std::vector<std::string> arguments{runId, memberOf(completeDownTo), scoreText(completeDownTo).text(),
                                       std::to_string(std::max(m_limits.cap, 1)),
                                       std::to_string(segmentSize())};
    std::vector<PostId> newestFirst(posts.begin(), posts.end());
    std::sort(newestFirst.rbegin(), newestFirst.rend());
    for (const auto post : newestFirst) {
        arguments.push_back(scoreText(post).text());
        arguments.push_back(memberOf(post));
    }
    const TimelineKeys keys(family, owner);
    batch.addScript(nodeOf(family, owner), timeline_scripts::backfill(),
                    {keys.entries, keys.floor, keys.build, keys.note}, arguments);
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
    addDrop(batch, family, owner);
    return batch.run(deadline);
}

void Timelines::addDropAbsent(RedisBatch& batch, TimelineFamily family, UserId owner,
                              std::span<const std::string> keys) const
{
    const TimelineKeys names(family, owner);
    batch.addScript(nodeOf(family, owner), timeline_scripts::dropAbsent(),
                    {names.entries, names.floor, names.build, names.note}, {keys.begin(), keys.end()});
}

void Timelines::addDrop(RedisBatch& batch, TimelineFamily family, UserId owner) const
{
    const TimelineKeys keys(family, owner);
    batch.addScript(nodeOf(family, owner), timeline_scripts::drop(),
                    {keys.entries, keys.floor, keys.build, keys.note}, {});
}

} // namespace backend
