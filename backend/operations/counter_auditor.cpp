#include "backend/operations/counter_auditor.h"

#include "backend/cache/raw_timeline.h"
#include "backend/fanout/push_counters.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr int kPage = 500;             // users looked at together
constexpr auto kBetween = 400ms;       // two looks at what differs: a cache may be a moment behind
constexpr int kLooksAgain = 3;         // until it stood still between two
constexpr int kTries = 3;              // to set counters that change meanwhile
constexpr std::size_t kListed = 1'000; // drifts in a report
constexpr auto kReserve = 2s;          // kept back from a deadline, to tell what was found by then

TimePoint now()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string words(const Counters& c)
{
    return std::to_string(c.followers) + " followers, " + std::to_string(c.following) + " following, " +
           std::to_string(c.posts) + " posts";
}

} // namespace

// One user, at one moment of each of the nodes.
struct CounterAuditor::Look
{
    RecountedEdges edges;
    RecountedPosts posts;
    std::optional<RawCounters> cached;

    Counters recounted() const
    {
        return {edges.followers, edges.following,
                posts.tasksWaiting ? edges.stored.counters.posts : posts.posts};
    }
    bool undecided() const { return posts.tasksWaiting || edges.tasksWaiting; }
    std::int64_t lostFollows() const { return edges.tasksWaiting ? 0 : edges.uncounted; }
    bool storedDrifted() const { return edges.stored.counters != recounted(); }
    bool cacheDrifted() const
    {
        return cached &&
               (cached->version != edges.stored.version || cached->counters != edges.stored.counters);
    }
    // Nothing was written between the nodes' moments: what differs is not just younger here than there.
    bool stoodStill(const Look& before) const
    {
        return edges.stored.version == before.edges.stored.version &&
               cached.has_value() == before.cached.has_value() &&
               (!cached || cached->version == before.cached->version);
    }
    bool drifted() const { return storedDrifted() || cacheDrifted() || lostFollows() > 0; }

    std::string sentence() const
    {
        std::string out;
        const auto add = [&](const std::string& words) { out += (out.empty() ? "" : "; ") + words; };
        if (storedDrifted())
            add("PostgreSQL has " + words(edges.stored.counters) + ", recounted " + words(recounted()));
        if (cacheDrifted())
            add("Redis has " + words(cached->counters) + " of version " + std::to_string(cached->version) +
                ", PostgreSQL version " + std::to_string(edges.stored.version));
        if (lostFollows() > 0)
            add(std::to_string(lostFollows()) +
                " changes of follows were never carried out, and no task will");
        return out;
    }
};

Result<std::vector<CounterAuditor::Look>>
CounterAuditor::look(SqlSession& sql, int shard, std::vector<RecountedEdges> edges, Deadline deadline) const
{
    std::vector<UserId> users;
    for (const auto& one : edges)
        users.push_back(one.user);
    ROOKERY_ASSIGN(const auto posts, CounterStore::recountPosts(sql, shard, users, deadline));
    ROOKERY_ASSIGN(const auto redis, m_services.redis.lease(deadline));
    ROOKERY_ASSIGN(const auto cached, readRawCounters(*redis, *m_services.maps.current(), users, deadline));
    std::vector<Look> looks;
    for (std::size_t i = 0; i < edges.size(); ++i)
        looks.push_back({edges[i], posts[i], cached[i]});
    return looks;
}

Result<std::vector<CounterAuditor::Look>> CounterAuditor::lookAgain(SqlSession& sql, int shard,
                                                                    const std::vector<Look>& before,
                                                                    Deadline deadline) const
{
    std::vector<UserId> users;
    for (const auto& one : before)
        users.push_back(one.edges.user);
    ROOKERY_ASSIGN(auto edges, CounterStore::recountEdges(sql, shard, users, deadline));
    return look(sql, shard, std::move(edges), deadline);
}

// Whether it is right now. What changes at this moment is tried again; tasks that are about its posts or
// follows may still come.
Result<bool> CounterAuditor::reconciled(SqlSession& sql, const Look& found, Deadline deadline) const
{
    const UserId user = found.edges.user;
    std::vector<Look> looks{found};
    for (int i = 0; i < kTries; ++i) {
        if (i > 0) {
            ROOKERY_ASSIGN(looks, lookAgain(sql, user.shard(), looks, deadline));
            if (looks.empty() || !looks.front().drifted()) return true;
        }
        const auto& look = looks.front();
        if (look.lostFollows() > 0) ROOKERY_TRY(CounterStore::requeueUncounted(sql, user, deadline));
        if (look.storedDrifted() || look.cacheDrifted()) {
            ROOKERY_ASSIGN(const bool done, CounterStore::replace(sql, user, look.edges.stored.version,
                                                                  look.cached ? look.cached->version : 0,
                                                                  look.recounted(), deadline));
            if (!done) continue;
            ROOKERY_ASSIGN(const auto redis, m_services.redis.lease(deadline));
            ROOKERY_TRY(pushCounters(sql, *redis, m_services.objects, {user}, deadline));
        }
        return true;
    }
    return false;
}

