#include "backend/cache/raw_timeline.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <sstream>

namespace backend {
namespace {

constexpr std::size_t kOwnersPerTrip = 200;
constexpr std::int64_t kMostSegments = 100'000; // of a readable note
constexpr int kReadings = 4;                    // of a timeline whose closed segments change meanwhile

bool allDigits(const std::string& text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

std::optional<RawFloor> parseFloor(const std::string& text)
{
    std::istringstream words(text);
    std::string id, layout, runId, more;
    if (!(words >> id >> layout >> runId) || words >> more || id.size() != 19 || !allDigits(id) ||
        (layout != "2" && layout != "3"))
        return std::nullopt;
    return RawFloor{PostId{std::strtoll(id.c_str(), nullptr, 10)}, runId, layout == "2"};
}

void addOddity(RawTimeline& out, std::string what, PostId post = {})
{
    out.oddities.push_back(std::move(what));
    out.oddPosts.push_back(post);
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
        const bool isId = member.size() == 19 && allDigits(member);
        if (isId)
            ids.push_back(id);
        else
            addOddity(out, "member " + member);
        if (score != std::to_string(-millisecondsOf(id))) {
            addOddity(out, "score " + score + " of " + member, isId ? id : PostId{});
            if (isId) out.oddScores.push_back(id);
        }
    }
    out.stored += elements.size() / 2;
    return ids;
}

// As noted beside the timeline; {1, 0} when nothing is.
struct Closed
{
    std::int64_t lowest = 1, highest = 0, entries = 0, newestScore = 0;
};

Closed parseNote(const RedisReply& reply, RawTimeline& out)
{
    Closed closed;
    if (reply.isNil()) return closed;
    std::istringstream words(reply.text);
    if (words >> closed.lowest >> closed.highest >> closed.entries >> closed.newestScore &&
        closed.lowest >= 1 && closed.highest - closed.lowest < kMostSegments)
        return closed;
    addOddity(out, "note of segments " + reply.text);
    return {};
}

// Closed segments, the newest first.
void parseClosed(std::span<const RedisReply> segments, const Closed& noted, RawTimeline& out)
{
    std::optional<PostId> oldest; // of the newer segment before
    std::int64_t entries = 0;
    std::vector<PostId> all;
    for (const auto& segment : segments) {
        const auto ids = parseEntries(segment.elements, out);
        all.insert(all.end(), ids.begin(), ids.end());
        entries += std::int64_t(ids.size());
        if (ids.empty()) continue;
        if (oldest ? millisecondsOf(ids.front()) >= millisecondsOf(*oldest)
                   : -millisecondsOf(ids.front()) < noted.newestScore)
            addOddity(out, "segment of " + memberOf(ids.front()) + " lies behind older entries", ids.front());
        oldest = ids.back();
    }
    if (entries != noted.entries)
        addOddity(out, std::to_string(entries) + " entries in segments noted with " +
                           std::to_string(noted.entries));
    out.ids.insert(out.ids.end(), all.begin(), all.end());
    std::sort(all.begin(), all.end());
    for (auto at = std::adjacent_find(all.begin(), all.end()); at != all.end();
         at = std::adjacent_find(std::upper_bound(at, all.end(), *at), all.end()))
        out.doubles.push_back(*at);
}

Result<int> nodeOf(const ShardMap& map, UserId owner)
{
    const auto shard = std::size_t(owner.shard());
    if (shard < map.timelinesNode.size()) return map.timelinesNode[shard];
    return fail(ErrorCode::StaleShardMap, "the shard map has no logical shard " + std::to_string(shard),
                true);
}

// Reads some owners' timelines into their places. Returns whose closed segments changed during it.
Result<std::vector<std::size_t>> readTrip(RedisClient& client, const ShardMap& map, TimelineFamily family,
                                          std::span<const UserId> owners,
                                          const std::vector<std::size_t>& which,
                                          std::vector<RawTimeline>& out, Deadline deadline)
{
    RedisBatch heads(client), closed(client);
    std::vector<int> nodes;
    for (const auto i : which) {
        ROOKERY_ASSIGN(const int node, nodeOf(map, owners[i]));
        nodes.push_back(node);
        heads.add(node, {"GET", timelineSegmentsKey(family, owners[i])});
        heads.add(node, {"ZRANGE", timelineKey(family, owners[i]), "0", "-1", "WITHSCORES"});
        heads.add(node, {"GET", timelineFloorKey(family, owners[i])});
    }
    ROOKERY_TRY(heads.run(deadline));
    std::vector<Closed> noted;
    for (std::size_t at = 0; at < which.size(); ++at) {
        auto& timeline = out[which[at]] = {};
        noted.push_back(parseNote(*heads.reply(3 * at), timeline));
        for (auto k = noted[at].highest; k >= noted[at].lowest; --k)
            closed.add(nodes[at], {"ZRANGE", timelineKey(family, owners[which[at]]) + ":" + std::to_string(k),
                                   "0", "-1", "WITHSCORES"});
        closed.add(nodes[at], {"GET", timelineSegmentsKey(family, owners[which[at]])});
    }
    ROOKERY_TRY(closed.run(deadline));
    std::vector<std::size_t> changed;
    std::size_t next = 0;
    for (std::size_t at = 0; at < which.size(); ++at) {
        auto& timeline = out[which[at]];
        timeline.ids = parseEntries(heads.reply(3 * at + 1)->elements, timeline);
        std::vector<RedisReply> segments;
        for (auto k = noted[at].highest; k >= noted[at].lowest; --k)
            segments.push_back(*closed.reply(next++));
        if (closed.reply(next++)->text != heads.reply(3 * at)->text) changed.push_back(which[at]);
        parseClosed(segments, noted[at], timeline);
        std::sort(timeline.ids.begin(), timeline.ids.end());
        timeline.ids.erase(std::unique(timeline.ids.begin(), timeline.ids.end()), timeline.ids.end());
        if (const auto& floor = *heads.reply(3 * at + 2); !floor.isNil()) {
            timeline.floorText = floor.text;
            timeline.floor = parseFloor(floor.text);
        }
        ROOKERY_ASSIGN(timeline.nodeRunId, client.runId(nodes[at], deadline));
    }
    return changed;
}

} // namespace

Result<std::vector<RawTimeline>> readRawTimelines(RedisClient& client, const ShardMap& map,
                                                  TimelineFamily family, std::span<const UserId> owners,
                                                  Deadline deadline)
{
    std::vector<RawTimeline> out(owners.size());
    for (std::size_t begin = 0; begin < owners.size(); begin += kOwnersPerTrip) {
        std::vector<std::size_t> which(std::min(kOwnersPerTrip, owners.size() - begin));
        std::iota(which.begin(), which.end(), begin);
        for (int reading = 0; reading < kReadings && !which.empty(); ++reading) {
            ROOKERY_ASSIGN(which, readTrip(client, map, family, owners, which, out, deadline));
        }
    }
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
