// Posts in their author's logical shard: writing with the task that follows, reading by id and by id range.
// Stateless; each call uses the caller's session (one thread).
#pragma once

#include "backend/domain/feed.h"
#include "backend/store/post_source.h"
#include "backend/store/shard_sql.h"

#include <optional>
#include <span>
#include <vector>

namespace backend {

struct StoredPost
{
    Post post;
    bool deleted = false;
};

// Ids below `before` and not below `from`, both optional.
// From the making of a post's id to the commit of its row: it is given up after that.
inline constexpr Milliseconds kCommittedWithin{10'000};

struct IdRange
{
    std::optional<PostId> before;
    PostId from;
};

class PostStore
{
public:
    // The post and its post_created task, in one transaction, unless a newer id of its author is there: then
    // nothing is written and that id is returned. Idempotent: a post that is there already with the same
    // author and text enqueues nothing; other content is a Conflict.
    [[nodiscard]] static Result<std::optional<PostId>> insertNewest(SqlSession& session, const Post& post,
                                                                    Deadline deadline);
    // Many, grouped by node; one transaction per node. Returns how many were new.
    [[nodiscard]] static Result<std::int64_t> insertMany(SqlSession& session, std::span<const Post> posts,
                                                         Deadline deadline);
    // Marks the post deleted and enqueues post_deleted, once. NotFound when there is none.
    [[nodiscard]] static Result<void> markDeleted(SqlSession& session, PostId post, Deadline deadline);

    // Result i belongs to id i; empty when there is no row.
    [[nodiscard]] static Result<std::vector<std::optional<StoredPost>>>
    load(SqlSession& session, std::span<const PostId> ids, Deadline deadline);
    // The same from the nodes that answer.
    struct Loaded
    {
        std::vector<StoredPost> posts;
        std::vector<PostId> unanswered;
    };
    [[nodiscard]] static Loaded loadWhatAnswers(SqlSession& session, std::span<const PostId> ids,
                                                Deadline deadline);
    // Those of the posts that are marked deleted or have no row.
    [[nodiscard]] static Result<std::vector<PostId>>
    deletedAmong(SqlSession& session, std::span<const PostId> ids, Deadline deadline);
    // The newest undeleted posts of the authors, each once, in the range, newest first, at most `limit`.
    [[nodiscard]] static Result<std::vector<Post>> newestOf(SqlSession& session,
                                                            std::span<const PostSource> authors,
                                                            const IdRange& range, int limit,
                                                            Deadline deadline);
    // The same without bodies.
    [[nodiscard]] static Result<std::vector<PostId>> newestIdsOf(SqlSession& session,
                                                                 std::span<const PostSource> authors,
                                                                 const IdRange& range, int limit,
                                                                 bool withDeleted, Deadline deadline);
    // Those of the authors that have any post at all.
    [[nodiscard]] static Result<std::vector<UserId>>
    authorsWithPosts(SqlSession& session, std::span<const UserId> authors, Deadline deadline);
    // The newest undeleted posts of whole logical shards, newest first. A node that does not answer costs its
    // shards only; an error when none does. Nothing of the authors `without`.
    struct ShardPosts
    {
        std::vector<Post> posts;
        bool whole = true; // all shards answered
    };
    [[nodiscard]] static Result<ShardPosts> newestOfShards(SqlSession& session, std::span<const int> shards,
                                                           const IdRange& range, int limit, Deadline deadline,
                                                           std::span<const UserId> without = {});
};

} // namespace backend
