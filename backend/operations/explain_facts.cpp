#include "backend/operations/explain_facts.h"

#include "backend/common/task_payloads.h"
#include "backend/store/edge_store.h"
#include "backend/store/post_store.h"

#include <algorithm>
#include <sstream>

namespace backend {
namespace {

std::string microseconds(const std::string& column)
{
    return "(extract(epoch FROM " + column + ") * 1000000)::bigint";
}

TimePoint timeOf(const SqlRows& rows, std::size_t row, int column)
{
    return TimePoint(std::chrono::microseconds(rows.integer(row, column)));
}

std::optional<TimePoint> maybeTimeOf(const SqlRows& rows, std::size_t row, int column)
{
    return rows.isNull(row, column) ? std::nullopt : std::optional(timeOf(rows, row, column));
}

class FactsReader
{
public:
    FactsReader(const FeedServices& services, PostId post, UserId reader, Deadline deadline)
        : m_services(services)
        , m_map(services.maps.current())
        , m_sql(services.pools, services.maps)
        , m_deadline(deadline)
    {
        m_facts.post = post;
        m_facts.reader = reader;
        m_facts.cap = std::max(services.timelines.limits().cap, 1);
        m_facts.age = services.timelines.limits().age;
    }

    // The queue before the set: what a task has done in between is seen, what it had not done is known to be
    // under way.
    Result<ExplainFacts> read()
    {
        ROOKERY_TRY(readReader());
        ROOKERY_TRY(readPost());
        ROOKERY_TRY(readEdge());
        ROOKERY_TRY(readLedger());
        ROOKERY_TRY(readWork());
        if (m_facts.stored)
            m_facts.merged =
                m_facts.post <= m_services.pulled.current(m_deadline)->mergedTo(m_facts.stored->author);
        ROOKERY_TRY(readRedis());
        if (!m_facts.hidden() && m_facts.follows() && m_facts.belowFloor()) ROOKERY_TRY(readTrim());
        return std::move(m_facts);
    }

private:
    bool has(int shard) const { return shard < m_map->shardCount; }

    Result<SqlRows> query(Role role, int shard, std::string sql, SqlParameters parameters)
    {
        return m_sql.runOne(role, shard, {std::move(sql), std::move(parameters)}, m_deadline);
    }

    Result<void> readReader()
    {
        const auto reader = m_facts.reader;
        SqlRows rows;
        if (reader.value > 0 && has(reader.shard())) {
            ROOKERY_ASSIGN(rows,
                           query(Role::Users, reader.shard(),
                                 "SELECT warm, " + microseconds("last_seen_at") + ", " +
                                     microseconds("dormant_at") + ", " + microseconds("returned_at") +
                                     ", generation FROM " + shardTable(Role::Users, reader.shard(), "users") +
                                     " WHERE id = $1::bigint AND deleted_at IS NULL",
                                 {sqlParameter(reader.value)}));
        }
        if (rows.empty())
            return fail(ErrorCode::NotFound, "no user has the id " + std::to_string(reader.value));
        m_facts.profile = {rows.boolean(0, 0), timeOf(rows, 0, 1), maybeTimeOf(rows, 0, 2),
                           maybeTimeOf(rows, 0, 3), rows.integer(0, 4)};
        return {};
    }

    Result<void> readPost()
    {
        const auto post = m_facts.post;
        if (post.value <= 0 || !has(post.shard())) return {};
        ROOKERY_ASSIGN(const auto rows,
                       query(Role::Posts, post.shard(),
                             "SELECT author_id, " + microseconds("deleted_at") + " FROM " +
                                 shardTable(Role::Posts, post.shard(), "posts") + " WHERE id = $1::bigint",
                             {sqlParameter(post.value)}));
        if (rows.empty()) return {};
        const UserId author{rows.integer(0, 0)};
        m_facts.stored = {author, maybeTimeOf(rows, 0, 1)};
        ROOKERY_ASSIGN(const auto account,
                       query(Role::Users, author.shard(),
                             "SELECT " + microseconds("deleted_at") + " FROM " +
                                 shardTable(Role::Users, author.shard(), "users") + " WHERE id = $1::bigint",
                             {sqlParameter(author.value)}));
        if (!account.empty()) m_facts.accountDeletedAt = maybeTimeOf(account, 0, 0);
        return {};
    }

