#include "backend/monitoring/shard_inspector.h"

#include "backend/common/clock.h"

#include <algorithm>
#include <future>
#include <map>
#include <set>

namespace backend {
namespace {

constexpr std::int64_t kTasksLookedAt = 5'000; // of each state, in the order in which they are due
constexpr std::int64_t kPostsLookedAt = 5'000;
constexpr std::size_t kListed = 10;

// The queue has no index by shard: its head is read, and what else is there is told not to be known.
SqlStatement tasksOfShard(int shard)
{
    const auto head = [](int state, const std::string& order) {
        return "(SELECT t.state, t.kind, t.shard, t.created_at FROM queue.tasks AS t WHERE t.state = " +
               std::to_string(state) + " ORDER BY t." + order + " LIMIT $2::bigint)";
    };
    return {"SELECT s.state, s.kind, count(*) FILTER (WHERE s.shard = $1::int),"
            " extract(epoch FROM clock_timestamp() - min(s.created_at) FILTER (WHERE s.shard = $1::int)),"
            " count(*) FROM (" +
                head(0, "rank") + " UNION ALL " + head(1, "lease_until") + " UNION ALL " + head(2, "run_at") +
                ") AS s GROUP BY s.state, s.kind",
            {sqlParameter(shard), sqlParameter(kTasksLookedAt)}};
}

// For this transaction: a plan made while the queue was empty must not read all of it later.
const SqlStatement kByIndex{
    "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)", {}};

std::string newestPosts(int shard)
{
    return "(SELECT p.id, p.author_id FROM " + shardTable(Role::Posts, shard, "posts") +
           " AS p WHERE p.id >= $1::bigint ORDER BY p.id DESC LIMIT $2::bigint)";
}

SqlStatement authorsOfShard(int shard, std::int64_t fromId)
{
    return {"SELECT r.author_id, count(*), coalesce(sum(d.pushed), 0)::bigint, coalesce(sum(d.pulled), "
            "0)::bigint FROM " +
                newestPosts(shard) +
                " AS r LEFT JOIN LATERAL (SELECT sum(l.pushed) AS pushed, sum(l.pulled) AS pulled FROM " +
                shardTable(Role::Posts, shard, "deliveries") +
                " AS l WHERE l.post_id = r.id) AS d ON true"
                " GROUP BY r.author_id ORDER BY 3 DESC, 4 DESC, 2 DESC, 1 LIMIT $3::bigint",
            {sqlParameter(fromId), sqlParameter(kPostsLookedAt), sqlParameter(kListed)}};
}

SqlStatement postsOfShard(int shard, std::int64_t fromId)
{
    return {"SELECT count(*), min(r.id) FROM " + newestPosts(shard) + " AS r",
            {sqlParameter(fromId), sqlParameter(kPostsLookedAt)}};
}

std::int64_t firstIdAt(TimePoint at)
{
    const auto unixMs = std::chrono::floor<Milliseconds>(at.time_since_epoch()).count();
    return makeRawId(std::max<std::int64_t>(0, unixMs - kIdEpochUnixMs), 0, 0);
}

std::vector<ShardTaskCount> countsOf(const SqlRows& rows)
{
    std::map<int, ShardTaskCount> byKind;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const auto count = rows.integer(r, 2);
        if (count == 0) continue;
        const int kind = int(rows.integer(r, 1));
        auto& entry = byKind[kind];
        entry.kind = TaskKind(kind);
        (rows.integer(r, 0) == 0   ? entry.ready
         : rows.integer(r, 0) == 1 ? entry.running
                                   : entry.retry) += count;
        entry.oldestAgeSeconds = std::max(entry.oldestAgeSeconds, rows.real(r, 3));
    }
    std::vector<ShardTaskCount> out;
    for (const auto& [kind, entry] : byKind)
        if (std::find(kTaskKinds.begin(), kTaskKinds.end(), entry.kind) != kTaskKinds.end())
            out.push_back(entry); // else of a newer program
    return out;
}

bool readWhole(const SqlRows& rows)
{
    std::map<std::int64_t, std::int64_t> ofState;
    for (std::size_t r = 0; r < rows.size(); ++r)
        ofState[rows.integer(r, 0)] += rows.integer(r, 4);
    return std::all_of(ofState.begin(), ofState.end(),
                       [](const auto& state) { return state.second < kTasksLookedAt; });
}

} // namespace

