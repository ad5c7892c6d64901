// Pages of ids, newest first, from Redis down to the floor and from PostgreSQL below it, to the very end.
// Without Redis everything comes from PostgreSQL. Thread-safe; the sessions belong to the caller.
#pragma once

#include "backend/feed/ahead_reader.h"
#include "backend/feed/timeline_builder.h"

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace backend {

struct IdPage
{
    struct Entry
    {
        PostId id;
        EntrySource source = EntrySource::Pushed;
    };
    std::vector<Entry> entries;            // strictly descending
    std::unordered_map<PostId, Post> read; // bodies that came along from PostgreSQL
    EarlierRead earlier;                   // bodies that were read ahead of their reader
    bool end = false;                      // nothing lies below the last entry
    bool partial = false;                  // more lies below, or between, that could not be read in time
    std::optional<PostId> floor;
};

// Below `before` and above `after`, both exclusive: of these the newest `limit`.
struct PageRange
{
    std::optional<PostId> before, after;
    int limit = 0;
    std::span<const UserId> hidden; // authors of whom nothing is shown: PostgreSQL need not be asked
};

class PageReader
{
public:
    PageReader(const FeedServices& services, TimelineBuilder& builder)
        : m_services(services)
        , m_builder(builder)
        , m_ahead(services)
    {
    }
    void requestStop() { m_ahead.requestStop(); }

    // Home or author timeline. `redis` may be null: PostgreSQL only. `build`: one that is absent is built.
    [[nodiscard]] Result<IdPage> owned(SqlSession& sql, RedisClient* redis, TimelineFamily family,
                                       UserId owner, const PageRange& range, bool build, Deadline deadline);
    // Everybody's posts: all logical shards merged. Shards that cannot be read in time are left out, which
    // makes the page partial. The newest page is kept for publicPageAge and shared by all
    // readers; of what it lists, bodies and deletions are always looked up. Nobody gets less for another
    // caller's short deadline.
    [[nodiscard]] Result<IdPage> everyone(SqlSession& sql, RedisClient* redis, const PageRange& range,
                                          Deadline deadline);

private:
    void count(TimelineFamily family, const Result<TimelineSlice>& found);
    Result<TimelineSlice> slice(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                                const PageRange& range, bool build, Deadline deadline);
    Result<void> appendStored(SqlSession& sql, TimelineFamily family, UserId owner, const PageRange& range,
                              IdPage& page, Deadline deadline);
    // The same of a home timeline, whose reader may go on from here.
    Result<void> appendAhead(SqlSession& sql, RedisClient& redis, UserId reader, const PageRange& range,
                             IdPage& page, AheadReader::Asked* asked, Deadline deadline);

    // What pulled authors wrote, between the page's end, or the floor, and its beginning.
    Result<void> mergePulled(SqlSession& sql, RedisClient& redis, const PulledList& list, UserId reader,
                             const PageRange& range, IdPage& page, Deadline deadline);
    Result<std::vector<UserId>> pulledFollowees(SqlSession& sql, RedisClient& redis, const PulledList& list,
                                                UserId reader, Deadline deadline);
    std::optional<IdPage> newest(int limit, Deadline deadline);
    Result<IdPage> mergeShards(SqlSession& sql, RedisClient* redis, const PageRange& range,
                               Deadline deadline);

    struct Newest
    {
        IdPage page;
        std::chrono::milliseconds given; // to the call that read it
        std::chrono::steady_clock::time_point until;
    };

    const FeedServices& m_services;
    TimelineBuilder& m_builder;
    AheadReader m_ahead; // of home timelines
    std::mutex m_newestMutex;
    std::map<int, Newest> m_newest; // public pages without borders, by limit
    SingleFlight<int> m_newestFlights;
};

} // namespace backend
