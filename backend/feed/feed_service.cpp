#include "backend/feed/feed_service.h"

#include "backend/common/fault_points.h"
#include "backend/store/account_store.h"
#include "backend/store/edge_store.h"
#include "backend/store/post_store.h"
#include "backend/store/user_store.h"

#include <algorithm>
#include <charconv>

namespace backend {
namespace {

constexpr std::size_t kBodyBytes = 2'000;
constexpr std::size_t kNameBytes = 100;
constexpr std::size_t kRemembered = 500'000;
constexpr int kMostAtOnce = 800;         // ids of which nothing may be shown, looked at in one go
constexpr Milliseconds kInlineWork{200}; // of a call's deadline, for what the queue would do as well
constexpr std::chrono::minutes kSeenEvery{30}, kSeenAgain{1};
// A Redis client that does not become free leaves PostgreSQL the greater part of the caller's time.
constexpr int kLeaseShare = 4;

std::string idText(std::int64_t id)
{
    return std::to_string(id);
}

} // namespace

bool isValidHandle(std::string_view handle)
{
    return !handle.empty() && handle.size() <= 30 && std::all_of(handle.begin(), handle.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

int shardOfHandle(std::string_view handle, int shardCount)
{
    std::uint64_t hash = 1469598103934665603ULL; // FNV-1a
    for (const char c : handle)
        hash = (hash ^ std::uint8_t(c)) * 1099511628211ULL;
    return int(std::hash<UserId>{}(UserId{std::int64_t(hash >> 1)}) % std::uint64_t(shardCount));
}

FeedService::FeedService(const FeedServices& services, TimelineBuilder& builder)
    : m_services(services)
    , m_hydrator(services)
    , m_reader(services, builder)
{
}

Result<void> FeedService::requireWritable() const
{
    if (m_services.readOnly)
        return fail(ErrorCode::ReadOnly, "this engine is read-only; start it without --read-only to write");
    return {};
}

bool FeedService::validShard(std::int64_t rawId) const
{
    return rawId > 0 && shardOfRawId(rawId) < m_services.maps.current()->shardCount;
}

void FeedService::remember(UserId user)
{
    const std::unique_lock lock(m_knownMutex);
    if (m_known.size() >= kRemembered) m_known.clear();
    m_known.insert(user);
    m_unwritten.erase(user);
}

void FeedService::rememberUnwritten(UserId user)
{
    const std::unique_lock lock(m_knownMutex);
    if (m_unwritten.size() >= kRemembered) m_unwritten.clear();
    m_unwritten.insert(user);
}

Error FeedService::noSuchUser(UserId user) const
{
    {
        const std::shared_lock lock(m_knownMutex);
        if (m_unwritten.contains(user))
            return {ErrorCode::Unavailable,
                    "user " + idText(user.value) +
                        " was created just now and its rows are still to be written; try again",
                    true};
    }
    return {ErrorCode::NotFound, "there is no user with id " + idText(user.value)};
}

Result<void> FeedService::requireUser(SqlSession& sql, UserId user, Deadline deadline)
{
    {
        const std::shared_lock lock(m_knownMutex);
        if (m_known.contains(user)) return {};
    }
    if (validShard(user.value)) {
        const std::vector<UserId> one{user};
        ROOKERY_ASSIGN(const auto stored, UserStore::load(sql, one, deadline));
        if (stored[0]) {
            remember(user);
            return {};
        }
    }
    return fail(noSuchUser(user));
}

Result<User> FeedService::createUser(const NewUser& wanted, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    if (!isValidHandle(wanted.handle))
        return fail(ErrorCode::InvalidArgument, "a handle has 1 to 30 of the characters a-z, 0-9 and _");
    if (wanted.displayName.size() > kNameBytes)
        return fail(ErrorCode::InvalidArgument,
                    "a display name has at most " + std::to_string(kNameBytes) + " bytes");
    SqlSession sql(m_services.pools, m_services.maps);
    const int shard = shardOfHandle(wanted.handle, m_services.maps.current()->shardCount);
    ROOKERY_ASSIGN(const std::int64_t raw, m_services.nextId(shard, PostId{}));
    const User user{UserId{raw}, wanted.handle,
                    wanted.displayName.empty() ? wanted.handle : wanted.displayName, UserId{raw}.time()};
    // Which life of its node an empty timeline is good for is asked before anybody can know the id, and so
    // before anything can be delivered: should the node begin another life, the timeline is void.
    const auto home = m_services.timelines.nodeOf(TimelineFamily::Home, user.id);
    const auto runId = [&]() -> Result<std::string> {
        ROOKERY_ASSIGN(const auto redis, m_services.redis.lease(deadline.earlier(kInlineWork)));
        return redis->runId(home, deadline.earlier(kInlineWork));
    }();
    ROOKERY_FAULT_POINT("user.before_commit");
    ROOKERY_TRY(UserStore::claimHandle(sql, m_services.directoryNode, user, deadline));
    ROOKERY_FAULT_POINT("user.after_commit");
    m_services.enqueued();

    // The rest is the task's; doing it now as well lets the caller go on at once. Whoever created a user has
    // something to do with it: the rows are worth waiting for, up to half of the caller's time.
    if (UserStore::insertRows(sql, std::span(&user, 1), deadline.earlier(deadline.remaining() / 2)))
        remember(user.id);
    else
        rememberUnwritten(user.id);
    const auto soon = deadline.earlier(kInlineWork);
    if (const auto redis = m_services.redis.lease(soon)) {
        RedisBatch batch(**redis);
        m_services.objects.fillUser(batch, user);
        if (runId) {
            m_services.timelines.publishEmpty(batch, TimelineFamily::Home, user.id, *runId);
            m_services.timelines.publishEmpty(batch, TimelineFamily::Author, user.id, *runId);
        }
        std::ignore = batch.run(soon);
    }
    return user;
}

Result<Post> FeedService::post(UserId author, std::string_view body, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    if (body.empty() || body.size() > kBodyBytes)
        return fail(ErrorCode::InvalidArgument,
                    "a post has 1 to " + std::to_string(kBodyBytes) + " bytes of text");
    if (body.find('\0') != std::string_view::npos)
        return fail(ErrorCode::InvalidArgument, "a post's text cannot contain a zero byte");
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_TRY(requireUser(sql, author, deadline));
    Post post{{}, author, std::string(body)};
    // An engine that borrowed ids of the coming moment may have posted for the same author just now: the
    // author's posts stay in order all the same.
    for (std::optional<PostId> newer(PostId{}); newer;) {
        ROOKERY_ASSIGN(const std::int64_t raw, m_services.nextId(author.shard(), *newer));
        post.id = PostId{raw};
        ROOKERY_FAULT_POINT("post.before_commit");
        ROOKERY_ASSIGN(newer, PostStore::insertNewest(sql, post, deadline.earlier(kCommittedWithin)));
    }
    ROOKERY_FAULT_POINT("post.after_commit");
    m_services.metrics.posts.add();
    m_services.enqueued();
    return post;
}

Result<void> FeedService::deletePost(PostId post, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    if (!validShard(post.value))
        return fail(ErrorCode::NotFound, "there is no post with id " + idText(post.value));
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_FAULT_POINT("delete.before_commit");
    ROOKERY_TRY(PostStore::markDeleted(sql, post, deadline));
    ROOKERY_FAULT_POINT("delete.after_commit");
    m_services.enqueued();
    const auto soon = deadline.earlier(kInlineWork); // hidden at once; the task repeats it should this fail
    if (auto redis = m_services.redis.lease(soon)) {
        RedisBatch batch(**redis);
        m_services.objects.tombstonePost(batch, post);
        std::ignore = batch.run(soon);
    }
    ROOKERY_FAULT_POINT("delete.after_tombstone");
    return {};
}

Result<void> FeedService::deleteUser(UserId user, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    if (!validShard(user.value)) return fail(noSuchUser(user));
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_FAULT_POINT("account.before_commit");
    ROOKERY_TRY(AccountStore::markDeleted(sql, user, deadline));
    ROOKERY_FAULT_POINT("account.after_commit");
    m_services.enqueued();
    forget(std::span(&user, 1));
    const auto soon = deadline.earlier(kInlineWork); // hidden at once; the task repeats it should this fail
    if (auto redis = m_services.redis.lease(soon)) {
        RedisBatch batch(**redis);
        m_services.objects.tombstoneUser(batch, user);
        for (const auto family : {TimelineFamily::Home, TimelineFamily::Author})
            m_services.timelines.voidFloor(batch, family, user);
        std::ignore = batch.run(soon);
    }
    return {};
}

void FeedService::forget(std::span<const UserId> users)
{
    const std::unique_lock lock(m_knownMutex);
    for (const auto user : users) {
        m_known.erase(user);
        m_unwritten.erase(user);
    }
}

Result<void> FeedService::follow(UserId follower, UserId followee, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    if (follower == followee)
        return fail(ErrorCode::InvalidArgument,
                    "nobody follows themselves: one's own posts are in one's home timeline anyway");
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_TRY(requireUser(sql, follower, deadline));
    ROOKERY_TRY(requireUser(sql, followee, deadline));
    ROOKERY_FAULT_POINT("follow.before_commit");
    ROOKERY_TRY(EdgeStore::follow(sql, {follower, followee}, deadline));
    ROOKERY_FAULT_POINT("follow.after_commit");
    m_services.metrics.follows.add();
    m_services.enqueued();
    return {};
}

Result<void> FeedService::unfollow(UserId follower, UserId followee, Deadline deadline)
{
    ROOKERY_TRY(requireWritable());
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_TRY(requireUser(sql, follower, deadline));
    PostId keptTo; // of the followee's own sequence: above each of its posts so far, below all to come
    if (m_services.keepPast) {
        if (!validShard(followee.value)) return fail(noSuchUser(followee));
        ROOKERY_ASSIGN(keptTo.value, m_services.nextId(followee.shard(), PostId{}));
    }
    ROOKERY_FAULT_POINT("unfollow.before_commit");
    ROOKERY_TRY(EdgeStore::unfollow(sql, {follower, followee}, keptTo, deadline));
    ROOKERY_FAULT_POINT("unfollow.after_commit");
    m_services.metrics.unfollows.add();
    m_services.enqueued();
    return {};
}

Result<Profile> FeedService::profile(UserId user, Deadline deadline)
{
    if (!validShard(user.value)) return fail(noSuchUser(user));
    SqlSession sql(m_services.pools, m_services.maps);
    const std::vector<UserId> one{user};
    ROOKERY_ASSIGN(const auto stored, UserStore::load(sql, one, deadline));
    if (!stored[0]) return fail(noSuchUser(user));
    ROOKERY_ASSIGN(const auto counted, counters(user, deadline));
    m_services.metrics.reads[std::size_t(user.shard())].add();
    return Profile{stored[0]->user, counted, stored[0]->warm, stored[0]->lastSeenAt};
}

Result<Counters> FeedService::counters(UserId user, Deadline deadline)
{
    auto redis = m_services.redis.leaseHasty(deadline.earlier(kInlineWork));
    if (redis) {
        const auto cached = m_services.objects.counters(**redis, user, deadline.earlier(kInlineWork));
        if (cached && *cached) {
            m_services.metrics.hit(CacheKind::Counters);
            return (*cached)->counters;
        }
    }
    m_services.metrics.miss(CacheKind::Counters);
    SqlSession sql(m_services.pools, m_services.maps);
    const std::vector<UserId> one{user};
    ROOKERY_ASSIGN(const auto stored, UserStore::counters(sql, one, deadline));
    if (redis && !m_services.readOnly) {
        RedisBatch batch(**redis);
        m_services.objects.setCounters(batch, user, {stored[0].version, stored[0].counters});
        std::ignore = batch.run(deadline.earlier(kInlineWork));
    }
    return stored[0].counters;
}

Result<UserId> FeedService::userByHandle(std::string_view handle, Deadline deadline)
{
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_ASSIGN(const auto id, UserStore::idOfHandle(sql, m_services.directoryNode, handle, deadline));
    if (!id)
        return fail(ErrorCode::NotFound, "there is no user with the handle \"" + std::string(handle) + "\"");
    // The handle of a deleted account is taken until the last of it is gone.
    ROOKERY_ASSIGN(const auto deleted, AccountStore::deletedAmong(sql, std::span(&*id, 1), deadline));
    if (!deleted.empty())
        return fail(ErrorCode::NotFound,
                    "the account with the handle \"" + std::string(handle) + "\" was deleted");
    return *id;
}

Result<std::vector<User>> FeedService::searchUsers(std::string_view prefix, int limit, Deadline deadline)
{
    if (limit < 1 || limit > 200)
        return fail(ErrorCode::InvalidArgument, "between 1 and 200 users can be asked for");
    SqlSession sql(m_services.pools, m_services.maps);
    std::vector<UserId> ids;
    std::int64_t number = 0;
    const auto parsed = std::from_chars(prefix.data(), prefix.data() + prefix.size(), number);
    if (parsed.ec == std::errc{} && parsed.ptr == prefix.data() + prefix.size() && validShard(number))
        ids.push_back(UserId{number});
    std::string lower(prefix);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return char(std::tolower(c)); });
    if (lower.empty() || isValidHandle(lower)) {
        ROOKERY_ASSIGN(const auto byPrefix,
                       UserStore::idsByHandlePrefix(sql, m_services.directoryNode, lower, limit, deadline));
        ids.insert(ids.end(), byPrefix.begin(), byPrefix.end());
    }
    ROOKERY_ASSIGN(const auto stored, UserStore::load(sql, ids, deadline));
    std::vector<User> users;
    for (const auto& user : stored)
        if (user && users.size() < std::size_t(limit)) users.push_back(user->user);
    return users;
}

Result<EdgePage> FeedService::edgePage(SqlSession& sql, std::vector<UserId> ids, int limit, Deadline deadline)
{
    EdgePage page;
    if (ids.size() > std::size_t(limit)) {
        ids.resize(std::size_t(limit));
        page.next = ids.back();
    }
    ROOKERY_ASSIGN(const auto stored, UserStore::load(sql, ids, deadline));
    for (const auto& user : stored)
        if (user) page.users.push_back(user->user);
    return page;
}

Result<EdgePage> FeedService::followers(UserId user, UserId after, int limit, Deadline deadline)
{
    if (limit < 1 || limit > 1'000) return fail(ErrorCode::InvalidArgument, "a page has 1 to 1,000 users");
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_TRY(requireUser(sql, user, deadline));
    ROOKERY_ASSIGN(auto ids, EdgeStore::followersPage(sql, user, after, limit + 1, deadline));
    return edgePage(sql, std::move(ids), limit, deadline);
}

Result<EdgePage> FeedService::following(UserId user, UserId after, int limit, Deadline deadline)
{
    if (limit < 1 || limit > 1'000) return fail(ErrorCode::InvalidArgument, "a page has 1 to 1,000 users");
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_TRY(requireUser(sql, user, deadline));
    ROOKERY_ASSIGN(auto ids, EdgeStore::followeesPage(sql, user, after, limit + 1, deadline));
    return edgePage(sql, std::move(ids), limit, deadline);
}

void FeedService::seen(SqlSession& sql, UserId reader, Deadline deadline)
{
    if (m_services.readOnly) return;
    const auto now = std::chrono::steady_clock::now();
    {
        const std::lock_guard lock(m_seenMutex);
        if (m_seen.size() >= kRemembered) m_seen.clear();
        auto& last = m_seen[reader];
        if (last != std::chrono::steady_clock::time_point{} && now - last < kSeenEvery) return;
        last = now;
    }
    if (UserStore::touchLastSeen(sql, reader, deadline.earlier(kInlineWork))) return;
    const std::lock_guard lock(m_seenMutex);
    m_seen[reader] = now - kSeenEvery + kSeenAgain;
}

Result<TimelinePage> FeedService::homePage(UserId reader, const PageQuery& query, Deadline deadline)
{
    return ownedPage(TimelineFamily::Home, reader, query, deadline);
}

Result<TimelinePage> FeedService::authorPage(UserId author, const PageQuery& query, Deadline deadline)
{
    return ownedPage(TimelineFamily::Author, author, query, deadline);
}

// A timeline with a valid floor needs nobody to tell whose it is: its pages do without PostgreSQL.
bool FeedService::isKeptInRedis(RedisClient* redis, TimelineFamily family, UserId owner, Deadline deadline)
{
    if (!redis || !validShard(owner.value)) return false;
    {
        const std::shared_lock lock(m_knownMutex);
        if (m_known.contains(owner)) return true;
    }
    const auto floors = m_services.timelines.floors(*redis, family, std::span(&owner, 1),
                                                    deadline.earlier(deadline.remaining() / 4));
    if (!floors || !floors->front()) return false;
    // A timeline of a deleted account may still lie there.
    const auto users =
        m_services.objects.users(*redis, std::span(&owner, 1), deadline.earlier(deadline.remaining() / 4));
    if (users.users.front().state == CachedUser::State::Deleted) return false;
    remember(owner);
    return true;
}

Result<TimelinePage> FeedService::ownedPage(TimelineFamily family, UserId owner, const PageQuery& query,
                                            Deadline deadline)
{
    SqlSession sql(m_services.pools, m_services.maps);
    auto lease = m_services.redis.leaseHasty(deadline.earlier(deadline.remaining() / kLeaseShare));
    if (!lease && lease.error().code == ErrorCode::Overloaded) return fail(lease.error());
    auto* redis = lease ? lease->get() : nullptr;
    if (!isKeptInRedis(redis, family, owner, deadline)) ROOKERY_TRY(requireUser(sql, owner, deadline));
    auto result = page(
        sql, redis, query,
        [&](const PageRange& range) {
            return m_reader.owned(sql, redis, family, owner, range, !query.peek, deadline);
        },
        deadline);
    if (result) {
        m_services.metrics.reads[std::size_t(owner.shard())].add();
        if (family == TimelineFamily::Home && !query.peek) {
            m_services.metrics.hotReaders.add(owner);
            seen(sql, owner, deadline);
        }
    }
    return result;
}

Result<TimelinePage> FeedService::publicPage(const PageQuery& query, Deadline deadline)
{
    SqlSession sql(m_services.pools, m_services.maps);
    auto lease = m_services.redis.leaseHasty(deadline.earlier(deadline.remaining() / kLeaseShare));
    if (!lease && lease.error().code == ErrorCode::Overloaded) return fail(lease.error());
    auto* redis = lease ? lease->get() : nullptr;
    return page(
        sql, redis, query,
        [&](const PageRange& range) { return m_reader.everyone(sql, redis, range, deadline); }, deadline);
}

Result<TimelinePage> FeedService::page(SqlSession& sql, RedisClient* redis, const PageQuery& query,
                                       const Source& source, Deadline deadline)
{
    if (query.limit < 1 || query.limit > 200)
        return fail(ErrorCode::InvalidArgument, "a page has 1 to 200 entries");
    m_services.metrics.pages.add();
    TimelinePage page;
    auto before = query.before;
    std::vector<UserId> hidden;
    int most = query.limit + 1;
    // One entry more than wanted tells whether there is a next page; what is deleted is passed over, however
    // much: where nothing of it was to be shown, more is read at once.
    for (bool end = false; !end && page.entries.size() <= std::size_t(query.limit);) {
        if (deadline.expired()) {
            page.partial = true;
            break;
        }
        const auto had = page.entries.size();
        ROOKERY_ASSIGN(auto ids, source({before, query.after, most - int(had), hidden}));
        if (!page.floor) page.floor = ids.floor;
        page.partial = page.partial || ids.partial;
        end = ids.end || ids.partial;
        if (ids.entries.empty()) break;
        before = ids.entries.back().id;
        addEntries(sql, redis, ids, page, hidden, deadline);
        if (page.entries.size() == had) most = std::min(2 * most, kMostAtOnce);
    }
    if (page.entries.size() > std::size_t(query.limit))
        page.entries.resize(std::size_t(query.limit));
    else if (!page.partial)
        before.reset();
    if (page.entries.empty() && page.partial && before == query.before)
        return fail(ErrorCode::DeadlineExceeded, "nothing of this page could be read in time; try again",
                    true);
    if (before) page.next = page.entries.empty() ? *before : page.entries.back().id;
    return page;
}

// Bodies and names of the ids. What was deleted is passed over, and what is of a deleted account.
void FeedService::addEntries(SqlSession& sql, RedisClient* redis, IdPage& ids, TimelinePage& page,
                             std::vector<UserId>& hidden, Deadline deadline)
{
    std::vector<PostId> wanted;
    for (const auto& entry : ids.entries)
        if (!ids.read.contains(entry.id)) wanted.push_back(entry.id);
    auto bodies = m_hydrator.posts(sql, redis, wanted, std::move(ids.earlier), deadline);
    bodies.found.merge(ids.read);
    page.partial = page.partial || !bodies.unreadable.empty();
    std::vector<UserId> authors;
    for (const auto& entry : ids.entries)
        if (const auto body = bodies.found.find(entry.id); body != bodies.found.end())
            authors.push_back(body->second.author);
    Hydrator::Users users;
    if (!authors.empty()) users = m_hydrator.users(sql, redis, authors, bodies.authors, deadline);

    hidden.insert(hidden.end(), users.deleted.begin(), users.deleted.end());

    const std::unordered_set<PostId> unreadable(bodies.unreadable.begin(), bodies.unreadable.end());
    for (const auto& entry : ids.entries) {
        const auto body = bodies.found.find(entry.id);
        if (body == bodies.found.end()) {
            if (unreadable.contains(entry.id))
                page.entries.push_back({entry.id, {}, {}, {}, true, entry.source});
            continue;
        }
        auto& post = body->second;
        if (users.deleted.contains(post.author)) continue;
        const auto author = users.found.find(post.author);
        page.partial = page.partial || author == users.found.end();
        page.entries.push_back({entry.id, post.author,
                                author == users.found.end() ? std::string() : author->second.handle,
                                std::move(post.body), false, entry.source});
    }
}

} // namespace backend
