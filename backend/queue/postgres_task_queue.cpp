#include "backend/queue/signature.h"
#include "backend/queue/task_queue.h"

#include <algorithm>

namespace backend {
namespace {

constexpr int kReady = 0, kRunning = 1; // anything else waits for its retry
constexpr std::int64_t kCountedExactly = 200'000; // beyond this the figures come from a sample of the table

TimePoint timeOf(std::int64_t microseconds) { return TimePoint(std::chrono::microseconds(microseconds)); }

struct TaskColumns
{
    std::vector<std::int64_t> ids, tokens;
    explicit TaskColumns(std::span<const Task> tasks)
    {
        for (const auto& task : tasks) {
            ids.push_back(task.ref.id);
            tokens.push_back(task.leaseToken);
        }
    }
    SqlParameters parameters() const { return {sqlArray(ids), sqlArray(tokens)}; }
};

// Tasks whose lease still stands, as a FROM item named `held`.
const std::string kHeld = "unnest($1::bigint[], $2::bigint[]) AS held (id, token)";
const std::string kStands = " WHERE t.id = held.id AND t.lease_token = held.token AND t.state = 1";

class PostgresTaskQueue final : public TaskQueue
{
public:
    explicit PostgresTaskQueue(int node) : m_node(node) {}

    Result<std::vector<Task>> claim(SqlConnection& connection, int limit, Milliseconds lease, Deadline deadline) override;
    Result<void> renew(SqlConnection& connection, std::span<const Task> tasks, Milliseconds lease, Deadline deadline) override;
    Result<void> complete(SqlConnection& connection, std::span<const Task> tasks, std::span<const NewTask> children,
                          Deadline deadline) override;
    Result<void> retryLater(SqlConnection& connection, const Task& task, const Error& error, Milliseconds wait,
                            bool countsAttempt, Deadline deadline) override;
    Result<void> release(SqlConnection& connection, std::span<const Task> tasks, Deadline deadline) override;
    Result<void> bury(SqlConnection& connection, const Task& task, const Error& error, Deadline deadline) override;
    Result<int> promote(SqlConnection& connection, Deadline deadline) override;
    Result<std::vector<QueueKindCounts>> counts(SqlConnection& connection, Deadline deadline) override;
    Result<std::vector<DeadLetter>> deadLetters(SqlConnection& connection, int limit, Deadline deadline) override;
    Result<int> reviveDead(SqlConnection& connection, std::span<const std::int64_t> ids, Deadline deadline) override;
    Result<int> discardDead(SqlConnection& connection, std::span<const std::int64_t> ids, Deadline deadline) override;

private:
    const int m_node;
};

Result<std::vector<Task>> PostgresTaskQueue::claim(SqlConnection& connection, int limit, Milliseconds lease, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        connection.execute("UPDATE queue.tasks AS t SET state = 1, attempts = attempts + 1, lease_until = clock_timestamp()"
                           " + $2::bigint * interval '1 millisecond', lease_token = (random() * 9e18)::bigint"
                           " FROM (SELECT id FROM queue.tasks WHERE state = 0 ORDER BY rank LIMIT $1::int FOR UPDATE SKIP LOCKED)"
                           " AS first WHERE t.id = first.id RETURNING t.id, t.kind, t.shard, t.payload, t.attempts,"
                           " (extract(epoch FROM t.created_at) * 1000000)::bigint,"
                           " (extract(epoch FROM t.expires_at) * 1000000)::bigint, t.lease_token, t.rank",
                           {sqlParameter(limit), sqlParameter(lease.count())}, deadline));
    std::vector<std::pair<std::int64_t, Task>> ranked;
    for (std::size_t r = 0; r < rows.size(); ++r)
        ranked.emplace_back(rows.integer(r, 8),
                            Task{{m_node, rows.integer(r, 0)}, TaskKind(rows.integer(r, 1)), int(rows.integer(r, 2)),
                                 std::string(rows.text(r, 3)), int(rows.integer(r, 4)), timeOf(rows.integer(r, 5)),
                                 timeOf(rows.integer(r, 6)), rows.integer(r, 7)});
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Task> tasks;
    tasks.reserve(ranked.size());
    for (auto& [rank, task] : ranked) tasks.push_back(std::move(task));
    return tasks;
}

Result<void> PostgresTaskQueue::renew(SqlConnection& connection, std::span<const Task> tasks, Milliseconds lease, Deadline deadline)
{
    auto parameters = TaskColumns(tasks).parameters();
    parameters.push_back(sqlParameter(lease.count()));
    ROOKERY_ASSIGN(const auto rows, connection.execute("UPDATE queue.tasks AS t SET lease_until = clock_timestamp()"
                                                       " + $3::bigint * interval '1 millisecond' FROM "
                                                           + kHeld + kStands,
                                                       parameters, deadline));
    if (rows.affectedRows() != tasks.size())
        return fail(ErrorCode::LeaseLost, "another worker took over " + std::to_string(tasks.size() - rows.affectedRows())
                                              + " tasks of this one", true);
    return {};
}

Result<void> PostgresTaskQueue::complete(SqlConnection& connection, std::span<const Task> tasks,
                                         std::span<const NewTask> children, Deadline deadline)
{
    std::vector<SqlStatement> statements{
        {"DELETE FROM queue.tasks AS t USING " + kHeld + kStands, TaskColumns(tasks).parameters()}};
    if (!children.empty()) statements.push_back(enqueueStatement(children));
    ROOKERY_ASSIGN(const auto results, connection.executeAll(statements, deadline));
    if (results[0].affectedRows() != tasks.size())
        return fail(ErrorCode::LeaseLost, "another worker took over a task of this one; its work is left to the other", true);
    return {};
}

Result<void> PostgresTaskQueue::retryLater(SqlConnection& connection, const Task& task, const Error& error, Milliseconds wait,
                                           bool countsAttempt, Deadline deadline)
{
    ROOKERY_TRY(connection.execute(
        "UPDATE queue.tasks SET state = 2, run_at = clock_timestamp() + $3::bigint * interval '1 millisecond', error = $4,"
        " attempts = attempts - $5::int, lease_token = NULL, lease_until = NULL"
        " WHERE id = $1::bigint AND lease_token = $2::bigint AND state = 1",
        {sqlParameter(task.ref.id), sqlParameter(task.leaseToken), sqlParameter(wait.count()), error.message,
         sqlParameter(countsAttempt ? 0 : 1)},
        deadline));
    return {};
}

Result<void> PostgresTaskQueue::release(SqlConnection& connection, std::span<const Task> tasks, Deadline deadline)
{
    ROOKERY_TRY(connection.execute("UPDATE queue.tasks AS t SET state = 0, attempts = attempts - 1, lease_token = NULL,"
                                   " lease_until = NULL FROM " + kHeld + kStands,
                                   TaskColumns(tasks).parameters(), deadline));
    return {};
}

Result<void> PostgresTaskQueue::bury(SqlConnection& connection, const Task& task, const Error& error, Deadline deadline)
{
    ROOKERY_TRY(connection.execute(
        "WITH gone AS (DELETE FROM queue.tasks WHERE id = $1::bigint AND lease_token = $2::bigint AND state = 1"
        " RETURNING id, kind, shard, payload, attempts, created_at)"
        " INSERT INTO queue.dead_letters (id, kind, shard, payload, attempts, created_at, error, signature)"
        " SELECT id, kind, shard, payload, attempts, created_at, $3, $4 FROM gone",
        {sqlParameter(task.ref.id), sqlParameter(task.leaseToken), error.message, errorSignature(error.message)}, deadline));
    return {};
}

Result<int> PostgresTaskQueue::promote(SqlConnection& connection, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto results,
                   connection.executeAll(
                       {{"UPDATE queue.tasks SET state = 0, run_at = NULL WHERE id IN (SELECT id FROM queue.tasks"
                         " WHERE state = 2 AND run_at <= clock_timestamp() ORDER BY run_at LIMIT 10000 FOR UPDATE SKIP LOCKED)",
                         {}},
                        {"UPDATE queue.tasks SET state = 0, lease_token = NULL, lease_until = NULL WHERE id IN (SELECT id FROM"
                         " queue.tasks WHERE state = 1 AND lease_until <= clock_timestamp() LIMIT 10000 FOR UPDATE SKIP LOCKED)",
                         {}}},
                       deadline));
    return int(results[0].affectedRows() + results[1].affectedRows());
}

