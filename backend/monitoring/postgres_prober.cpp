#include "backend/monitoring/postgres_prober.h"

#include <utility>

namespace backend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kStatistics = "SELECT split_part(current_setting('server_version'), ' ', 1),"
                                    " extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()),"
                                    " sum(numbackends), sum(xact_commit + xact_rollback),"
                                    " current_setting('max_connections')::int FROM pg_stat_database";

// A crash resets the count of live tuples; reltuples survives it. Rows of these tables are never removed one
// by one. Not from pg_stat_user_tables, which adds up the scans of every index besides. A size opens its
// relation, which on a fresh connection is milliseconds a shard.
constexpr const char* kSizes =
    "SELECT n.nspname, coalesce(sum(greatest(pg_stat_get_live_tuples(c.oid), c.reltuples::bigint))"
    " FILTER (WHERE c.relname IN ('users', 'posts')), 0), coalesce(sum(pg_total_relation_size(c.oid)), 0)"
    " FROM (SELECT oid, nspname FROM pg_namespace WHERE nspname ~ '^(users|posts)_[0-9]{4}$'"
    " AND nspname > $1::text ORDER BY nspname LIMIT $2::int) AS n"
    " LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relkind = 'r' GROUP BY n.nspname"
    " ORDER BY n.nspname";

constexpr const char* kDatabaseBytes = "SELECT pg_database_size(current_database())";

double millisecondsSince(Clock::time_point begin)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

} // namespace

PostgresProber::PostgresProber(NodeEndpoint node, SqlPool& pool, std::unique_ptr<TaskQueue> queue,
                               ProbeTimes times)
    : m_node(std::move(node))
    , m_pool(pool)
    , m_queue(std::move(queue))
    , m_times(times)
    , m_nextSizes(Clock::now() + times.interval)
    , m_health(Clock::now())
    , m_thread("probe of " + m_node.name, times.interval, [this](const std::stop_token&) { step(); })
{
}

PostgresProber::View PostgresProber::view() const
{
    const std::lock_guard lock(m_mutex);
    return {m_health.verdict(m_node, Clock::now()), m_figures};
}

ProbeRecord PostgresProber::record() const
{
    const auto now = Clock::now();
    const std::lock_guard lock(m_mutex);
    return {m_node, m_health.silentSince(now), m_figures.connectionsMost, -1, m_latencies.summary(now)};
}

void PostgresProber::step()
{
    const auto result = probe();
    if (!result) { // what was read of the sizes would be of another time
        m_sizes.clear();
        m_sizesCost = {};
    }
    const std::lock_guard lock(m_mutex);
    const auto now = Clock::now();
    m_latencies.add(now, result ? std::optional(m_figures.probeMilliseconds) : std::nullopt);
    if (result)
        m_health.answered(now);
    else
        m_health.missed(result.error());
}

Result<void> PostgresProber::probe()
{
    ROOKERY_ASSIGN(auto connection, m_pool.lease(deadline()));
    ROOKERY_TRY(readStatistics(*connection));
    if (Clock::now() >= m_nextQueue) countQueue(*connection);
    if (connection->usable() && Clock::now() >= m_nextSizes) readSizes(*connection);
    return {};
}

Result<void> PostgresProber::readStatistics(SqlConnection& connection)
{
    const auto begin = Clock::now();
    ROOKERY_ASSIGN(const auto rows, connection.execute(kStatistics, {}, deadline()));
    const auto now = Clock::now();
    const auto transactions = rows.integer(0, 3);
    double perSecond = -1;
    if (m_transactions >= 0 && transactions >= m_transactions) // fewer: the server started anew
        perSecond = double(transactions - m_transactions) /
                    std::chrono::duration<double>(now - m_transactionsAt).count();
    m_transactions = transactions;
    m_transactionsAt = now;

    const std::lock_guard lock(m_mutex);
    m_figures.version = rows.text(0, 0);
    m_figures.uptimeSeconds = rows.real(0, 1);
    m_figures.connections = rows.integer(0, 2);
    m_figures.connectionsMost = rows.integer(0, 4);
    m_figures.transactionsPerSecond = perSecond;
    m_figures.probeMilliseconds = millisecondsSince(begin);
    return {};
}

Result<bool> PostgresProber::readSomeSizes(SqlConnection& connection, Deadline deadline)
{
    const std::string after = m_sizes.empty() ? std::string() : m_sizes.rbegin()->first;
    ROOKERY_ASSIGN(const auto rows,
                   connection.execute(kSizes, {after, sqlParameter(m_times.shardsAtOnce)}, deadline));
    for (std::size_t i = 0; i < rows.size(); ++i)
        m_sizes.emplace(rows.text(i, 0), SchemaSize{rows.integer(i, 1), rows.integer(i, 2)});
    return rows.size() == std::size_t(m_times.shardsAtOnce);
}

// What fails here keeps its last value. The next probe reads what is left.
void PostgresProber::readSizes(SqlConnection& connection)
{
    const auto begin = Clock::now();
    const auto until = deadline();
    if (m_sizes.empty()) m_sizesBegun = begin;
    auto more = readSomeSizes(connection, until);
    while (more && *more && Clock::now() - begin < m_times.sizesWithin)
        more = readSomeSizes(connection, until);
    if (more && *more) {
        m_sizesCost += Clock::now() - begin;
        return;
    }
    const auto database = more ? connection.execute(kDatabaseBytes, {}, until) : fail(more.error());
    const auto end = Clock::now();
    m_nextSizes =
        end + std::max<Clock::duration>(m_times.sizesEvery, (m_sizesCost + (end - begin)) * m_times.share);
    auto sizes = std::exchange(m_sizes, {});
    m_sizesCost = {};
    if (!database) return;
    const std::lock_guard lock(m_mutex);
    m_figures.schemas = std::move(sizes);
    m_figures.databaseBytes = database->integer(0, 0);
    m_figures.sizesAt = m_sizesBegun;
}

void PostgresProber::countQueue(SqlConnection& connection)
{
    const auto begin = Clock::now();
    auto counts = m_queue->counts(connection, deadline());
    const auto end = Clock::now();
    m_nextQueue = begin + (end - begin) * m_times.share;
    const std::lock_guard lock(m_mutex);
    m_figures.queueError = counts ? std::string() : counts.error().message;
    if (!counts) return;
    m_figures.queue = std::move(*counts);
    m_figures.queueAt = end;
}

} // namespace backend
