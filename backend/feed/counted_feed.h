// The Feed as its callers see it: counts which calls let them down, and why, in one place. Pages and profiles
// are reads, all that changes something is a write; look-ups beside them (counters, handles, follow lists)
// are neither. Owned by the engine; thread-safe: a relaxed addition a call.
#pragma once

#include "backend/common/metrics.h"
#include "backend/engine.h"

namespace backend {

class CountedFeed final : public Feed
{
public:
    // REQUIRES: both outlive it.
    CountedFeed(Feed& feed, EngineMetrics& metrics)
        : m_feed(feed)
        , m_metrics(metrics)
    {
    }

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

private:
    template <class T>
    Result<T> written(Result<T> result);
    template <class T>
    Result<T> read(Result<T> result);
    Result<TimelinePage> page(Result<TimelinePage> result);

    Feed& m_feed;
    EngineMetrics& m_metrics;
};

} // namespace backend
