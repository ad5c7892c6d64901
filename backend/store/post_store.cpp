#include "backend/store/post_store.h"

#include "backend/common/task_payloads.h"

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

namespace backend {
namespace {

std::string postsTable(int shard)
{
    return shardTable(Role::Posts, shard, "posts");
}

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
    return {
        "WITH fresh AS (INSERT INTO " + postsTable(shard) +
            " (id, author_id, body) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])"
            " ON CONFLICT (id) DO NOTHING RETURNING id, author_id),"
            " tasks AS (SELECT array_agg(" +
            kind +
            ") AS kinds, array_agg($4::int) AS shards,"
            " array_agg('{\"post\":' || id || ',\"author\":' || author_id || '}' ORDER BY id) AS payloads,"
            " array_agg(0::bigint) AS zeros FROM fresh HAVING count(*) > 0),"
            " queued AS MATERIALIZED (SELECT queue.enqueue(kinds, shards, payloads, zeros, zeros) AS n FROM "
            "tasks)"
            " SELECT coalesce(sum(n), 0) FROM queued",
        {sqlArray(ids), sqlArray(authors), sqlArray(bodies), sqlParameter(shard)}};
}

struct AuthorBounds
{
    std::vector<std::int64_t> authors, before;
};

// The newest posts of some authors: bounded by the index on (author_id, id) however much they wrote. One
// author of a shard, which is the usual case, gets the plan that costs least to start.
SqlStatement newestStatement(int shard, const AuthorBounds& bounds, PostId from, std::size_t each,
                             bool withBodies, bool withDeleted)
{
    if (bounds.authors.size() == 1)
        return {std::string("SELECT id, author_id") + (withBodies ? ", body" : "") + " FROM " +
                    postsTable(shard) +
                    " WHERE author_id = $1::bigint AND id < $2::bigint AND id >= $3::bigint" +
                    (withDeleted ? "" : " AND deleted_at IS NULL") + " ORDER BY id DESC LIMIT $4::int",
                {sqlParameter(bounds.authors.front()), sqlParameter(bounds.before.front()),
                 sqlParameter(from.value), sqlParameter(std::int64_t(each))}};
    return {std::string("SELECT p.* FROM unnest($1::bigint[], $2::bigint[]) AS a (id, before)"
                        " CROSS JOIN LATERAL (SELECT id, author_id") +
                (withBodies ? ", body" : "") + " FROM " + postsTable(shard) +
                " WHERE author_id = a.id AND id < a.before AND id >= $3::bigint" +
                (withDeleted ? "" : " AND deleted_at IS NULL") + " ORDER BY id DESC LIMIT $4::int) AS p",
            {sqlArray(bounds.authors), sqlArray(bounds.before), sqlParameter(from.value),
             sqlParameter(std::int64_t(each))}};
}

// Merges the newest posts of many authors. Most of them have few on any one page: it asks each for some, and
// again only those who may have more above the page's end.
class NewestOfAuthors
{
public:
    NewestOfAuthors(SqlSession& session, const IdRange& range, int limit, bool withBodies, bool withDeleted)
        : m_session(session)
        , m_range(range)
        , m_limit(std::size_t(std::max(limit, 0)))
        , m_before(range.before ? range.before->value : std::numeric_limits<std::int64_t>::max())
        , m_withBodies(withBodies)
        , m_withDeleted(withDeleted)
    {
    }

    // Newest first.
    Result<std::vector<Post>> read(std::span<const PostSource> authors, Deadline deadline)
    {
        constexpr std::size_t kSpare = 3;
        std::vector<UserId> open;
        for (const auto& source : authors) {
            open.push_back(source.author);
            // As if everything newer had been read.
            if (source.upTo && source.upTo.value < m_before - 1)
                m_seen[source.author].oldest = PostId{source.upTo.value + 1};
        }
        auto each = std::min(m_limit, 2 * m_limit / std::max<std::size_t>(authors.size(), 1) + kSpare);
        while (!open.empty() && m_limit > 0) {
            ROOKERY_TRY(ask(open, each, deadline));
            cut();
            std::erase_if(open, [&](UserId author) { return !mayHaveMore(author, each); });
            each = std::min(m_limit, each * 4);
        }
        return std::move(m_posts);
    }

private:
    struct Seen
    {
        std::size_t lately = 0; // rows of the last answer
        PostId oldest;
    };

