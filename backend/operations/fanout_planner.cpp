#include "backend/operations/fanout_planner.h"

#include "backend/common/fault_points.h"
#include "backend/common/log.h"
#include "backend/operations/directory_lock.h"
#include "backend/store/post_store.h"
#include "backend/store/pulled_posts.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <span>

namespace backend {
namespace {

constexpr Milliseconds kPlannerEvery{1'000};
constexpr Milliseconds kPlannerCall{2'000}; // a stop waits for one call at most
constexpr std::size_t kMeasuredAtOnce = 50; // authors
constexpr std::string_view kSetting = "push_threshold";
// Ids made later than this after an author's end are of posts that everybody pushes, and that nobody but
// readers who do not know it yet merges: all copies of the list know by then, and ids run ahead by a second
// at most.
constexpr Milliseconds kMergedAfterEnd = 2 * PulledAuthors::kSettled;
// And then everything older is committed.
constexpr Milliseconds kBackfillAfter = kMergedAfterEnd + kCommittedWithin + Milliseconds(2'000);

std::string reasonOf(const AuthorLoad& load, const PushThreshold& threshold)
{
    char text[160];
    if (threshold.kind == PushThreshold::Kind::Auto)
        std::snprintf(text, sizeof text, "%.1f posts a day to %lld followers who come %.2f times a day",
                      load.postsPerDay, static_cast<long long>(load.followers), load.visitsPerDay);
    else
        std::snprintf(text, sizeof text, "%lld followers", static_cast<long long>(load.followers));
    return text;
}

} // namespace

Result<FanoutPolicy> readFanoutPolicy(Directory& directory, Deadline deadline)
{
    FanoutPolicy policy;
    ROOKERY_ASSIGN(const auto stored, directory.setting(kSetting, deadline));
    if (stored) policy.threshold = parsePushThreshold(*stored).value_or(PushThreshold{});
    ROOKERY_ASSIGN(const auto connection, directory.pool().lease(deadline));
    ROOKERY_ASSIGN(const auto rows,
                   connection->execute("SELECT author, state, (extract(epoch FROM changed_at) * 1000000)::"
                                       "bigint, reason FROM directory.pulled_authors ORDER BY author",
                                       {}, deadline));
    for (std::size_t r = 0; r < rows.size(); ++r)
        policy.pulled.push_back({UserId{rows.integer(r, 0)}, PullState(int(rows.integer(r, 1))),
                                 TimePoint(std::chrono::microseconds(rows.integer(r, 2))),
                                 std::string(rows.text(r, 3))});
    return policy;
}

Result<void> savePushThreshold(Directory& directory, const PushThreshold& threshold, Deadline deadline)
{
    return directory.saveSetting(kSetting, toString(threshold), deadline);
}

FanoutPlanner::FanoutPlanner(const FeedServices& services, Directory& directory,
                             FanoutPlannerSettings settings)
    : m_services(services)
    , m_directory(directory)
    , m_settings(settings)
    , m_thread("fan-out planner", kPlannerEvery, [this](const std::stop_token& stop) { step(stop); })
{
}

void FanoutPlanner::step(const std::stop_token& stop)
{
    const auto known = readFanoutPolicy(m_directory, Deadline::after(kPlannerCall));
    if (!known) return; // the directory is away: the next step tries again
    const bool due = m_planned != known->threshold ||
                     std::chrono::steady_clock::now() - m_plannedAt >= m_settings.planEvery;
    const bool moving = std::any_of(known->pulled.begin(), known->pulled.end(),
                                    [](const auto& one) { return one.state != PullState::Pulled; });
    if (!due && !moving) return;
    const auto deadline = Deadline::after(kPlannerCall);
    const auto lock = DirectoryLock::tryTake(m_directory.pool(), kLock, deadline);
    if (!lock) return; // another engine is at it
    if (const auto moved = advance(due, deadline); !moved)
        log::warning("moving authors over goes on later: " + moved.error().message);
    if (!due) return;
    if (const auto planned = plan(*known, stop); !planned) {
        if (!stop.stop_requested())
            log::warning("planning pushed and pulled authors goes on later: " + planned.error().message);
        return;
    }
    m_planned = known->threshold;
    m_plannedAt = std::chrono::steady_clock::now();
}

// The rows and the version in one transaction.
Result<void> FanoutPlanner::change(const std::string& sql, const SqlParameters& parameters, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto connection, m_directory.pool().lease(deadline));
    ROOKERY_TRY(connection->execute(
        "WITH changed AS (" + sql +
            " RETURNING 1) UPDATE directory.pulled_version SET version = version + 1 WHERE EXISTS"
            " (SELECT FROM changed)",
        parameters, deadline));
    return {};
}

// Those that every engine has merged for long enough are not pushed any more. Of those that every engine has
// pushed again for long enough, what was pulled is backfilled; the last task of that ends the merging.
Result<void> FanoutPlanner::advance(bool due, Deadline deadline)
{
    ROOKERY_TRY(change("UPDATE directory.pulled_authors SET state = 2, changed_at = now() WHERE state = 1"
                       " AND changed_at < now() - make_interval(secs => $1::float8)",
                       {sqlParameter(double(PulledAuthors::kSettled.count()) / 1'000)}, deadline));
    ROOKERY_ASSIGN(const auto connection, m_directory.pool().lease(deadline));
    if (due) ROOKERY_TRY(PulledPosts::forgetLostBackfills(*connection, deadline));
    ROOKERY_ASSIGN(const auto begun, PulledPosts::enqueueBackfills(*connection, kBackfillAfter, deadline));
    if (begun == 0) return {};
    ROOKERY_FAULT_POINT("pulled.enqueued");
    m_services.enqueued();
    return {};
}

Result<void> FanoutPlanner::plan(const FanoutPolicy& policy, const std::stop_token& stop)
{
    const auto& threshold = policy.threshold;
    const bool measured = threshold.kind == PushThreshold::Kind::Auto;
    const auto minimum = measured ? m_settings.autoFollowers
                         : threshold.kind == PushThreshold::Kind::Never
                             ? std::numeric_limits<std::int64_t>::max() // nobody new
                             : threshold.followers + 1;
    std::vector<std::int64_t> begin, end;
    std::vector<std::string> reasons;
    std::map<UserId, bool> pulledNow; // those with a row
    for (const auto& one : policy.pulled)
        pulledNow[one.author] = one.state != PullState::Ending;
    for (int shard = 0; shard < m_services.maps.current()->shardCount; ++shard) {
        if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "the engine stops");
        ROOKERY_ASSIGN(const auto loads, loadsOf(shard, minimum, policy, measured, stop));
        for (const auto& load : loads) {
            const auto known = pulledNow.find(load.author);
            const bool now = known != pulledNow.end() && known->second;
            const bool wanted = wantsPull(load, threshold, m_settings, now);
            if (wanted && !now) {
                begin.push_back(load.author.value);
                reasons.push_back(reasonOf(load, threshold));
            } else if (!wanted && now) {
                end.push_back(load.author.value);
            }
        }
    }
    const auto deadline = Deadline::after(kPlannerCall);
    // Of one that ends newer posts are not merged everywhere: it begins like any other.
    if (!begin.empty())
        ROOKERY_TRY(change("INSERT INTO directory.pulled_authors AS p (author, state, reason)"
                           " SELECT a, 1, r FROM unnest($1::bigint[], $2::text[]) AS w (a, r)"
                           " ON CONFLICT (author) DO UPDATE SET state = 1, changed_at = now(),"
                           " reason = excluded.reason, merged_to = excluded.merged_to, backfilling = false"
                           " WHERE p.state = 3",
                           {sqlArray(begin), sqlArray(reasons)}, deadline));
    if (!end.empty()) {
        ROOKERY_TRY(change("UPDATE directory.pulled_authors SET state = 3, changed_at = now(),"
                           " backfilling = false, merged_to = (((extract(epoch FROM now()) * 1000)::bigint"
                           " - $2::bigint) << $3::int) - 1 WHERE author = ANY ($1::bigint[]) AND state <> 3",
                           {sqlArray(end), sqlParameter(kIdEpochUnixMs - kMergedAfterEnd.count()),
                            sqlParameter(kShardBits + kSlotBits)},
                           deadline));
        ROOKERY_FAULT_POINT("pulled.ended");
    }
    if (!begin.empty() || !end.empty())
        log::info(std::to_string(begin.size()) + " authors begin to be pulled, " +
                  std::to_string(end.size()) + " are pushed again");
    return {};
}

// Authors of a shard with at least so many followers, and those that are pulled now.
Result<std::vector<AuthorLoad>> FanoutPlanner::loadsOf(int shard, std::int64_t minimum,
                                                       const FanoutPolicy& policy, bool measured,
                                                       const std::stop_token& stop)
{
    std::vector<std::int64_t> pulled;
    for (const auto& one : policy.pulled)
        if (one.author.shard() == shard) pulled.push_back(one.author.value);
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_ASSIGN(
        const auto rows,
        sql.runOne(Role::Users, shard,
                   {"SELECT user_id, followers FROM " + shardTable(Role::Users, shard, "counters") +
                        " WHERE followers >= $1::bigint OR user_id = ANY ($2::bigint[])",
                    {sqlParameter(minimum), sqlArray(pulled)}},
                   Deadline::after(kPlannerCall)));
    std::vector<AuthorLoad> loads;
    for (std::size_t r = 0; r < rows.size(); ++r)
        loads.push_back({UserId{rows.integer(r, 0)}, rows.integer(r, 1), 0, 0});
    if (measured && !loads.empty()) ROOKERY_TRY(measure(loads, stop));
    return loads;
}

Result<void> FanoutPlanner::measure(std::vector<AuthorLoad>& loads, const std::stop_token& stop)
{
    SqlSession sql(m_services.pools, m_services.maps);
    for (std::size_t begin = 0; begin < loads.size(); begin += kMeasuredAtOnce) {
        if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "the engine stops");
        const auto some = std::span(loads).subspan(begin, std::min(kMeasuredAtOnce, loads.size() - begin));
        std::map<int, std::vector<std::int64_t>> authors;
        for (const auto& load : some)
            authors[load.author.shard()].push_back(load.author.value);
        ROOKERY_ASSIGN(const auto posts, readPostsPerDay(sql, authors, m_services.ageClock.now(),
                                                         Deadline::after(kPlannerCall)));
        ROOKERY_ASSIGN(const auto audiences,
                       readAudiences(sql, authors, m_settings.sample, Deadline::after(kPlannerCall)));
        for (auto& load : some) {
            load.postsPerDay = posts.at(load.author);
            const auto audience = audiences.authors.find(load.author);
            if (audience != audiences.authors.end()) load.visitsPerDay = audience->second.visitsPerDay;
        }
    }
    return {};
}

} // namespace backend