    Result<std::optional<ExplainFacts::EdgeSide>> readSide(int shard, const char* table,
                                                           const std::string& beganAt)
    {
        ROOKERY_ASSIGN(
            const auto rows,
            query(Role::Users, shard,
                  "SELECT state, version, " + microseconds("changed_at") + ", kept_to, " +
                      microseconds(beganAt) + " FROM " + shardTable(Role::Users, shard, table) +
                      " WHERE follower = $1::bigint AND followee = $2::bigint",
                  {sqlParameter(m_facts.reader.value), sqlParameter(m_facts.stored->author.value)}));
        if (rows.empty()) return std::nullopt;
        return ExplainFacts::EdgeSide{rows.integer(0, 0) == 1, rows.integer(0, 1), timeOf(rows, 0, 2),
                                      PostId{rows.integer(0, 3)}, maybeTimeOf(rows, 0, 4)};
    }

    Result<void> readEdge()
    {
        if (!m_facts.stored || m_facts.self()) return {};
        ROOKERY_ASSIGN(m_facts.edge, readSide(m_facts.reader.shard(), "follows", "began_at"));
        ROOKERY_ASSIGN(m_facts.copy,
                       readSide(m_facts.stored->author.shard(), "followers", "NULL::timestamptz"));
        return {};
    }

    // The covering row is the first that reaches up to the reader; the author is served by the plan itself.
    Result<void> readLedger()
    {
        if (!m_facts.stored) return {};
        const auto post = m_facts.post;
        ROOKERY_ASSIGN(const auto rows,
                       query(Role::Posts, post.shard(),
                             "SELECT chunk, mode, chunks, last_reader, " + microseconds("planned_at") + ", " +
                                 microseconds("last_at") +
                                 ", pushed, deleted, coalesce(task_id, 0), coalesce(worker, '') FROM " +
                                 shardTable(Role::Posts, post.shard(), "deliveries") +
                                 " WHERE post_id = $1::bigint ORDER BY chunk",
                             {sqlParameter(post.value)}));
        int before = -1; // chunk of the row above
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const int chunk = int(rows.integer(i, 0));
            if (chunk == 0) m_facts.plannedAt = timeOf(rows, i, 4);
            const bool whole = chunk == 0 && (m_facts.self() || rows.integer(i, 2) == 1);
            const bool part = chunk > 0 && before == chunk - 1 && rows.integer(i, 3) >= m_facts.reader.value;
            if (!m_facts.delivery && (whole || part))
                m_facts.delivery = {chunk,
                                    rows.integer(i, 1) == 1 ? FanoutMode::Pull : FanoutMode::Push,
                                    rows.integer(i, 6),
                                    rows.integer(i, 7),
                                    rows.integer(i, 8),
                                    std::string(rows.text(i, 9)),
                                    timeOf(rows, i, 4),
                                    maybeTimeOf(rows, i, 5)};
            before = chunk;
        }
        return {};
    }

    // Of nodes by their ids, with spaces between them.
    std::string namesOf(const std::string& nodes) const
    {
        std::string out;
        std::istringstream ids(nodes);
        for (int id = 0; ids >> id;)
            if (const auto* node = m_map->node(id)) out += (out.empty() ? "" : ", ") + node->name;
        return out;
    }

    // Tasks of the post, and of the edge between its author and the reader, on whichever node they wait.
    Result<void> readWork()
    {
        if (!m_facts.stored) return {};
        const std::string post = "%\"post\":" + std::to_string(m_facts.post.value);
        const SqlParameters parameters{post + ",%", post + "}%",
                                       encode(EdgePayload{m_facts.reader, m_facts.stored->author})};
        const std::string where = " WHERE payload LIKE $1 OR payload LIKE $2 OR payload = $3";
        const std::string sql =
            "SELECT id, kind, state, attempts, " + microseconds("created_at") +
            ", coalesce(error, ''), payload, coalesce(lease_worker, ''), " +
            microseconds("CASE WHEN state = 1 THEN lease_until END") + ", " +
            microseconds("CASE WHEN state = 2 THEN run_at END") +
            ", state = 2 AND run_at IS NULL, coalesce((SELECT string_agg(a.node::text, ' ')"
            " FROM queue.awaited_nodes() AS a (node) WHERE tasks.state = 2 AND EXISTS (SELECT"
            " FROM queue.parked AS p WHERE p.node = a.node AND p.task = tasks.id)), '')"
            " FROM queue.tasks" +
            where + " UNION ALL SELECT id, kind, 3, attempts, " + microseconds("died_at") +
            ", error, payload, '', NULL, NULL, false, '' FROM queue.dead_letters" + where +
            " ORDER BY 1 LIMIT 1000";
        for (const auto& [node, pool] : m_services.pools.all()) {
            ROOKERY_ASSIGN(auto* connection, m_sql.connection(node, m_deadline));
            ROOKERY_ASSIGN(const auto rows, connection->execute(sql, parameters, m_deadline));
            for (std::size_t i = 0; i < rows.size(); ++i) {
                const auto kind = TaskKind(rows.integer(i, 1));
                if (!concernsReader(kind, std::string(rows.text(i, 6)))) continue;
                m_facts.work.push_back({{node, rows.integer(i, 0)},
                                        kind,
                                        TaskState(rows.integer(i, 2)),
                                        int(rows.integer(i, 3)),
                                        timeOf(rows, i, 4),
                                        std::string(rows.text(i, 5)),
                                        std::string(rows.text(i, 7)),
                                        maybeTimeOf(rows, i, 8),
                                        maybeTimeOf(rows, i, 9),
                                        rows.boolean(i, 10),
                                        namesOf(std::string(rows.text(i, 11)))});
            }
        }
        return {};
    }

