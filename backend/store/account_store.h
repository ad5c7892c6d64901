// What takes a deleted account apart, in statements of bounded size. The user's own row says that it is
// deleted and stays; the directory tells how far the rest is. Stateless; each call uses the caller's session.
#pragma once

#include "backend/domain/account.h"
#include "backend/domain/feed.h"
#include "backend/store/shard_sql.h"

#include <optional>
#include <span>
#include <vector>

namespace backend {

struct StoredAccount
{
    std::string handle; // empty once the account is taken apart
    bool deleted = false;
    Counters counters;
};

class AccountStore
{
public:
    // Marks the account deleted and its reader dormant, and enqueues account_deleted and reader_changed, in
    // one transaction, once. NotFound when there is no such user.
    [[nodiscard]] static Result<void> markDeleted(SqlSession& session, UserId user, Deadline deadline);
    // Empty when there is no row.
    [[nodiscard]] static Result<std::optional<StoredAccount>> load(SqlSession& session, UserId user,
                                                                   Deadline deadline);
    [[nodiscard]] static Result<std::vector<UserId>>
    deletedAmong(SqlSession& session, std::span<const UserId> users, Deadline deadline);

    // Deletes the author's newest posts with ids below `before` (0: from the newest), at most `limit`,
    // empties their text and enqueues posts_deleted for them, in one transaction.
    struct DeletedPosts
    {
        std::int64_t count = 0;
        std::optional<PostId> lowest; // where to go on; empty when none was left
    };
    [[nodiscard]] static Result<DeletedPosts> deletePosts(SqlSession& session, UserId author, PostId before,
                                                          int limit, Milliseconds rankDelay,
                                                          Deadline deadline);
    // The handle is free again and the names are forgotten; in this order, each idempotent.
    [[nodiscard]] static Result<void> freeNames(SqlSession& session, int directoryNode, UserId user,
                                                const std::string& handle, Deadline deadline);

    // The directory's record; totals only grow.
    [[nodiscard]] static Result<void> note(SqlSession& session, int directoryNode, UserId user,
                                           const std::string& handle, std::int64_t edges, std::int64_t posts,
                                           Deadline deadline);
    // With the last step; the author is nobody's who is pulled any more.
    [[nodiscard]] static Result<void> noteFinished(SqlSession& session, int directoryNode, UserId user,
                                                   Deadline deadline);
    // Unfinished ones first, then newest first.
    [[nodiscard]] static Result<std::vector<AccountDeletion>>
    deletions(SqlSession& session, int directoryNode, int limit, Deadline deadline);
};

} // namespace backend
