// Posts below home timelines' floors that their readers will want next, as PostgreSQL told them a while ago:
// who serves them looks first whether the reader still follows the same authors, and asks Redis for
// tombstones. Bounded in bytes and in age; thread-safe.
#pragma once

#include "backend/domain/feed.h"
#include "backend/store/post_source.h"

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace backend {

// What PostgreSQL said of posts some time ago: good unless there is a tombstone, on a Redis node that still
// lives the life (run_id) of that time, or the tombstone may be lost.
struct EarlierRead
{
    std::unordered_map<PostId, Post> posts;
    std::map<int, std::string> lives;
};

class ReadAhead
{
public:
    using Clock = std::chrono::steady_clock;

    struct Window
    {
        std::vector<PostSource> sources; // whose posts, at the time
        PostId before;                   // exclusive: all of theirs below it, down to the last of `posts`
        std::vector<Post> posts;         // newest first
        int pages = 0;                   // how many were read at last
        bool end = false;                // nothing of theirs lies below
        // From before the posts were read. Empty: the window only tells where its reader is.
        std::map<int, std::string> lives;

        // Whether a reader who asks for what is below `cursor` reads on from what is here.
        bool continuedBy(PostId cursor) const;
        // The newest `limit` of `wanted` below `cursor`, or all there are; nothing when they are not here.
        std::optional<std::span<const Post>> below(PostId cursor, int limit,
                                                   const std::vector<PostSource>& wanted) const;
    };

    static constexpr std::size_t kBytes = 16 * 1024 * 1024;
    static constexpr int kMostPages = 8, kMostPosts = 200;
    // Of what fills may keep in the object cache, and so far less than a tombstone stays.
    static constexpr std::chrono::seconds kAge{120};

    explicit ReadAhead(std::size_t bytes = kBytes, std::chrono::milliseconds age = kAge)
        : m_bytes(bytes)
        , m_age(age)
    {
    }

    // Null when there is none that is young enough.
    std::shared_ptr<const Window> of(UserId reader, Clock::time_point now = Clock::now());
    // Replaces the reader's, or, where `former` is given, only if that is still theirs. One that is larger
    // than all there is room for is not kept.
    std::shared_ptr<const Window> keep(UserId reader, Window window,
                                       const std::shared_ptr<const Window>& former = {},
                                       Clock::time_point now = Clock::now());

private:
    struct Kept
    {
        UserId reader;
        std::shared_ptr<const Window> window;
        std::size_t bytes = 0;
        Clock::time_point until;
    };
    void drop(std::list<Kept>::iterator kept);

    const std::size_t m_bytes;
    const std::chrono::milliseconds m_age;
    std::mutex m_mutex;
    std::list<Kept> m_kept; // the latest read first: the last is the first to expire
    std::unordered_map<UserId, std::list<Kept>::iterator> m_byReader;
    std::size_t m_used = 0;
};

} // namespace backend
