#include "backend/feed/timeline_parts.h"

#include "backend/store/edge_store.h"
#include "backend/store/post_store.h"

#include <algorithm>

namespace backend {
namespace {

Result<std::vector<PostId>> newestIds(SqlSession& sql, const PartSources& sources,
                                      std::optional<PostId> before, int limit, Deadline deadline)
{
    if (sources.family != TimelineFamily::Public)
        return PostStore::newestIdsOf(sql, sources.authors, {before, {}}, limit, false, deadline);
    const std::vector<int> shard{sources.owner.shard()};
    ROOKERY_ASSIGN(const auto newest, PostStore::newestOfShards(sql, shard, {before, {}}, limit, deadline));
    std::vector<PostId> ids;
    for (const auto& post : newest.posts)
        ids.push_back(post.id);
    return ids;
}

// The smallest id that is young enough.
PostId ageFloor(const FeedServices& services)
{
    const auto oldest = std::chrono::duration_cast<Milliseconds>(
        (services.ageClock.now() - services.timelines.limits().age).time_since_epoch());
    return PostId{makeRawId(std::max<std::int64_t>(oldest.count() - kIdEpochUnixMs, 0), 0, 0)};
}

} // namespace

Result<PartSources> sourcesOf(SqlSession& sql, TimelineFamily family, UserId owner, Deadline deadline)
{
    PartSources sources{family, owner, {}};
    if (family == TimelineFamily::Author) sources.authors = {owner};
    if (family == TimelineFamily::Home) {
        ROOKERY_ASSIGN(sources.authors, EdgeStore::homeSources(sql, owner, deadline));
    }
    return sources;
}

Result<TimelinePart> readPart(const FeedServices& services, SqlSession& sql, const PartSources& sources,
                              std::optional<PostId> before, std::int64_t most, std::int64_t wanted,
                              Deadline deadline)
{
    const auto oldest = ageFloor(services);
    if (before && (*before <= oldest || wanted <= 0)) return TimelinePart{{}, {*before, true}};
    const auto count = std::max<std::int64_t>(std::min(most, wanted), 0);
    TimelinePart part;
    ROOKERY_ASSIGN(part.ids, newestIds(sql, sources, before, int(count) + 1, deadline)); // one more: the end?
    if (std::int64_t(part.ids.size()) > count) {
        part.ids.resize(std::size_t(count));
        if (!part.ids.empty()) part.floor = {part.ids.back(), count >= wanted};
    }
    if (!part.ids.empty() && part.ids.back() < oldest) {
        part.floor = {oldest, true};
        std::erase_if(part.ids, [&](PostId id) { return id < oldest; });
    }
    return part;
}

} // namespace backend
