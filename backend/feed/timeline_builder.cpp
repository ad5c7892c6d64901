#include "backend/feed/timeline_builder.h"

#include "backend/common/fault_points.h"
#include "backend/store/edge_store.h"
#include "backend/store/post_store.h"
#include "backend/store/reader_store.h"

#include <algorithm>
#include <thread>

namespace backend {
namespace {

constexpr int kRounds = 5;
constexpr Milliseconds kStaleBuild{5'000}; // a builder that died leaves its token this long at most
constexpr Milliseconds kLookAgain{5};

} // namespace

Result<void> TimelineBuilder::build(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                                    Deadline deadline, BuildFor purpose)
{
    auto& flights = purpose == BuildFor::Upkeep ? m_upkeepFlights : m_flights[std::size_t(family)];
    bool ran = false;
    auto built = flights.run(
        owner, deadline, [&] { return buildNow(sql, redis, family, owner, purpose, deadline); }, &ran);
    if (purpose == BuildFor::Reader) count(family, ran, built.has_value());
    return built;
}

void TimelineBuilder::count(TimelineFamily family, bool ran, bool built) const
{
    const auto kind = family == TimelineFamily::Home     ? CacheKind::HomeTimeline
                      : family == TimelineFamily::Author ? CacheKind::AuthorTimeline
                                                         : CacheKind::PublicTimeline;
    if (ran)
        m_services.metrics.led(kind);
    else if (built)
        m_services.metrics.joined(kind);
}

// Before anything is read for a timeline its reader is warm, and whoever delivers knows. Returns under which
// generation.
Result<std::int64_t> TimelineBuilder::warmGeneration(SqlSession& sql, UserId reader, BuildFor purpose,
                                                     Deadline deadline)
{
    std::optional<ReaderState> state;
    if (purpose == BuildFor::Reader) {
        ROOKERY_ASSIGN(state, ReaderStore::wake(sql, reader, deadline));
        ROOKERY_FAULT_POINT("reader.woken");
    } else {
        ROOKERY_ASSIGN(const auto states, ReaderStore::load(sql, std::span(&reader, 1), deadline));
        if (!states.empty()) state = states.front();
    }
    if (!state) return fail(ErrorCode::NotFound, "there is no user with id " + std::to_string(reader.value));
    if (!state->warm)
        return fail(ErrorCode::NotFound, "the reader " + std::to_string(reader.value) +
                                             " is dormant: no timeline is kept until they return");
    if (state->copied < state->generation)
        ROOKERY_TRY(ReaderStore::copy(sql, std::span(&*state, 1), deadline));
    return state->generation;
}

Result<bool> TimelineBuilder::stillWarm(SqlSession& sql, UserId reader, std::int64_t generation,
                                        Deadline deadline)
{
    ROOKERY_ASSIGN(const auto states, ReaderStore::load(sql, std::span(&reader, 1), deadline));
    return !states.empty() && states.front().warm && states.front().generation == generation;
}

Result<void> TimelineBuilder::buildNow(SqlSession& sql, RedisClient& redis, TimelineFamily family,
                                       UserId owner, BuildFor purpose, Deadline deadline)
{
    const auto& limits = m_services.timelines.limits();
    for (int round = 0; round < kRounds; ++round) {
        std::int64_t generation = 0;
        if (family == TimelineFamily::Home) {
            ROOKERY_ASSIGN(generation, warmGeneration(sql, owner, purpose, deadline));
        }
        ROOKERY_ASSIGN(const auto token,
                       m_services.timelines.beginBuild(redis, family, owner, kStaleBuild, deadline));
        if (!token) {
            ROOKERY_ASSIGN(const bool ready, waitForOther(redis, family, owner, deadline));
            if (ready) return {};
            continue;
        }
        if (family == TimelineFamily::Home) {
            ROOKERY_ASSIGN(const bool warm, stillWarm(sql, owner, generation, deadline));
            if (!warm) continue; // the token goes stale, or is taken with the timeline
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
    std::vector<PostSource> sources{owner};
    if (family == TimelineFamily::Home) {
        ROOKERY_ASSIGN(sources, EdgeStore::homeSources(sql, owner, deadline));
    }
    return PostStore::newestIdsOf(sql, sources, {}, limit, false, deadline);
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
