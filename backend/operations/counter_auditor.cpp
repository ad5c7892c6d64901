#include "backend/operations/counter_auditor.h"

#include "backend/cache/raw_timeline.h"
#include "backend/common/clock.h"
#include "backend/fanout/push_counters.h"

#include <algorithm>
#include <chrono>
#include <map>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr int kUsersAPage = 500;             // users looked at together
constexpr auto kBetweenCounterLooks = 400ms; // two looks at what differs: a cache may be a moment behind
constexpr int kCounterLooksAgain = 3;        // until it stood still between two, or through all
constexpr int kTries = 3;                    // to set counters that change meanwhile
constexpr std::size_t kDriftsListed = 1'000; // drifts in a report
constexpr std::size_t kSuspects = 5'000;     // that wait together for another look
constexpr auto kLastLooksReserve = 2s;       // kept back from a deadline, for the last looks at what differs

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
    int stoodStillFor = 0; // looks in a row

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
    // A task that was counted in PostgreSQL has still to tell Redis. Where the edge's other end lies, it does
    // not show among the tasks here: then only time tells it from a cache that will stay behind.
    bool lags() const { return cached && cached->version < edges.stored.version; }
    bool onlyLags() const { return lags() && !storedDrifted() && lostFollows() == 0; }
    bool drifted() const
    {
        return storedDrifted() || (cacheDrifted() && !(lags() && undecided())) || lostFollows() > 0;
    }
    bool decided() const { return stoodStillFor >= (onlyLags() ? kCounterLooksAgain : 1); }

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

