// Follows. The truth is the follower's row (`follows`, in the follower's shard); the followee's side
// (`followers`) is written by the queue, only with newer versions. Stateless; each call uses the caller's
// session (one thread).
#pragma once

#include "backend/domain/task.h"
#include "backend/store/post_source.h"
#include "backend/store/shard_sql.h"

#include <optional>
#include <span>
#include <vector>

namespace backend {

struct Edge
{
    UserId follower, followee;
    auto operator<=>(const Edge&) const = default;
};

// An edge as the follower's shard has it now. version 0: there never was one.
struct EdgeState
{
    Edge edge;
    bool following = false;
    std::int64_t version = 0;
    bool readerWarm = true;
    std::int64_t readerGeneration = 1;
    bool readerDeleted = false; // the follower's account
    PostId keptTo;              // of an ended edge: posts up to here stay; 0: none
};

// The warm followers of one author in one id range.
struct Audience
{
    UserId author;
    TimePoint readAt;            // when reading it began, by the clock of the author's node
    std::int64_t edgesEnded = 0; // counters.edges_ended, read before the followers
    bool authorWarm = true;
    bool authorDeleted = false;  // the account
    std::vector<UserId> readers; // ascending; at most the limit asked for
    std::int64_t followers = 0;  // of the author in all, dormant ones included, at the same moment
};

// How a large audience is cut: warm followers per range, and the dormant ones of all ranges.
struct AudiencePlan
{
    struct Range
    {
        UserId after, upTo; // (after, upTo]
        std::int64_t warm = 0;
    };
    TimePoint readAt; // when reading it began, by the clock of the author's node
    std::vector<Range> ranges;
    std::int64_t warm = 0, dormant = 0;
};

class EdgeStore
{
public:
    // Changes the truth and enqueues edge_changed, once per change; no-ops when it is so already.
    [[nodiscard]] static Result<void> follow(SqlSession& session, const Edge& edge, Deadline deadline);
    // Posts with ids up to `keptTo` stay in the reader's home timeline; 0: none.
    [[nodiscard]] static Result<void> unfollow(SqlSession& session, const Edge& edge, PostId keptTo,
                                               Deadline deadline);

    // --- for the queue's handlers ---
    [[nodiscard]] static Result<std::vector<EdgeState>> load(SqlSession& session, std::span<const Edge> edges,
                                                             Deadline deadline);
    // The followee's side and its followers counter, only where the version is newer.
    [[nodiscard]] static Result<void> writeFollowers(SqlSession& session, std::span<const EdgeState> states,
                                                     Deadline deadline);
    // counters.following of the followers, exactly once per change of state.
    [[nodiscard]] static Result<void> countFollowing(SqlSession& session, std::span<const Edge> edges,
                                                     Deadline deadline);

    // Warm followers with ids in (after, upTo] of each author; upTo 0 means no end. Dormant ones cost
    // nothing.
    struct AudienceQuery
    {
        UserId author, after, upTo;
        int limit = 0;
    };
    [[nodiscard]] static Result<std::vector<Audience>>
    audiences(SqlSession& session, std::span<const AudienceQuery> queries, Deadline deadline);
    [[nodiscard]] static Result<AudiencePlan> planAudience(SqlSession& session, UserId author, int chunk,
                                                           Deadline deadline);
    // What counters know about the followers each author lost, by author in the order given.
    struct LostFollowers
    {
        std::int64_t count = 0;
        std::optional<TimePoint> lastAt; // by the clock of the author's node, as below
    };
    [[nodiscard]] static Result<std::vector<LostFollowers>>
    lostFollowers(SqlSession& session, std::span<const UserId> authors, Deadline deadline);
    // Of each range the readers whose edge ended at `since` or later and has not begun again; ascending.
    // `limit` is ignored.
    struct EndedQuery
    {
        AudienceQuery range;
        TimePoint since;
        PostId post; // readers who keep it are left out
    };
    [[nodiscard]] static Result<std::vector<std::vector<UserId>>>
    endedSince(SqlSession& session, std::span<const EndedQuery> queries, Deadline deadline);

    // Whose posts are the reader's home timeline: whom it follows, up to some id whom it followed once, and
    // the reader itself.
    [[nodiscard]] static Result<std::vector<PostSource>> homeSources(SqlSession& session, UserId reader,
                                                                     Deadline deadline);
    // Its two halves, for who has something else to ask meanwhile: what was started must be finished, before
    // that session is asked anything else of the reader's node.
    [[nodiscard]] static Result<SqlConnection*> startHomeSources(SqlSession& session, UserId reader,
                                                                 Deadline deadline);
    [[nodiscard]] static Result<std::vector<PostSource>> finishHomeSources(SqlConnection& started,
                                                                           UserId reader);
    // Whom the reader follows (without the reader).
    [[nodiscard]] static Result<std::vector<UserId>> followees(SqlSession& session, UserId reader,
                                                               Deadline deadline);
    [[nodiscard]] static Result<std::vector<UserId>>
    followeesPage(SqlSession& session, UserId reader, UserId after, int limit, Deadline deadline);
    [[nodiscard]] static Result<std::vector<UserId>>
    followersPage(SqlSession& session, UserId author, UserId after, int limit, Deadline deadline);

    // --- many at once ---
    // The followees' side and its counter, for edges that have none yet. To be written before the followers'
    // side: should the process end between the two, the next run finds the edge new again.
    [[nodiscard]] static Result<void> insertFollowersSide(SqlSession& session, std::span<const Edge> edges,
                                                          Deadline deadline);
    struct NewEdge
    {
        Edge edge;
        bool backfill = false; // enqueue edge_changed with it
    };
    // Ends those of the edges that stand, with an edge_changed each; one transaction per node. Returns how
    // many it ended.
    [[nodiscard]] static Result<std::int64_t> endAll(SqlSession& session, std::span<const Edge> edges,
                                                     Milliseconds rankDelay, Deadline deadline);
    // The truth and its counter, for edges that are new; those that exist are left alone. Returns how many
    // were new.
    [[nodiscard]] static Result<std::int64_t>
    insertFollowsSide(SqlSession& session, std::span<const NewEdge> edges, Deadline deadline);
};

} // namespace backend
