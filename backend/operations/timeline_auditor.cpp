#include "backend/operations/timeline_auditor.h"

#include "backend/audit/outstanding_work.h"
#include "backend/common/clock.h"
#include "backend/operations/explain.h"

#include <algorithm>
#include <map>
#include <random>
#include <thread>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr int kReadersAPage = 200;                // readers looked at together
constexpr int kLooksAgain = 2;                    // at what differs,
constexpr auto kBetween = 300ms;                  // so long apart
constexpr std::size_t kDifferencesListed = 1'000; // differences in a report
constexpr std::size_t kListedPosts = 20;          // of each
constexpr std::size_t kExplained = 50;            // differences of a page
constexpr auto kReserve = 2s;                     // kept back from a deadline, to tell what was found by then

Result<void> goOn(const std::stop_token& stop)
{
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "the engine stops");
    return {};
}

Result<void> waitALittle(Deadline deadline, const std::stop_token& stop)
{
    const auto until = std::chrono::steady_clock::now() + kBetween;
    if (deadline.at() <= until)
        return fail(ErrorCode::DeadlineExceeded, "there was no time to look again at what seems to differ",
                    true);
    while (std::chrono::steady_clock::now() < until) {
        ROOKERY_TRY(goOn(stop));
        std::this_thread::sleep_for(20ms);
    }
    return {};
}

} // namespace

struct TimelineAuditor::Suspect
{
    UserId reader;
    PostId from; // the floor when it was first read
    std::vector<HomeFault> faults;
    bool underWay = false; // some of what differed, unfinished work explains
    HomeTruth before{};
};

// One page of readers, from the first look to the verdict.
class TimelineAuditor::Page
{
public:
    Page(const FeedServices& services, const HomeRules& rules, TimelineAuditReport& report, Deadline deadline,
         const std::stop_token& stop)
        : m_services(services)
        , m_rules(rules)
        , m_map(services.maps.current())
        , m_report(report)
        , m_deadline(deadline)
        , m_stop(stop)
        , m_sql(services.pools, services.maps)
    {
    }

    Result<Findings> look(std::span<const UserId> readers)
    {
        ROOKERY_ASSIGN(m_redis, m_services.redis.lease(m_deadline));
        ROOKERY_TRY(firstLook(readers));
        for (int again = 0; again < kLooksAgain && !m_suspects.empty(); ++again) {
            ROOKERY_TRY(waitALittle(m_deadline, m_stop));
            ROOKERY_TRY(lookAgain());
        }
        for (auto& suspect : m_suspects)
            conclude(suspect);
        return std::move(m_findings);
    }

private:
    Result<std::vector<RawTimeline>> timelines(std::span<const UserId> readers)
    {
        return readRawTimelines(*m_redis, *m_map, TimelineFamily::Home, readers, m_deadline);
    }

    Result<HomeTruth> truthOf(UserId reader, PostId from)
    {
        ROOKERY_TRY(goOn(m_stop));
        const auto pulled = m_services.pulled.current(m_deadline);
        return homeTruth(m_sql, *pulled, reader, from, postsToJudge(m_rules), m_rules.cap, m_deadline);
    }

    Result<void> firstLook(std::span<const UserId> readers)
    {
        ROOKERY_ASSIGN(const auto raws, timelines(readers));
        for (std::size_t i = 0; i < readers.size(); ++i) {
            const auto& raw = raws[i];
            const PostId floor = raw.valid() ? raw.floor->id : PostId{};
            ROOKERY_ASSIGN(const auto truth, truthOf(readers[i], floor));
            if (!truth.exists) continue; // deleted meanwhile
            ++m_report.readers;
            if (!truth.warm) {
                ++m_report.dormant;
            } else if (!raw.valid()) {
                takeCold(readers[i]);
            } else {
                const auto shown = std::lower_bound(raw.ids.begin(), raw.ids.end(), floor);
                m_report.entries += std::int64_t(raw.stored);
                m_report.hidden += shown - raw.ids.begin();
                if (auto faults = compareHome(raw, truth, truth, m_rules); faults.empty())
                    ++m_report.verified;
                else
                    m_suspects.push_back({readers[i], floor, std::move(faults)});
            }
        }
        return {};
    }

    Result<OutstandingWork> workOfSuspects()
    {
        // All of them: what is not asked about would be taken for a fault while a queue is long.
        std::vector<PostId> posts;
        std::vector<UserId> readers;
        for (const auto& suspect : m_suspects) {
            readers.push_back(suspect.reader);
            for (const auto& fault : suspect.faults)
                posts.insert(posts.end(), fault.posts.begin(), fault.posts.end());
        }
        std::sort(posts.begin(), posts.end());
        posts.erase(std::unique(posts.begin(), posts.end()), posts.end());
        return outstandingWork(m_sql, m_services.pools, posts, readers, m_deadline);
    }

