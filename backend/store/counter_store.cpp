#include "backend/store/counter_store.h"

#include <unordered_map>

namespace backend {
namespace {

std::vector<std::int64_t> valuesOf(std::span<const UserId> users)
{
    std::vector<std::int64_t> out;
    for (const auto user : users)
        out.push_back(user.value);
    return out;
}

std::string kinds(std::initializer_list<TaskKind> some)
{
    std::string out;
    for (const auto kind : some)
        out += (out.empty() ? "" : ", ") + std::to_string(int(kind));
    return out;
}

// A look at what waits reads no more than so many tasks and as many dead letters: behind more of them
// nobody's counters can be judged, and reading all for every page would slow the node that is behind already.
constexpr int kWaitingRead = 50'000;

// Ids, as texts, that tasks and dead letters of these kinds carry under that name. By the payload's text: one
// that cannot be read must not fail the look at the others.
std::string waiting(const std::string& name, const std::string& ofKinds)
{
    const auto of = [&](const std::string& table) {
        return "SELECT substring(payload from '\"" + name +
               "\":([0-9]+)') AS id FROM (SELECT kind, payload FROM " + table + " LIMIT " +
               std::to_string(kWaitingRead) + ") AS w WHERE kind IN (" + ofKinds + ")";
    };
    return of("queue.tasks") + " UNION " + of("queue.dead_letters");
}

// Whether `waiting` may have missed some.
std::string tooManyWait()
{
    const auto more = [](const std::string& table) {
        const auto most = std::to_string(kWaitingRead);
        return "(SELECT count(*) FROM (SELECT FROM " + table + " LIMIT " + most + " + 1) AS l) > " + most;
    };
    return "(" + more("queue.tasks") + " OR " + more("queue.dead_letters") + ")";
}

SqlStatement edgesStatement(int shard, const std::string& which, SqlParameters parameters)
{
    return {"WITH waiting AS MATERIALIZED (" + waiting("follower", kinds({TaskKind::EdgeChanged})) +
                " UNION " + waiting("account", kinds({TaskKind::AccountDeleted})) +
                "), wanted AS MATERIALIZED (SELECT id FROM " + usersTable(shard, "users") + " WHERE " +
                which +
                ") SELECT w.id, coalesce(c.followers, 0), coalesce(c.following, 0), coalesce(c.posts, 0),"
                " coalesce(c.version, 0), (SELECT count(*) FROM " +
                usersTable(shard, "followers") +
                " AS f WHERE f.followee = w.id AND f.state = 1), own.following, own.uncounted,"
                " EXISTS (SELECT FROM waiting WHERE waiting.id = w.id::text) OR " +
                tooManyWait() + " FROM wanted AS w LEFT JOIN " + usersTable(shard, "counters") +
                " AS c ON c.user_id = w.id CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE counted = 1) AS"
                " following, count(*) FILTER (WHERE counted <> state) AS uncounted FROM " +
                usersTable(shard, "follows") + " AS f WHERE f.follower = w.id) AS own ORDER BY w.id",
            std::move(parameters)};
}

std::vector<RecountedEdges> edgesOf(const SqlRows& rows)
{
    std::vector<RecountedEdges> out;
    for (std::size_t r = 0; r < rows.size(); ++r)
        out.push_back({UserId{rows.integer(r, 0)},
                       {{rows.integer(r, 1), rows.integer(r, 2), rows.integer(r, 3)}, rows.integer(r, 4)},
                       rows.integer(r, 5),
                       rows.integer(r, 6),
                       rows.integer(r, 7),
                       rows.boolean(r, 8)});
    return out;
}

} // namespace

Result<std::vector<RecountedEdges>> CounterStore::recountEdges(SqlSession& session, int shard, UserId after,
                                                               int limit, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows,
                   session.runOne(Role::Users, shard,
                                  edgesStatement(shard, "id > $1::bigint ORDER BY id LIMIT $2::int",
                                                 {sqlParameter(after.value), sqlParameter(limit)}),
                                  deadline));
    return edgesOf(rows);
}

Result<std::vector<RecountedEdges>>
CounterStore::recountEdges(SqlSession& session, int shard, std::span<const UserId> users, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows, session.runOne(Role::Users, shard,
                                                   edgesStatement(shard, "id = ANY ($1::bigint[])",
                                                                  {sqlArray(valuesOf(users))}),
                                                   deadline));
    return edgesOf(rows);
}

Result<std::vector<RecountedPosts>>
CounterStore::recountPosts(SqlSession& session, int shard, std::span<const UserId> users, Deadline deadline)
{
    const auto of = kinds({TaskKind::PostCreated, TaskKind::PostDeleted, TaskKind::PostsDeleted});
    ROOKERY_ASSIGN(const auto rows,
                   session.runOne(Role::Posts, shard,
                                  {"WITH waiting AS MATERIALIZED (" + waiting("author", of) +
                                       ") SELECT a.id, (SELECT count(*) FROM " +
                                       shardTable(Role::Posts, shard, "posts") +
                                       " AS p WHERE p.author_id = a.id AND p.deleted_at IS NULL),"
                                       " EXISTS (SELECT FROM waiting WHERE waiting.id = a.id::text) OR " +
                                       tooManyWait() + " FROM unnest($1::bigint[]) AS a (id)",
                                   {sqlArray(valuesOf(users))}},
                                  deadline));
    std::unordered_map<std::int64_t, RecountedPosts> found;
    for (std::size_t r = 0; r < rows.size(); ++r)
        found[rows.integer(r, 0)] = {rows.integer(r, 1), rows.boolean(r, 2)};
    std::vector<RecountedPosts> out;
    for (const auto user : users)
        out.push_back(found[user.value]);
    return out;
}

Result<bool> CounterStore::replace(SqlSession& session, UserId user, std::int64_t seen, std::int64_t above,
                                   const Counters& counters, Deadline deadline)
{
    const auto target = usersTable(user.shard(), "counters");
    // A row that is not there has version 0; one that appeared meanwhile has another.
    ROOKERY_ASSIGN(
        const auto rows,
        session.runOne(
            Role::Users, user.shard(),
            {"INSERT INTO " + target +
                 " AS c (user_id, followers, following, posts, version)"
                 " SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint,"
                 " greatest($5::bigint, $6::bigint) + 1"
                 " WHERE $5::bigint = 0 OR EXISTS (SELECT FROM " +
                 target +
                 " WHERE user_id = $1::bigint)"
                 " ON CONFLICT (user_id) DO UPDATE SET followers = excluded.followers,"
                 " following = excluded.following, posts = excluded.posts, version = excluded.version"
                 " WHERE c.version = $5::bigint RETURNING 1",
             {sqlParameter(user.value), sqlParameter(counters.followers), sqlParameter(counters.following),
              sqlParameter(counters.posts), sqlParameter(seen), sqlParameter(above)}},
            deadline));
    return rows.size() == 1;
}

Result<std::int64_t> CounterStore::requeueUncounted(SqlSession& session, UserId follower, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        session.runOne(
            Role::Users, follower.shard(),
            {"SELECT coalesce(queue.enqueue(array_agg(" + std::to_string(int(TaskKind::EdgeChanged)) +
                 "), array_agg($2::int), array_agg('{\"follower\":' || follower || ',\"followee\":' ||"
                 " followee || '}'), array_agg(0::bigint), array_agg(0::bigint)), 0) FROM " +
                 usersTable(follower.shard(), "follows") +
                 " WHERE follower = $1::bigint AND counted <> state",
             {sqlParameter(follower.value), sqlParameter(follower.shard())}},
            deadline));
    return rows.integer(0, 0);
}

} // namespace backend
