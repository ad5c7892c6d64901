#include "backend/store/post_store.h"

#include "backend/common/task_payloads.h"

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

namespace backend {
namespace {

std::string postsTable(int shard) { return shardTable(Role::Posts, shard, "posts"); }

SqlParameter upperBound(const IdRange& range)
{
    return sqlParameter(range.before ? range.before->value : std::numeric_limits<std::int64_t>::max());
}

// Inserts the rows and enqueues a task for each new one, in one statement. Returns the ids written.
SqlStatement insertStatement(int shard, std::span<const Post* const> posts)
{
    std::vector<std::int64_t> ids, authors;
    std::vector<std::string> bodies;
    for (const auto* post : posts) {
        ids.push_back(post->id.value);
        authors.push_back(post->author.value);
        bodies.push_back(post->body);
    }
    const std::string kind = std::to_string(int(TaskKind::PostCreated));
    return {"WITH fresh AS (INSERT INTO " + postsTable(shard)
                + " (id, author_id, body) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])"
                  " ON CONFLICT (id) DO NOTHING RETURNING id, author_id),"
                  " tasks AS (SELECT array_agg(" + kind + ") AS kinds, array_agg($4::int) AS shards,"
                  " array_agg('{\"post\":' || id || ',\"author\":' || author_id || '}' ORDER BY id) AS payloads,"
                  " array_agg(0::bigint) AS zeros FROM fresh HAVING count(*) > 0),"
                  " queued AS MATERIALIZED (SELECT queue.enqueue(kinds, shards, payloads, zeros, zeros) AS n FROM tasks)"
                  " SELECT coalesce(sum(n), 0) FROM queued",
            {sqlArray(ids), sqlArray(authors), sqlArray(bodies), sqlParameter(shard)}};
}

// Rows of `columns` of the newest posts of some authors: bounded by the index on (author_id, id) however much they wrote.
SqlStatement newestStatement(int shard, const std::vector<std::int64_t>& authors, const IdRange& range, int limit,
                             std::string_view columns, bool withDeleted)
{
    return {"SELECT p.* FROM unnest($1::bigint[]) AS a (id) CROSS JOIN LATERAL (SELECT " + std::string(columns) + " FROM "
                + postsTable(shard) + " WHERE author_id = a.id AND id < $2::bigint AND id >= $3::bigint"
                + (withDeleted ? "" : " AND deleted_at IS NULL")
                + " ORDER BY id DESC LIMIT $4::int) AS p ORDER BY p.id DESC LIMIT $4::int",
            {sqlArray(authors), upperBound(range), sqlParameter(range.from.value), sqlParameter(limit)}};
}

std::vector<ShardStatement> byAuthorShard(std::span<const UserId> authors, const IdRange& range, int limit,
                                          std::string_view columns, bool withDeleted)
{
    std::map<int, std::vector<std::int64_t>> shards;
    for (const auto author : authors) shards[author.shard()].push_back(author.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : shards)
        statements.push_back({shard, newestStatement(shard, ids, range, limit, columns, withDeleted)});
    return statements;
}

std::vector<Post> mergeNewest(const std::vector<SqlRows>& results, int limit)
{
    std::vector<Post> posts;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            posts.push_back({PostId{rows.integer(r, 0)}, UserId{rows.integer(r, 1)}, std::string(rows.text(r, 2))});
    std::sort(posts.begin(), posts.end(), [](const Post& a, const Post& b) { return a.id > b.id; });
    if (posts.size() > std::size_t(limit)) posts.resize(std::size_t(limit));
    return posts;
}

constexpr std::string_view kPostColumns = "id, author_id, body";

} // namespace

Result<std::int64_t> PostStore::insertMany(SqlSession& session, std::span<const Post> posts, Deadline deadline)
{
    std::map<int, std::vector<const Post*>> shards;
    for (const auto& post : posts) shards[post.id.shard()].push_back(&post);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, group] : shards) statements.push_back({shard, insertStatement(shard, group)});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Posts, statements, deadline));

    std::int64_t written = 0;
    for (const auto& rows : results) written += rows.integer(0, 0);
    if (written == std::int64_t(posts.size())) return written;

    std::vector<PostId> ids;
    for (const auto& post : posts) ids.push_back(post.id);
    ROOKERY_ASSIGN(const auto stored, load(session, ids, deadline));
    for (std::size_t i = 0; i < posts.size(); ++i)
        if (!stored[i] || stored[i]->post.author != posts[i].author || stored[i]->post.body != posts[i].body)
            return fail(ErrorCode::Conflict, "post id " + std::to_string(posts[i].id.value)
                                                 + " is taken by a post with other content; nothing was overwritten");
    return written;
}

Result<void> PostStore::insert(SqlSession& session, const Post& post, Deadline deadline)
{
    ROOKERY_TRY(insertMany(session, std::span(&post, 1), deadline));
    return {};
}

