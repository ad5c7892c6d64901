#include "backend/monitoring/shard_inspector.h"

#include "backend/common/clock.h"

#include <algorithm>
#include <future>
#include <mutex>
#include <set>

namespace backend {
namespace {

constexpr std::int64_t kPostsLookedAt = 5'000;
constexpr std::size_t kListed = 10;
constexpr Milliseconds kAtOnce{100}; // whoever answers by then is not said to be waited for

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
            {sqlParameter(shard), sqlParameter(kMostShardTasks)}};
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
                       [](const auto& state) { return state.second < kMostShardTasks; });
}

using NamesFound = Result<std::map<std::int64_t, std::string>>;

// What is known so far, from several threads; told from begin() on.
class Telling
{
public:
    Telling(ShardDetails begun, const ShardDetailsSink& sink)
        : m_sink(sink)
        , m_soFar(std::move(begun))
    {
    }

    void begin()
    {
        const std::scoped_lock lock(m_mutex);
        m_begun = true;
        tell();
    }
    void take(const ShardTasks& tasks)
    {
        const std::scoped_lock lock(m_mutex);
        for (auto& node : m_soFar.tasks)
            if (node.node == tasks.node) node = tasks;
        tell();
    }
    void take(const HotAuthors& authors)
    {
        const std::scoped_lock lock(m_mutex);
        m_soFar.authors = authors;
        tell();
    }
    // Of the authors or of the readers.
    void takeNames(const NamesFound& found)
    {
        const std::scoped_lock lock(m_mutex);
        if (--m_namesAwaited == 0) m_soFar.namesAwaited.clear();
        if (!found) m_soFar.namesProblem = found.error().message;
        const auto name = [&](UserId user, std::string& handle) {
            if (!found) return;
            if (const auto known = found->find(user.value); known != found->end()) handle = known->second;
        };
        for (auto& author : m_soFar.authors.authors)
            name(author.author, author.handle);
        for (auto& reader : m_soFar.readers.readers)
            name(reader.reader, reader.handle);
        tell();
    }
    // REQUIRES: nobody takes any more.
    ShardDetails whole() { return std::move(m_soFar); }

private:
    bool complete() const
    {
        return m_namesAwaited == 0 && m_soFar.authors.awaited.empty() &&
               std::none_of(m_soFar.tasks.begin(), m_soFar.tasks.end(),
                            [](const auto& node) { return node.awaited; });
    }
    void tell()
    {
        if (m_begun && m_sink && !complete()) m_sink(m_soFar);
    }

    const ShardDetailsSink& m_sink;
    std::mutex m_mutex;
    ShardDetails m_soFar;
    int m_namesAwaited = 2; // of the authors and of the readers
    bool m_begun = false;
};

} // namespace

Result<ShardDetails> ShardInspector::details(int shard, Deadline deadline,
                                             const ShardDetailsSink& soFar) const
{
    const auto map = m_maps.current();
    if (shard < 0 || shard >= map->shardCount)
        return fail(ErrorCode::NotFound, "this cluster has no logical shard " + std::to_string(shard));
    const auto first = deadline.earlier(deadline.remaining() * 2 / 3); // authors' names come after
    const int users = map->usersNode[std::size_t(shard)], posts = map->postsNode[std::size_t(shard)];
    const auto nameOf = [&map](int node) { return map->node(node) ? map->node(node)->name : std::string(); };
    ShardDetails begun;
    begun.shard = shard;
    begun.takenAt = SystemWallClock().now();
    begun.readers = readers(shard, begun.takenAt);
    begun.authors.awaited = nameOf(posts);
    begun.namesAwaited = nameOf(users);
    // A task waits where the row is that causes it.
    for (const int node : std::set<int>{users, posts, m_directoryNode}) {
        auto& tasks = begun.tasks.emplace_back();
        tasks.node = node;
        tasks.name = nameOf(node);
        tasks.awaited = true;
    }
    std::vector<std::int64_t> readerIds;
    for (const auto& reader : begun.readers.readers)
        readerIds.push_back(reader.reader.value);
    Telling telling(begun, soFar);
    std::vector<std::future<void>> parts;
    const auto start = [&parts](auto work) {
        parts.push_back(std::async(std::launch::async, std::move(work)));
    };
    for (const auto& tasks : begun.tasks)
        start([&, node = tasks.node] { telling.take(tasksOn(node, shard, first)); });
    start([&] {
        const auto found = authors(shard, begun.takenAt, first);
        std::vector<std::int64_t> ids;
        for (const auto& author : found.authors)
            ids.push_back(author.author.value);
        telling.take(found);
        telling.takeNames(ids.empty() ? NamesFound() : handles(shard, ids, deadline));
    });
    start([&] { telling.takeNames(readerIds.empty() ? NamesFound() : handles(shard, readerIds, deadline)); });
    const auto patience = std::chrono::steady_clock::now() + kAtOnce;
    for (auto& part : parts)
        part.wait_until(patience);
    telling.begin();
    for (auto& part : parts)
        part.get();
    return telling.whole();
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
Result<std::map<std::int64_t, std::string>>
ShardInspector::handles(int shard, const std::vector<std::int64_t>& users, Deadline deadline) const
{
    SqlSession session(m_pools, m_maps);
    ROOKERY_ASSIGN(const auto rows,
                   session.runOne(Role::Users, shard,
                                  {"SELECT id, handle FROM " + shardTable(Role::Users, shard, "users") +
                                       " WHERE id = ANY ($1::bigint[])",
                                   {sqlArray(users)}},
                                  deadline));
    std::map<std::int64_t, std::string> out;
    for (std::size_t r = 0; r < rows.size(); ++r)
        out.emplace(rows.integer(r, 0), rows.text(r, 1));
    return out;
}

} // namespace backend
