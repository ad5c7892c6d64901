#include "backend/store/account_store.h"

#include "backend/common/task_payloads.h"

#include <limits>
#include <map>

namespace backend {
namespace {

std::string kindText(TaskKind kind)
{
    return std::to_string(int(kind));
}

std::string users(int shard)
{
    return shardTable(Role::Users, shard, "users");
}

Result<SqlRows> onDirectory(SqlSession& session, int directoryNode, std::string_view sql,
                            const SqlParameters& parameters, Deadline deadline)
{
    ROOKERY_ASSIGN(auto* connection, session.connection(directoryNode, deadline));
    return connection->execute(sql, parameters, deadline);
}

TimePoint timeOf(const SqlRows& rows, std::size_t row, int column)
{
    return TimePoint(std::chrono::microseconds(rows.integer(row, column)));
}

} // namespace

Result<void> AccountStore::markDeleted(SqlSession& session, UserId user, Deadline deadline)
{
    const int shard = user.shard();
    const SqlStatement statement{
        "WITH gone AS (UPDATE " + users(shard) +
            " SET deleted_at = now(), warm = false, dormant_at = now(), generation = generation + 1"
            " WHERE id = $1::bigint AND deleted_at IS NULL RETURNING id),"
            " queued AS MATERIALIZED (SELECT queue.enqueue(ARRAY[" +
            kindText(TaskKind::AccountDeleted) + ", " + kindText(TaskKind::ReaderChanged) +
            "], ARRAY[$2::int, $2::int], ARRAY[$3::text, $4::text], ARRAY[0::bigint, 0::bigint],"
            " ARRAY[0::bigint, 0::bigint]) AS n FROM gone)"
            " SELECT (SELECT count(*) FROM queued), (SELECT count(*) FROM " +
            users(shard) + " WHERE id = $1::bigint)",
        {sqlParameter(user.value), sqlParameter(shard), encode(AccountPayload{user}),
         encode(ReaderPayload{user})}};
    ROOKERY_ASSIGN(const auto rows, session.runOne(Role::Users, shard, statement, deadline));
    if (rows.integer(0, 1) == 0)
        return fail(ErrorCode::NotFound, "there is no user with id " + std::to_string(user.value));
    return {};
}

Result<std::optional<StoredAccount>> AccountStore::load(SqlSession& session, UserId user, Deadline deadline)
{
    const int shard = user.shard();
    ROOKERY_ASSIGN(
        const auto rows,
        session.runOne(Role::Users, shard,
                       {"SELECT u.handle, u.deleted_at IS NOT NULL, coalesce(c.followers, 0),"
                        " coalesce(c.following, 0), coalesce(c.posts, 0) FROM " +
                            users(shard) + " AS u LEFT JOIN " + shardTable(Role::Users, shard, "counters") +
                            " AS c ON c.user_id = u.id WHERE u.id = $1::bigint",
                        {sqlParameter(user.value)}},
                       deadline));
    if (rows.empty()) return std::optional<StoredAccount>();
    return std::optional(StoredAccount{std::string(rows.text(0, 0)),
                                       rows.boolean(0, 1),
                                       {rows.integer(0, 2), rows.integer(0, 3), rows.integer(0, 4)}});
}

Result<std::vector<UserId>> AccountStore::deletedAmong(SqlSession& session, std::span<const UserId> wanted,
                                                       Deadline deadline)
{
    std::map<int, std::vector<std::int64_t>> shards;
    for (const auto user : wanted)
        shards[user.shard()].push_back(user.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : shards)
        statements.push_back(
            {shard,
             {"SELECT id FROM " + users(shard) + " WHERE id = ANY ($1::bigint[]) AND deleted_at IS NOT NULL",
              {sqlArray(ids)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Users, statements, deadline));
    std::vector<UserId> out;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            out.push_back(UserId{rows.integer(r, 0)});
    return out;
}

Result<AccountStore::DeletedPosts> AccountStore::deletePosts(SqlSession& session, UserId author,
                                                             PostId before, int limit, Milliseconds rankDelay,
                                                             Deadline deadline)
{
    const int shard = author.shard();
    const std::string posts = shardTable(Role::Posts, shard, "posts");
    const auto below = before ? before.value : std::numeric_limits<std::int64_t>::max();
    // Text of posts that were deleted one by one before is emptied along the way, but they are counted.
    const SqlStatement statement{
        "WITH wanted AS (SELECT id, deleted_at IS NULL AS alive FROM " + posts +
            " WHERE author_id = $1::bigint AND id < $2::bigint AND (deleted_at IS NULL OR body <> '')"
            " ORDER BY id DESC LIMIT $3::int FOR UPDATE),"
            " gone AS (UPDATE " +
            posts +
            " AS p SET deleted_at = coalesce(p.deleted_at, now()), body = '' FROM wanted"
            " WHERE p.id = wanted.id RETURNING p.id, wanted.alive),"
            " counted AS (SELECT count(*) AS n, min(id) AS lowest, max(id) AS highest FROM gone WHERE alive),"
            " queued AS MATERIALIZED (SELECT queue.enqueue(ARRAY[" +
            kindText(TaskKind::PostsDeleted) +
            "], ARRAY[$4::int], ARRAY['{\"author\":' || $1::bigint || ',\"from\":' || lowest || ',\"to\":' ||"
            " highest || ',\"count\":' || n || '}'], ARRAY[$5::bigint], ARRAY[0::bigint]) FROM counted"
            " WHERE n > 0)"
            " SELECT n, (SELECT min(id) FROM gone), (SELECT count(*) FROM queued) FROM counted",
        {sqlParameter(author.value), sqlParameter(below), sqlParameter(limit), sqlParameter(shard),
         sqlParameter(std::int64_t(rankDelay.count()))}};
    ROOKERY_ASSIGN(const auto rows, session.runOne(Role::Posts, shard, statement, deadline));
    DeletedPosts out{rows.integer(0, 0), {}};
    if (!rows.isNull(0, 1)) out.lowest = PostId{rows.integer(0, 1)};
    return out;
}

Result<void> AccountStore::freeNames(SqlSession& session, int directoryNode, UserId user,
                                     const std::string& handle, Deadline deadline)
{
    ROOKERY_TRY(onDirectory(session, directoryNode,
                            "DELETE FROM directory.handles WHERE handle = $1 AND user_id = $2::bigint",
                            {handle, sqlParameter(user.value)}, deadline));
    ROOKERY_TRY(session.runOne(Role::Users, user.shard(),
                               {"UPDATE " + users(user.shard()) +
                                    " SET handle = '', display_name = '' WHERE id = $1::bigint"
                                    " AND deleted_at IS NOT NULL",
                                {sqlParameter(user.value)}},
                               deadline));
    return {};
}

Result<void> AccountStore::note(SqlSession& session, int directoryNode, UserId user,
                                const std::string& handle, std::int64_t edges, std::int64_t posts,
                                Deadline deadline)
{
    ROOKERY_TRY(onDirectory(session, directoryNode,
                            "INSERT INTO directory.deleted_accounts AS d (user_id, handle, edges, posts)"
                            " VALUES ($1::bigint, $2, $3::bigint, $4::bigint) ON CONFLICT (user_id) DO UPDATE"
                            " SET edges = greatest(d.edges, excluded.edges),"
                            " posts = greatest(d.posts, excluded.posts)",
                            {sqlParameter(user.value), handle, sqlParameter(edges), sqlParameter(posts)},
                            deadline));
    return {};
}

Result<void> AccountStore::noteFinished(SqlSession& session, int directoryNode, UserId user,
                                        Deadline deadline)
{
    ROOKERY_TRY(
        onDirectory(session, directoryNode,
                    "WITH unpulled AS (DELETE FROM directory.pulled_authors WHERE author = $1::bigint"
                    " RETURNING 1), told AS (UPDATE directory.pulled_version SET version = version + 1"
                    " WHERE EXISTS (SELECT FROM unpulled))"
                    " UPDATE directory.deleted_accounts SET handle = '',"
                    " finished_at = coalesce(finished_at, clock_timestamp())"
                    " WHERE user_id = $1::bigint",
                    {sqlParameter(user.value)}, deadline));
    return {};
}

Result<std::vector<AccountDeletion>> AccountStore::deletions(SqlSession& session, int directoryNode,
                                                             int limit, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        onDirectory(session, directoryNode,
                    "SELECT user_id, handle, (extract(epoch FROM asked_at) * 1000000)::bigint, edges, posts,"
                    " (extract(epoch FROM finished_at) * 1000000)::bigint FROM directory.deleted_accounts"
                    " ORDER BY finished_at IS NOT NULL, asked_at DESC LIMIT $1::int",
                    {sqlParameter(limit)}, deadline));
    std::vector<AccountDeletion> out;
    for (std::size_t r = 0; r < rows.size(); ++r)
        out.push_back({UserId{rows.integer(r, 0)}, std::string(rows.text(r, 1)), timeOf(rows, r, 2),
                       rows.integer(r, 3), rows.integer(r, 4),
                       rows.isNull(r, 5) ? std::nullopt : std::optional(timeOf(rows, r, 5))});
    return out;
}

} // namespace backend
