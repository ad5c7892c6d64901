#include "backend/feed/timeline_builder.h"

#include "backend/common/fault_points.h"
#include "backend/feed/timeline_parts.h"
#include "backend/store/reader_store.h"

#include <algorithm>
#include <thread>

namespace backend {
namespace {

constexpr int kBuildRounds = 5;
constexpr Milliseconds kLookAgain{5}, kGivingUp{100};

} // namespace

Result<void> TimelineBuilder::build(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                                    Deadline deadline, BuildFor purpose)
{
    auto& flights = purpose == BuildFor::Upkeep ? m_upkeepFlights : m_flights[std::size_t(family)];
    bool ran = false;
    auto built = flights.run(
        owner, deadline, [&] { return buildNow(sql, redis, family, owner, purpose, deadline); }, &ran);
    if (purpose == BuildFor::Reader) {
        count(family, ran, built.has_value());
        return built;
    }
    if (!built) return built;
    ROOKERY_ASSIGN(const bool whole, m_deepener.deepen(sql, redis, family, owner, deadline));
    if (!whole) m_deepener.later(family, owner); // somebody is at it; should they die, it is looked at again
    return {};
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
    const auto& timelines = m_services.timelines;
    for (int round = 0; round < kBuildRounds; ++round) {
        std::int64_t generation = 0;
        if (family == TimelineFamily::Home) {
            ROOKERY_ASSIGN(generation, warmGeneration(sql, owner, purpose, deadline));
        }
        ROOKERY_ASSIGN(const auto build, timelines.beginBuild(redis, family, owner, kStaleBuild, deadline));
        if (build.start == Timelines::Start::Needless) return {};
        if (build.start == Timelines::Start::Busy) {
            ROOKERY_ASSIGN(const bool ready, waitForOther(redis, family, owner, deadline));
            if (ready) return {};
            continue;
        }
        const auto published = [&]() -> Result<bool> {
            if (family == TimelineFamily::Home) {
                ROOKERY_ASSIGN(const bool warm, stillWarm(sql, owner, generation, deadline));
                if (!warm) return false;
            }
            return publishNewest(sql, redis, family, owner, build.token, deadline);
        }();
        if (published && *published) {
            m_services.metrics.rebuilds.add();
            return {};
        }
        // Who comes next need not wait until this token is stale.
        std::ignore = timelines.giveUpBuild(redis, family, owner, build.token, Deadline::after(kGivingUp));
        if (!published) return fail(published.error());
    }
    return fail(ErrorCode::Overloaded, "the timeline changes faster than it can be built; try again", true);
}

// One segment: some pages. False when somebody interfered.
Result<bool> TimelineBuilder::publishNewest(SqlSession& sql, RedisClient& redis, TimelineFamily family,
                                            UserId owner, const std::string& token, Deadline deadline)
{
    const auto& timelines = m_services.timelines;
    ROOKERY_FAULT_POINT("rebuild.after_begin");
    // Strictly after the token: whatever commits later takes the token away or delivers by itself.
    ROOKERY_ASSIGN(const auto sources, sourcesOf(sql, family, owner, deadline));
    ROOKERY_ASSIGN(const auto newest, readPart(m_services, sql, sources, {}, timelines.segmentSize(),
                                               timelines.limits().cap, deadline));
    ROOKERY_FAULT_POINT("rebuild.before_fill");
    ROOKERY_ASSIGN(const bool published,
                   timelines.finishBuild(redis, family, owner, token, newest.ids, newest.floor, deadline));
    ROOKERY_FAULT_POINT("rebuild.after_publish"); // the floor itself tells that more is to come
    if (published && !newest.floor.whole) m_deepener.later(family, owner);
    return published;
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
