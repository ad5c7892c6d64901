#include "backend/store/edge_store.h"

#include <algorithm>
#include <limits>
#include <map>

namespace backend {
namespace {

std::string enqueueEdge(std::string_view from)
{
    return " queued AS MATERIALIZED (SELECT queue.enqueue(ARRAY[" +
           std::to_string(int(TaskKind::EdgeChanged)) +
           "], ARRAY[$3::int], ARRAY['{\"follower\":' || follower || ',\"followee\":' || followee || '}'],"
           " ARRAY[0::bigint], ARRAY[0::bigint]) AS n FROM " +
           std::string(from) + ") SELECT count(*) FROM queued";
}

struct EdgeColumns
{
    std::vector<std::int64_t> followers, followees;
    void add(const Edge& edge)
    {
        followers.push_back(edge.follower.value);
        followees.push_back(edge.followee.value);
    }
};

std::map<int, EdgeColumns> byFollowerShard(std::span<const Edge> edges)
{
    std::vector<Edge> sorted(edges.begin(), edges.end());
    std::sort(sorted.begin(), sorted.end()); // one order of locks everywhere
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    std::map<int, EdgeColumns> shards;
    for (const auto& edge : sorted)
        shards[edge.follower.shard()].add(edge);
    return shards;
}

std::vector<UserId> idColumn(const SqlRows& rows)
{
    std::vector<UserId> ids;
    ids.reserve(rows.size());
    for (std::size_t r = 0; r < rows.size(); ++r)
        ids.push_back(UserId{rows.integer(r, 0)});
    return ids;
}

std::int64_t upperOf(UserId upTo)
{
    return upTo ? upTo.value : std::numeric_limits<std::int64_t>::max();
}

// Two statements for one edge: make sure the row is there (as never followed), then raise it under its lock
// and count the difference. The lock makes concurrent tasks of one edge see each other's state.
void addFollowerStatements(std::vector<ShardStatement>& out, const EdgeState& state)
{
    const int shard = state.edge.followee.shard();
    const std::string followers = usersTable(shard, "followers");
    const SqlParameter followee = sqlParameter(state.edge.followee.value),
                       follower = sqlParameter(state.edge.follower.value);
    out.push_back(
        {shard,
         {"INSERT INTO " + followers +
              " (followee, follower, state, version, warm, generation) VALUES ($1::bigint, $2::bigint, 0, 0,"
              " false, 0) ON CONFLICT DO NOTHING",
          {followee, follower}}});
    out.push_back(
        {shard,
         {"WITH old AS (SELECT state, version FROM " + followers +
              " WHERE followee = $1::bigint AND follower = $2::bigint FOR UPDATE),"
              " raised AS (UPDATE " +
              followers +
              " AS f SET state = $3::int, version = $4::bigint, kept_to = $5::bigint, changed_at = now() "
              "FROM old"
              " WHERE followee = $1::bigint AND follower = $2::bigint AND old.version < $4::bigint"
              " RETURNING $3::int - old.state AS delta),"
              " counted AS (INSERT INTO " +
              usersTable(shard, "counters") +
              " AS c (user_id, followers, edges_ended, ended_at) SELECT $1::bigint, delta, (delta < 0)::int,"
              " CASE WHEN delta < 0 THEN now() END FROM raised WHERE delta <> 0"
              " ON CONFLICT (user_id) DO UPDATE SET followers = c.followers + excluded.followers,"
              " edges_ended = c.edges_ended + excluded.edges_ended,"
              " ended_at = coalesce(excluded.ended_at, c.ended_at), version = c.version + 1 RETURNING 1)"
              " SELECT count(*) FROM counted",
          {followee, follower, sqlParameter(int(state.following)), sqlParameter(state.version),
           sqlParameter(state.keptTo.value)}}});
    // The copy of the reader's state follows its own version, whatever the edge's.
    out.push_back(
        {shard,
         {"UPDATE " + followers +
              " SET warm = $3::boolean, generation = $4::bigint WHERE followee = $1::bigint"
              " AND follower = $2::bigint AND generation < $4::bigint",
          {followee, follower, sqlParameter(state.readerWarm), sqlParameter(state.readerGeneration)}}});
}

} // namespace

Result<void> EdgeStore::follow(SqlSession& session, const Edge& edge, Deadline deadline)
{
    const int shard = edge.follower.shard();
    const std::string sql =
        "WITH changed AS (INSERT INTO " + usersTable(shard, "follows") +
        " AS f (follower, followee, state, version) VALUES ($1::bigint, $2::bigint, 1, 1)"
        " ON CONFLICT (follower, followee) DO UPDATE SET state = 1, kept_to = 0, version = f.version + 1,"
        " changed_at = now(), began_at = NULL WHERE f.state <> 1 RETURNING follower, followee)," +
        enqueueEdge("changed");
    ROOKERY_TRY(session.runOne(
        Role::Users, shard,
        {sql, {sqlParameter(edge.follower.value), sqlParameter(edge.followee.value), sqlParameter(shard)}},
        deadline));
    return {};
}

Result<void> EdgeStore::unfollow(SqlSession& session, const Edge& edge, PostId keptTo, Deadline deadline)
{
    const int shard = edge.follower.shard();
    const std::string sql =
        "WITH changed AS (UPDATE " + usersTable(shard, "follows") +
        " SET state = 0, kept_to = $4::bigint, version = version + 1, began_at = changed_at,"
        " changed_at = now()"
        " WHERE follower = $1::bigint AND followee = $2::bigint AND state = 1 RETURNING "
        "follower, followee)," +
        enqueueEdge("changed");
    ROOKERY_TRY(session.runOne(Role::Users, shard,
                               {sql,
                                {sqlParameter(edge.follower.value), sqlParameter(edge.followee.value),
                                 sqlParameter(shard), sqlParameter(keptTo.value)}},
                               deadline));
    return {};
}

Result<std::int64_t> EdgeStore::endAll(SqlSession& session, std::span<const Edge> edges,
                                       Milliseconds rankDelay, Deadline deadline)
{
    std::vector<ShardStatement> statements;
    for (const auto& [shard, columns] : byFollowerShard(edges))
        statements.push_back(
            {shard,
             {"WITH wanted AS (SELECT f.follower, f.followee FROM " + usersTable(shard, "follows") +
                  " AS f JOIN unnest($1::bigint[], $2::bigint[]) AS w (follower, followee) USING (follower, "
                  "followee) WHERE f.state = 1 ORDER BY 1, 2 FOR UPDATE OF f),"
                  " changed AS (UPDATE " +
                  usersTable(shard, "follows") +
                  " AS f SET state = 0, version = f.version + 1, began_at = f.changed_at, changed_at = now()"
                  " FROM wanted"
                  " WHERE f.follower = wanted.follower AND f.followee = wanted.followee AND f.state = 1"
                  " RETURNING f.follower, f.followee),"
                  " tasks AS (SELECT array_agg(" +
                  std::to_string(int(TaskKind::EdgeChanged)) +
                  ") AS kinds, array_agg($3::int) AS shards,"
                  " array_agg('{\"follower\":' || follower || ',\"followee\":' || followee || '}') AS "
                  "payloads,"
                  " array_agg($4::bigint) AS delays, array_agg(0::bigint) AS zeros FROM changed"
                  " HAVING count(*) > 0),"
                  " queued AS MATERIALIZED (SELECT queue.enqueue(kinds, shards, payloads, delays, zeros) AS n"
                  " FROM tasks) SELECT coalesce(sum(n), 0)::bigint FROM queued",
              {sqlArray(columns.followers), sqlArray(columns.followees), sqlParameter(shard),
               sqlParameter(std::int64_t(rankDelay.count()))}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Users, statements, deadline));
    std::int64_t ended = 0;
    for (const auto& rows : results)
        ended += rows.integer(0, 0);
    return ended;
}

Result<std::vector<EdgeState>> EdgeStore::load(SqlSession& session, std::span<const Edge> edges,
                                               Deadline deadline)
{
    std::vector<ShardStatement> statements;
    for (const auto& [shard, columns] : byFollowerShard(edges))
        statements.push_back(
            {shard,
             {"SELECT w.follower, w.followee, coalesce(f.state, 0), coalesce(f.version, 0), "
              "coalesce(u.warm, true),"
              " coalesce(u.generation, 1), u.deleted_at IS NOT NULL, coalesce(f.kept_to, 0) FROM "
              "unnest($1::bigint[], $2::bigint[]) AS w "
              "(follower, followee) LEFT JOIN " +
                  usersTable(shard, "follows") + " AS f USING (follower, followee) LEFT JOIN " +
                  usersTable(shard, "users") + " AS u ON u.id = w.follower",
              {sqlArray(columns.followers), sqlArray(columns.followees)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Users, statements, deadline));
    std::map<Edge, EdgeState> found;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const Edge edge{UserId{rows.integer(r, 0)}, UserId{rows.integer(r, 1)}};
            found[edge] = {edge,
                           rows.integer(r, 2) == 1,
                           rows.integer(r, 3),
                           rows.boolean(r, 4),
                           rows.integer(r, 5),
                           rows.boolean(r, 6),
                           PostId{rows.integer(r, 7)}};
        }
    std::vector<EdgeState> out;
    for (const auto& edge : edges)
        out.push_back(found[edge]);
    return out;
}

Result<void> EdgeStore::writeFollowers(SqlSession& session, std::span<const EdgeState> states,
                                       Deadline deadline)
{
    std::vector<EdgeState> sorted(states.begin(), states.end());
    std::sort(sorted.begin(), sorted.end(), [](const EdgeState& a, const EdgeState& b) {
        return std::tuple(a.edge.followee.shard(), a.edge.followee, a.edge.follower) <
               std::tuple(b.edge.followee.shard(), b.edge.followee, b.edge.follower);
    });
    std::vector<ShardStatement> statements;
    for (const auto& state : sorted)
        if (state.version > 0) addFollowerStatements(statements, state);
    ROOKERY_TRY(session.run(Role::Users, statements, deadline));
    return {};
}

Result<void> EdgeStore::countFollowing(SqlSession& session, std::span<const Edge> edges, Deadline deadline)
{
    std::vector<ShardStatement> statements;
    for (const auto& [shard, columns] : byFollowerShard(edges))
        statements.push_back(
            {shard,
             {"WITH wanted AS (SELECT f.follower, f.followee FROM " + usersTable(shard, "follows") +
                  " AS f JOIN unnest($1::bigint[], $2::bigint[]) AS w (follower, followee) USING (follower, "
                  "followee)"
                  " WHERE f.counted <> f.state ORDER BY 1, 2 FOR UPDATE OF f),"
                  " changed AS (UPDATE " +
                  usersTable(shard, "follows") +
                  " AS f SET counted = f.state FROM wanted WHERE f.follower = wanted.follower"
                  " AND f.followee = wanted.followee AND f.counted <> f.state RETURNING f.follower, 2 * "
                  "f.state - 1 AS delta)"
                  " INSERT INTO " +
                  usersTable(shard, "counters") +
                  " AS c (user_id, following) SELECT follower, sum(delta) FROM changed GROUP BY follower "
                  "ORDER BY follower"
                  " ON CONFLICT (user_id) DO UPDATE SET following = c.following + excluded.following, "
                  "version = c.version + 1",
              {sqlArray(columns.followers), sqlArray(columns.followees)}}});
    ROOKERY_TRY(session.run(Role::Users, statements, deadline));
    return {};
}

Result<std::vector<Audience>> EdgeStore::audiences(SqlSession& session,
                                                   std::span<const AudienceQuery> queries, Deadline deadline)
{
    std::vector<ShardStatement> statements; // two per query: the author's state strictly before the followers
    for (const auto& query : queries) {
        const int shard = query.author.shard();
        statements.push_back(
            {shard,
             {"SELECT (SELECT edges_ended FROM " + usersTable(shard, "counters") +
                  " WHERE user_id = $1::bigint), coalesce(u.warm, true), u.deleted_at IS NOT NULL,"
                  " (extract(epoch FROM now()) * 1000000)::bigint FROM (SELECT $1::bigint AS id) AS w LEFT "
                  "JOIN " +
                  usersTable(shard, "users") + " AS u USING (id)",
              {sqlParameter(query.author.value)}}});
        statements.push_back(
            {shard,
             {"SELECT f.follower, c.followers FROM (SELECT coalesce((SELECT followers FROM " +
                  usersTable(shard, "counters") +
                  " WHERE user_id = $1::bigint), 0) AS followers) AS c"
                  " LEFT JOIN LATERAL (SELECT follower FROM " +
                  usersTable(shard, "followers") +
                  " WHERE followee = $1::bigint AND state = 1 AND warm"
                  " AND follower > $2::bigint AND follower <= $3::bigint"
                  " ORDER BY follower LIMIT $4::int) AS f ON true",
              {sqlParameter(query.author.value), sqlParameter(query.after.value),
               sqlParameter(upperOf(query.upTo)), sqlParameter(query.limit)}}});
    }
    ROOKERY_ASSIGN(const auto results, session.run(Role::Users, statements, deadline));
    std::vector<Audience> out;
    for (std::size_t q = 0; q < queries.size(); ++q) {
        const auto& state = results[2 * q];
        const auto& rows = results[2 * q + 1];
        Audience audience{queries[q].author,   TimePoint(std::chrono::microseconds(state.integer(0, 3))),
                          state.integer(0, 0), state.boolean(0, 1),
                          state.boolean(0, 2), {},
                          rows.integer(0, 1)};
        audience.readers.reserve(rows.size());
        for (std::size_t r = 0; r < rows.size(); ++r)
            if (!rows.isNull(r, 0)) audience.readers.push_back(UserId{rows.integer(r, 0)});
        if (!std::is_sorted(audience.readers.begin(), audience.readers.end()))
            std::sort(audience.readers.begin(), audience.readers.end());
        out.push_back(std::move(audience));
    }
    return out;
}

Result<AudiencePlan> EdgeStore::planAudience(SqlSession& session, UserId author, int chunk, Deadline deadline)
{
    const int shard = author.shard();
    const std::string followers = usersTable(shard, "followers");
    // How many there are in all is read at the same moment: what is not warm of it is dormant.
    ROOKERY_ASSIGN(
        const auto rows,
        session.runOne(
            Role::Users, shard,
            {"SELECT f.follower, f.n, c.followers, (extract(epoch FROM now()) * 1000000)::bigint FROM "
             "(SELECT coalesce((SELECT followers FROM " +
                 usersTable(shard, "counters") +
                 " WHERE user_id = $1::bigint), 0) AS followers) AS c LEFT JOIN (SELECT follower, n FROM"
                 " (SELECT follower, row_number() OVER (ORDER BY follower) AS n, count(*) OVER () AS total"
                 " FROM " +
                 followers +
                 " WHERE followee = $1::bigint AND state = 1 AND warm) AS w WHERE n % $2::int = 0 OR n = "
                 "total)"
                 " AS f ON true ORDER BY f.n",
             {sqlParameter(author.value), sqlParameter(chunk)}},
            deadline));
    AudiencePlan plan;
    for (std::size_t r = 0; r < rows.size() && !rows.isNull(r, 0); ++r) {
        const std::int64_t upToHere = rows.integer(r, 1);
        const UserId after = plan.ranges.empty() ? UserId{} : plan.ranges.back().upTo;
        plan.ranges.push_back({after, UserId{rows.integer(r, 0)}, upToHere - plan.warm});
        plan.warm = upToHere;
    }
    plan.dormant = std::max<std::int64_t>(rows.integer(0, 2) - plan.warm, 0);
    plan.readAt = TimePoint(std::chrono::microseconds(rows.integer(0, 3)));
    return plan;
}

Result<std::vector<EdgeStore::LostFollowers>>
EdgeStore::lostFollowers(SqlSession& session, std::span<const UserId> authors, Deadline deadline)
{
    std::map<int, std::vector<std::int64_t>> shards;
    for (const auto author : authors)
        shards[author.shard()].push_back(author.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : shards)
        statements.push_back(
            {shard,
             {"SELECT user_id, edges_ended, (extract(epoch FROM ended_at) * 1000000)::bigint FROM " +
                  usersTable(shard, "counters") + " WHERE user_id = ANY ($1::bigint[])",
              {sqlArray(ids)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Users, statements, deadline));
    std::map<std::int64_t, LostFollowers> found;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r) {
            auto& lost = found[rows.integer(r, 0)];
            lost.count = rows.integer(r, 1);
            if (!rows.isNull(r, 2)) lost.lastAt = TimePoint(std::chrono::microseconds(rows.integer(r, 2)));
        }
    std::vector<LostFollowers> out;
    for (const auto author : authors)
        out.push_back(found[author.value]);
    return out;
}

Result<std::vector<std::vector<UserId>>>
EdgeStore::endedSince(SqlSession& session, std::span<const EndedQuery> queries, Deadline deadline)
{
    std::vector<ShardStatement> statements;
    for (const auto& [range, since, post] : queries)
        statements.push_back({range.author.shard(),
                              {"SELECT follower FROM " + usersTable(range.author.shard(), "followers") +
                                   " WHERE followee = $1::bigint AND state = 0 AND follower > $2::bigint"
                                   " AND follower <= $3::bigint AND changed_at >= to_timestamp($4::bigint / "
                                   "1e6) AND kept_to < $5::bigint ORDER BY "
                                   "follower",
                               {sqlParameter(range.author.value), sqlParameter(range.after.value),
                                sqlParameter(upperOf(range.upTo)),
                                sqlParameter(since.time_since_epoch().count()), sqlParameter(post.value)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Users, statements, deadline));
    std::vector<std::vector<UserId>> out;
    for (const auto& rows : results)
        out.push_back(idColumn(rows));
    return out;
}

namespace {

SqlStatement homeSourcesOf(UserId reader)
{
    return {"SELECT followee, CASE state WHEN 1 THEN 0 ELSE kept_to END FROM " +
                usersTable(reader.shard(), "follows") +
                " WHERE follower = $1::bigint AND (state = 1 OR kept_to > 0)",
            {sqlParameter(reader.value)}};
}

std::vector<PostSource> homeSourcesIn(const SqlRows& rows, UserId reader)
{
    std::vector<PostSource> sources{reader};
    for (std::size_t r = 0; r < rows.size(); ++r)
        sources.emplace_back(UserId{rows.integer(r, 0)}, PostId{rows.integer(r, 1)});
    return sources;
}

} // namespace

Result<std::vector<PostSource>> EdgeStore::homeSources(SqlSession& session, UserId reader, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows,
                   session.runOne(Role::Users, reader.shard(), homeSourcesOf(reader), deadline));
    return homeSourcesIn(rows, reader);
}

Result<SqlConnection*> EdgeStore::startHomeSources(SqlSession& session, UserId reader, Deadline deadline)
{
    ROOKERY_ASSIGN(auto* connection, session.connectionOf(Role::Users, reader.shard(), deadline));
    ROOKERY_TRY(connection->start({homeSourcesOf(reader)}, deadline));
    return connection;
}

Result<std::vector<PostSource>> EdgeStore::finishHomeSources(SqlConnection& started, UserId reader)
{
    ROOKERY_ASSIGN(const auto rows, started.finish());
    return homeSourcesIn(rows.front(), reader);
}

Result<std::vector<UserId>> EdgeStore::followees(SqlSession& session, UserId reader, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows,
                   session.runOne(Role::Users, reader.shard(),
                                  {"SELECT followee FROM " + usersTable(reader.shard(), "follows") +
                                       " WHERE follower = $1::bigint AND state = 1",
                                   {sqlParameter(reader.value)}},
                                  deadline));
    return idColumn(rows);
}

Result<std::vector<UserId>> EdgeStore::followeesPage(SqlSession& session, UserId reader, UserId after,
                                                     int limit, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        session.runOne(Role::Users, reader.shard(),
                       {"SELECT followee FROM " + usersTable(reader.shard(), "follows") +
                            " WHERE follower = $1::bigint AND state = 1 AND followee > $2::bigint"
                            " ORDER BY followee LIMIT $3::int",
                        {sqlParameter(reader.value), sqlParameter(after.value), sqlParameter(limit)}},
                       deadline));
    return idColumn(rows);
}

Result<std::vector<UserId>> EdgeStore::followersPage(SqlSession& session, UserId author, UserId after,
                                                     int limit, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        session.runOne(Role::Users, author.shard(),
                       {"SELECT follower FROM " + usersTable(author.shard(), "followers") +
                            " WHERE followee = $1::bigint AND state = 1 AND follower > $2::bigint"
                            " ORDER BY follower LIMIT $3::int",
                        {sqlParameter(author.value), sqlParameter(after.value), sqlParameter(limit)}},
                       deadline));
    return idColumn(rows);
}

Result<void> EdgeStore::insertFollowersSide(SqlSession& session, std::span<const Edge> edges,
                                            Deadline deadline)
{
    std::vector<Edge> sorted(edges.begin(), edges.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const Edge& a, const Edge& b) { // in the order of locks of writeFollowers
                  return std::tuple(a.followee, a.follower) < std::tuple(b.followee, b.follower);
              });
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    std::map<int, EdgeColumns> shards;
    for (const auto& edge : sorted)
        shards[edge.followee.shard()].add(edge);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, c] : shards)
        statements.push_back(
            {shard,
             {"WITH fresh AS (INSERT INTO " + usersTable(shard, "followers") +
                  " (followee, follower, state, version, warm, generation) SELECT e, r, 1, 1, true, 1 FROM"
                  " unnest($1::bigint[], $2::bigint[]) AS w (r, e) ON CONFLICT DO NOTHING RETURNING followee)"
                  " INSERT INTO " +
                  usersTable(shard, "counters") +
                  " AS c (user_id, followers) SELECT followee, count(*) FROM fresh GROUP BY followee"
                  " ORDER BY followee ON CONFLICT (user_id) DO UPDATE SET"
                  " followers = c.followers + excluded.followers, version = c.version + 1",
              {sqlArray(c.followers), sqlArray(c.followees)}}});
    ROOKERY_TRY(session.run(Role::Users, statements, deadline));
    return {};
}