    Result<void> readRedis()
    {
        ROOKERY_ASSIGN(auto redis, m_services.redis.lease(m_deadline));
        const std::vector<UserId> owners{m_facts.reader};
        ROOKERY_ASSIGN(auto timelines,
                       readRawTimelines(*redis, *m_map, TimelineFamily::Home, owners, m_deadline));
        m_facts.timeline = std::move(timelines[0]);
        if (!m_facts.stored) return {};
        const std::vector<PostId> posts{m_facts.post};
        m_facts.cached = m_services.objects.posts(*redis, posts, m_deadline).posts[0].state;
        return {};
    }

    // What came first: that the reader had `cap` newer posts, or that the post was too old. The set has those
    // above its floor, PostgreSQL the others.
    Result<void> readTrim()
    {
        ROOKERY_ASSIGN(auto sources, EdgeStore::homeSources(m_sql, m_facts.reader, m_deadline));
        const auto pulled = m_services.pulled.current(m_deadline);
        std::erase_if(sources, [&](const PostSource& source) { return pulled->merged(source.author); });
        const IdRange range{m_facts.timeline.floor->id, PostId{m_facts.post.value + 1}};
        ROOKERY_ASSIGN(auto newer,
                       PostStore::newestIdsOf(m_sql, sources, range, m_facts.cap, true, m_deadline));
        std::reverse(newer.begin(), newer.end());
        newer.insert(newer.end(), m_facts.timeline.ids.begin(), m_facts.timeline.ids.end());
        const auto cap = std::size_t(m_facts.cap);
        if (newer.size() >= cap) m_facts.trimmed = {false, newer[cap - 1].time()};
        const auto shift = m_services.ageClock.now() - std::chrono::system_clock::now();
        const auto tooOld =
            m_facts.post.time() + m_facts.age -
            std::chrono::duration_cast<TimePoint::duration>(std::chrono::round<std::chrono::seconds>(shift));
        if (tooOld <= std::chrono::system_clock::now() && (!m_facts.trimmed || tooOld < m_facts.trimmed->at))
            m_facts.trimmed = {true, tooOld};
        return {};
    }

    bool concernsReader(TaskKind kind, const std::string& payload) const
    {
        if (kind != TaskKind::DeliverChunk && kind != TaskKind::ReclaimChunk) return true;
        const auto chunk = decodePayload<ChunkPayload>(payload);
        if (!chunk) return true;
        const auto reader = m_facts.reader;
        return (reader > chunk->after && (chunk->upTo.value == 0 || reader <= chunk->upTo)) ||
               (chunk->chunk == 0 && reader == chunk->author);
    }

    const FeedServices& m_services;
    const std::shared_ptr<const ShardMap> m_map;
    SqlSession m_sql;
    const Deadline m_deadline;
    ExplainFacts m_facts;
};

} // namespace

bool ExplainFacts::inSet() const
{
    return std::find(timeline.ids.begin(), timeline.ids.end(), post) != timeline.ids.end();
}

std::optional<bool> ExplainFacts::dormantAt(TimePoint at) const
{
    if (profile.generation <= 1) return false; // never slept
    if (profile.dormantAt && at >= *profile.dormantAt)
        return !profile.warm || (profile.returnedAt && at < *profile.returnedAt);
    if (profile.returnedAt && at >= *profile.returnedAt) return false; // from then to the last sleep
    const bool sleptOnce = profile.generation <= (profile.warm ? 3 : 2);
    return profile.dormantAt && sleptOnce ? std::optional(false) : std::nullopt;
}

std::optional<bool> ExplainFacts::followedAt(TimePoint at) const
{
    if (self()) return true;
    if (!edge) return false;
    if (at >= edge->changedAt) return edge->following;
    const auto began = edge->following ? std::optional(edge->changedAt) : edge->beganAt;
    if (began && at >= *began) return true;
    const bool first = edge->version <= (edge->following ? 1 : 2);
    return began && first ? std::optional(false) : std::nullopt;
}

Result<ExplainFacts> readExplainFacts(const FeedServices& services, PostId post, UserId reader,
                                      Deadline deadline)
{
    return FactsReader(services, post, reader, deadline).read();
}

} // namespace backend