struct CounterAuditor::Audit
{
    CounterAuditReport& report;
    const BeforeChanges& beforeChanges;
    const Deadline deadline, lookUntil; // for users that were not looked at yet
    std::vector<Look> suspects{};
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

void CounterAuditor::tell(const Look& look, Audit& audit) const
{
    auto& report = audit.report;
    CounterDrift drift{look.edges.user,
                       look.edges.stored.counters,
                       look.recounted(),
                       {},
                       look.lostFollows(),
                       look.sentence(),
                       false,
                       {}};
    if (look.cached) drift.cached = look.cached->counters;
    if (audit.beforeChanges) {
        SqlSession sql(m_services.pools, m_services.maps);
        const auto begun = audit.beforeChanges();
        const auto done = begun ? reconciled(sql, look, audit.deadline) : fail(begun.error());
        drift.reconciled = done && *done;
        if (!drift.reconciled)
            drift.message = done ? "it changes all the time; try again" : done.error().message;
        report.reconciled += drift.reconciled;
    }
    ++report.drifted;
    if (report.drifts.size() < kDriftsListed) report.drifts.push_back(std::move(drift));
}

// Those that differ at the first look join the suspects.
Result<void> CounterAuditor::firstLook(SqlSession& sql, int shard, std::vector<RecountedEdges> edges,
                                       Audit& audit) const
{
    ROOKERY_ASSIGN(const auto looks, look(sql, shard, std::move(edges), audit.deadline));
    for (const auto& one : looks) {
        ++audit.report.users;
        audit.report.undecided += one.undecided();
        if (one.drifted()) audit.suspects.push_back(one);
    }
    return {};
}

// One more look at each suspect: who still differs and stood still for long enough has drifted, who does not
// differ any more is right, and all others stay.
Result<void> CounterAuditor::settleOnce(Audit& audit) const
{
    std::map<int, std::vector<Look>> byShard;
    for (auto& one : audit.suspects)
        byShard[one.edges.user.shard()].push_back(std::move(one));
    audit.suspects.clear();
    Result<void> done;
    for (const auto& [shard, all] : byShard)
        for (std::size_t first = 0; first < all.size(); first += std::size_t(kUsersAPage)) {
            const std::vector<Look> some(
                all.begin() + std::ptrdiff_t(first),
                all.begin() + std::ptrdiff_t(std::min(all.size(), first + std::size_t(kUsersAPage))));
            SqlSession sql(m_services.pools, m_services.maps);
            auto later = done ? lookAgain(sql, shard, some, audit.deadline)
                              : Result<std::vector<Look>>(fail(done.error()));
            if (!later) { // nobody knows of these
                if (done) done = fail(later.error());
                audit.suspects.insert(audit.suspects.end(), some.begin(), some.end());
                continue;
            }
            for (auto& now : *later) {
                if (!now.drifted()) continue;
                const auto before = std::find_if(some.begin(), some.end(), [&](const Look& one) {
                    return one.edges.user == now.edges.user;
                });
                if (now.stoodStill(*before)) now.stoodStillFor = before->stoodStillFor + 1;
                if (now.decided())
                    tell(now, audit);
                else
                    audit.suspects.push_back(std::move(now));
            }
        }
    return done;
}

// All suspects wait together. Who never stood still is undecided, and who could not be looked at again.
Result<void> CounterAuditor::settle(Audit& audit) const
{
    Result<void> done;
    for (int again = 0; again < kCounterLooksAgain && done && !audit.suspects.empty(); ++again)
        done = audit.deadline.sleptWithin(kBetweenCounterLooks)
                   ? settleOnce(audit)
                   : fail(ErrorCode::DeadlineExceeded,
                          "there was no time to look again at what seems to have drifted", true);
    audit.report.undecided += std::int64_t(audit.suspects.size());
    audit.suspects.clear();
    return done;
}

Result<void> CounterAuditor::ofShard(int shard, Audit& audit) const
{
    for (UserId after;;) {
        if (audit.suspects.size() >= kSuspects) ROOKERY_TRY(settle(audit));
        if (audit.report.users > 0 && audit.lookUntil.expired())
            return fail(ErrorCode::DeadlineExceeded, "the time is up");
        SqlSession sql(m_services.pools, m_services.maps);
        ROOKERY_ASSIGN(auto edges,
                       CounterStore::recountEdges(sql, shard, after, kUsersAPage, audit.deadline));
        if (edges.empty()) return {};
        after = edges.back().user;
        ROOKERY_TRY(firstLook(sql, shard, std::move(edges), audit));
    }
}

Result<void> CounterAuditor::ofUser(UserId user, Audit& audit) const
{
    SqlSession sql(m_services.pools, m_services.maps);
    std::vector<RecountedEdges> edges;
    if (user.shard() < m_services.maps.current()->shardCount) {
        const std::vector<UserId> one{user};
        ROOKERY_ASSIGN(edges, CounterStore::recountEdges(sql, user.shard(), one, audit.deadline));
    }
    if (edges.empty()) return fail(ErrorCode::NotFound, "no user has the id " + std::to_string(user.value));
    return firstLook(sql, user.shard(), std::move(edges), audit);
}

Result<void> CounterAuditor::ofAll(const CounterAuditQuery& query, Audit& audit) const
{
    if (query.user.value > 0) return ofUser(query.user, audit);
    const int shards = m_services.maps.current()->shardCount;
    if (query.shard >= shards)
        return fail(ErrorCode::InvalidArgument,
                    "the logical shards of this cluster are 0 to " + std::to_string(shards - 1));
    if (query.shard >= 0) return ofShard(query.shard, audit);
    for (int shard = 0; shard < shards; ++shard)
        ROOKERY_TRY(ofShard(shard, audit));
    return {};
}

Result<void> CounterAuditor::audit(const CounterAuditQuery& query, const BeforeChanges& beforeChanges,
                                   CounterAuditReport& report, Deadline deadline) const
{
    report.startedAt = SystemWallClock().now();
    Audit audit{report, beforeChanges, deadline, deadline.keepingBack(kLastLooksReserve)};
    const auto isUp = [&](const Result<void>& outcome) {
        return !outcome && report.users > 0 && outcome.error().code == ErrorCode::DeadlineExceeded;
    };
    auto done = ofAll(query, audit);
    if (!done && !isUp(done)) return fail(done.error());
    if (const auto settled = settle(audit); !settled && done) done = settled;
    report.finishedAt = SystemWallClock().now();
    if (!done && !isUp(done)) return fail(done.error());
    if (!done)
        report.stoppedBecause = "the time was up after " + std::to_string(report.users) +
                                " users; give it more, or audit shard by shard";
    return {};
}

} // namespace backend
