#include "backend/operations/fanout_costs.h"

#include "backend/operations/fanout_planner.h"

#include <algorithm>
#include <future>
#include <map>
#include <set>

namespace backend {
namespace {

constexpr std::size_t kPulledAtMost = 1'000; // that are looked at besides the sample
constexpr Milliseconds kNodePatience{3'000};

// One reading, step by step; of one call.
class Reading
{
public:
    Reading(const FeedServices& services, Deadline deadline)
        : m_services(services)
        , m_deadline(deadline)
        , m_sql(services.pools, services.maps)
    {
    }

    // Whom to ask at all: one that does not answer must not hold up what the others know.
    Result<void> findSilent();
    Result<void> chooseAuthors(const FanoutPolicy& policy);
    Result<void> countPosts();
    Result<void> askFollowers(int sample);
    FanoutCosts take();

private:
    void choose(const SqlRows& rows);
    std::map<int, std::vector<std::int64_t>> authorsByShard() const;
    bool answers(Role role, int shard) const
    {
        return !m_silent.contains(m_map->placement(role)[std::size_t(shard)]);
    }

    const FeedServices& m_services;
    const Deadline m_deadline;
    SqlSession m_sql;
    const std::shared_ptr<const ShardMap> m_map = m_services.maps.current();
    const int m_shards = m_map->shardCount;
    const std::size_t m_each = std::size_t(std::max(4, kAuthorsCosted / 2 / m_shards)); // of a shard
    std::set<int> m_silent;                                                             // nodes
    std::vector<int> m_read; // logical shards whose authors can be told
    std::map<UserId, AuthorCost> m_authors;
    FanoutCosts m_out;
};

Result<void> Reading::findSilent()
{
    std::set<int> nodes(m_map->usersNode.begin(), m_map->usersNode.end());
    nodes.insert(m_map->postsNode.begin(), m_map->postsNode.end());
    const auto patience = m_deadline.earlier(kNodePatience);
    std::map<int, std::future<Result<void>>> asked; // each on a thread of its own: none waits for another
    for (const int node : nodes)
        asked[node] = std::async(std::launch::async, [this, node, patience]() -> Result<void> {
            ROOKERY_ASSIGN(auto* pool, m_services.pools.pool(node));
            ROOKERY_ASSIGN(const auto connection, pool->lease(patience));
            ROOKERY_TRY(connection->execute("SELECT 1", {}, patience));
            return {};
        });
    std::optional<Error> first;
    for (auto& [node, answer] : asked) {
        const auto said = answer.get();
        if (said) continue;
        m_silent.insert(node);
        m_out.missing.push_back(said.error().message);
        if (!first) first = said.error();
    }
    for (int shard = 0; shard < m_shards; ++shard)
        if (answers(Role::Users, shard) && answers(Role::Posts, shard)) m_read.push_back(shard);
    m_out.shardsMissing = m_shards - int(m_read.size());
    if (m_read.empty() && first) return fail(std::move(*first));
    return {};
}

enum class Part { Count = 0, Largest = 1, ByChance = 2 };

// One scan of the counters. A row is its part, an author and its followers: how many authors there are, in
// the author's place; the largest, and those that are pulled now; and some by a hash, the same ones again and
// again so that two looks can be compared: more than are wanted, since the largest may be among them.
SqlStatement authorsStatement(int shard, std::size_t each, const std::vector<std::int64_t>& pulled)
{
    return {
        "WITH followed AS MATERIALIZED (SELECT user_id, followers, hashint8(user_id) AS hash FROM " +
            shardTable(Role::Users, shard, "counters") +
            " WHERE followers > 0)"
            " SELECT 0 AS part, count(*) AS author, 0 AS followers, 0 AS hash FROM followed"
            " UNION ALL (SELECT 1, user_id, followers, hash FROM followed"
            " ORDER BY followers DESC, user_id LIMIT $1::int)"
            " UNION ALL SELECT 1, user_id, followers, hash FROM followed WHERE user_id = ANY ($2::bigint[])"
            " UNION ALL (SELECT 2, user_id, followers, hash FROM followed"
            " ORDER BY hash, user_id LIMIT 2 * $1::int)"
            " ORDER BY part, hash, author",
        {sqlParameter(std::int64_t(each)), sqlArray(pulled)}};
}

Result<void> Reading::chooseAuthors(const FanoutPolicy& policy)
{
    std::map<int, std::vector<std::int64_t>> pulled;
    for (std::size_t i = 0; i < std::min(policy.pulled.size(), kPulledAtMost); ++i)
        pulled[policy.pulled[i].author.shard()].push_back(policy.pulled[i].author.value);
    std::vector<ShardStatement> statements;
    for (const int shard : m_read)
        statements.push_back({shard, authorsStatement(shard, m_each, pulled[shard])});
    ROOKERY_ASSIGN(const auto answers, m_sql.run(Role::Users, statements, m_deadline));
    for (const auto& rows : answers)
        choose(rows);
    for (const auto& one : policy.pulled)
        if (const auto known = m_authors.find(one.author); known != m_authors.end())
            known->second.pulled = one.state != PullState::Ending;
    return {};
}

// The largest stand for themselves, the others for all that are not among the largest.
void Reading::choose(const SqlRows& rows)
{
    std::int64_t all = 0;
    std::vector<AuthorCost> others;
    std::set<std::int64_t> known;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const auto part = Part(int(rows.integer(r, 0)));
        if (part == Part::Count) {
            all = rows.integer(r, 1);
            continue;
        }
        AuthorCost author{UserId{rows.integer(r, 1)}};
        author.followers = rows.integer(r, 2);
        if (part == Part::Largest) {
            m_authors[author.author] = author;
            known.insert(author.author.value);
        } else if (!known.contains(author.author.value) && others.size() < m_each) {
            others.push_back(author);
        }
    }
    const double rest = double(std::max<std::int64_t>(all - std::int64_t(known.size()), 0));
    for (auto& author : others) {
        author.weight = rest / double(others.size());
        m_authors[author.author] = author;
    }
    m_out.authors += all;
}

std::map<int, std::vector<std::int64_t>> Reading::authorsByShard() const
{
    std::map<int, std::vector<std::int64_t>> out;
    for (const auto& [id, author] : m_authors)
        out[id.shard()].push_back(id.value);
    return out;
}

Result<void> Reading::countPosts()
{
    const auto now = m_services.ageClock.now();
    const auto authors = authorsByShard();
    ROOKERY_ASSIGN(const auto posts, readPostsPerDay(m_sql, authors, now, m_deadline));
    for (const auto& [author, perDay] : posts) {
        m_authors[author].postsPerDay = perDay;
        m_authors[author].daysCounted = daysCounted(author, now);
    }
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : authors)
        statements.push_back({shard, {"SELECT min(id) FROM " + shardTable(Role::Posts, shard, "posts"), {}}});
    ROOKERY_ASSIGN(const auto oldest, m_sql.run(Role::Posts, statements, m_deadline));
    const std::chrono::duration<double> most = kPostsCounted;
    for (const auto& rows : oldest) {
        if (rows.isNull(0, 0)) continue;
        const std::chrono::duration<double> age = now - PostId{rows.integer(0, 0)}.time();
        m_out.postsKnownSeconds =
            std::max(m_out.postsKnownSeconds, std::clamp(age.count(), 0.0, most.count()));
    }
    return {};
}

Result<void> Reading::askFollowers(int sample)
{
    std::set<int> silent;
    for (int shard = 0; shard < m_shards; ++shard)
        if (!answers(Role::Users, shard)) silent.insert(shard);
    ROOKERY_ASSIGN(const auto audiences, readAudiences(m_sql, authorsByShard(), sample, m_deadline, silent));
    for (const auto& [author, load] : audiences.authors) {
        m_authors[author].warmShare = load.warmShare;
        m_authors[author].visitsPerDay = load.visitsPerDay;
    }
    m_out.followersSampled = audiences.readers;
    return {};
}

FanoutCosts Reading::take()
{
    for (auto& [id, author] : m_authors)
        m_out.sample.push_back(author);
    std::stable_sort(m_out.sample.begin(), m_out.sample.end(),
                     [](const auto& a, const auto& b) { return a.followers > b.followers; });
    return std::move(m_out);
}

} // namespace

Result<FanoutCosts> readFanoutCosts(const FeedServices& services, Directory& directory,
                                    const FanoutPlannerSettings& planner, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto policy, readFanoutPolicy(directory, deadline.earlier(kNodePatience)));
    Reading reading(services, deadline);
    ROOKERY_TRY(reading.findSilent());
    ROOKERY_TRY(reading.chooseAuthors(policy));
    ROOKERY_TRY(reading.countPosts());
    ROOKERY_TRY(reading.askFollowers(planner.sample));
    auto out = reading.take();
    out.takenAt = SystemWallClock().now();
    out.threshold = policy.threshold;
    out.autoFollowers = planner.autoFollowers;
    out.mergeCost = planner.mergeCost;
    out.pulledAuthors = std::count_if(policy.pulled.begin(), policy.pulled.end(),
                                      [](const auto& one) { return one.state != PullState::Ending; });
    return out;
}

} // namespace backend
