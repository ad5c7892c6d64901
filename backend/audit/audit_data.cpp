#include "backend/audit/audit_data.h"

#include "backend/store/post_store.h"

#include <algorithm>
#include <map>

namespace backend {
namespace {

// From an id's making to the commit of its row and task; and what two clocks may differ.
constexpr std::int64_t kMintedBeforeUs =
    std::chrono::microseconds(kCommittedWithin + Milliseconds(5'000)).count();

class FixedMap final : public ShardMapSource
{
public:
    explicit FixedMap(std::shared_ptr<const ShardMap> map)
        : m_map(std::move(map))
    {
    }
    std::shared_ptr<const ShardMap> current() const override { return m_map; }

private:
    std::shared_ptr<const ShardMap> m_map;
};

class Loader
{
public:
    Loader(const AuditInputs& inputs, const AuditProgress& progress, Deadline deadline)
        : m_inputs(inputs)
        , m_progress(progress)
        , m_deadline(deadline)
        , m_maps(inputs.map)
        , m_sql(*inputs.pools, m_maps)
    {
    }

    Result<AuditData> load()
    {
        const int shards = m_inputs.map->shardCount;
        m_data.postsOfShard.resize(std::size_t(shards));
        ROOKERY_TRY(countWork());
        for (int shard = 0; shard < shards; ++shard) {
            if (m_progress) m_progress("reading PostgreSQL", double(shard) / double(shards));
            ROOKERY_TRY(loadUsers(shard));
            ROOKERY_TRY(loadFollows(shard));
            ROOKERY_TRY(loadFollowers(shard));
            ROOKERY_TRY(loadPosts(shard));
        }
        // Once more: what was committed after the first look is seen above, but nowhere else yet.
        ROOKERY_TRY(countWork());
        setHorizon();
        compareSides();
        std::sort(m_data.users.begin(), m_data.users.end());
        return std::move(m_data);
    }

private:
    Result<SqlRows> query(Role role, int shard, const std::string& sql)
    {
        return m_sql.runOne(role, shard, {sql, {}}, m_deadline);
    }

    Result<void> countWork()
    {
        std::int64_t unfinished = 0, dead = 0;
        for (const auto& [node, pool] : m_inputs.pools->all()) {
            ROOKERY_ASSIGN(auto* connection, m_sql.connection(node, m_deadline));
            ROOKERY_ASSIGN(
                const auto rows,
                connection->execute(
                    "SELECT (SELECT count(*) FROM queue.tasks), (SELECT count(*) FROM queue.dead_letters),"
                    " (SELECT (extract(epoch FROM min(created_at)) * 1000000)::bigint FROM queue.tasks"
                    " WHERE state <> 2 OR run_at IS NOT NULL)", // what is held only tidies up
                    {}, m_deadline));
            unfinished += rows.integer(0, 0);
            dead += rows.integer(0, 1);
            if (!rows.isNull(0, 2)) m_oldestUs = std::min(m_oldestUs, rows.integer(0, 2));
        }
        m_data.unfinishedTasks = std::max(m_data.unfinishedTasks, unfinished);
        m_data.deadTasks = dead;
        return {};
    }

    // What is judged must be older than this look, and than work that is still to be done. An id is older
    // than its task.
    void setHorizon()
    {
        m_data.quiet = m_data.unfinishedTasks == 0;
        const auto margin = m_data.quiet ? 0 : kMintedBeforeUs;
        m_data.judgedUpTo = makeRawId((m_oldestUs - margin) / 1'000 - kIdEpochUnixMs, 0, 0);
    }

    Result<void> loadUsers(int shard)
    {
        ROOKERY_ASSIGN(
            const auto users,
            query(Role::Users, shard, "SELECT id, warm FROM " + shardTable(Role::Users, shard, "users")));
        for (std::size_t r = 0; r < users.size(); ++r) {
            m_data.users.push_back(UserId{users.integer(r, 0)});
            if (!users.boolean(r, 1)) m_data.dormant.insert(m_data.users.back());
        }
        ROOKERY_ASSIGN(const auto counters,
                       query(Role::Users, shard,
                             "SELECT user_id, followers, following, posts, version FROM " +
                                 shardTable(Role::Users, shard, "counters")));
        for (std::size_t r = 0; r < counters.size(); ++r)
            m_data.counters[UserId{counters.integer(r, 0)}] = {
                true,
                {counters.integer(r, 1), counters.integer(r, 2), counters.integer(r, 3)},
                counters.integer(r, 4)};
        return {};
    }

    Result<void> loadFollows(int shard)
    {
        ROOKERY_ASSIGN(const auto rows, query(Role::Users, shard,
                                              "SELECT follower, followee, state, version, kept_to FROM " +
                                                  shardTable(Role::Users, shard, "follows")));
        for (std::size_t r = 0; r < rows.size(); ++r)
            m_data.follows[UserId{rows.integer(r, 0)}].push_back({UserId{rows.integer(r, 1)},
                                                                  rows.integer(r, 2) == 1, rows.integer(r, 3),
                                                                  PostId{rows.integer(r, 4)}});
        return {};
    }

    Result<void> loadFollowers(int shard)
    {
        ROOKERY_ASSIGN(const auto rows,
                       query(Role::Users, shard,
                             "SELECT followee, follower, state, version,"
                             " (extract(epoch FROM changed_at) * 1000000)::bigint, warm, kept_to FROM " +
                                 shardTable(Role::Users, shard, "followers")));
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const UserId followee{rows.integer(r, 0)}, follower{rows.integer(r, 1)};
            const bool following = rows.integer(r, 2) == 1;
            auto& of = m_data.followers[followee];
            of.following += following;
            of.changedUnixUs = std::max(of.changedUnixUs, rows.integer(r, 4));
            m_authorsSide[{follower, followee}] = {followee, following, rows.integer(r, 3),
                                                   PostId{rows.integer(r, 6)}, rows.boolean(r, 5)};
        }
        return {};
    }

    Result<void> loadPosts(int shard)
    {
        const std::string posts = shardTable(Role::Posts, shard, "posts"),
                          deliveries = shardTable(Role::Posts, shard, "deliveries");
        ROOKERY_ASSIGN(const auto rows,
                       query(Role::Posts, shard,
                             "SELECT coalesce(p.id, l.post_id), p.author_id, p.deleted_at IS NOT NULL, "
                             "coalesce(l.rows, 0), l.chunks,"
                             " l.last_chunk, l.audience, l.accounted, (extract(epoch FROM l.planned_at) * "
                             "1000000)::bigint, p.id IS NULL FROM " +
                                 posts +
                                 " AS p FULL JOIN (SELECT post_id, count(*) AS rows, max(chunks) AS chunks, "
                                 "max(chunk) AS last_chunk,"
                                 " sum(audience) AS audience, sum(pushed + dormant + unfollowed + deleted + "
                                 "pulled + failed) AS accounted,"
                                 " min(planned_at) FILTER (WHERE chunk = 0) AS planned_at FROM " +
                                 deliveries + " GROUP BY post_id) AS l ON l.post_id = p.id ORDER BY 1"));
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const PostId id{rows.integer(r, 0)};
            if (rows.boolean(r, 9)) {
                m_data.mirror.push_back({"ledger", id.value, "has rows, but there is no such post"});
                continue;
            }
            const UserId author{rows.integer(r, 1)};
            const AuditedPost post{id, rows.boolean(r, 2)};
            m_data.posts[author].push_back(post);
            m_data.postsOfShard[std::size_t(shard)].push_back(post);
            m_data.ledger.push_back({id, author, rows.integer(r, 3), rows.integer(r, 4), rows.integer(r, 5),
                                     rows.integer(r, 6), rows.integer(r, 7), rows.integer(r, 8)});
        }
        return {};
    }

    // Every edge stands on both sides with the same state and version.
    void compareSides()
    {
        if (!m_data.quiet) return;
        for (const auto& [follower, edges] : m_data.follows)
            for (const auto& edge : edges) {
                const auto found = m_authorsSide.find({follower, edge.followee});
                if (found == m_authorsSide.end())
                    m_data.mirror.push_back(
                        {"edge", follower.value,
                         "follows " + std::to_string(edge.followee.value) + ", who does not know it"});
                else if (found->second.following != edge.following || found->second.version != edge.version ||
                         found->second.keptTo != edge.keptTo)
                    m_data.mirror.push_back({"edge", follower.value,
                                             "and the side of " + std::to_string(edge.followee.value) +
                                                 " differ in state, version or what is kept"});
                else if (edge.following && found->second.warm == m_data.dormant.contains(follower))
                    m_data.mirror.push_back({"edge", follower.value,
                                             "is taken for " +
                                                 std::string(found->second.warm ? "warm" : "dormant") +
                                                 " beside " + std::to_string(edge.followee.value)});
                if (found != m_authorsSide.end()) m_authorsSide.erase(found);
            }
        for (const auto& [pair, edge] : m_authorsSide)
            if (edge.following)
                m_data.mirror.push_back(
                    {"edge", pair.first.value,
                     "is a follower of " + std::to_string(pair.second.value) + " but does not follow"});
        m_authorsSide.clear();
    }

    const AuditInputs& m_inputs;
    const AuditProgress& m_progress;
    Deadline m_deadline;
    FixedMap m_maps;
    SqlSession m_sql;
    AuditData m_data;
    std::int64_t m_oldestUs = std::chrono::duration_cast<std::chrono::microseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count(); // this look, or the oldest unfinished task
    std::map<std::pair<UserId, UserId>, AuditedEdge> m_authorsSide;
};

} // namespace

Result<AuditData> loadAuditData(const AuditInputs& inputs, const AuditProgress& progress, Deadline deadline)
{
    return Loader(inputs, progress, deadline).load();
}

} // namespace backend
