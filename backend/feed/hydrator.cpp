#include "backend/feed/hydrator.h"

#include "backend/store/post_store.h"
#include "backend/store/user_store.h"

#include <algorithm>

namespace backend {
namespace {

// A cache that cannot be filled costs the next reader, not this one.
constexpr Milliseconds kFill{200};

// What the cache knows of the ids; fills `found`, returns the misses.
std::vector<PostId> takeCached(std::span<const PostId> ids, Objects::PostsRead cached,
                               std::unordered_map<PostId, Post>& found)
{
    std::vector<PostId> misses;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (cached.posts[i].state == CachedPost::State::Present)
            found.emplace(ids[i], std::move(cached.posts[i].post));
        else if (cached.posts[i].state == CachedPost::State::Missing)
            misses.push_back(ids[i]);
    }
    return misses;
}

// Asked after the cache was read, and so of the life that answered.
bool stillLive(RedisClient& redis, const std::map<int, std::string>& lives, Deadline deadline)
{
    return std::all_of(lives.begin(), lives.end(), [&](const auto& life) {
        const auto now = redis.runId(life.first, deadline);
        return now && *now == life.second;
    });
}

} // namespace

Hydrator::Posts Hydrator::posts(SqlSession& sql, RedisClient* redis, std::span<const PostId> ids,
                                EarlierRead earlier, Deadline deadline)
{
    Posts out;
    bool whole = false;
    std::vector<PostId> misses(ids.begin(), ids.end());
    if (redis && !ids.empty()) {
        out.authors.ids = m_authors.of(ids);
        auto [cached, authors] =
            m_services.objects.read(*redis, ids, out.authors.ids,
                                    deadline.earlier(deadline.remaining() / 2)); // the rest is PostgreSQL's
        out.authors.users = std::move(authors.users);
        whole = !cached.partial;
        misses = takeCached(ids, std::move(cached), out.found);
    }
    m_services.metrics.hit(CacheKind::PostObject, std::int64_t(ids.size() - misses.size()));
    if (whole && !earlier.posts.empty() && stillLive(*redis, earlier.lives, deadline))
        std::erase_if(misses, [&](PostId id) {
            auto known = earlier.posts.extract(id);
            return !known.empty() && out.found.insert(std::move(known)).inserted;
        });
    m_services.metrics.miss(CacheKind::PostObject, std::int64_t(misses.size()));
    if (misses.empty()) {
        m_authors.remember(out.found);
        return out;
    }

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
        if (redis)
            misses = takeCached(misses,
                                m_services.objects.posts(*redis, misses, ours.earlier(ours.remaining() / 2)),
                                out.found);
        m_services.metrics.joined(CacheKind::PostObject, std::int64_t(missed - misses.size()));
        if (!misses.empty()) std::ignore = load();
    }
    m_services.metrics.led(CacheKind::PostObject, std::int64_t(misses.size()));
    m_authors.remember(out.found);
    return out;
}

Hydrator::Users Hydrator::users(SqlSession& sql, RedisClient* redis, std::span<const UserId> ids,
                                const UsersAsked& asked, Deadline deadline)
{
    std::vector<UserId> wanted(ids.begin(), ids.end());
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());

    Users out;
    std::vector<UserId> unasked, misses;
    const auto takeUser = [&](UserId id, const CachedUser& cached) {
        if (cached.state == CachedUser::State::Present)
            out.found.emplace(id, cached.user);
        else if (cached.state == CachedUser::State::Deleted)
            out.deleted.insert(id);
        else
            misses.push_back(id);
    };
    for (const auto id : wanted) {
        const auto known = std::lower_bound(asked.ids.begin(), asked.ids.end(), id);
        if (known != asked.ids.end() && *known == id)
            takeUser(id, asked.users[std::size_t(known - asked.ids.begin())]);
        else
            unasked.push_back(id);
    }
    if (redis && !unasked.empty()) {
        const auto cached =
            m_services.objects.users(*redis, unasked, deadline.earlier(deadline.remaining() / 2));
        for (std::size_t i = 0; i < unasked.size(); ++i)
            takeUser(unasked[i], cached.users[i]);
    } else {
        misses.insert(misses.end(), unasked.begin(), unasked.end());
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