    Result<void> ask(const std::vector<UserId>& authors, std::size_t each, Deadline deadline)
    {
        std::map<int, AuthorBounds> shards;
        for (const auto author : authors) {
            auto& seen = m_seen[author];
            auto& bounds = shards[author.shard()];
            bounds.authors.push_back(author.value);
            bounds.before.push_back(seen.oldest.value != 0 ? seen.oldest.value : m_before);
            seen.lately = 0;
        }
        const auto from =
            m_posts.size() == m_limit ? std::max(m_range.from, m_posts.back().id) : m_range.from;
        std::vector<ShardStatement> statements;
        for (const auto& [shard, bounds] : shards)
            statements.push_back(
                {shard, newestStatement(shard, bounds, from, each, m_withBodies, m_withDeleted)});
        ROOKERY_ASSIGN(const auto results, m_session.run(Role::Posts, statements, deadline));
        for (const auto& rows : results)
            for (std::size_t r = 0; r < rows.size(); ++r) {
                m_posts.push_back({PostId{rows.integer(r, 0)}, UserId{rows.integer(r, 1)},
                                   m_withBodies ? std::string(rows.text(r, 2)) : std::string()});
                auto& seen = m_seen[m_posts.back().author];
                seen.oldest = m_posts.back().id;
                ++seen.lately;
            }
        return {};
    }

    void cut()
    {
        std::sort(m_posts.begin(), m_posts.end(), [](const Post& a, const Post& b) { return a.id > b.id; });
        if (m_posts.size() > m_limit) m_posts.resize(m_limit);
    }

    bool mayHaveMore(UserId author, std::size_t each) const
    {
        const auto& seen = m_seen.at(author);
        return seen.lately >= each && (m_posts.size() < m_limit || seen.oldest > m_posts.back().id);
    }

    SqlSession& m_session;
    const IdRange m_range;
    const std::size_t m_limit;
    const std::int64_t m_before;
    const bool m_withBodies, m_withDeleted;
    std::unordered_map<UserId, Seen> m_seen;
    std::vector<Post> m_posts;
};

struct IdsOfShard
{
    int shard = 0;
    std::vector<std::int64_t> ids;
};

std::vector<IdsOfShard> byShard(std::span<const PostId> ids)
{
    std::map<int, std::vector<std::int64_t>> shards;
    for (const auto id : ids)
        shards[id.shard()].push_back(id.value);
    std::vector<IdsOfShard> out;
    for (auto& [shard, wanted] : shards)
        out.push_back({shard, std::move(wanted)});
    return out;
}

std::vector<ShardStatement> loadStatements(const std::vector<IdsOfShard>& shards)
{
    std::vector<ShardStatement> statements;
    for (const auto& [shard, wanted] : shards)
        statements.push_back({shard,
                              {"SELECT id, author_id, body, deleted_at IS NOT NULL FROM " +
                                   postsTable(shard) + " WHERE id = ANY ($1::bigint[])",
                               {sqlArray(wanted)}}});
    return statements;
}

StoredPost storedPost(const SqlRows& rows, std::size_t r)
{
    return {{PostId{rows.integer(r, 0)}, UserId{rows.integer(r, 1)}, std::string(rows.text(r, 2))},
            rows.boolean(r, 3)};
}

} // namespace

Result<std::int64_t> PostStore::insertMany(SqlSession& session, std::span<const Post> posts,
                                           Deadline deadline)
{
    std::map<int, std::vector<const Post*>> shards;
    for (const auto& post : posts)
        shards[post.id.shard()].push_back(&post);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, group] : shards)
        statements.push_back({shard, insertStatement(shard, group)});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Posts, statements, deadline));

    std::int64_t written = 0;
    for (const auto& rows : results)
        written += rows.integer(0, 0);
    if (written == std::int64_t(posts.size())) return written;

    std::vector<PostId> ids;
    for (const auto& post : posts)
        ids.push_back(post.id);
    ROOKERY_ASSIGN(const auto stored, load(session, ids, deadline));
    for (std::size_t i = 0; i < posts.size(); ++i)
        if (!stored[i] || stored[i]->post.author != posts[i].author || stored[i]->post.body != posts[i].body)
            return fail(ErrorCode::Conflict,
                        "post id " + std::to_string(posts[i].id.value) +
                            " is taken by a post with other content; nothing was overwritten");
    return written;
}

