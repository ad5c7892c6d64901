#include "backend/feed/page_reader.h"

#include "backend/store/edge_store.h"
#include "backend/store/post_store.h"

#include <algorithm>
#include <numeric>

namespace backend {
namespace {

CacheKind cacheOf(TimelineFamily family)
{
    return family == TimelineFamily::Home     ? CacheKind::HomeTimeline
           : family == TimelineFamily::Author ? CacheKind::AuthorTimeline
                                              : CacheKind::PublicTimeline;
}

// A Redis node that is silent leaves PostgreSQL the other half of the caller's time.
Deadline halfOf(Deadline deadline)
{
    return deadline.earlier(deadline.remaining() / 2);
}

// The smallest id above `after`: ranges in SQL include their lower end.
PostId above(std::optional<PostId> after)
{
    return after ? PostId{after->value + 1} : PostId{};
}

void append(IdPage& page, std::vector<Post>&& posts)
{
    for (auto& post : posts) {
        page.entries.push_back({post.id, EntrySource::ReadThrough});
        page.read.emplace(post.id, std::move(post));
    }
}

} // namespace

Result<TimelineSlice> PageReader::slice(SqlSession& sql, RedisClient& redis, TimelineFamily family,
                                        UserId owner, std::optional<PostId> before,
                                        std::optional<PostId> after, int limit, Deadline deadline)
{
    ROOKERY_ASSIGN(auto found,
                   m_services.timelines.read(redis, family, owner, before, after, limit, deadline));
    if (found.valid) {
        m_services.metrics.hit(cacheOf(family));
        return found;
    }
    m_services.metrics.miss(cacheOf(family));
    if (m_services.readOnly) return found; // a read-only engine changes nothing, not even a cache
    ROOKERY_TRY(m_builder.build(sql, redis, family, owner, deadline));
    return m_services.timelines.read(redis, family, owner, before, after, limit, deadline);
}

Result<void> PageReader::appendStored(SqlSession& sql, TimelineFamily family, UserId owner,
                                      std::optional<PostId> before, std::optional<PostId> after, int limit,
                                      IdPage& page, Deadline deadline)
{
    std::vector<UserId> authors;
    if (family == TimelineFamily::Home) {
        ROOKERY_ASSIGN(authors, EdgeStore::followees(sql, owner, deadline));
    }
    authors.push_back(owner);
    ROOKERY_ASSIGN(auto posts, PostStore::newestOf(sql, authors, {before, above(after)}, limit, deadline));
    page.end = posts.size() < std::size_t(limit);
    m_services.metrics.readThroughs.add();
    append(page, std::move(posts));
    return {};
}

Result<IdPage> PageReader::owned(SqlSession& sql, RedisClient* redis, TimelineFamily family, UserId owner,
                                 std::optional<PostId> before, std::optional<PostId> after, int limit,
                                 Deadline deadline)
{
    IdPage page;
    if (redis) {
        const auto found = slice(sql, *redis, family, owner, before, after, limit, halfOf(deadline));
        if (found && found->valid) {
            page.floor = found->floor;
            for (const auto id : found->entries)
                page.entries.push_back({id, EntrySource::Pushed});
            const int missing = limit - int(page.entries.size());
            if (missing <= 0) return page;
            if (found->floor.value == 0 || (after && *after >= found->floor)) {
                page.end = true;
                return page;
            }
            const PostId from = before ? std::min(*before, found->floor) : found->floor;
            ROOKERY_TRY(appendStored(sql, family, owner, from, after, missing, page, deadline));
            return page;
        }
    }
    ROOKERY_TRY(appendStored(sql, family, owner, before, after, limit, page, deadline));
    return page;
}

Result<IdPage> PageReader::everyone(SqlSession& sql, RedisClient* redis, std::optional<PostId> before,
                                    std::optional<PostId> after, int limit, Deadline deadline)
{
    const int shardCount = m_services.maps.current()->shardCount;
    std::vector<int> fromStore(std::size_t(shardCount), 0);
    std::iota(fromStore.begin(), fromStore.end(), 0);
    IdPage page;
    if (redis) {
        std::vector<UserId> owners;
        for (int shard = 0; shard < shardCount; ++shard)
            owners.push_back(Timelines::publicOwner(shard));
        auto slices = m_services.timelines.readMany(*redis, TimelineFamily::Public, owners, before, limit,
                                                    halfOf(deadline));
        fromStore.clear();
        for (int shard = 0; shard < shardCount; ++shard) {
            auto& found = slices[std::size_t(shard)];
            if (found && !found->valid && !m_services.readOnly) {
                m_services.metrics.miss(CacheKind::PublicTimeline);
                if (m_builder.build(sql, *redis, TimelineFamily::Public, owners[std::size_t(shard)],
                                    halfOf(deadline)))
                    found =
                        m_services.timelines.read(*redis, TimelineFamily::Public, owners[std::size_t(shard)],
                                                  before, std::nullopt, limit, halfOf(deadline));
            } else if (found) {
                m_services.metrics.hit(CacheKind::PublicTimeline);
            }
            const bool enough = found && found->valid &&
                                (found->entries.size() >= std::size_t(limit) || found->floor.value == 0);
            if (!enough) {
                fromStore.push_back(shard);
                continue;
            }
            for (const auto id : found->entries)
                if (!after || id > *after) page.entries.push_back({id, EntrySource::Pushed});
        }
    }
    if (!fromStore.empty()) {
        ROOKERY_ASSIGN(auto posts,
                       PostStore::newestOfShards(sql, fromStore, {before, above(after)}, limit, deadline));
        append(page, std::move(posts));
    }
    std::sort(page.entries.begin(), page.entries.end(),
              [](const auto& a, const auto& b) { return a.id > b.id; });
    page.end = page.entries.size() < std::size_t(limit);
    if (!page.end) page.entries.resize(std::size_t(limit));
    return page;
}

} // namespace backend
