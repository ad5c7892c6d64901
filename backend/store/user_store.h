// Users, handles and counters. Handles live in the directory, everything else in the user's logical shard.
// Stateless; each call uses the caller's session (one thread).
#pragma once

#include "backend/domain/feed.h"
#include "backend/domain/task.h"
#include "backend/store/shard_sql.h"

#include <optional>
#include <span>
#include <vector>

namespace backend {

struct StoredUser
{
    User user;
    bool warm = true;
    std::int64_t generation = 1;
    TimePoint lastSeenAt;
    bool deleted = false; // the account: to be taken for one that is not there
};

struct StoredCounters
{
    Counters counters;
    std::int64_t version = 0;
};

// An amount added to one user's `posts` because of one task: applied once however often the task runs.
struct PostsCountEffect
{
    TaskRef task;
    TimePoint taskExpiresAt;
    UserId author;
    int delta = 1;
};

class UserStore
{
public:
    // Claims the handle and enqueues user_created, in one transaction on the directory node. Conflict when
    // taken.
    [[nodiscard]] static Result<void> claimHandle(SqlSession& session, int directoryNode, const User& user,
                                                  Deadline deadline);
    // The user's rows in its shard; idempotent.
    [[nodiscard]] static Result<void> insertRows(SqlSession& session, std::span<const User> users,
                                                 Deadline deadline);
    // Handles of many users at once, without tasks (bulk loading writes the rows itself). Returns how many
    // were new; Conflict when a handle belongs to another id.
    [[nodiscard]] static Result<std::int64_t> claimHandles(SqlSession& session, int directoryNode,
                                                           std::span<const User> users, Deadline deadline);

    // Result i belongs to id i; empty when there is none, or its account was deleted.
    [[nodiscard]] static Result<std::vector<std::optional<StoredUser>>>
    load(SqlSession& session, std::span<const UserId> ids, Deadline deadline);
    // The users of the nodes that answer; others are absent, as are those that do not exist.
    // Deleted ones are among them, marked.
    [[nodiscard]] static std::vector<StoredUser>
    loadWhatAnswers(SqlSession& session, std::span<const UserId> ids, Deadline deadline);
    [[nodiscard]] static Result<std::optional<UserId>> idOfHandle(SqlSession& session, int directoryNode,
                                                                  std::string_view handle, Deadline deadline);
    [[nodiscard]] static Result<std::vector<UserId>> idsByHandlePrefix(SqlSession& session, int directoryNode,
                                                                       std::string_view prefix, int limit,
                                                                       Deadline deadline);

    [[nodiscard]] static Result<void> touchLastSeen(SqlSession& session, UserId user, Deadline deadline);

    [[nodiscard]] static Result<std::vector<StoredCounters>>
    counters(SqlSession& session, std::span<const UserId> users, Deadline deadline);
    // Adds to `posts`, each effect once, and returns the counters as they are after it, by author (no
    // duplicates).
    [[nodiscard]] static Result<std::vector<std::pair<UserId, StoredCounters>>>
    applyPostsCounts(SqlSession& session, std::span<const PostsCountEffect> effects, Deadline deadline);
};

} // namespace backend