Result<std::optional<PostId>> PostStore::insertNewest(SqlSession& session, const Post& post,
                                                      Deadline deadline)
{
    const int shard = post.id.shard();
    const SqlStatement statement{
        "WITH newer AS (SELECT max(id) AS id FROM " + postsTable(shard) +
            " WHERE author_id = $2::bigint AND id > $1::bigint),"
            " fresh AS (INSERT INTO " +
            postsTable(shard) +
            " (id, author_id, body) SELECT $1::bigint, $2::bigint, $3 FROM newer WHERE newer.id IS NULL"
            " ON CONFLICT (id) DO NOTHING RETURNING id, author_id),"
            " queued AS MATERIALIZED (SELECT queue.enqueue(ARRAY[" +
            std::to_string(int(TaskKind::PostCreated)) +
            "], ARRAY[$4::int], ARRAY['{\"post\":' || id || ',\"author\":' || author_id || '}'],"
            " ARRAY[0::bigint], ARRAY[0::bigint]) AS n FROM fresh)"
            " SELECT (SELECT count(*) FROM queued), (SELECT id FROM newer)",
        {sqlParameter(post.id.value), sqlParameter(post.author.value), post.body, sqlParameter(shard)}};
    ROOKERY_ASSIGN(const auto rows, session.runOne(Role::Posts, shard, statement, deadline));
    if (rows.integer(0, 0) == 1) return std::optional<PostId>();
    // A repeated call finds its own row, and newer ones perhaps.
    if (rows.isNull(0, 1)) {
        ROOKERY_TRY(insertMany(session, std::span(&post, 1), deadline));
        return std::optional<PostId>();
    }
    return std::optional(PostId{rows.integer(0, 1)});
}

Result<void> PostStore::markDeleted(SqlSession& session, PostId post, Deadline deadline)
{
    const std::string table = postsTable(post.shard());
    const SqlStatement statement{
        "WITH gone AS (UPDATE " + table +
            " SET deleted_at = now() WHERE id = $1::bigint AND deleted_at IS NULL"
            " RETURNING id, author_id), queued AS MATERIALIZED (SELECT queue.enqueue(ARRAY[" +
            std::to_string(int(TaskKind::PostDeleted)) +
            "], ARRAY[$2::int], ARRAY['{\"post\":' || id ||"
            " ',\"author\":' || author_id || '}'], ARRAY[0::bigint], ARRAY[0::bigint]) AS n FROM gone)"
            " SELECT (SELECT count(*) FROM queued), (SELECT count(*) FROM " +
            table + " WHERE id = $1::bigint)",
        {sqlParameter(post.value), sqlParameter(post.shard())}};
    ROOKERY_ASSIGN(const auto rows, session.runOne(Role::Posts, post.shard(), statement, deadline));
    if (rows.integer(0, 1) == 0)
        return fail(ErrorCode::NotFound, "there is no post with id " + std::to_string(post.value));
    return {};
}

Result<std::vector<std::optional<StoredPost>>> PostStore::load(SqlSession& session,
                                                               std::span<const PostId> ids, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto results, session.run(Role::Posts, loadStatements(byShard(ids)), deadline));
    std::unordered_map<std::int64_t, StoredPost> found;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            found.emplace(rows.integer(r, 0), storedPost(rows, r));
    std::vector<std::optional<StoredPost>> out(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (const auto it = found.find(ids[i].value); it != found.end()) out[i] = it->second;
    return out;
}

PostStore::Loaded PostStore::loadWhatAnswers(SqlSession& session, std::span<const PostId> ids,
                                             Deadline deadline)
{
    const auto shards = byShard(ids);
    const auto results = session.runWhatAnswers(Role::Posts, loadStatements(shards), deadline);
    Loaded loaded;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        if (results[i])
            for (std::size_t r = 0; r < results[i]->size(); ++r)
                loaded.posts.push_back(storedPost(*results[i], r));
        else
            for (const auto id : shards[i].ids)
                loaded.unanswered.push_back(PostId{id});
    }
    return loaded;
}

