#include "backend/store/pulled_posts.h"

#include "backend/domain/ledger.h"
#include "backend/domain/task.h"

#include <algorithm>

namespace backend {
namespace {

std::string posts(UserId author)
{
    return shardTable(Role::Posts, author.shard(), "posts");
}

std::string kind()
{
    return std::to_string(int(TaskKind::BackfillPulled));
}

} // namespace

// What the ledger knows as pushed was delivered to all, or is on its way by tasks of its own. A post without
// a row may be in the hands of somebody who takes its author for pulled.
Result<PulledPosts::Missing> PulledPosts::missing(SqlSession& session, UserId author, int cap,
                                                  Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        session.runOne(
            Role::Posts, author.shard(),
            {"SELECT p.id, EXISTS (SELECT FROM " + shardTable(Role::Posts, author.shard(), "deliveries") +
                 " AS d WHERE d.post_id = p.id AND d.chunk = 0 AND d.mode = $3::int) FROM"
                 " (SELECT id FROM " +
                 posts(author) +
                 " WHERE author_id = $1::bigint AND deleted_at IS NULL ORDER BY id DESC"
                 " LIMIT $2::int) AS p ORDER BY p.id DESC",
             {sqlParameter(author.value), sqlParameter(cap + 1), sqlParameter(int(FanoutMode::Push))}},
            deadline));
    Missing out;
    std::size_t oldestMissing = 0; // so many of the newest
    for (std::size_t r = 0; r < std::min(rows.size(), std::size_t(cap)); ++r) {
        out.posts.push_back(PostId{rows.integer(r, 0)});
        if (!rows.boolean(r, 1)) oldestMissing = out.posts.size();
    }
    if (rows.size() > std::size_t(cap)) out.completeDownTo = out.posts.back();
    out.posts.resize(oldestMissing);
    return out;
}

Result<std::vector<PostId>> PulledPosts::deletedSince(SqlSession& session, UserId author, PostId from,
                                                      TimePoint since, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows,
                   session.runOne(Role::Posts, author.shard(),
                                  {"SELECT id FROM " + posts(author) +
                                       " WHERE author_id = $1::bigint AND id >= $2::bigint AND deleted_at >="
                                       " to_timestamp($3::bigint / 1e6) ORDER BY id DESC",
                                   {sqlParameter(author.value), sqlParameter(from.value),
                                    sqlParameter(std::int64_t(since.time_since_epoch().count()))}},
                                  deadline));
    std::vector<PostId> out;
    for (std::size_t r = 0; r < rows.size(); ++r)
        out.push_back(PostId{rows.integer(r, 0)});
    return out;
}

Result<bool> PulledPosts::ends(SqlSession& session, int directoryNode, UserId author, PostId mergedTo,
                               Deadline deadline)
{
    ROOKERY_ASSIGN(auto* directory, session.connection(directoryNode, deadline));
    ROOKERY_ASSIGN(const auto rows,
                   directory->execute("SELECT FROM directory.pulled_authors WHERE author = $1::bigint"
                                      " AND state = 3 AND merged_to = $2::bigint",
                                      {sqlParameter(author.value), sqlParameter(mergedTo.value)}, deadline));
    return !rows.empty();
}

Result<std::int64_t> PulledPosts::enqueueBackfills(SqlConnection& directory, Milliseconds ago,
                                                   Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        directory.execute(
            "WITH due AS (UPDATE directory.pulled_authors SET backfilling = true WHERE state = 3"
            " AND NOT backfilling AND changed_at < now() - make_interval(secs => $1::float8)"
            " RETURNING author, merged_to),"
            " queued AS MATERIALIZED (SELECT queue.enqueue(ARRAY[" +
                kind() +
                "], ARRAY[((author >> $2::int) & $3::bigint)::int], ARRAY['{\"author\":' || author ||"
                " ',\"merged_to\":' || merged_to || ',\"after\":0,\"since_us\":0}'], ARRAY[0::bigint], "
                "ARRAY[0::bigint])"
                " FROM due) SELECT count(*) FROM queued",
            {sqlParameter(double(ago.count()) / 1'000), sqlParameter(kSlotBits),
             sqlParameter(std::int64_t(kMaxShards - 1))},
            deadline));
    return rows.integer(0, 0);
}

Result<void> PulledPosts::forgetLostBackfills(SqlConnection& directory, Deadline deadline)
{
    const auto noneIn = [](const char* table) {
        return " AND NOT EXISTS (SELECT FROM queue." + std::string(table) + " AS t WHERE t.kind = " + kind() +
               " AND t.payload LIKE '{\"author\":' || a.author || ',%')";
    };
    ROOKERY_TRY(directory.execute("UPDATE directory.pulled_authors AS a SET backfilling = false"
                                  " WHERE state = 3 AND backfilling" +
                                      noneIn("tasks") + noneIn("dead_letters"),
                                  {}, deadline));
    return {};
}

SqlStatement PulledPosts::endStatement(UserId author, PostId mergedTo)
{
    return {"WITH gone AS (DELETE FROM directory.pulled_authors WHERE author = $1::bigint AND state = 3"
            " AND merged_to = $2::bigint RETURNING 1)"
            " UPDATE directory.pulled_version SET version = version + 1 WHERE EXISTS (SELECT FROM gone)",
            {sqlParameter(author.value), sqlParameter(mergedTo.value)}};
}

} // namespace backend
