#include "backend/cache/timelines.h"

#include "backend/cache/timeline_keys.h"
#include "backend/cache/timeline_scripts.h"
#include "backend/common/fault_points.h"

#include <algorithm>
#include <random>

namespace backend {
namespace {

constexpr Milliseconds kShortestTokenLife{60'000};

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

Result<std::optional<std::string>> Timelines::beginBuild(RedisClient& client, TimelineFamily family,
                                                         UserId owner, Milliseconds staleAfter,
                                                         Deadline deadline) const
{
    // A stale token may be taken over, but while nobody wants to, its slow builder may still publish. In the
    // end the token of a dead one goes by itself.
    const auto life = std::max(kShortestTokenLife, 4 * staleAfter);
    RedisBatch batch(client);
    const TimelineKeys keys(family, owner);
    batch.addScript(nodeOf(family, owner), timeline_scripts::beginBuild(),
                    {keys.entries, keys.floor, keys.build, keys.note},
                    {randomText(), std::to_string(staleAfter.count()), std::to_string(life.count()),
                     std::string(kVoidLifeMs)});
    ROOKERY_TRY(batch.run(deadline));
    const auto& reply = *batch.reply(0);
    return reply.isNil() ? std::optional<std::string>() : std::optional(reply.text);
}

Result<bool> Timelines::finishBuild(RedisClient& client, TimelineFamily family, UserId owner,
                                    const std::string& token, std::span<const PostId> posts, PostId floor,
                                    Deadline deadline) const
{
    const int node = nodeOf(family, owner);
    RedisBatch batch(client);
    std::vector<PostId> newestFirst(posts.begin(), posts.end());
    std::sort(newestFirst.rbegin(), newestFirst.rend());
    // The newest go into the open segment, where what is delivered meanwhile goes as well.
    const TimelineKeys keys(family, owner);
    const auto pieces = piecesOf(newestFirst, std::stoul(segmentSize()));
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        std::vector<std::string> arguments{token, std::to_string(i + 1 < pieces.size() ? i + 1 : 0)};
        for (const auto post : pieces[i]) {
            arguments.push_back(scoreText(post).text());
            arguments.push_back(memberOf(post));
        }
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
                    {token, memberOf(floor), std::string(kFloorLayout)});
    ROOKERY_TRY(batch.run(deadline));
    return batch.reply(0)->integer == 1;
}

} // namespace backend
