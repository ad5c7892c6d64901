#include "backend/monitoring/ledger_reader.h"

#include <map>
#include <unordered_map>

namespace backend {
namespace {

std::optional<TimePoint> timeOf(const SqlRows& rows, std::size_t row, int column)
{
    if (rows.isNull(row, column)) return std::nullopt;
    return TimePoint(std::chrono::microseconds(rows.integer(row, column)));
}

SqlStatement ledgerRows(PostId post)
{
    return {"SELECT chunk, mode, chunks, audience, dormant, pushed, unfollowed, deleted, pulled, failed, "
            "last_reader,"
            " (extract(epoch FROM committed_at) * 1000000)::bigint, (extract(epoch FROM planned_at) * "
            "1000000)::bigint,"
            " (extract(epoch FROM first_at) * 1000000)::bigint, (extract(epoch FROM last_at) * "
            "1000000)::bigint FROM " +
                shardTable(Role::Posts, post.shard(), "deliveries") +
                " WHERE post_id = $1::bigint ORDER BY chunk",
            {sqlParameter(post.value)}};
}

void addChunk(DeliveryLedger& ledger, const SqlRows& rows, std::size_t i)
{
    LedgerChunk chunk;
    chunk.chunk = int(rows.integer(i, 0));
    chunk.pushed = rows.integer(i, 5);
    chunk.skippedUnfollowed = rows.integer(i, 6);
    chunk.skippedDeleted = rows.integer(i, 7);
    chunk.failed = rows.integer(i, 9);
    chunk.lastReader = UserId{rows.integer(i, 10)};
    chunk.firstDeliveryAt = timeOf(rows, i, 13);
    chunk.lastDeliveryAt = timeOf(rows, i, 14);

    if (chunk.chunk == 0) {
        ledger.mode = rows.integer(i, 1) == 1 ? FanoutMode::Pull : FanoutMode::Push;
        ledger.chunksPlanned = int(rows.integer(i, 2));
        ledger.committedAt = timeOf(rows, i, 11).value_or(ledger.committedAt);
        ledger.plannedAt = timeOf(rows, i, 12).value_or(TimePoint());
    }
    ++ledger.chunksDone;
    ledger.audience += rows.integer(i, 3);
    ledger.skippedDormant += rows.integer(i, 4);
    ledger.pushed += chunk.pushed;
    ledger.skippedUnfollowed += chunk.skippedUnfollowed;
    ledger.skippedDeleted += chunk.skippedDeleted;
    ledger.pulled += rows.integer(i, 8);
    ledger.failed += chunk.failed;
    if (chunk.firstDeliveryAt &&
        (!ledger.firstDeliveryAt || *chunk.firstDeliveryAt < *ledger.firstDeliveryAt))
        ledger.firstDeliveryAt = chunk.firstDeliveryAt;
    if (chunk.lastDeliveryAt && (!ledger.lastDeliveryAt || *chunk.lastDeliveryAt > *ledger.lastDeliveryAt))
        ledger.lastDeliveryAt = chunk.lastDeliveryAt;
    ledger.chunks.push_back(chunk);
}

// The covering chunk is the first that reaches up to the reader. While chunks are missing that could be a
// later one, so the one before it must be there as well. The author is served by the plan itself.
SqlStatement delayRows(int shard, UserId reader, const std::vector<std::int64_t>& posts)
{
    const auto deliveries = shardTable(Role::Posts, shard, "deliveries");
    return {
        "SELECT asked.id, (extract(epoch FROM covering.last_at - covering.committed_at) * 1000000)::bigint"
        " FROM unnest($1::bigint[]) AS asked (id) CROSS JOIN LATERAL ("
        "SELECT d.chunk, d.last_at, d.committed_at FROM " +
            deliveries +
            " d WHERE d.post_id = asked.id"
            " AND (d.chunk = 0 AND (d.chunks = 1 OR EXISTS (SELECT FROM " +
            shardTable(Role::Posts, shard, "posts") +
            " p WHERE p.id = asked.id AND p.author_id = $2::bigint)) OR d.chunk > 0 AND d.last_reader >= "
            "$2::bigint)"
            " ORDER BY d.chunk LIMIT 1) covering WHERE covering.last_at IS NOT NULL AND (covering.chunk "
            "<= 1 OR EXISTS ("
            "SELECT FROM " +
            deliveries + " b WHERE b.post_id = asked.id AND b.chunk = covering.chunk - 1))",
        {sqlArray(posts), sqlParameter(reader.value)}};
}

} // namespace

Result<DeliveryLedger> LedgerReader::ledger(PostId post, Deadline deadline) const
{
    if (post.value <= 0 || post.shard() >= m_maps.current()->shardCount)
        return fail(ErrorCode::NotFound, "No post has the id " + std::to_string(post.value) + ".");
    SqlSession session(m_pools, m_maps);
    const SqlStatement exists{"SELECT 1 FROM " + shardTable(Role::Posts, post.shard(), "posts") +
                                  " WHERE id = $1::bigint",
                              {sqlParameter(post.value)}};
    ROOKERY_ASSIGN(
        const auto results,
        session.run(Role::Posts, {{post.shard(), exists}, {post.shard(), ledgerRows(post)}}, deadline));
    if (results[0].empty() && results[1].empty())
        return fail(ErrorCode::NotFound, "No post has the id " + std::to_string(post.value) + ".");
    DeliveryLedger out;
    out.post = post;
    out.committedAt = post.time();
    for (std::size_t i = 0; i < results[1].size(); ++i)
        addChunk(out, results[1], i);
    if (out.chunksPlanned == 0) out.chunksPlanned = out.chunksDone + 1; // the plan is still to come
    return out;
}

Result<std::vector<std::optional<DeliveryDelay>>>
LedgerReader::delays(UserId reader, std::span<const PostId> posts, Deadline deadline) const
{
    std::vector<std::optional<DeliveryDelay>> out(posts.size());
    const int shardCount = m_maps.current()->shardCount;
    std::map<int, std::vector<std::int64_t>> byShard;
    for (const auto post : posts)
        if (post.value > 0 && post.shard() < shardCount) byShard[post.shard()].push_back(post.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : byShard)
        statements.push_back({shard, delayRows(shard, reader, ids)});

    SqlSession session(m_pools, m_maps);
    ROOKERY_ASSIGN(const auto results, session.run(Role::Posts, statements, deadline));
    std::unordered_map<std::int64_t, DeliveryDelay> found;
    for (const auto& rows : results)
        for (std::size_t i = 0; i < rows.size(); ++i)
            found.emplace(rows.integer(i, 0), DeliveryDelay(std::max<std::int64_t>(0, rows.integer(i, 1))));
    for (std::size_t i = 0; i < posts.size(); ++i)
        if (const auto at = found.find(posts[i].value); at != found.end()) out[i] = at->second;
    return out;
}

Result<std::int64_t> LedgerReader::unfinishedTasks(Deadline deadline) const
{
    std::int64_t out = 0;
    for (const auto& [node, pool] : m_pools.all()) {
        ROOKERY_ASSIGN(auto connection, pool->lease(deadline));
        ROOKERY_ASSIGN(const auto rows,
                       connection->execute("SELECT count(*) FROM queue.tasks", {}, deadline));
        out += rows.integer(0, 0);
    }
    return out;
}

} // namespace backend
