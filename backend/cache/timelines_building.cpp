#include "backend/cache/timelines.h"

#include "backend/cache/timeline_keys.h"
#include "backend/cache/timeline_scripts.h"
#include "backend/common/fault_points.h"

#include <algorithm>
#include <random>

namespace backend {
namespace {

constexpr Milliseconds kShortestTokenLife{60'000};

// A stale token may be taken over, but while nobody wants to, its slow builder may still publish. In the end
// the token of a dead one goes by itself.
std::string lifeOfToken(Milliseconds staleAfter)
{
    return std::to_string(std::max(kShortestTokenLife, 4 * staleAfter).count());
}

void addScored(std::vector<std::string>& arguments, std::span<const PostId> posts)
{
    for (const auto post : posts) {
        arguments.push_back(scoreText(post).text());
        arguments.push_back(memberOf(post));
    }
}

std::string layoutOf(const TimelineFloor& floor)
{
    return std::string(floor.whole ? kFloorLayout : kPartFloorLayout);
}

std::string randomText()
{
    std::random_device device;
    const auto value = (std::uint64_t(device()) << 32) | device();
    return std::to_string(value);
}

// Cut between two milliseconds; the oldest come first, the last piece is what is left over.
std::vector<std::span<const PostId>> piecesOf(std::span<const PostId> newestFirst, std::size_t size)
{
    const auto ms = [&](std::size_t i) { return idMillisecondsOf(newestFirst[i].value); };
    std::vector<std::span<const PostId>> pieces;
    for (std::size_t end = newestFirst.size(); end > 0;) {
        std::size_t begin = end > size ? end - size : 0;
        while (begin > 0 && ms(begin) == ms(begin - 1))
            --begin;
        pieces.push_back(newestFirst.subspan(begin, end - begin));
        end = begin;
    }
    return pieces;
}

} // namespace

Result<Timelines::Build> Timelines::beginBuild(RedisClient& client, TimelineFamily family, UserId owner,
                                               Milliseconds staleAfter, Deadline deadline) const
{
    RedisBatch batch(client);
    const TimelineKeys keys(family, owner);
    batch.addScript(nodeOf(family, owner), timeline_scripts::beginBuild(),
                    {keys.entries, keys.floor, keys.build, keys.note},
                    {randomText(), std::to_string(staleAfter.count()), lifeOfToken(staleAfter),
                     std::string(kVoidLifeMs)});
    ROOKERY_TRY(batch.run(deadline));
    const auto& reply = *batch.reply(0);
    if (reply.isNil()) return Build{Start::Busy, {}};
    return Build{reply.text.empty() ? Start::Needless : Start::Begun, reply.text};
}

Result<bool> Timelines::finishBuild(RedisClient& client, TimelineFamily family, UserId owner,
                                    const std::string& token, std::span<const PostId> posts,
                                    const TimelineFloor& floor, Deadline deadline) const
{
    const int node = nodeOf(family, owner);
    RedisBatch batch(client);
    std::vector<PostId> newestFirst(posts.begin(), posts.end());
    std::sort(newestFirst.rbegin(), newestFirst.rend());
    // The newest go into the open segment, where what is delivered meanwhile goes as well.
    const TimelineKeys keys(family, owner);
    const auto pieces = piecesOf(newestFirst, std::size_t(segmentSize()));
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        std::vector<std::string> arguments{token, std::to_string(i + 1 < pieces.size() ? i + 1 : 0)};
        addScored(arguments, pieces[i]);
        batch.addScript(node, timeline_scripts::fill(), {keys.entries, keys.floor, keys.build, keys.note},
                        arguments);
        ROOKERY_FAULT_POINT_AFTER("rebuild.between_fills", std::ignore = batch.run(deadline));
    }
    // Publishing goes in a trip of its own, only after every piece is known to be there.
    ROOKERY_TRY(batch.run(deadline));
    for (std::size_t i = 0; i < batch.size(); ++i)
        if (batch.reply(i)->integer != 1) return false;
    ROOKERY_FAULT_POINT("rebuild.before_publish");
    batch.clear();
    batch.addScript(node, timeline_scripts::publish(), {keys.floor, keys.build},
                    {token, memberOf(floor.id), layoutOf(floor)});
    ROOKERY_TRY(batch.run(deadline));
    return batch.reply(0)->integer == 1;
}

Result<void> Timelines::giveUpBuild(RedisClient& client, TimelineFamily family, UserId owner,
                                    const std::string& token, Deadline deadline) const
{
    RedisBatch batch(client);
    batch.addScript(nodeOf(family, owner), timeline_scripts::giveUp(), {buildKey(family, owner)}, {token});
    return batch.run(deadline);
}

Result<Timelines::Deepening> Timelines::beginDeepening(RedisClient& client, TimelineFamily family,
                                                       UserId owner, Milliseconds staleAfter,
                                                       Deadline deadline) const
{
    RedisBatch batch(client);
    const TimelineKeys keys(family, owner);
    batch.addScript(nodeOf(family, owner), timeline_scripts::beginDeepening(),
                    {keys.entries, keys.floor, keys.build, keys.note},
                    {randomText(), std::to_string(staleAfter.count()), lifeOfToken(staleAfter),
                     std::to_string(segmentSize())});
    ROOKERY_TRY(batch.run(deadline));
    const auto& parts = batch.reply(0)->elements;
    if (parts.size() == 1) return Deepening{parts[0].integer == 1 ? Start::Busy : Start::Needless, {}, {}, 0};
    const auto floor = parts.size() == 4 ? postOfMember(parts[2].text) : std::nullopt;
    if (!floor)
        return fail(ErrorCode::Internal, client.nodeName(nodeOf(family, owner)) +
                                             " answered the begin of a deepening with something else");
    return Deepening{Start::Begun, parts[1].text, *floor, parts[3].integer};
}

Result<bool> Timelines::deepen(RedisClient& client, TimelineFamily family, UserId owner,
                               const std::string& token, std::span<const PostId> posts,
                               const TimelineFloor& floor, Deadline deadline) const
{
    RedisBatch batch(client);
    const TimelineKeys keys(family, owner);
    std::vector<std::string> arguments{token, memberOf(floor.id), layoutOf(floor),
                                       std::to_string(segmentSize())};
    addScored(arguments, posts);
    batch.addScript(nodeOf(family, owner), timeline_scripts::deepen(),
                    {keys.entries, keys.floor, keys.build, keys.note}, arguments);
    ROOKERY_TRY(batch.run(deadline));
    return batch.reply(0)->integer == 1;
}

} // namespace backend