Result<std::vector<QueueKindCounts>> PostgresTaskQueue::counts(SqlConnection& connection, Deadline deadline)
{
    // A long queue is counted on a sample of the table's pages, so that looking at it costs the same however long it is.
    ROOKERY_ASSIGN(const auto size, connection.execute("SELECT n_live_tup FROM pg_stat_user_tables WHERE relid = 'queue.tasks'::regclass",
                                                       {}, deadline));
    const std::int64_t rowsAbout = size.empty() ? 0 : size.integer(0, 0);
    const double percent = rowsAbout > kCountedExactly ? 100.0 * double(kCountedExactly) / double(rowsAbout) : 100.0;
    const std::string sample = percent < 100 ? " TABLESAMPLE SYSTEM (" + std::to_string(percent) + ")" : "";
    ROOKERY_ASSIGN(const auto results,
                   connection.executeAll({{"SELECT kind, state, count(*), extract(epoch FROM clock_timestamp() - min(created_at))"
                                           " FROM queue.tasks" + sample + " GROUP BY kind, state",
                                           {}},
                                          {"SELECT kind, count(*) FROM queue.dead_letters GROUP BY kind", {}}},
                                         deadline));
    std::vector<QueueKindCounts> counts;
    for (const auto kind : kTaskKinds) counts.push_back({kind, 0, 0, 0, 0, 0});
    const auto of = [&](std::int64_t kind) {
        return std::find_if(counts.begin(), counts.end(), [&](const auto& c) { return int(c.kind) == kind; });
    };
    for (std::size_t r = 0; r < results[0].size(); ++r) {
        const auto entry = of(results[0].integer(r, 0));
        if (entry == counts.end()) continue;
        const auto state = results[0].integer(r, 1);
        const auto number = std::int64_t(double(results[0].integer(r, 2)) * 100.0 / percent);
        (state == kReady ? entry->ready : state == kRunning ? entry->running : entry->retry) += number;
        entry->oldestAgeSeconds = std::max(entry->oldestAgeSeconds, results[0].real(r, 3));
    }
    for (std::size_t r = 0; r < results[1].size(); ++r)
        if (const auto entry = of(results[1].integer(r, 0)); entry != counts.end()) entry->dead = results[1].integer(r, 1);
    return counts;
}

