// Recounts what users' counters count, beside the counters and the tasks that are still to change them, each
// node in one statement and so at one moment. Stateless; each call uses the caller's session (one thread).
#pragma once

#include "backend/store/user_store.h"

namespace backend {

// At one moment of the user's own node.
struct RecountedEdges
{
    UserId user;
    StoredCounters stored;
    std::int64_t followers = 0;
    std::int64_t following = 0; // of the edges that were counted,
    std::int64_t uncounted = 0; // and edges whose change was not yet
    bool tasksWaiting = false;  // or dead letters, about this user's follows
};

// At one moment of the author's posts' node.
struct RecountedPosts
{
    std::int64_t posts = 0;
    bool tasksWaiting = false; // or dead letters, about this author's posts
};

class CounterStore
{
public:
    // Users of one logical shard with ids above `after`, ascending, at most `limit`.
    [[nodiscard]] static Result<std::vector<RecountedEdges>>
    recountEdges(SqlSession& session, int shard, UserId after, int limit, Deadline deadline);
    // The same of certain users of that shard; those without rows are left out.
    [[nodiscard]] static Result<std::vector<RecountedEdges>>
    recountEdges(SqlSession& session, int shard, std::span<const UserId> users, Deadline deadline);
    // Result i belongs to user i; all of one logical shard.
    [[nodiscard]] static Result<std::vector<RecountedPosts>>
    recountPosts(SqlSession& session, int shard, std::span<const UserId> users, Deadline deadline);

    // Sets a user's counters, and their version above both given ones, unless they have changed since `seen`.
    // Returns whether it did.
    [[nodiscard]] static Result<bool> replace(SqlSession& session, UserId user, std::int64_t seen,
                                              std::int64_t above, const Counters& counters,
                                              Deadline deadline);
    // Enqueues edge_changed again for this user's follows whose change was not counted. Returns how many.
    [[nodiscard]] static Result<std::int64_t> requeueUncounted(SqlSession& session, UserId follower,
                                                               Deadline deadline);
};

} // namespace backend
