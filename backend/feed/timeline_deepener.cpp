#include "backend/feed/timeline_deepener.h"

#include "backend/common/fault_points.h"
#include "backend/common/log.h"
#include "backend/feed/timeline_parts.h"

#include <exception>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr auto kDeepenCall = 1s;              // a stop waits for one timeline at most
constexpr std::size_t kMostDeepened = 10'000; // further ones are left to their next readers
constexpr int kMostTries = 10, kDeepenRounds = 5;
constexpr int kSegmentsAtOnce = 4;

} // namespace

TimelineDeepener::TimelineDeepener(const FeedServices& services)
    : m_services(services)
{
    if (!services.readOnly) m_thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void TimelineDeepener::later(TimelineFamily family, UserId owner)
{
    if (m_services.readOnly) return;
    {
        const std::lock_guard lock(m_mutex);
        const Timeline timeline{family, owner};
        if (m_known.size() >= kMostDeepened || !m_known.insert(timeline).second) return;
        m_jobs.emplace(std::chrono::steady_clock::now(), Job{timeline});
    }
    m_wake.notify_one();
}

void TimelineDeepener::run(const std::stop_token& stop)
{
    std::unique_lock lock(m_mutex);
    while (!stop.stop_requested()) {
        if (m_jobs.empty()) {
            m_wake.wait(lock, stop, [&] { return !m_jobs.empty(); });
            continue;
        }
        if (const auto due = m_jobs.begin()->first; due > std::chrono::steady_clock::now()) {
            m_wake.wait_until(lock, stop, due,
                              [&] { return !m_jobs.empty() && m_jobs.begin()->first < due; });
            continue;
        }
        auto job = m_jobs.extract(m_jobs.begin()).mapped();
        lock.unlock();
        finish(std::move(job));
        lock.lock();
    }
}

// What fails, or is somebody else's at the moment, is looked at again some seconds later.
void TimelineDeepener::finish(Job job)
{
    bool done = false;
    try {
        const auto deepened = deepenSoon(job.timeline);
        done = deepened && *deepened;
        if (!deepened && job.tries == 0)
            log::warning("a timeline stays short for now: " + deepened.error().message);
    } catch (const std::exception& e) {
        log::error(std::string("deepening a timeline: ") + e.what());
    }
    const std::lock_guard lock(m_mutex);
    if (done || ++job.tries >= kMostTries)
        m_known.erase(job.timeline);
    else
        m_jobs.emplace(std::chrono::steady_clock::now() + job.tries * 1s, std::move(job));
}

Result<bool> TimelineDeepener::deepenSoon(const Timeline& timeline) const
{
    const auto deadline = Deadline::after(kDeepenCall);
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_ASSIGN(auto redis, m_services.redis.lease(deadline));
    return deepen(sql, *redis, timeline.first, timeline.second, deadline);
}

// Why the floor may be lowered under everything that happens meanwhile: the token is set first, then
// PostgreSQL is read, and each step adds its posts and lowers the floor in one script, if the token stands.
//  - A post that is committed after it was read for is delivered by who committed it: deliveries add whatever
//    the floor is, and while a token stands nothing is trimmed, so that it is there when the floor passes it.
//  - An unfollow, or the deletion of an account, commits first. Its task takes the token and only then reads
//    the floor down to which it removes: the floor lies still from then on, or is lowered by who reads the
//    edges without that one.
//  - A follow commits first. Its task takes the token and then reads the floor down to which it backfills:
//    what lies below is added by who reads the edges with that one.
//  - What was pulled of an author who is pushed again nobody delivers; all of it is committed before it is
//    backfilled. The backfill takes the token and fills down to the floor in one script: what lies below is
//    added by who reads after that.
//  - The deletion of a post takes the token when its id is reclaimed, from whatever depth; until then the
//    tombstone hides it. Who reads later does not read it.
//  - A delivery that finds its post deleted or its edge ended takes back what it added, and the token.
//  - What somebody delivered below the floor, and somebody else who went by that floor did not remove, is
//    cleared together with the setting of the token.
//  - A reader who becomes dormant loses token and floor, and a node that begins another life loses both or
//    has them of another life: without a valid floor there is nothing to lower.
//  - Trims raise the floor, never while a token stands; a backfill takes the token before it may raise it.
Result<bool> TimelineDeepener::deepen(SqlSession& sql, RedisClient& redis, TimelineFamily family,
                                      UserId owner, Deadline deadline) const
{
    for (int round = 0; round < kDeepenRounds; ++round) {
        ROOKERY_ASSIGN(const auto begun,
                       m_services.timelines.beginDeepening(redis, family, owner, kStaleBuild, deadline));
        if (begun.start != Timelines::Start::Begun) return begun.start == Timelines::Start::Needless;
        ROOKERY_FAULT_POINT("deepen.after_begin");
        const auto whole = steps(sql, redis, family, owner, begun, deadline);
        if (!whole) {
            std::ignore =
                m_services.timelines.giveUpBuild(redis, family, owner, begun.token, Deadline::after(100ms));
            return fail(whole.error());
        }
        if (*whole) return true;
    }
    return fail(ErrorCode::Overloaded, "the timeline changes faster than it can be deepened; try again",
                true);
}

// False when somebody interfered.
Result<bool> TimelineDeepener::steps(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                                     const Timelines::Deepening& begun, Deadline deadline) const
{
    const auto& timelines = m_services.timelines;
    ROOKERY_ASSIGN(const auto sources, sourcesOf(sql, family, owner, deadline));
    const std::int64_t most = std::int64_t(kSegmentsAtOnce) * timelines.segmentSize();
    auto wanted = timelines.limits().cap - begun.entries;
    for (TimelineFloor floor{begun.floor, false}; !floor.whole;) {
        ROOKERY_ASSIGN(const auto part, readPart(m_services, sql, sources, floor.id, most, wanted, deadline));
        ROOKERY_FAULT_POINT("deepen.before_step");
        ROOKERY_ASSIGN(const bool lowered,
                       timelines.deepen(redis, family, owner, begun.token, part.ids, part.floor, deadline));
        if (!lowered) return false;
        ROOKERY_FAULT_POINT("deepen.after_step");
        floor = part.floor;
        wanted -= std::int64_t(part.ids.size());
    }
    return true;
}

} // namespace backend