Result<void> PostStore::markDeleted(SqlSession& session, PostId post, Deadline deadline)
{
    const std::string table = postsTable(post.shard());
    const SqlStatement statement{
        "WITH gone AS (UPDATE " + table + " SET deleted_at = now() WHERE id = $1::bigint AND deleted_at IS NULL"
            " RETURNING id, author_id), queued AS MATERIALIZED (SELECT queue.enqueue(ARRAY["
            + std::to_string(int(TaskKind::PostDeleted)) + "], ARRAY[$2::int], ARRAY['{\"post\":' || id ||"
            " ',\"author\":' || author_id || '}'], ARRAY[0::bigint], ARRAY[0::bigint]) AS n FROM gone)"
            " SELECT (SELECT count(*) FROM queued), (SELECT count(*) FROM " + table + " WHERE id = $1::bigint)",
        {sqlParameter(post.value), sqlParameter(post.shard())}};
    ROOKERY_ASSIGN(const auto rows, session.runOne(Role::Posts, post.shard(), statement, deadline));
    if (rows.integer(0, 1) == 0)
        return fail(ErrorCode::NotFound, "there is no post with id " + std::to_string(post.value));
    return {};
}

Result<std::vector<std::optional<StoredPost>>> PostStore::load(SqlSession& session, std::span<const PostId> ids,
                                                               Deadline deadline)
{
    std::map<int, std::vector<std::int64_t>> shards;
    for (const auto id : ids) shards[id.shard()].push_back(id.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, wanted] : shards)
        statements.push_back({shard,
                              {"SELECT id, author_id, body, deleted_at IS NOT NULL FROM " + postsTable(shard)
                                   + " WHERE id = ANY ($1::bigint[])",
                               {sqlArray(wanted)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Posts, statements, deadline));

    std::unordered_map<std::int64_t, StoredPost> found;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            found.emplace(rows.integer(r, 0),
                          StoredPost{{PostId{rows.integer(r, 0)}, UserId{rows.integer(r, 1)}, std::string(rows.text(r, 2))},
                                     rows.boolean(r, 3)});
    std::vector<std::optional<StoredPost>> out(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (const auto it = found.find(ids[i].value); it != found.end()) out[i] = it->second;
    return out;
}

Result<std::vector<PostId>> PostStore::deletedAmong(SqlSession& session, std::span<const PostId> ids, Deadline deadline)
{
    std::map<int, std::vector<std::int64_t>> shards;
    for (const auto id : ids) shards[id.shard()].push_back(id.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, wanted] : shards)
        statements.push_back({shard,
                              {"SELECT w.id FROM unnest($1::bigint[]) AS w (id) LEFT JOIN " + postsTable(shard)
                                   + " AS p ON p.id = w.id WHERE p.id IS NULL OR p.deleted_at IS NOT NULL",
                               {sqlArray(wanted)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Posts, statements, deadline));
    std::vector<PostId> deleted;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r) deleted.push_back(PostId{rows.integer(r, 0)});
    return deleted;
}

Result<std::vector<Post>> PostStore::newestOf(SqlSession& session, std::span<const UserId> authors, const IdRange& range,
                                              int limit, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto results,
                   session.run(Role::Posts, byAuthorShard(authors, range, limit, kPostColumns, false), deadline));
    return mergeNewest(results, limit);
}

Result<std::vector<PostId>> PostStore::newestIdsOf(SqlSession& session, std::span<const UserId> authors,
                                                   const IdRange& range, int limit, bool withDeleted, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto results,
                   session.run(Role::Posts, byAuthorShard(authors, range, limit, "id", withDeleted), deadline));
    std::vector<PostId> ids;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r) ids.push_back(PostId{rows.integer(r, 0)});
    std::sort(ids.begin(), ids.end(), std::greater<>());
    if (ids.size() > std::size_t(limit)) ids.resize(std::size_t(limit));
    return ids;
}

Result<std::vector<UserId>> PostStore::authorsWithPosts(SqlSession& session, std::span<const UserId> authors, Deadline deadline)
{
    std::map<int, std::vector<std::int64_t>> shards;
    for (const auto author : authors) shards[author.shard()].push_back(author.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : shards)
        statements.push_back({shard,
                              {"SELECT a.id FROM unnest($1::bigint[]) AS a (id) WHERE EXISTS (SELECT FROM " + postsTable(shard)
                                   + " WHERE author_id = a.id)",
                               {sqlArray(ids)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Posts, statements, deadline));
    std::vector<UserId> out;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r) out.push_back(UserId{rows.integer(r, 0)});
    return out;
}

Result<std::vector<Post>> PostStore::newestOfShards(SqlSession& session, std::span<const int> shards,
                                                    const IdRange& range, int limit, Deadline deadline)
{
    std::vector<ShardStatement> statements;
    for (const int shard : shards)
        statements.push_back({shard,
                              {"SELECT id, author_id, body FROM " + postsTable(shard)
                                   + " WHERE id < $1::bigint AND id >= $2::bigint AND deleted_at IS NULL"
                                     " ORDER BY id DESC LIMIT $3::int",
                               {upperBound(range), sqlParameter(range.from.value), sqlParameter(limit)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Posts, statements, deadline));
    return mergeNewest(results, limit);
}

} // namespace backend
