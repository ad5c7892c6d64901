#include "backend/feed/hydrator.h"

#include "backend/store/post_store.h"
#include "backend/store/user_store.h"

#include <algorithm>

namespace backend {
namespace {

// A cache that cannot be filled costs the next reader, not this one.
constexpr Milliseconds kFill{200};

// What the cache knows of the ids; fills `found`, returns the misses.
std::vector<PostId> readCache(const FeedServices& services, RedisClient* redis, std::span<const PostId> ids,
                              std::unordered_map<PostId, Post>& found, Deadline deadline)
{
    std::vector<PostId> misses;
    if (!redis) return {ids.begin(), ids.end()};
    const auto cached = services.objects.posts(
        *redis, ids, deadline.earlier(deadline.remaining() / 2)); // the rest is PostgreSQL's
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (cached.posts[i].state == CachedPost::State::Present)
            found.emplace(ids[i], cached.posts[i].post);
        else if (cached.posts[i].state == CachedPost::State::Missing)
            misses.push_back(ids[i]);
    }
    return misses;
}

} // namespace

Hydrator::Posts Hydrator::posts(SqlSession& sql, RedisClient* redis, std::span<const PostId> ids,
                                Deadline deadline)
{
    Posts out;
    auto misses = readCache(m_services, redis, ids, out.found, deadline);
    m_services.metrics.hit(CacheKind::PostObject, std::int64_t(ids.size() - misses.size()));
    m_services.metrics.miss(CacheKind::PostObject, std::int64_t(misses.size()));
    if (misses.empty()) return out;

    const auto ours = deadline.earlier(deadline.remaining() * 2 / 3); // the authors' names come after
    const auto load = [&]() -> Result<void> {
        auto loaded = PostStore::loadWhatAnswers(sql, misses, ours);
        out.unreadable = std::move(loaded.unanswered);
        for (const auto& stored : loaded.posts)
            if (!stored.deleted) out.found.emplace(stored.post.id, stored.post);
        if (redis) {
            RedisBatch batch(*redis);
            for (const auto& stored : loaded.posts) {
                if (stored.deleted) // its tombstone was lost
                    m_services.objects.tombstoneReclaimed(batch, stored.post.id);
                else
                    m_services.objects.fillPost(batch, stored.post);
            }
            std::ignore = batch.run(ours.earlier(kFill));
        }
        return {};
    };
    bool ran = false;
    std::ignore = m_postFlights.run(misses.front(), ours, load, &ran);
    if (!ran) { // somebody else loaded: what it put into the cache is there now, the rest is ours
        const auto missed = misses.size();
        misses = readCache(m_services, redis, misses, out.found, ours);
        m_services.metrics.joined(CacheKind::PostObject, std::int64_t(missed - misses.size()));
        if (!misses.empty()) std::ignore = load();
    }
    m_services.metrics.led(CacheKind::PostObject, std::int64_t(misses.size()));
    return out;
}

Hydrator::Users Hydrator::users(SqlSession& sql, RedisClient* redis, std::span<const UserId> ids,
                                Deadline deadline)
{
    std::vector<UserId> wanted(ids.begin(), ids.end());
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());

    Users out;
    std::vector<UserId> misses;
    if (redis) {
        const auto cached =
            m_services.objects.users(*redis, wanted, deadline.earlier(deadline.remaining() / 2));
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (cached.users[i].state == CachedUser::State::Present)
                out.found.emplace(wanted[i], cached.users[i].user);
            else if (cached.users[i].state == CachedUser::State::Deleted)
                out.deleted.insert(wanted[i]);
            else
                misses.push_back(wanted[i]);
        }
    } else {
        misses = wanted;
    }
    m_services.metrics.hit(CacheKind::UserObject, std::int64_t(wanted.size() - misses.size()));
    m_services.metrics.miss(CacheKind::UserObject, std::int64_t(misses.size()));
    if (misses.empty()) return out;

    const auto stored = UserStore::loadWhatAnswers(sql, misses, deadline);
    for (const auto& one : stored) {
        if (one.deleted)
            out.deleted.insert(one.user.id);
        else
            out.found.emplace(one.user.id, one.user);
    }
    if (redis && !stored.empty()) {
        RedisBatch batch(*redis);
        for (const auto& one : stored) {
            if (one.deleted)
                m_services.objects.tombstoneUser(batch, one.user.id);
            else
                m_services.objects.fillUser(batch, one.user);
        }
        std::ignore = batch.run(deadline.earlier(kFill));
    }
    return out;
}

} // namespace backend