    Result<void> lookAgain()
    {
        std::vector<UserId> readers;
        for (auto& suspect : m_suspects) {
            ROOKERY_ASSIGN(suspect.before, truthOf(suspect.reader, suspect.from));
            readers.push_back(suspect.reader);
        }
        ROOKERY_ASSIGN(const auto work, workOfSuspects());
        ROOKERY_ASSIGN(const auto raws, timelines(readers));
        std::vector<Suspect> still;
        for (std::size_t i = 0; i < m_suspects.size(); ++i) {
            auto& suspect = m_suspects[i];
            ROOKERY_ASSIGN(const auto after, truthOf(suspect.reader, suspect.from));
            if (!after.warm || !suspect.before.warm || !raws[i].valid()) {
                ++m_report.undecided; // dropped or being built at this moment
                continue;
            }
            suspect.faults = inBoth(suspect.faults, compareHome(raws[i], suspect.before, after, m_rules));
            takeAway(suspect, work);
            if (!suspect.faults.empty())
                still.push_back(std::move(suspect));
            else
                ++(suspect.underWay ? m_report.undecided : m_report.verified);
        }
        m_suspects = std::move(still);
        return {};
    }

    // What unfinished tasks are about. Those of a reader's follows may concern any post.
    static void takeAway(Suspect& suspect, const OutstandingWork& work)
    {
        const bool edges = work.readers.contains(suspect.reader);
        std::erase_if(suspect.faults, [&](HomeFault& fault) {
            const bool content = fault.fault == TimelineFault::Missing || fault.fault == TimelineFault::Extra;
            if (!content && fault.fault != TimelineFault::Double) return false;
            const auto taken = std::erase_if(
                fault.posts, [&](PostId post) { return (edges && content) || work.posts.contains(post); });
            suspect.underWay = suspect.underWay || taken > 0;
            return fault.posts.empty();
        });
    }

    TimelineDifference differenceOf(UserId reader, HomeFault fault) const
    {
        TimelineDifference out;
        out.reader = reader;
        out.shard = reader.shard();
        if (const auto* node = m_map->node(m_map->timelinesNode[std::size_t(out.shard)]))
            out.node = node->name;
        out.fault = fault.fault;
        out.postsTotal = std::int64_t(fault.posts.size());
        fault.posts.resize(std::min(fault.posts.size(), kListedPosts));
        out.posts = std::move(fault.posts);
        out.detail = std::move(fault.detail);
        return out;
    }

    void list(TimelineDifference difference)
    {
        ++m_report.differencesTotal;
        if (m_report.differences.size() < kDifferencesListed)
            m_report.differences.push_back(std::move(difference));
    }

    void takeCold(UserId reader)
    {
        ++m_report.cold;
        m_findings.cold.push_back(reader);
        list(differenceOf(reader,
                          {TimelineFault::Cold,
                           {},
                           "no timeline is kept: pages come from PostgreSQL, the next one builds it"}));
    }

    void conclude(Suspect& suspect)
    {
        ++m_report.verified;
        ++m_report.differing;
        m_findings.differing.push_back(suspect.reader);
        for (auto& fault : suspect.faults) {
            auto difference = differenceOf(suspect.reader, std::move(fault));
            const bool explains =
                difference.fault == TimelineFault::Missing || difference.fault == TimelineFault::Extra;
            if (explains && m_explained++ < kExplained)
                if (const auto told = explainPost(m_services, difference.posts.front(), suspect.reader,
                                                  m_deadline.earlier(2s)))
                    difference.explained = std::string(toString(told->answer)) + ": " + told->reason;
            list(std::move(difference));
        }
    }

    const FeedServices& m_services;
    const HomeRules& m_rules;
    const std::shared_ptr<const ShardMap> m_map;
    TimelineAuditReport& m_report;
    const Deadline m_deadline;
    const std::stop_token& m_stop;
    SqlSession m_sql;
    RedisClientPool::Lease m_redis;
    std::vector<Suspect> m_suspects;
    Findings m_findings;
    std::size_t m_explained = 0;
};

HomeRules homeRules(const FeedServices& services)
{
    const auto& timelines = services.timelines;
    const auto& limits = timelines.limits();
    return {limits.cap, timelines.segmentSize(), limits.checkOneIn, limits.age, services.ageClock.now()};
}

Result<TimelineAuditor::Findings> TimelineAuditor::look(std::span<const UserId> readers,
                                                        TimelineAuditReport& report, Deadline deadline,
                                                        const std::stop_token& stop) const
{
    const auto how = homeRules(m_services);
    return Page(m_services, how, report, deadline, stop).look(readers);
}

Result<std::vector<UserId>> TimelineAuditor::warmReaders(int shard, UserId after, int limit,
                                                         Deadline deadline) const
{
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_ASSIGN(const auto rows,
                   sql.runOne(Role::Users, shard,
                              {"SELECT id FROM " + shardTable(Role::Users, shard, "users") +
                                   " WHERE warm AND id > $1::bigint ORDER BY id LIMIT $2::int",
                               {sqlParameter(after.value), sqlParameter(limit)}},
                              deadline));
    std::vector<UserId> readers;
    for (std::size_t r = 0; r < rows.size(); ++r)
        readers.push_back(UserId{rows.integer(r, 0)});
    return readers;
}

