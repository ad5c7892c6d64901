// The object cache: posts, users and counters beside the timelines, on the Redis node of the logical shard
// that their id carries. A fill never overwrites and so cannot revive what was deleted; a tombstone
// overwrites everything and outlives any fill's deadline; a body's age is bounded and reads do not extend it.
// Thread-safe; calls that take a batch only add commands. Keys: {17}:post:<id>, {17}:user:<id>,
// {17}:counters:<id>. Values are text for redis-cli:
// "<author> <body>" or "deleted"; "<created, Unix µs> <handle> <display name>" or "deleted"; "<version>
// <followers> <following> <posts>".
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/domain/feed.h"

#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace backend {

struct ObjectTimes
{
    std::chrono::seconds body{300}; // greatest age, less up to a fifth of jitter
    std::chrono::seconds tombstone{3600};
    std::chrono::seconds unreclaimed{
        31 * 86'400}; // of a post whose entries stand until they are taken out, or too old
    std::chrono::seconds counters{3600};
};

struct CachedPost
{
    enum class State { Missing, Present, Deleted };
    State state = State::Missing;
    Post post;
};

struct CachedUser
{
    enum class State { Missing, Present, Deleted };
    State state = State::Missing;
    User user;
};

struct VersionedCounters
{
    std::int64_t version = 0;
    Counters counters;
};

class Objects
{
public:
    Objects(const ShardMapSource& maps, ObjectTimes times);

    void fillPost(RedisBatch& batch, const Post& post) const; // SET NX
    // Until the post's entries are taken out of timelines, however long that takes.
    void tombstonePost(RedisBatch& batch, PostId post) const;
    // Entries were taken out, or nobody is to meet them: no longer than a fill may take.
    void tombstoneReclaimed(RedisBatch& batch, PostId post) const;
    void fillUser(RedisBatch& batch, const User& user) const; // SET NX
    void tombstoneUser(RedisBatch& batch, UserId user) const; // hides all posts of a deleted account, too
    void setCounters(RedisBatch& batch, UserId user,
                     const VersionedCounters& counters) const; // only if newer
    void dropCounters(RedisBatch& batch, UserId user) const;

    // One round trip per node; result i belongs to id i. A node that fails gives Missing and sets `partial`.
    struct PostsRead
    {
        std::vector<CachedPost> posts;
        bool partial = false;
    };
    struct UsersRead
    {
        std::vector<CachedUser> users;
        bool partial = false;
    };
    PostsRead posts(RedisClient& client, std::span<const PostId> ids, Deadline deadline) const
    {
        return read(client, ids, {}, deadline).first;
    }
    UsersRead users(RedisClient& client, std::span<const UserId> ids, Deadline deadline) const
    {
        return read(client, {}, ids, deadline).second;
    }
    // Both in the same round trips.
    std::pair<PostsRead, UsersRead> read(RedisClient& client, std::span<const PostId> posts,
                                         std::span<const UserId> users, Deadline deadline) const;
    [[nodiscard]] Result<std::optional<VersionedCounters>> counters(RedisClient& client, UserId user,
                                                                    Deadline deadline) const;

private:
    const ShardMapSource& m_maps;
    ObjectTimes m_times;
};

} // namespace backend
