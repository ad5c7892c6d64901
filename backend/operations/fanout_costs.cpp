#include "backend/operations/fanout_costs.h"

#include "backend/operations/fanout_planner.h"

#include <algorithm>
#include <future>
#include <map>
#include <set>

namespace backend {
namespace {

constexpr double kDay = 86'400;
constexpr std::chrono::days kCounted{7};     // of posts, as the planner does
constexpr std::size_t kPulledAtMost = 1'000; // that are looked at besides the sample
constexpr Milliseconds kNodePatience{3'000};
constexpr int kPieces = 4; // of its followers' ids, in which an author's sample is taken

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
    Result<void> askFollowers();
    FanoutCosts take();

private:
    void choose(const SqlRows& count, const SqlRows& largest, const SqlRows& byChance);
    Result<void> readVisits(const std::map<UserId, std::vector<UserId>>& warmFollowers);
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

Result<void> Reading::chooseAuthors(const FanoutPolicy& policy)
{
    std::map<int, std::vector<std::int64_t>> pulled;
    for (std::size_t i = 0; i < std::min(policy.pulled.size(), kPulledAtMost); ++i)
        pulled[policy.pulled[i].author.shard()].push_back(policy.pulled[i].author.value);
    const auto each = sqlParameter(std::int64_t(m_each));
    std::vector<ShardStatement> statements;
    for (const int shard : m_read) {
        const auto table = shardTable(Role::Users, shard, "counters");
        const auto followed = "SELECT user_id, followers FROM " + table + " WHERE followers > 0";
        statements.push_back({shard, {"SELECT count(*) FROM " + table + " WHERE followers > 0", {}}});
        statements.push_back({shard,
                              {"(" + followed + " ORDER BY followers DESC, user_id LIMIT $1::int) UNION " +
                                   followed + " AND user_id = ANY ($2::bigint[])",
                               {each, sqlArray(pulled[shard])}}});
        // By a hash: the same ones again and again, so that two looks can be compared. More than are wanted,
        // since the largest may be among them.
        statements.push_back(
            {shard, {followed + " ORDER BY hashint8(user_id), user_id LIMIT 2 * $1::int", {each}}});
    }
    ROOKERY_ASSIGN(const auto rows, m_sql.run(Role::Users, statements, m_deadline));
    for (std::size_t at = 0; at < rows.size(); at += 3)
        choose(rows[at], rows[at + 1], rows[at + 2]);
    for (const auto& one : policy.pulled)
        if (const auto known = m_authors.find(one.author); known != m_authors.end())
            known->second.pulled = one.state != PullState::Ending;
    return {};
}

// The largest stand for themselves, the others for all that are not among the largest.
void Reading::choose(const SqlRows& count, const SqlRows& largest, const SqlRows& byChance)
{
    const auto all = count.integer(0, 0);
    std::vector<AuthorCost> others;
    std::set<std::int64_t> known;
    for (std::size_t r = 0; r < largest.size(); ++r) {
        AuthorCost author{UserId{largest.integer(r, 0)}};
        author.followers = largest.integer(r, 1);
        m_authors[author.author] = author;
        known.insert(author.author.value);
    }
    for (std::size_t r = 0; r < byChance.size(); ++r) {
        if (known.contains(byChance.integer(r, 0)) || others.size() >= m_each) continue;
        AuthorCost author{UserId{byChance.integer(r, 0)}};
        author.followers = byChance.integer(r, 1);
        others.push_back(author);
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
    const auto weekAgo = std::chrono::duration_cast<Milliseconds>((now - kCounted).time_since_epoch());
    const auto from = makeRawId(std::max<std::int64_t>(weekAgo.count() - kIdEpochUnixMs, 0), 0, 0);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, authors] : authorsByShard()) {
        const auto table = shardTable(Role::Posts, shard, "posts");
        statements.push_back({shard, {"SELECT min(id) FROM " + table, {}}});
        statements.push_back({shard,
                              {"SELECT a.id, (SELECT count(*) FROM (SELECT FROM " + table +
                                   " WHERE author_id = a.id AND id >= $2::bigint LIMIT $3::int) AS p)"
                                   " FROM unnest($1::bigint[]) AS a (id)",
                               {sqlArray(authors), sqlParameter(from), sqlParameter(kPostsCountedAtMost)}}});
    }
    ROOKERY_ASSIGN(const auto rows, m_sql.run(Role::Posts, statements, m_deadline));
    for (std::size_t i = 0; i + 1 < rows.size(); i += 2) {
        if (!rows[i].isNull(0, 0)) {
            const auto age = std::chrono::duration<double>(now - PostId{rows[i].integer(0, 0)}.time());
            m_out.postsKnownSeconds = std::max(m_out.postsKnownSeconds,
                                               std::clamp(age.count(), 0.0, kDay * double(kCounted.count())));
        }
        for (std::size_t r = 0; r < rows[i + 1].size(); ++r)
            m_authors[UserId{rows[i + 1].integer(r, 0)}].postsPerDay =
                double(rows[i + 1].integer(r, 1)) / double(kCounted.count());
    }
    return {};
}

// Ids grow with time: the first ones of an author are the oldest accounts, and those come least. So some from
// each of several places spread over all of its followers' ids, and of these by a hash: the same ones at
// every look.
SqlStatement followersStatement(int shard, const std::vector<std::int64_t>& authors)
{
    const auto table = shardTable(Role::Users, shard, "followers");
    std::string pieces;
    for (int piece = 0; piece < kPieces; ++piece)
        pieces +=
            std::string(piece == 0 ? "" : " UNION ") + "(SELECT follower, warm FROM " + table +
            " WHERE followee = a.id AND state = 1 AND follower >= e.lowest + (e.highest - e.lowest) / " +
            std::to_string(kPieces) + " * " + std::to_string(piece) + " ORDER BY follower LIMIT $2::int)";
    return {"SELECT a.id, s.follower, s.warm FROM unnest($1::bigint[]) AS a (id)"
            " CROSS JOIN LATERAL (SELECT min(follower) AS lowest, max(follower) AS highest FROM " +
                table +
                " WHERE followee = a.id) AS e"
                " CROSS JOIN LATERAL (SELECT follower, warm FROM (" +
                pieces + ") AS p ORDER BY hashint8(follower), follower LIMIT $2::int) AS s",
            {sqlArray(authors), sqlParameter(kFollowersLookedAt)}};
}

Result<void> Reading::askFollowers()
{
    std::vector<ShardStatement> statements;
    for (const auto& [shard, authors] : authorsByShard())
        statements.push_back({shard, followersStatement(shard, authors)});
    ROOKERY_ASSIGN(const auto rows, m_sql.run(Role::Users, statements, m_deadline));
    std::map<UserId, std::vector<UserId>> warm;
    std::map<UserId, double> seen;
    for (const auto& some : rows)
        for (std::size_t r = 0; r < some.size(); ++r) {
            const UserId author{some.integer(r, 0)};
            ++seen[author];
            if (some.boolean(r, 2)) warm[author].push_back(UserId{some.integer(r, 1)});
        }
    for (const auto& [author, followers] : warm)
        m_authors[author].warmShare = double(followers.size()) / seen[author];
    return readVisits(warm);
}

// How often followers come is told by how long ago they came, as the planner has it.
Result<void> Reading::readVisits(const std::map<UserId, std::vector<UserId>>& warmFollowers)
{
    std::map<int, std::set<std::int64_t>> readers;
    for (const auto& [author, followers] : warmFollowers)
        for (const auto follower : followers)
            readers[follower.shard()].insert(follower.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : readers) {
        if (!answers(Role::Users, shard)) continue; // an average of those that are known
        statements.push_back({shard,
                              {"SELECT id, extract(epoch FROM now() - last_seen_at)::float8 FROM " +
                                   shardTable(Role::Users, shard, "users") + " WHERE id = ANY ($1::bigint[])",
                               {sqlArray(std::vector<std::int64_t>(ids.begin(), ids.end()))}}});
    }
    ROOKERY_ASSIGN(const auto rows, m_sql.run(Role::Users, statements, m_deadline));
    std::map<UserId, double> ages;
    for (const auto& some : rows)
        for (std::size_t r = 0; r < some.size(); ++r)
            ages[UserId{some.integer(r, 0)}] = std::max(some.real(r, 1), 0.0);
    for (const auto& [author, followers] : warmFollowers) {
        double known = 0, seconds = 0;
        for (const auto follower : followers)
            if (const auto age = ages.find(follower); age != ages.end()) {
                ++known;
                seconds += age->second;
            }
        if (known > 0) m_authors[author].visitsPerDay = known * kDay / std::max(seconds, 1.0);
    }
    m_out.followersSampled = std::int64_t(ages.size());
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

Result<FanoutCosts> readFanoutCosts(const FeedServices& services, Directory& directory, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto policy, readFanoutPolicy(directory, deadline.earlier(kNodePatience)));
    Reading reading(services, deadline);
    ROOKERY_TRY(reading.findSilent());
    ROOKERY_TRY(reading.chooseAuthors(policy));
    ROOKERY_TRY(reading.countPosts());
    ROOKERY_TRY(reading.askFollowers());
    auto out = reading.take();
    const FanoutPlannerSettings settings;
    out.takenAt = SystemWallClock().now();
    out.threshold = policy.threshold;
    out.autoFollowers = settings.autoFollowers;
    out.mergeCost = settings.mergeCost;
    out.pulledAuthors = std::count_if(policy.pulled.begin(), policy.pulled.end(),
                                      [](const auto& one) { return one.state != PullState::Ending; });
    return out;
}

} // namespace backend
