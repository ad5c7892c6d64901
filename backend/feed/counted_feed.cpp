#include "backend/feed/counted_feed.h"

namespace backend {
namespace {

void count(std::array<MetricCounter, kFailureReasonNames.size()>& failed, const Error& error)
{
    if (const auto reason = failureReason(error.code)) failed[std::size_t(*reason)].add();
}

} // namespace

template <class T>
Result<T> CountedFeed::written(Result<T> result)
{
    if (result)
        m_metrics.writes.add();
    else
        count(m_metrics.failedWrites, result.error());
    return result;
}

// Those that are answered are counted where they are read, by logical shard.
template <class T>
Result<T> CountedFeed::read(Result<T> result)
{
    if (!result) count(m_metrics.failedReads, result.error());
    return result;
}

Result<TimelinePage> CountedFeed::page(Result<TimelinePage> result)
{
    if (result && result->partial) m_metrics.partialPages.add();
    return read(std::move(result));
}

// --- writes

Result<User> CountedFeed::createUser(const NewUser& user, Deadline deadline)
{
    return written(m_feed.createUser(user, deadline));
}

Result<Post> CountedFeed::post(UserId author, std::string_view body, Deadline deadline)
{
    return written(m_feed.post(author, body, deadline));
}

Result<void> CountedFeed::deletePost(PostId post, Deadline deadline)
{
    return written(m_feed.deletePost(post, deadline));
}

Result<void> CountedFeed::deleteUser(UserId user, Deadline deadline)
{
    return written(m_feed.deleteUser(user, deadline));
}

Result<void> CountedFeed::follow(UserId follower, UserId followee, Deadline deadline)
{
    return written(m_feed.follow(follower, followee, deadline));
}

Result<void> CountedFeed::unfollow(UserId follower, UserId followee, Deadline deadline)
{
    return written(m_feed.unfollow(follower, followee, deadline));
}

// --- reads

Result<TimelinePage> CountedFeed::homePage(UserId reader, const PageQuery& query, Deadline deadline)
{
    return page(m_feed.homePage(reader, query, deadline));
}

Result<TimelinePage> CountedFeed::authorPage(UserId author, const PageQuery& query, Deadline deadline)
{
    return page(m_feed.authorPage(author, query, deadline));
}

Result<TimelinePage> CountedFeed::publicPage(const PageQuery& query, Deadline deadline)
{
    auto result = m_feed.publicPage(query, deadline);
    if (result) m_metrics.publicPages.add(); // no shard's
    return page(std::move(result));
}

Result<Profile> CountedFeed::profile(UserId user, Deadline deadline)
{
    return read(m_feed.profile(user, deadline));
}

// --- look-ups

Result<Counters> CountedFeed::counters(UserId user, Deadline deadline)
{
    return m_feed.counters(user, deadline);
}

Result<UserId> CountedFeed::userByHandle(std::string_view handle, Deadline deadline)
{
    return m_feed.userByHandle(handle, deadline);
}

Result<std::vector<User>> CountedFeed::searchUsers(std::string_view prefix, int limit, Deadline deadline)
{
    return m_feed.searchUsers(prefix, limit, deadline);
}

Result<EdgePage> CountedFeed::followers(UserId user, UserId after, int limit, Deadline deadline)
{
    return m_feed.followers(user, after, limit, deadline);
}

Result<EdgePage> CountedFeed::following(UserId user, UserId after, int limit, Deadline deadline)
{
    return m_feed.following(user, after, limit, deadline);
}

} // namespace backend