Result<void> CounterAuditor::judge(SqlSession& sql, int shard, std::vector<RecountedEdges> edges,
                                   bool reconcile, CounterAuditReport& report, Deadline deadline) const
{
    ROOKERY_ASSIGN(auto suspects, look(sql, shard, std::move(edges), deadline));
    const auto users = std::int64_t(suspects.size());
    auto undecided =
        std::count_if(suspects.begin(), suspects.end(), [](const Look& one) { return one.undecided(); });
    std::erase_if(suspects, [](const Look& one) { return !one.drifted(); });
    std::vector<Look> looks; // that stood still and differ
    for (int again = 0; again < kLooksAgain && !suspects.empty(); ++again) {
        std::this_thread::sleep_for(kBetween);
        ROOKERY_ASSIGN(auto later, lookAgain(sql, shard, suspects, deadline));
        std::erase_if(later, [&](const Look& now) {
            const auto before = std::find_if(suspects.begin(), suspects.end(), [&](const Look& one) {
                return one.edges.user == now.edges.user;
            });
            if (now.drifted() && !now.stoodStill(*before)) return false; // once more
            if (now.drifted()) looks.push_back(now);
            return true;
        });
        suspects = std::move(later);
    }
    undecided += std::int64_t(suspects.size());
    report.users += users;
    report.undecided += undecided;
    for (const auto& one : looks) {
        CounterDrift drift{one.edges.user,
                           one.edges.stored.counters,
                           one.recounted(),
                           {},
                           one.lostFollows(),
                           one.sentence(),
                           false,
                           {}};
        if (one.cached) drift.cached = one.cached->counters;
        if (reconcile) {
            const auto done = reconciled(sql, one, deadline);
            drift.reconciled = done && *done;
            if (!drift.reconciled)
                drift.message = done ? "it changes all the time; try again" : done.error().message;
            report.reconciled += drift.reconciled;
        }
        ++report.drifted;
        if (report.drifts.size() < kListed) report.drifts.push_back(std::move(drift));
    }
    return {};
}

Result<void> CounterAuditor::shardOf(int shard, bool reconcile, CounterAuditReport& report,
                                     Deadline deadline) const
{
    for (UserId after;;) {
        if (report.users > 0 && deadline.remaining() < kReserve)
            return fail(ErrorCode::DeadlineExceeded, "the time is up");
        SqlSession sql(m_services.pools, m_services.maps);
        ROOKERY_ASSIGN(auto edges, CounterStore::recountEdges(sql, shard, after, kPage, deadline));
        if (edges.empty()) return {};
        after = edges.back().user;
        ROOKERY_TRY(judge(sql, shard, std::move(edges), reconcile, report, deadline));
    }
}

Result<CounterAuditReport> CounterAuditor::audit(const CounterAuditQuery& query, bool reconcile,
                                                 Deadline deadline) const
{
    CounterAuditReport report;
    report.startedAt = now();
    const int shards = m_services.maps.current()->shardCount;
    const auto all = [&]() -> Result<void> {
        if (query.user.value > 0) {
            SqlSession sql(m_services.pools, m_services.maps);
            std::vector<RecountedEdges> edges;
            if (query.user.shard() < shards) {
                const std::vector<UserId> user{query.user};
                ROOKERY_ASSIGN(edges, CounterStore::recountEdges(sql, query.user.shard(), user, deadline));
            }
            if (edges.empty())
                return fail(ErrorCode::NotFound, "no user has the id " + std::to_string(query.user.value));
            return judge(sql, query.user.shard(), std::move(edges), reconcile, report, deadline);
        }
        if (query.shard >= shards)
            return fail(ErrorCode::InvalidArgument,
                        "the logical shards of this cluster are 0 to " + std::to_string(shards - 1));
        for (int shard = std::max(query.shard, 0); shard < (query.shard < 0 ? shards : query.shard + 1);
             ++shard)
            ROOKERY_TRY(shardOf(shard, reconcile, report, deadline));
        return {};
    };
    const auto done = all();
    report.finishedAt = now();
    if (!done && !(report.users > 0 && done.error().code == ErrorCode::DeadlineExceeded))
        return fail(done.error());
    if (!done)
        report.stoppedBecause = "the time was up after " + std::to_string(report.users) +
                                " users; give it more, or audit shard by shard";
    return report;
}

} // namespace backend
