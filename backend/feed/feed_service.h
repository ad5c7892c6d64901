// The Feed: validates, writes rows with their tasks, reads pages. Owned by the engine; thread-safe.
#pragma once

#include "backend/engine.h"
#include "backend/feed/hydrator.h"
#include "backend/feed/page_reader.h"

#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>

namespace backend {

class FeedService final : public Feed
{
public:
    FeedService(const FeedServices& services, TimelineBuilder& builder);

    Result<User> createUser(const NewUser& user, Deadline deadline) override;
    Result<Post> post(UserId author, std::string_view body, Deadline deadline) override;
    Result<void> deletePost(PostId post, Deadline deadline) override;
    Result<void> deleteUser(UserId user, Deadline deadline) override;
    Result<void> follow(UserId follower, UserId followee, Deadline deadline) override;
    Result<void> unfollow(UserId follower, UserId followee, Deadline deadline) override;

    Result<TimelinePage> homePage(UserId reader, const PageQuery& query, Deadline deadline) override;
    Result<TimelinePage> authorPage(UserId author, const PageQuery& query, Deadline deadline) override;
    Result<TimelinePage> publicPage(const PageQuery& query, Deadline deadline) override;

    Result<Profile> profile(UserId user, Deadline deadline) override;
    Result<Counters> counters(UserId user, Deadline deadline) override;
    Result<UserId> userByHandle(std::string_view handle, Deadline deadline) override;
    Result<std::vector<User>> searchUsers(std::string_view prefix, int limit, Deadline deadline) override;
    Result<EdgePage> followers(UserId user, UserId after, int limit, Deadline deadline) override;
    Result<EdgePage> following(UserId user, UserId after, int limit, Deadline deadline) override;

    void requestStop() { m_reader.requestStop(); }

    // Whose accounts were deleted by whatever engine: they are not known to exist any more.
    void forget(std::span<const UserId> users);

private:
    using Source = std::function<Result<IdPage>(const PageRange& range)>;

    Result<void> requireWritable() const;
    Result<void> requireUser(SqlSession& sql, UserId user, Deadline deadline);
    bool isKeptInRedis(RedisClient* redis, TimelineFamily family, UserId owner, Deadline deadline);
    Result<TimelinePage> page(SqlSession& sql, RedisClient* redis, const PageQuery& query,
                              const Source& source, Deadline deadline);
    Result<TimelinePage> ownedPage(TimelineFamily family, UserId owner, const PageQuery& query,
                                   Deadline deadline);
    void addEntries(SqlSession& sql, RedisClient* redis, IdPage& ids, TimelinePage& page,
                    std::vector<UserId>& hidden, Deadline deadline);
    Result<EdgePage> edgePage(SqlSession& sql, std::vector<UserId> ids, int limit, Deadline deadline);
    void remember(UserId user);
    void rememberUnwritten(UserId user);
    // NotFound, or for who was created here and whose rows are still to come: Unavailable, to be tried again.
    Error noSuchUser(UserId user) const;
    void seen(SqlSession& sql, UserId reader, Deadline deadline);
    bool validShard(std::int64_t rawId) const;

    const FeedServices& m_services;
    Hydrator m_hydrator;
    PageReader m_reader;
    mutable std::shared_mutex m_knownMutex;
    std::unordered_set<UserId> m_known;     // users that exist; bounded
    std::unordered_set<UserId> m_unwritten; // created here, their rows left to the task; bounded
    std::mutex m_seenMutex;
    std::unordered_map<UserId, std::chrono::steady_clock::time_point>
        m_seen; // last_seen_at written lately; bounded
};

// [a-z0-9_]{1,30}
bool isValidHandle(std::string_view handle);
// The logical shard of a new user: spreads evenly, the same on every engine.
int shardOfHandle(std::string_view handle, int shardCount);

} // namespace backend
