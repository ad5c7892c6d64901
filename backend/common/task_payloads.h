// What tasks carry, as JSON text. Written by whoever enqueues, read by the handlers. Pure functions.
#pragma once

#include "backend/common/result.h"
#include "backend/domain/feed.h"
#include "backend/domain/task.h"

#include <string>

namespace backend {

struct PostPayload // post_created, post_deleted
{
    PostId post;
    UserId author;
    // Of a post_created whose chunks were enqueued while its author's node was away: when the post was
    // committed. What is left is what the author's node holds: their own timelines, the post itself. 0: all.
    std::int64_t splitUnixUs = 0;
    bool split() const { return splitUnixUs != 0; }
};

// deliver_chunk and reclaim_chunk: the followers of `author` with ids in (after, upTo].
struct ChunkPayload
{
    PostId post;
    UserId author;
    int chunk = 0;
    UserId after, upTo;
    std::int64_t expected = 0;        // warm readers in the range when planned
    std::int64_t committedUnixUs = 0; // of the post, by its node's clock
};

struct EdgePayload // edge_changed
{
    UserId follower, followee;
    bool again = false; // a while after the first, of an ended edge that keeps the past
};

struct UserPayload // user_created
{
    UserId user;
    std::string handle, displayName;
};

struct ReaderPayload // reader_changed
{
    UserId reader;
    bool again = false; // a while after the first
};

struct AccountPayload // account_deleted
{
    enum class Phase { Hide, Following, Followers, Posts, Close };
    UserId user;
    Phase phase = Phase::Hide;
    std::int64_t at = 0; // where the phase goes on: the last id it had done; 0: at its beginning
    std::int64_t edges = 0, posts = 0; // done by now
    int round = 0;                     // grows when the phases have to be gone through again
};

struct PostsPayload // posts_deleted: those of `author` with ids in [from, to]
{
    UserId author;
    PostId from, to;
    std::int64_t count = 0; // that were deleted together
};

// backfill_pulled: of the author's ending that is told by `mergedTo`, the followers with ids above `after`.
struct PulledPayload
{
    UserId author;
    PostId mergedTo;
    UserId after;
    std::int64_t sinceUnixUs = 0; // what ended since is looked for again; 0: since the task was made
};

std::string encode(const PostPayload& payload);
std::string encode(const ChunkPayload& payload);
std::string encode(const EdgePayload& payload);
std::string encode(const UserPayload& payload);
std::string encode(const ReaderPayload& payload);
std::string encode(const AccountPayload& payload);
std::string encode(const PulledPayload& payload);

// Internal error when the text is not what the kind carries.
template <class Payload>
[[nodiscard]] Result<Payload> decodePayload(const std::string& text);
template <>
Result<PostPayload> decodePayload(const std::string& text);
template <>
Result<ChunkPayload> decodePayload(const std::string& text);
template <>
Result<EdgePayload> decodePayload(const std::string& text);
template <>
Result<UserPayload> decodePayload(const std::string& text);
template <>
Result<ReaderPayload> decodePayload(const std::string& text);
template <>
Result<AccountPayload> decodePayload(const std::string& text);
template <>
Result<PostsPayload> decodePayload(const std::string& text);
template <>
Result<PulledPayload> decodePayload(const std::string& text);

[[nodiscard]] bool payloadReadable(const Task& task);

} // namespace backend
