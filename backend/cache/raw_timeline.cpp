#include "backend/cache/raw_timeline.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace backend {
namespace {

constexpr std::size_t kOwnersPerTrip = 200;

bool allDigits(const std::string& text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

std::optional<RawFloor> parseFloor(const std::string& text)
{
    std::istringstream words(text);
    std::string id, runId, more;
    if (!(words >> id >> runId) || words >> more || id.size() != 19 || !allDigits(id)) return std::nullopt;
    return RawFloor{PostId{std::strtoll(id.c_str(), nullptr, 10)}, runId};
}

// Members and scores alternate.
void parseEntries(const std::vector<RedisReply>& elements, RawTimeline& out)
{
    for (std::size_t i = 0; i + 1 < elements.size(); i += 2) {
        const std::string& member = elements[i].text;
        const std::string& score = elements[i + 1].text;
        const PostId id{std::strtoll(member.c_str(), nullptr, 10)};
        if (member.size() != 19 || !allDigits(member))
            out.oddities.push_back("member " + member);
        else
            out.ids.push_back(id);
        const auto milliseconds =
            std::chrono::duration_cast<Milliseconds>(id.time().time_since_epoch()).count();
        if (score != std::to_string(milliseconds)) out.oddities.push_back("score " + score + " of " + member);
    }
}

Result<int> nodeOf(const ShardMap& map, UserId owner)
{
    const auto shard = std::size_t(owner.shard());
    if (shard < map.timelinesNode.size()) return map.timelinesNode[shard];
    return fail(ErrorCode::StaleShardMap, "the shard map has no logical shard " + std::to_string(shard),
                true);
}

Result<void> readTrip(RedisClient& client, const ShardMap& map, TimelineFamily family,
                      std::span<const UserId> owners, std::vector<RawTimeline>& out, Deadline deadline)
{
    RedisBatch batch(client);
    for (const auto owner : owners) {
        ROOKERY_ASSIGN(const int node, nodeOf(map, owner));
        batch.add(node, {"ZRANGE", timelineKey(family, owner), "0", "-1", "WITHSCORES"});
        batch.add(node, {"GET", timelineFloorKey(family, owner)});
    }
    ROOKERY_TRY(batch.run(deadline));
    for (std::size_t i = 0; i < owners.size(); ++i) {
        RawTimeline timeline;
        parseEntries(batch.reply(2 * i)->elements, timeline);
        if (const auto& floor = *batch.reply(2 * i + 1); !floor.isNil()) {
            timeline.floorText = floor.text;
            timeline.floor = parseFloor(floor.text);
        }
        ROOKERY_ASSIGN(const int node, nodeOf(map, owners[i]));
        ROOKERY_ASSIGN(timeline.nodeRunId, client.runId(node, deadline));
        out.push_back(std::move(timeline));
    }
    return {};
}

} // namespace

Result<std::vector<RawTimeline>> readRawTimelines(RedisClient& client, const ShardMap& map,
                                                  TimelineFamily family, std::span<const UserId> owners,
                                                  Deadline deadline)
{
    std::vector<RawTimeline> out;
    out.reserve(owners.size());
    for (std::size_t begin = 0; begin < owners.size(); begin += kOwnersPerTrip)
        ROOKERY_TRY(readTrip(client, map, family,
                             owners.subspan(begin, std::min(kOwnersPerTrip, owners.size() - begin)), out,
                             deadline));
    return out;
}

Result<std::vector<std::optional<RawCounters>>>
readRawCounters(RedisClient& client, const ShardMap& map, std::span<const UserId> users, Deadline deadline)
{
    RedisBatch batch(client);
    for (const auto user : users) {
        ROOKERY_ASSIGN(const int node, nodeOf(map, user));
        batch.add(node,
                  {"GET", "{" + std::to_string(user.shard()) + "}:counters:" + std::to_string(user.value)});
    }
    ROOKERY_TRY(batch.run(deadline));
    std::vector<std::optional<RawCounters>> out;
    for (std::size_t i = 0; i < users.size(); ++i) {
        std::istringstream words(batch.reply(i)->text);
        RawCounters raw;
        auto& c = raw.counters;
        const bool read = bool(words >> raw.version >> c.followers >> c.following >> c.posts);
        out.push_back(read ? std::optional(raw) : std::nullopt);
    }
    return out;
}

} // namespace backend
