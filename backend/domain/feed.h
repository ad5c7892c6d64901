// What an application reads and writes: users, posts, follows, pages. Plain values.
#pragma once

#include "backend/domain/ids.h"

#include <optional>
#include <string>
#include <vector>

namespace backend {

struct User
{
    UserId id;
    std::string handle; // unique, [a-z0-9_]{1,30}
    std::string displayName;
    TimePoint createdAt;
};

struct NewUser
{
    std::string handle;
    std::string displayName;
};

struct Post
{
    PostId id;
    UserId author;
    std::string body; // UTF-8, 1 … 2,000 bytes
};

struct Counters
{
    std::int64_t followers = 0, following = 0, posts = 0;
    auto operator<=>(const Counters&) const = default;
};

struct Profile
{
    User user;
    Counters counters;
    bool warm = false; // its home timeline is kept in Redis
    TimePoint lastSeenAt;
};

// How an entry came into a page.
enum class EntrySource {
    Pushed,      // delivered into the reader's home timeline
    Pulled,      // merged at read time from an author who is not pushed
    ReadThrough, // read from PostgreSQL, below the floor or while there is no timeline
};

struct TimelineEntry
{
    PostId id;
    UserId author;
    std::string authorHandle;
    std::string body;
    bool bodyMissing = false; // the body could not be read in time; the page is then partial
    EntrySource source = EntrySource::Pushed;
};

// Newest first. `before` and `after` are exclusive; with neither the page starts at the newest entry.
struct PageQuery
{
    std::optional<PostId> before;
    std::optional<PostId> after;
    int limit = 20; // 1 … 200
    // Somebody else looks: the reader does not count as seen, and a timeline that is absent is not built.
    bool peek = false;
};

struct TimelinePage
{
    std::vector<TimelineEntry> entries; // ids strictly descending
    std::optional<PostId> next;         // pass as `before` for the following page; empty at the very end
    std::optional<PostId> floor; // home and author pages from Redis: complete down to here; empty when absent
    bool partial = false;        // some bodies or shards could not be read in time
};

struct EdgePage // one page of followers or followees, ascending by id
{
    std::vector<User> users;
    std::optional<UserId> next;
};

} // namespace backend