Result<ShardDetails> ShardInspector::details(int shard, Deadline deadline) const
{
    const auto map = m_maps.current();
    if (shard < 0 || shard >= map->shardCount)
        return fail(ErrorCode::NotFound, "this cluster has no logical shard " + std::to_string(shard));
    const auto first = deadline.earlier(deadline.remaining() * 2 / 3); // names come after
    ShardDetails out;
    out.shard = shard;
    out.takenAt = SystemWallClock().now();
    // A task waits where the row is that causes it.
    const std::set<int> nodes{map->usersNode[std::size_t(shard)], map->postsNode[std::size_t(shard)],
                              m_directoryNode};
    std::vector<std::future<ShardTasks>> tasks;
    for (const int node : nodes)
        tasks.push_back(std::async(std::launch::async, [=, this] { return tasksOn(node, shard, first); }));
    out.authors = authors(shard, out.takenAt, first);
    out.readers = readers(shard, out.takenAt);
    for (auto& one : tasks)
        out.tasks.push_back(one.get());
    addHandles(out, deadline);
    return out;
}

ShardTasks ShardInspector::tasksOn(int node, int shard, Deadline deadline) const
{
    ShardTasks out;
    out.node = node;
    const auto map = m_maps.current();
    if (const auto* endpoint = map->node(node)) out.name = endpoint->name;
    const auto read = [&]() -> Result<std::vector<SqlRows>> {
        ROOKERY_ASSIGN(auto* pool, m_pools.pool(node));
        ROOKERY_ASSIGN(auto connection, pool->lease(deadline));
        return connection->executeAll({kByIndex, tasksOfShard(shard)}, deadline);
    }();
    if (!read) {
        out.problem = read.error().message;
        return out;
    }
    out.kinds = countsOf((*read)[1]);
    out.whole = readWhole((*read)[1]);
    return out;
}

HotAuthors ShardInspector::authors(int shard, TimePoint now, Deadline deadline) const
{
    HotAuthors out;
    out.since = now - kAuthorsWithin;
    const auto fromId = firstIdAt(out.since);
    SqlSession session(m_pools, m_maps);
    const auto read =
        session.run(Role::Posts,
                    {{shard, authorsOfShard(shard, fromId)}, {shard, postsOfShard(shard, fromId)}}, deadline);
    if (!read) {
        out.problem = read.error().message;
        return out;
    }
    const auto& rows = (*read)[0];
    for (std::size_t r = 0; r < rows.size(); ++r)
        out.authors.push_back(
            {UserId{rows.integer(r, 0)}, {}, rows.integer(r, 1), rows.integer(r, 2), rows.integer(r, 3)});
    out.posts = (*read)[1].integer(0, 0);
    if (out.posts >= kPostsLookedAt) out.since = PostId{(*read)[1].integer(0, 1)}.time();
    return out;
}

HotReaders ShardInspector::readers(int shard, TimePoint now) const
{
    const auto steadyNow = HotReaderCounts::Clock::now();
    const auto view = m_metrics.hotReaders.of(shard, steadyNow);
    HotReaders out;
    out.since = now - std::chrono::duration_cast<std::chrono::microseconds>(steadyNow - view.since);
    out.pages = view.total;
    for (const auto& reader : view.readers) {
        if (out.readers.size() >= kListed) break;
        out.readers.push_back({reader.reader, {}, reader.atLeast, reader.atMost});
    }
    return out;
}

// All of them are of this shard, so one node knows them.
void ShardInspector::addHandles(ShardDetails& details, Deadline deadline) const
{
    std::vector<std::int64_t> ids;
    for (const auto& author : details.authors.authors)
        ids.push_back(author.author.value);
    for (const auto& reader : details.readers.readers)
        ids.push_back(reader.reader.value);
    if (ids.empty()) return;
    SqlSession session(m_pools, m_maps);
    const auto rows =
        session.runOne(Role::Users, details.shard,
                       {"SELECT id, handle FROM " + shardTable(Role::Users, details.shard, "users") +
                            " WHERE id = ANY ($1::bigint[])",
                        {sqlArray(ids)}},
                       deadline);
    if (!rows) {
        details.namesProblem = rows.error().message;
        return;
    }
    std::map<std::int64_t, std::string> handles;
    for (std::size_t r = 0; r < rows->size(); ++r)
        handles.emplace(rows->integer(r, 0), rows->text(r, 1));
    for (auto& author : details.authors.authors)
        author.handle = handles[author.author.value];
    for (auto& reader : details.readers.readers)
        reader.handle = handles[reader.reader.value];
}

} // namespace backend
