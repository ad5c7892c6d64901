#include "backend/feed/hydrator.h"

#include "backend/store/post_store.h"
#include "backend/store/user_store.h"

#include <algorithm>

namespace backend {
namespace {

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

    const auto load = [&]() -> Result<void> {
        ROOKERY_ASSIGN(const auto stored, PostStore::load(sql, misses, deadline));
        std::vector<Post> alive;
        for (const auto& post : stored)
            if (post && !post->deleted) alive.push_back(post->post);
        for (const auto& post : alive)
            out.found.emplace(post.id, post);
        if (redis) {
            RedisBatch batch(*redis);
            for (const auto& post : alive)
                m_services.objects.fillPost(batch, post);
            std::ignore =
                batch.run(deadline); // a cache that cannot be filled costs the next reader, not this one
        }
        return {};
    };
    bool ran = false;
    auto loaded = m_postFlights.run(misses.front(), deadline, load, &ran);
    if (!ran) { // somebody else loaded: what it put into the cache is there now, the rest is ours
        misses = readCache(m_services, redis, misses, out.found, deadline);
        loaded = misses.empty() ? Result<void>{} : load();
    }
    if (!loaded) out.unreadable = misses;
    return out;
}

std::unordered_map<UserId, User> Hydrator::users(SqlSession& sql, RedisClient* redis,
                                                 std::span<const UserId> ids, Deadline deadline)
{
    std::vector<UserId> wanted(ids.begin(), ids.end());
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());

    std::unordered_map<UserId, User> out;
    std::vector<UserId> misses;
    if (redis) {
        const auto cached =
            m_services.objects.users(*redis, wanted, deadline.earlier(deadline.remaining() / 2));
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (cached.users[i])
                out.emplace(wanted[i], *cached.users[i]);
            else
                misses.push_back(wanted[i]);
        }
    } else {
        misses = wanted;
    }
    m_services.metrics.hit(CacheKind::UserObject, std::int64_t(wanted.size() - misses.size()));
    m_services.metrics.miss(CacheKind::UserObject, std::int64_t(misses.size()));
    if (misses.empty()) return out;

    const auto stored = UserStore::load(sql, misses, deadline);
    if (!stored) return out;
    for (const auto& user : *stored)
        if (user) out.emplace(user->user.id, user->user);
    if (redis) {
        RedisBatch batch(*redis);
        for (const auto& user : *stored)
            if (user) m_services.objects.fillUser(batch, user->user);
        std::ignore = batch.run(deadline);
    }
    return out;
}

} // namespace backend
