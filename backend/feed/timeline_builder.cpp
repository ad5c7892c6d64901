#include "backend/feed/timeline_builder.h"

#include "backend/common/fault_points.h"
#include "backend/store/edge_store.h"
#include "backend/store/post_store.h"

#include <algorithm>
#include <thread>

namespace backend {
namespace {

constexpr int kRounds = 5;
constexpr Milliseconds kStaleBuild{5'000}; // a builder that died leaves its token this long at most
constexpr Milliseconds kLookAgain{5};

} // namespace

Result<void> TimelineBuilder::build(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                                    Deadline deadline)
{
    return m_flights[std::size_t(family)].run(owner, deadline,
                                              [&] { return buildNow(sql, redis, family, owner, deadline); });
}

Result<void> TimelineBuilder::buildNow(SqlSession& sql, RedisClient& redis, TimelineFamily family,
                                       UserId owner, Deadline deadline)
{
    const auto& limits = m_services.timelines.limits();
    for (int round = 0; round < kRounds; ++round) {
        ROOKERY_ASSIGN(const auto token,
                       m_services.timelines.beginBuild(redis, family, owner, kStaleBuild, deadline));
        if (!token) {
            ROOKERY_ASSIGN(const bool ready, waitForOther(redis, family, owner, deadline));
            if (ready) return {};
            continue;
        }
        ROOKERY_FAULT_POINT("rebuild.after_begin");
        // Strictly after the token: whatever commits later takes the token away or delivers by itself.
        ROOKERY_ASSIGN(auto ids, newestIds(sql, family, owner, limits.cap + 1, deadline));
        const auto oldest = std::chrono::duration_cast<Milliseconds>(
            (m_services.ageClock.now() - limits.age).time_since_epoch());
        const PostId ageFloor{makeRawId(oldest.count() - kIdEpochUnixMs, 0, 0)};
        PostId floor{};
        if (ids.size() > std::size_t(limits.cap)) {
            ids.resize(std::size_t(limits.cap));
            floor = ids.back();
        }
        if (!ids.empty() && ids.back() < ageFloor) {
            floor = ageFloor;
            std::erase_if(ids, [&](PostId id) { return id < ageFloor; });
        }
        ROOKERY_FAULT_POINT("rebuild.before_fill");
        ROOKERY_ASSIGN(const bool published,
                       m_services.timelines.finishBuild(redis, family, owner, *token, ids, floor, deadline));
        ROOKERY_FAULT_POINT("rebuild.after_publish");
        if (published) {
            m_services.metrics.rebuilds.add();
            return {};
        }
    }
    return fail(ErrorCode::Overloaded, "the timeline changes faster than it can be built; try again", true);
}

Result<std::vector<PostId>> TimelineBuilder::newestIds(SqlSession& sql, TimelineFamily family, UserId owner,
                                                       int limit, Deadline deadline)
{
    if (family == TimelineFamily::Public) {
        const std::vector<int> shard{owner.shard()};
        ROOKERY_ASSIGN(const auto newest, PostStore::newestOfShards(sql, shard, {}, limit, deadline));
        std::vector<PostId> ids;
        for (const auto& post : newest.posts)
            ids.push_back(post.id);
        return ids;
    }
    std::vector<UserId> authors;
    if (family == TimelineFamily::Home) {
        ROOKERY_ASSIGN(authors, EdgeStore::followees(sql, owner, deadline));
    }
    authors.push_back(owner);
    return PostStore::newestIdsOf(sql, authors, {}, limit, false, deadline);
}

Result<bool> TimelineBuilder::waitForOther(RedisClient& redis, TimelineFamily family, UserId owner,
                                           Deadline deadline)
{
    const std::vector<UserId> owners{owner};
    const auto until = deadline.earlier(kStaleBuild);
    while (!until.expired()) {
        ROOKERY_ASSIGN(const auto floors, m_services.timelines.floors(redis, family, owners, deadline));
        if (floors[0]) return true;
        std::this_thread::sleep_for(kLookAgain);
    }
    return false;
}

} // namespace backend