Result<std::vector<PostId>> PostStore::deletedAmong(SqlSession& session, std::span<const PostId> ids,
                                                    Deadline deadline)
{
    std::map<int, std::vector<std::int64_t>> shards;
    for (const auto id : ids)
        shards[id.shard()].push_back(id.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, wanted] : shards)
        statements.push_back(
            {shard,
             {"SELECT w.id FROM unnest($1::bigint[]) AS w (id) LEFT JOIN " + postsTable(shard) +
                  " AS p ON p.id = w.id WHERE p.id IS NULL OR p.deleted_at IS NOT NULL",
              {sqlArray(wanted)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Posts, statements, deadline));
    std::vector<PostId> deleted;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            deleted.push_back(PostId{rows.integer(r, 0)});
    return deleted;
}

Result<std::vector<Post>> PostStore::newestOf(SqlSession& session, std::span<const PostSource> authors,
                                              const IdRange& range, int limit, Deadline deadline)
{
    return NewestOfAuthors(session, range, limit, true, false).read(authors, deadline);
}

Result<std::vector<PostId>> PostStore::newestIdsOf(SqlSession& session, std::span<const PostSource> authors,
                                                   const IdRange& range, int limit, bool withDeleted,
                                                   Deadline deadline)
{
    ROOKERY_ASSIGN(const auto posts,
                   NewestOfAuthors(session, range, limit, false, withDeleted).read(authors, deadline));
    std::vector<PostId> ids;
    ids.reserve(posts.size());
    for (const auto& post : posts)
        ids.push_back(post.id);
    return ids;
}

Result<std::vector<UserId>> PostStore::authorsWithPosts(SqlSession& session, std::span<const UserId> authors,
                                                        Deadline deadline)
{
    std::map<int, std::vector<std::int64_t>> shards;
    for (const auto author : authors)
        shards[author.shard()].push_back(author.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : shards)
        statements.push_back({shard,
                              {"SELECT a.id FROM unnest($1::bigint[]) AS a (id) WHERE EXISTS (SELECT FROM " +
                                   postsTable(shard) + " WHERE author_id = a.id)",
                               {sqlArray(ids)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Posts, statements, deadline));
    std::vector<UserId> out;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            out.push_back(UserId{rows.integer(r, 0)});
    return out;
}

Result<PostStore::ShardPosts> PostStore::newestOfShards(SqlSession& session, std::span<const int> shards,
                                                        const IdRange& range, int limit, Deadline deadline,
                                                        std::span<const UserId> without)
{
    std::vector<std::int64_t> hidden;
    for (const auto author : without)
        hidden.push_back(author.value);
    std::vector<ShardStatement> statements;
    for (const int shard : shards)
        statements.push_back(
            {shard,
             {"SELECT id, author_id, body FROM " + postsTable(shard) +
                  " WHERE id < $1::bigint AND id >= $2::bigint AND deleted_at IS NULL"
                  " AND author_id <> ALL ($4::bigint[]) ORDER BY id DESC LIMIT $3::int",
              {upperBound(range), sqlParameter(range.from.value), sqlParameter(limit), sqlArray(hidden)}}});
    ShardPosts out;
    bool any = statements.empty();
    for (const auto& rows : session.runWhatAnswers(Role::Posts, statements, deadline)) {
        out.whole = out.whole && rows;
        any = any || rows;
        for (std::size_t r = 0; rows && r < rows->size(); ++r)
            out.posts.push_back(
                {PostId{rows->integer(r, 0)}, UserId{rows->integer(r, 1)}, std::string(rows->text(r, 2))});
    }
    if (!any)
        return fail(ErrorCode::Unavailable,
                    "no PostgreSQL node that holds posts answered in time; see that they run", true);
    std::sort(out.posts.begin(), out.posts.end(), [](const Post& a, const Post& b) { return a.id > b.id; });
    if (out.posts.size() > std::size_t(limit)) out.posts.resize(std::size_t(limit));
    return out;
}

} // namespace backend
