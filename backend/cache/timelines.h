// Timelines in Redis: sorted sets of post ids (member: 19 digits, score: the post's Unix time in ms,
// negative, so that the newest comes first) with a floor, the oldest id down to which they are known to be
// complete. A timeline is held in segments, small enough for Redis' compact encoding: the open one takes what
// is delivered; when it is full it is renamed and so closed; the oldest is dropped whole. A timeline without
// a valid floor is absent, whatever entries exist; a floor is valid for one life (run_id) of its node.
// Stateless apart from scripts; thread-safe. Calls that take a batch only add commands to it: the caller runs
// it. Keys: {17}:home:<user> (open), {17}:home:<user>:<number> (closed, the newest has the highest),
// {17}:home-segments:<user>, {17}:home-floor:<user>, {17}:home-build:<user>, the same with `author`, and with
// `public` without a user. Values: a floor is "<19 digits> 2 <run_id>" (2: this layout; 3: the same, but only
// the newest part is built so far, and the floor is to be lowered) or "void"; segments are noted as "<lowest
// number> <highest> <entries> <score of the newest>"; a build token is "<random> <begun, Unix ms> <run_id>".
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/domain/ids.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace backend {

enum class TimelineFamily { Home, Author, Public }; // Public: owner is the logical shard, see publicOwner()

struct TimelineLimits
{
    int cap = 800; // entries kept at least; up to two segments more until the oldest is dropped
    // Entries of a closed segment: 102 fill one of the allocator's sizes, and Redis keeps up to 128 compact
    // by default.
    int segment = 102;
    int checkOneIn = 8;    // a full segment is looked for on one delivery in so many,
    int upkeepOneIn = 512; // and what is too old on one in so many
    std::chrono::hours age{24 * 30};
};

struct TimelineFloor
{
    PostId id;         // complete down to here, inclusive; 0: to the beginning
    bool whole = true; // false: it is to become deeper, see beginDeepening()
};

// A stretch of a timeline, newest first.
struct TimelineSlice
{
    bool valid = false;          // false: absent
    bool whole = true;           // see TimelineFloor
    PostId floor;                // complete down to here, inclusive; id 0: complete to the beginning
    std::vector<PostId> entries; // strictly descending, all ≥ floor
    bool reachedFloor =
        false; // no entry ≥ floor lies below the last one returned (none returned: below `before`)
};

// Posts on their way into many timelines at once, written out once.
class TimelineEntries
{
public:
    void add(PostId post);
    std::size_t size() const { return m_arguments.count() / 2; }
    PostId newest() const { return m_newest; }
    const RedisArguments& arguments() const { return m_arguments; }

private:
    RedisArguments m_arguments;
    PostId m_newest;
};

// Deliveries on which the size of the timeline was asked for.
struct SizeCheck
{
    std::size_t reply = 0; // of the batch
    TimelineFamily family{};
    UserId owner;
    PostId newest;       // of those delivered
    bool always = false; // upkeep whatever the size
};

class Timelines
{
public:
    Timelines(const ShardMapSource& maps, TimelineLimits limits);

    const TimelineLimits& limits() const;
    // Entries of a closed segment: small caps have small ones, so that what is kept beyond the cap stays in
    // proportion.
    int segmentSize() const;
    int nodeOf(TimelineFamily family, UserId owner) const;
    static UserId publicOwner(int shard); // an id that carries just the shard

    // --- writing by pipeline
    // Idempotent. Asks for the size now and then (deterministic in post and owner).
    void addEntries(RedisBatch& batch, std::vector<SizeCheck>& checks, TimelineFamily family, UserId owner,
                    const TimelineEntries& entries) const;
    void addEntry(RedisBatch& batch, std::vector<SizeCheck>& checks, TimelineFamily family, UserId owner,
                  PostId post) const;
    // After the batch has run: puts what came late in its place, closes full segments, and drops, floor
    // first, what is beyond the cap or older than the greatest age counted back from the post; nothing during
    // a build. To be run again; what it does not reach is left to later deliveries. Forgets the checks.
    void addUpkeep(RedisBatch& batch, std::vector<SizeCheck>& checks) const;
    // Removals delete the build token (whoever builds starts again), before they remove.
    void removeEntries(RedisBatch& batch, TimelineFamily family, UserId owner,
                       std::span<const PostId> posts) const;
    // Backfill: only into a timeline with a valid floor; deletes the build token. When `completeDownTo` lies
    // above the floor, the floor is raised to it (before anything is dropped). Ids below the floor are not
    // inserted. Reply: how many were, -1 when the floor is not valid under `runId`.
    void backfill(RedisBatch& batch, TimelineFamily family, UserId owner, std::span<const PostId> posts,
                  PostId completeDownTo, const std::string& runId) const;
    // A brand-new owner's timeline: floor 0, unless there is or was a floor, valid or void, or a build is
    // under way. REQUIRES: no post of the timeline was delivered in an earlier life of the node.
    void publishEmpty(RedisBatch& batch, TimelineFamily family, UserId owner, const std::string& runId) const;
    // Removes the floor and the build token: absent from now on, and whoever builds starts again.
    void voidFloor(RedisBatch& batch, TimelineFamily family, UserId owner) const;
    // Drops everything of the owner, floor first, in one command; see drop().
    void addDrop(RedisBatch& batch, TimelineFamily family, UserId owner) const;
    // Drops entries of a timeline that has no floor, and `keys`, which are named like segments or notes of
    // it; nothing while it has a floor, whatever its life, or is being built. Reply: how many of `keys` there
    // were.
    void addDropAbsent(RedisBatch& batch, TimelineFamily family, UserId owner,
                       std::span<const std::string> keys) const;

    // --- reading
    // Entries below `before` (exclusive; empty: newest) and above `after` (exclusive): of these the newest
    // `limit`, in both directions. One atomic look at entries and floor, so neither a trim nor a build can
    // slip between.
    [[nodiscard]] Result<TimelineSlice> read(RedisClient& client, TimelineFamily family, UserId owner,
                                             std::optional<PostId> before, std::optional<PostId> after,
                                             int limit, Deadline deadline) const;
    // The same for many owners in one round trip per node (more where many entries share a millisecond); one
    // result per owner.
    [[nodiscard]] std::vector<Result<TimelineSlice>> readMany(RedisClient& client, TimelineFamily family,
                                                              std::span<const UserId> owners,
                                                              std::optional<PostId> before, int limit,
                                                              Deadline deadline) const;
    // The valid floors of many owners; empty where absent. `Stopped` takes each one's token first: whoever
    // builds or deepens by what it read before this call publishes and lowers nothing any more, so that a
    // floor read here moves down only by who reads PostgreSQL after this call.
    enum class Builders { GoOn, Stopped };
    [[nodiscard]] Result<std::vector<std::optional<TimelineFloor>>>
    floors(RedisClient& client, TimelineFamily family, std::span<const UserId> owners, Deadline deadline,
           Builders builders = Builders::GoOn) const;

    // --- building
    enum class Start { Begun, Busy, Needless };
    struct Build
    {
        Start start = Start::Begun;
        std::string token; // of who has begun
    };
    // Clears entries and sets a token. Needless when there is a valid floor; Busy when another's token is
    // younger than `staleAfter` by the node's clock; an older one is taken over, and its builder cannot
    // publish any more.
    [[nodiscard]] Result<Build> beginBuild(RedisClient& client, TimelineFamily family, UserId owner,
                                           Milliseconds staleAfter, Deadline deadline) const;
    // Fills and publishes the floor if the token stands; false when somebody interfered, or the node began
    // another life since beginBuild (build again). Not whole: these are only the newest.
    [[nodiscard]] Result<bool> finishBuild(RedisClient& client, TimelineFamily family, UserId owner,
                                           const std::string& token, std::span<const PostId> posts,
                                           const TimelineFloor& floor, Deadline deadline) const;
    // Takes back a token that still stands, so that nobody waits for who has given up.
    [[nodiscard]] Result<void> giveUpBuild(RedisClient& client, TimelineFamily family, UserId owner,
                                           const std::string& token, Deadline deadline) const;

    struct Deepening
    {
        Start start = Start::Begun;
        std::string token;
        PostId floor;             // below it is to be read
        std::int64_t entries = 0; // not below it
    };
    // Sets a token on a timeline of which only a part is built, and clears what lies below its floor (late
    // deliveries, which removals that went by the floor have passed by). Needless when it is absent or whole;
    // Busy as above.
    [[nodiscard]] Result<Deepening> beginDeepening(RedisClient& client, TimelineFamily family, UserId owner,
                                                   Milliseconds staleAfter, Deadline deadline) const;
    // Adds what was read of PostgreSQL below the floor after the token was set, and lowers the floor, in one
    // step; false when the token is gone. A whole one gives the token back; else the next step may follow.
    [[nodiscard]] Result<bool> deepen(RedisClient& client, TimelineFamily family, UserId owner,
                                      const std::string& token, std::span<const PostId> posts,
                                      const TimelineFloor& floor, Deadline deadline) const;
    // Drops everything of the owner, floor first.
    [[nodiscard]] Result<void> drop(RedisClient& client, TimelineFamily family, UserId owner,
                                    Deadline deadline) const;

private:
    const ShardMapSource& m_maps;
    TimelineLimits m_limits;
};

std::string memberOf(PostId post); // 19 digits, zero-padded
std::optional<PostId> postOfMember(std::string_view member);
std::string timelineKey(TimelineFamily family, UserId owner); // {17}:home:123, the open segment
std::string timelineFloorKey(TimelineFamily family, UserId owner);
std::string timelineSegmentsKey(TimelineFamily family, UserId owner);
std::string floorValue(PostId floor, const std::string& runId);

} // namespace backend
