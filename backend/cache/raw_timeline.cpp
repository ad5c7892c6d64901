#include "backend/cache/raw_timeline.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace backend {
namespace {

constexpr std::size_t kOwnersPerTrip = 200;
constexpr std::size_t kSegmentsPerTrip = 12; // usually all

bool allDigits(const std::string& text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

std::optional<RawFloor> parseFloor(const std::string& text)
{
    std::istringstream words(text);
    std::string id, layout, runId, more;
    if (!(words >> id >> layout >> runId) || words >> more || id.size() != 19 || !allDigits(id) || layout != "2")
        return std::nullopt;
    return RawFloor{PostId{std::strtoll(id.c_str(), nullptr, 10)}, runId};
}

std::int64_t millisecondsOf(PostId id)
{
    return std::chrono::duration_cast<Milliseconds>(id.time().time_since_epoch()).count();
}

// Members and scores alternate. Returns the ids as stored.
std::vector<PostId> parseEntries(const std::vector<RedisReply>& elements, RawTimeline& out)
{
    std::vector<PostId> ids;
    for (std::size_t i = 0; i + 1 < elements.size(); i += 2) {
        const std::string& member = elements[i].text;
        const std::string& score = elements[i + 1].text;
        const PostId id{std::strtoll(member.c_str(), nullptr, 10)};
        if (member.size() != 19 || !allDigits(member))
            out.oddities.push_back("member " + member);
        else
            ids.push_back(id);
        if (score != std::to_string(-millisecondsOf(id))) out.oddities.push_back("score " + score + " of " + member);
    }
    return ids;
}

// One owner's segments, the open one first.
void parseSegments(std::span<const RedisReply> segments, RawTimeline& out)
{
    std::optional<PostId> oldest; // of the closed segment before
    bool ended = false;
    for (std::size_t k = 0; k < segments.size(); ++k) {
        const auto ids = parseEntries(segments[k].elements, out);
        out.ids.insert(out.ids.end(), ids.begin(), ids.end());
        if (k == 0) continue;
        if (!ids.empty() && ended) out.oddities.push_back("segment " + std::to_string(k) + " behind a gap");
        ended = ended || ids.empty();
        if (ids.empty()) continue;
        if (oldest && millisecondsOf(ids.front()) >= millisecondsOf(*oldest))
            out.oddities.push_back("segment " + std::to_string(k) + " not older than the one before");
        oldest = ids.back();
    }
    std::sort(out.ids.begin(), out.ids.end());
    out.ids.erase(std::unique(out.ids.begin(), out.ids.end()), out.ids.end());
}

Result<int> nodeOf(const ShardMap& map, UserId owner)
{
    const auto shard = std::size_t(owner.shard());
    if (shard < map.timelinesNode.size()) return map.timelinesNode[shard];
    return fail(ErrorCode::StaleShardMap, "the shard map has no logical shard " + std::to_string(shard),
                true);
}

// Of every owner the segments from `first` on. True when any may have more.
Result<bool> readSegments(RedisClient& client, const ShardMap& map, TimelineFamily family, std::span<const UserId> owners,
                          std::size_t first, std::vector<std::vector<RedisReply>>& segments, Deadline deadline)
{
    RedisBatch batch(client);
    for (const auto owner : owners) {
        ROOKERY_ASSIGN(const int node, nodeOf(map, owner));
        for (auto k = first; k < first + kSegmentsPerTrip; ++k) {
            const auto key = timelineKey(family, owner) + (k == 0 ? "" : ":" + std::to_string(k));
            batch.add(node, {"ZRANGE", key, "0", "-1", "WITHSCORES"});
        }
    }
    ROOKERY_TRY(batch.run(deadline));
    bool more = false;
    for (std::size_t i = 0; i < owners.size(); ++i) {
        for (std::size_t k = 0; k < kSegmentsPerTrip; ++k)
            segments[i].push_back(*batch.reply(i * kSegmentsPerTrip + k));
        more = more || !segments[i].back().elements.empty();
    }
    return more;
}

Result<void> readTrip(RedisClient& client, const ShardMap& map, TimelineFamily family, std::span<const UserId> owners,
                      std::vector<RawTimeline>& out, Deadline deadline)
{
    std::vector<std::vector<RedisReply>> segments(owners.size());
    bool more = true;
    for (std::size_t first = 0; more; first += kSegmentsPerTrip) {
        ROOKERY_ASSIGN(more, readSegments(client, map, family, owners, first, segments, deadline));
    }
    RedisBatch floors(client);
    for (const auto owner : owners) {
        ROOKERY_ASSIGN(const int node, nodeOf(map, owner));
        floors.add(node, {"GET", timelineFloorKey(family, owner)});
    }
    ROOKERY_TRY(floors.run(deadline));
    for (std::size_t i = 0; i < owners.size(); ++i) {
        RawTimeline timeline;
        parseSegments(segments[i], timeline);
        if (const auto& floor = *floors.reply(i); !floor.isNil()) {
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