Result<std::int64_t> EdgeStore::insertFollowsSide(SqlSession& session, std::span<const NewEdge> edges,
                                                  Deadline deadline)
{
    struct Columns : EdgeColumns
    {
        std::vector<std::int64_t> backfills;
    };
    std::map<Edge, bool> sorted;
    for (const auto& edge : edges)
        sorted[edge.edge] |= edge.backfill;
    std::map<int, Columns> shards;
    for (const auto& [edge, backfill] : sorted) {
        auto& columns = shards[edge.follower.shard()];
        columns.add(edge);
        columns.backfills.push_back(backfill);
    }
    std::vector<ShardStatement> statements;
    for (const auto& [shard, c] : shards)
        statements.push_back(
            {shard,
             {"WITH fresh AS (INSERT INTO " + usersTable(shard, "follows") +
                  " (follower, followee, state, version, counted) SELECT r, e, 1, 1, 1 FROM"
                  " unnest($1::bigint[], $2::bigint[]) AS w (r, e) ON CONFLICT DO NOTHING RETURNING "
                  "follower, followee),"
                  " counted AS (INSERT INTO " +
                  usersTable(shard, "counters") +
                  " AS c (user_id, following) SELECT follower, count(*) FROM fresh GROUP BY follower ORDER "
                  "BY follower"
                  " ON CONFLICT (user_id) DO UPDATE SET following = c.following + excluded.following, "
                  "version = c.version + 1),"
                  " tasks AS (SELECT array_agg(" +
                  std::to_string(int(TaskKind::EdgeChanged)) +
                  ") AS kinds, array_agg($4::int) AS shards, array_agg('{\"follower\":' || follower || "
                  "',\"followee\":' ||"
                  " followee || '}') AS payloads, array_agg(0::bigint) AS zeros FROM fresh JOIN"
                  " unnest($1::bigint[], $2::bigint[], $3::int[]) AS w (follower, followee, backfill)"
                  " USING (follower, followee) WHERE backfill = 1 HAVING count(*) > 0),"
                  " queued AS MATERIALIZED (SELECT queue.enqueue(kinds, shards, payloads, zeros, zeros) AS n "
                  "FROM tasks)"
                  " SELECT (SELECT count(*) FROM fresh), (SELECT sum(n) FROM queued)",
              {sqlArray(c.followers), sqlArray(c.followees), sqlArray(c.backfills), sqlParameter(shard)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Users, statements, deadline));
    std::int64_t fresh = 0;
    for (const auto& rows : results)
        fresh += rows.integer(0, 0);
    return fresh;
}

} // namespace backend