Result<std::vector<DeadLetter>> PostgresTaskQueue::deadLetters(SqlConnection& connection, int limit, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows,
                   connection.execute("SELECT id, kind, shard, payload, error, signature, attempts,"
                                      " (extract(epoch FROM created_at) * 1000000)::bigint,"
                                      " (extract(epoch FROM died_at) * 1000000)::bigint FROM queue.dead_letters"
                                      " ORDER BY died_at DESC, id DESC LIMIT $1::int",
                                      {sqlParameter(limit)}, deadline));
    std::vector<DeadLetter> letters;
    for (std::size_t r = 0; r < rows.size(); ++r)
        letters.push_back({{m_node, rows.integer(r, 0)}, TaskKind(rows.integer(r, 1)), int(rows.integer(r, 2)),
                           std::string(rows.text(r, 3)), std::string(rows.text(r, 4)), std::string(rows.text(r, 5)),
                           int(rows.integer(r, 6)), timeOf(rows.integer(r, 7)), timeOf(rows.integer(r, 8))});
    return letters;
}

Result<int> PostgresTaskQueue::reviveDead(SqlConnection& connection, std::span<const std::int64_t> ids, Deadline deadline)
{
    // The id stays: effects that were applied under it are not applied again.
    ROOKERY_ASSIGN(const auto rows,
                   connection.execute("WITH back AS (DELETE FROM queue.dead_letters WHERE id = ANY ($1::bigint[]) RETURNING *)"
                                      " INSERT INTO queue.tasks (id, kind, shard, payload, rank, created_at, expires_at)"
                                      " OVERRIDING SYSTEM VALUE SELECT id, kind, shard, payload,"
                                      " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, created_at,"
                                      " clock_timestamp() + interval '24 hours' FROM back",
                                      {sqlArray(std::vector<std::int64_t>(ids.begin(), ids.end()))}, deadline));
    return int(rows.affectedRows());
}

Result<int> PostgresTaskQueue::discardDead(SqlConnection& connection, std::span<const std::int64_t> ids, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows, connection.execute("DELETE FROM queue.dead_letters WHERE id = ANY ($1::bigint[])",
                                                       {sqlArray(std::vector<std::int64_t>(ids.begin(), ids.end()))}, deadline));
    return int(rows.affectedRows());
}

} // namespace

SqlStatement enqueueStatement(std::span<const NewTask> tasks)
{
    std::vector<std::int64_t> kinds, shards, ranks, waits;
    std::vector<std::string> payloads;
    for (const auto& task : tasks) {
        kinds.push_back(int(task.kind));
        shards.push_back(task.shard);
        payloads.push_back(task.payload);
        ranks.push_back(task.rankDelay.count());
        waits.push_back(task.runAfter.count());
    }
    return {"SELECT queue.enqueue($1::int[], $2::int[], $3::text[], $4::bigint[], $5::bigint[])",
            {sqlArray(kinds), sqlArray(shards), sqlArray(payloads), sqlArray(ranks), sqlArray(waits)}};
}

std::unique_ptr<TaskQueue> makePostgresTaskQueue(int node) { return std::make_unique<PostgresTaskQueue>(node); }

} // namespace backend
