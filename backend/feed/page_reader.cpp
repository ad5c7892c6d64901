#include "backend/feed/page_reader.h"

#include "backend/cache/pulled_followees.h"
#include "backend/store/edge_store.h"
#include "backend/store/post_store.h"

#include <algorithm>

namespace backend {
namespace {

constexpr int kHardlyMore = 2;
constexpr Milliseconds kSettled = kCommittedWithin + Milliseconds{2'000}; // no post this old is still to come

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

// What Redis does not answer is a miss, too: PostgreSQL is read.
void PageReader::count(TimelineFamily family, const Result<TimelineSlice>& found)
{
    if (found && found->valid)
        m_services.metrics.hit(cacheOf(family));
    else
        m_services.metrics.miss(cacheOf(family));
}

Result<TimelineSlice> PageReader::slice(SqlSession& sql, RedisClient& redis, TimelineFamily family,
                                        UserId owner, const PageRange& range, bool build, Deadline deadline)
{
    const auto read = [&] {
        return m_services.timelines.read(redis, family, owner, range.before, range.after, range.limit,
                                         deadline);
    };
    auto found = read();
    count(family, found);
    if (found && found->valid) {
        if (!found->whole && build) m_builder.deepenLater(family, owner);
        return found;
    }
    if (!found) return found;
    if (!build || m_services.readOnly) return found; // a read-only engine changes nothing, not even a cache
    ROOKERY_TRY(m_builder.build(sql, redis, family, owner, deadline));
    return read();
}

Result<void> PageReader::appendStored(SqlSession& sql, TimelineFamily family, UserId owner,
                                      const PageRange& range, IdPage& page, Deadline whole)
{
    const auto deadline = whole.earlier(whole.remaining() * 3 / 4); // bodies and names come after
    std::vector<PostSource> sources{owner};
    if (family == TimelineFamily::Home) {
        ROOKERY_ASSIGN(sources, EdgeStore::homeSources(sql, owner, deadline));
    }
    std::erase_if(sources, [&](const PostSource& source) {
        return std::find(range.hidden.begin(), range.hidden.end(), source.author) != range.hidden.end();
    });
    ROOKERY_ASSIGN(auto posts, PostStore::newestOf(sql, sources, {range.before, above(range.after)},
                                                   range.limit, deadline));
    page.end = posts.size() < std::size_t(range.limit);
    m_services.metrics.readThroughs.add();
    append(page, std::move(posts));
    return {};
}

Result<void> PageReader::appendAhead(SqlSession& sql, RedisClient& redis, UserId reader,
                                     const PageRange& range, IdPage& page, AheadReader::Asked* asked,
                                     Deadline whole)
{
    const auto deadline = whole.earlier(whole.remaining() * 3 / 4); // bodies and names come after
    ROOKERY_ASSIGN(auto got, m_ahead.page(sql, redis, reader, *range.before, range.limit, asked, deadline));
    page.end = got.end;
    if (got.lives.empty()) {
        append(page, std::move(got.posts));
        return {};
    }
    page.earlier.lives = std::move(got.lives);
    for (auto& post : got.posts) {
        page.entries.push_back({post.id, EntrySource::ReadThrough});
        page.earlier.posts.emplace(post.id, std::move(post));
    }
    return {};
}

Result<IdPage> PageReader::owned(SqlSession& sql, RedisClient* redis, TimelineFamily family, UserId owner,
                                 const PageRange& range, bool build, Deadline deadline)
{
    IdPage page;
    if (redis) {
        const bool mayReadOn =
            family == TimelineFamily::Home && build && !range.after && range.hidden.empty();
        const auto asked = mayReadOn && range.before ? m_ahead.ask(owner, *range.before, deadline) : nullptr;
        const auto found = slice(sql, *redis, family, owner, range, build, halfOf(deadline));
        if (found && found->valid) {
            page.floor = found->floor;
            for (const auto id : found->entries)
                page.entries.push_back({id, EntrySource::Pushed});
            if (family == TimelineFamily::Home) {
                const auto list = m_services.pulled.current(deadline);
                if (!list->empty() && !mergePulled(sql, *redis, *list, owner, range, page, halfOf(deadline)))
                    page.partial = true;
            }
            const int missing = range.limit - int(page.entries.size());
            if (missing <= 0) return page;
            if (found->floor.value == 0 || (range.after && *range.after >= found->floor)) {
                page.end = true;
                return page;
            }
            auto below = range;
            below.before = range.before ? std::min(*range.before, found->floor) : found->floor;
            below.limit = missing;
            const bool settled = below.before->time() + kSettled < m_services.ageClock.now();
            const auto stored = mayReadOn && settled
                                    ? appendAhead(sql, *redis, owner, below, page, asked.get(), deadline)
                                    : appendStored(sql, family, owner, below, page, deadline);
            if (!stored && page.entries.empty()) return fail(stored.error());
            page.partial = page.partial ||
                           !stored; // what Redis had is right and without a gap; the rest is the next page's
            return page;
        }
    }
    if (!redis) m_services.metrics.miss(cacheOf(family));
    ROOKERY_TRY(appendStored(sql, family, owner, range, page, deadline));
    return page;
}

Result<std::vector<UserId>> PageReader::pulledFollowees(SqlSession& sql, RedisClient& redis,
                                                        const PulledList& list, UserId reader,
                                                        Deadline deadline)
{
    const PulledFollowees kept(m_services.maps);
    if (const auto known = kept.read(redis, reader, list.version, deadline); known && *known) return **known;
    const auto within = Deadline::after(PulledFollowees::kFillWithin);
    ROOKERY_ASSIGN(auto authors, EdgeStore::followees(sql, reader, deadline));
    std::erase_if(authors, [&](UserId author) { return !list.merged(author); });
    if (!m_services.readOnly && !within.expired()) {
        RedisBatch batch(redis);
        kept.fill(batch, reader, list.version, authors);
        std::ignore = batch.run(Deadline(std::min(within.at(), deadline.at())));
    }
    return authors;
}

Result<void> PageReader::mergePulled(SqlSession& sql, RedisClient& redis, const PulledList& list,
                                     UserId reader, const PageRange& range, IdPage& page, Deadline deadline)
{
    const auto& [before, after, limit, hidden] = range;
    ROOKERY_ASSIGN(auto authors, pulledFollowees(sql, redis, list, reader, deadline));
    std::erase_if(authors, [&](UserId author) {
        return std::find(range.hidden.begin(), range.hidden.end(), author) != range.hidden.end();
    });
    if (authors.empty()) return {};
    PostId from = page.entries.size() >= std::size_t(limit) ? page.entries.back().id : *page.floor;
    if (after) from = std::max(from, above(after));
    // Newer posts of those who end are pushed to everybody: each such author has an upper end of its own.
    std::map<std::optional<PostId>, std::vector<UserId>> byEnd;
    for (const auto author : authors) {
        const auto upTo = list.mergedTo(author);
        if (upTo < from) continue; // nothing that is merged lies on this page
        const bool bounded = upTo != PulledList::kAllPosts && (!before || upTo < *before);
        byEnd[bounded ? PostId{upTo.value + 1} : before].push_back(author);
    }
    std::vector<IdPage::Entry> merged;
    std::vector<PostSource> fromStore;
    for (const auto& [end, some] : byEnd) {
        const auto slices =
            m_services.timelines.readMany(redis, TimelineFamily::Author, some, end, limit, deadline);
        for (std::size_t i = 0; i < some.size(); ++i) {
            auto found = slices[i];
            if (found && found->valid && !found->whole)
                m_builder.deepenLater(TimelineFamily::Author, some[i]);
            if (found && !found->valid)
                found = slice(sql, redis, TimelineFamily::Author, some[i], {end, std::nullopt, limit, {}},
                              true, deadline);
            const bool enough = found && found->valid &&
                                (found->entries.size() >= std::size_t(limit) || found->floor <= from);
            if (!enough) {
                fromStore.emplace_back(some[i], list.mergedTo(some[i]));
                continue;
            }
            for (const auto id : found->entries)
                if (id >= from) merged.push_back({id, EntrySource::Pulled});
        }
    }
    if (!fromStore.empty()) {
        ROOKERY_ASSIGN(auto posts, PostStore::newestOf(sql, fromStore, {before, from}, limit, deadline));
        for (auto& post : posts) {
            merged.push_back({post.id, EntrySource::Pulled});
            page.read.emplace(post.id, std::move(post));
        }
    }
    // What was pushed as well stands first of its id.
    page.entries.insert(page.entries.end(), merged.begin(), merged.end());
    std::stable_sort(page.entries.begin(), page.entries.end(),
                     [](const auto& a, const auto& b) { return a.id > b.id; });
    page.entries.erase(std::unique(page.entries.begin(), page.entries.end(),
                                   [](const auto& a, const auto& b) { return a.id == b.id; }),
                       page.entries.end());
    if (page.entries.size() > std::size_t(limit)) page.entries.resize(std::size_t(limit));
    return {};
}

// A partial one is for those who have hardly more time than its reader had: they would not see more.
std::optional<IdPage> PageReader::newest(int limit, Deadline deadline)
{
    const std::lock_guard lock(m_newestMutex);
    const auto found = m_newest.find(limit);
    if (found == m_newest.end() || found->second.until < std::chrono::steady_clock::now()) return {};
    const auto& [page, given, until] = found->second;
    if (page.partial && deadline.remaining() > kHardlyMore * given) return {};
    return page;
}

Result<IdPage> PageReader::everyone(SqlSession& sql, RedisClient* redis, const PageRange& range,
                                    Deadline deadline)
{
    if (range.before || range.after || m_services.publicPageAge.count() == 0)
        return mergeShards(sql, redis, range, deadline);
    const int limit = range.limit;
    if (auto page = newest(limit, deadline)) return *page;
    std::optional<Result<IdPage>> mine;
    const auto landed = m_newestFlights.run(limit, deadline, [&]() -> Result<void> {
        const auto given = deadline.remaining();
        mine = mergeShards(sql, redis, range, deadline);
        if (!*mine) return fail(mine->error());
        auto shared = **mine;
        shared.read.clear(); // bodies may be deleted meanwhile
        const std::lock_guard lock(m_newestMutex);
        m_newest[limit] = {std::move(shared), given,
                           std::chrono::steady_clock::now() + m_services.publicPageAge};
        return {};
    });
    if (mine) {
        if (*mine) m_services.metrics.led(CacheKind::PublicTimeline);
        return std::move(*mine);
    }
    if (auto page = newest(limit, deadline)) {
        m_services.metrics.joined(CacheKind::PublicTimeline);
        return *page;
    }
    if (!landed && deadline.expired()) return fail(landed.error());
    return mergeShards(sql, redis, range, deadline); // the other caller's failure is not this one's
}

Result<IdPage> PageReader::mergeShards(SqlSession& sql, RedisClient* redis, const PageRange& range,
                                       Deadline deadline)
{
    const auto& [before, after, limit, hidden] = range;
    const int shardCount = m_services.maps.current()->shardCount;
    std::vector<int> fromStore;
    IdPage page;
    for (int shard = 0; !redis && shard < shardCount; ++shard) {
        m_services.metrics.miss(CacheKind::PublicTimeline);
        fromStore.push_back(shard);
    }
    if (redis) {
        const auto ofRedis = halfOf(deadline);
        std::vector<UserId> owners;
        for (int shard = 0; shard < shardCount; ++shard)
            owners.push_back(Timelines::publicOwner(shard));
        auto slices =
            m_services.timelines.readMany(*redis, TimelineFamily::Public, owners, before, limit, ofRedis);
        for (int shard = 0; shard < shardCount; ++shard) {
            const auto owner = owners[std::size_t(shard)];
            auto& found = slices[std::size_t(shard)];
            count(TimelineFamily::Public, found);
            if (found && !found->valid && !m_services.readOnly) {
                if (m_builder.build(sql, *redis, TimelineFamily::Public, owner, ofRedis))
                    found = m_services.timelines.read(*redis, TimelineFamily::Public, owner, before,
                                                      std::nullopt, limit, ofRedis);
            } else if (found && found->valid && !found->whole) {
                m_builder.deepenLater(TimelineFamily::Public, owner);
            }
            const bool enough = found && found->valid &&
                                (found->entries.size() >= std::size_t(limit) || found->floor.value == 0 ||
                                 (after && *after >= found->floor));
            if (!enough) {
                fromStore.push_back(shard);
                continue;
            }
            for (const auto id : found->entries)
                if (!after || id > *after) page.entries.push_back({id, EntrySource::Pushed});
        }
    }
    if (!fromStore.empty()) {
        auto stored =
            PostStore::newestOfShards(sql, fromStore, {before, above(after)}, limit, deadline, hidden);
        if (!stored && page.entries.empty()) return fail(stored.error());
        page.partial = !stored || !stored->whole;
        if (stored) append(page, std::move(stored->posts));
    }
    std::sort(page.entries.begin(), page.entries.end(),
              [](const auto& a, const auto& b) { return a.id > b.id; });
    page.end = page.entries.size() < std::size_t(limit);
    if (!page.end) page.entries.resize(std::size_t(limit));
    return page;
}

} // namespace backend