Result<void> TimelineAuditor::countDormant(int shard, TimelineAuditReport& report, Deadline deadline) const
{
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_ASSIGN(
        const auto rows,
        sql.runOne(
            Role::Users, shard,
            {"SELECT count(*) FROM " + shardTable(Role::Users, shard, "users") + " WHERE NOT warm", {}},
            deadline));
    report.dormant += rows.integer(0, 0);
    report.readers += rows.integer(0, 0);
    return {};
}

Result<void> TimelineAuditor::eachOfShard(int shard, const Visit& visit, Deadline deadline) const
{
    for (UserId after;;) {
        ROOKERY_ASSIGN(const auto readers, warmReaders(shard, after, kReadersAPage, deadline));
        if (readers.empty()) return {};
        after = readers.back();
        ROOKERY_TRY(visit(readers));
    }
}

// An even part of each logical shard, in an order by the seed; what a shard has too few of the next ones
// give.
Result<void> TimelineAuditor::eachOfSample(const TimelineAuditQuery& query, const Visit& visit,
                                           Deadline deadline) const
{
    const int count = m_services.maps.current()->shardCount;
    std::vector<int> shards;
    for (int shard = 0; shard < count; ++shard)
        shards.push_back(shard);
    std::mt19937_64 random(query.seed);
    for (std::size_t i = shards.size(); i > 1; --i)
        std::swap(shards[i - 1], shards[random() % i]);
    int wanted = query.sample;
    for (std::size_t i = 0; i < shards.size() && wanted > 0; ++i) {
        const int left = int(shards.size() - i), part = (wanted + left - 1) / left;
        std::vector<UserId> readers;
        {
            SqlSession sql(m_services.pools, m_services.maps);
            ROOKERY_ASSIGN(const auto rows,
                           sql.runOne(Role::Users, shards[i],
                                      {"SELECT id FROM " + shardTable(Role::Users, shards[i], "users") +
                                           " WHERE warm ORDER BY hashint8extended(id, $1::bigint), id"
                                           " LIMIT $2::int",
                                       {sqlParameter(std::int64_t(query.seed)), sqlParameter(part)}},
                                      deadline));
            for (std::size_t r = 0; r < rows.size(); ++r)
                readers.push_back(UserId{rows.integer(r, 0)});
        }
        wanted -= int(readers.size());
        for (std::size_t first = 0; first < readers.size(); first += kReadersAPage)
            ROOKERY_TRY(visit(std::span(readers).subspan(
                first, std::min<std::size_t>(kReadersAPage, readers.size() - first))));
    }
    return {};
}

Result<void> TimelineAuditor::eachPage(const TimelineAuditQuery& query, TimelineAuditReport& report,
                                       const Visit& visit, Deadline deadline) const
{
    using Scope = TimelineAuditQuery::Scope;
    const int shards = m_services.maps.current()->shardCount;
    switch (query.scope) {
    case Scope::Reader: {
        const std::vector<UserId> reader{query.reader};
        if (query.reader.value > 0 && query.reader.shard() < shards) {
            const auto seen = report.readers;
            ROOKERY_TRY(visit(reader));
            if (report.readers > seen) return {};
        }
        return fail(ErrorCode::NotFound, "no user has the id " + std::to_string(query.reader.value));
    }
    case Scope::Shard:
        if (query.shard < 0 || query.shard >= shards)
            return fail(ErrorCode::InvalidArgument,
                        "the logical shards of this cluster are 0 to " + std::to_string(shards - 1));
        ROOKERY_TRY(countDormant(query.shard, report, deadline));
        return eachOfShard(query.shard, visit, deadline);
    case Scope::Sample:
        if (query.sample < 1) return fail(ErrorCode::InvalidArgument, "a sample has one reader at least");
        return eachOfSample(query, visit, deadline);
    case Scope::All:
        for (int shard = 0; shard < shards; ++shard) {
            ROOKERY_TRY(countDormant(shard, report, deadline));
            ROOKERY_TRY(eachOfShard(shard, visit, deadline));
        }
        return {};
    }
    return fail(ErrorCode::InvalidArgument, "there is no such scope of an audit");
}

Result<TimelineAuditReport> TimelineAuditor::audit(const TimelineAuditQuery& query,
                                                   const TakeFindings& differing, Deadline deadline) const
{
    TimelineAuditReport report;
    report.startedAt = SystemWallClock().now();
    const auto until = deadline.keepingBack(kReserve);
    bool any = false;
    const auto visit = [&](std::span<const UserId> readers) -> Result<void> {
        if (any && until.expired()) return fail(ErrorCode::DeadlineExceeded, "the time is up");
        auto fresh = report;
        ROOKERY_ASSIGN(const auto findings, look(readers, fresh, deadline));
        report = std::move(fresh);
        any = true;
        return differing ? differing(findings) : Result<void>();
    };
    const auto done = eachPage(query, report, visit, deadline);
    report.finishedAt = SystemWallClock().now();
    if (!done && !(any && done.error().code == ErrorCode::DeadlineExceeded)) return fail(done.error());
    if (!done)
        report.stoppedBecause = "the time was up after " + std::to_string(report.readers) +
                                " readers; give it more, or audit shard by shard";
    return report;
}

} // namespace backend
