#include "backend/queue/queue_census.h"
#include "backend/queue/signature.h"
#include "backend/queue/task_queue.h"

#include <algorithm>
#include <set>

namespace backend {
namespace {

constexpr int kPromotedAtOnce = 5'000, kUnparkedAtOnce = 5'000;
constexpr int kPayloadRead = 4'096; // characters of a dead letter's payload: a list never holds whole ones

// Parallel arrays: what the functions of the queue's schema take.
SqlParameters leaseParameters(std::span<const Task> tasks)
{
    std::vector<std::int64_t> ids, tokens;
    for (const auto& task : tasks) {
        ids.push_back(task.ref.id);
        tokens.push_back(task.leaseToken);
    }
    return {sqlArray(ids), sqlArray(tokens)};
}

Error leaseLost(std::int64_t tasks)
{
    return {ErrorCode::LeaseLost,
            "another worker took over " + std::to_string(tasks) + (tasks == 1 ? " task" : " tasks") +
                " of this one; the work is left to the other",
            true};
}

std::string nodeArray(std::span<const int> nodes)
{
    return sqlArray(std::vector<std::int64_t>(nodes.begin(), nodes.end()));
}

SqlStatement retryStatement(std::span<const TaskRetry> retries)
{
    std::vector<std::int64_t> ids, tokens, waits, parked;
    std::vector<std::string> counted, errors;
    std::vector<std::string> awaited;
    for (const auto& retry : retries) {
        ids.push_back(retry.task.ref.id);
        tokens.push_back(retry.task.leaseToken);
        waits.push_back(retry.wait.count());
        counted.emplace_back(retry.countsAttempt ? "t" : "f");
        errors.push_back(storableError(retry.error.message));
        parked.push_back(retry.parked.count());
        awaited.push_back(retry.awaits.empty() ? std::string() : nodeArray(retry.awaits));
    }
    return {"SELECT queue.retry_later($1::bigint[], $2::bigint[], $3::bigint[], $4::boolean[], $5::text[],"
            " $6::text[], $7::bigint[])",
            {sqlArray(ids), sqlArray(tokens), sqlArray(waits), sqlArray(counted), sqlArray(errors),
             sqlArray(awaited), sqlArray(parked)}};
}

class PostgresTaskQueue final : public TaskQueue
{
public:
    explicit PostgresTaskQueue(int node)
        : m_node(node)
    {
    }

    Result<std::vector<Task>> claim(SqlConnection& connection, const ClaimOrder& order,
                                    Deadline deadline) override;
    Result<std::vector<std::int64_t>> renew(SqlConnection& connection, std::span<const Task> tasks,
                                            Milliseconds lease, Deadline deadline) override;
    Result<void> complete(SqlConnection& connection, std::span<const Task> tasks,
                          std::span<const NewTask> children, Deadline deadline) override;
    Result<void> completeAll(SqlConnection& connection, std::span<const Task> tasks,
                             std::span<const NewTask> children, std::vector<SqlStatement> statements,
                             Deadline deadline) override;
    Result<void> retryLater(SqlConnection& connection, std::span<const TaskRetry> retries,
                            Deadline deadline) override;
    Result<void> release(SqlConnection& connection, std::span<const Task> tasks, Deadline deadline) override;
    Result<void> bury(SqlConnection& connection, const Task& task, const Error& error,
                      Deadline deadline) override;
    Result<Promotion> promote(SqlConnection& connection, std::span<const std::string> ended,
                              Deadline deadline) override;
    Result<int> unpark(SqlConnection& connection, std::span<const int> nodes, Deadline deadline) override;
    Result<int> admit(SqlConnection& connection, double unitsPerSecond, Deadline deadline) override;
    Result<QueueCounts> counts(SqlConnection& connection, Deadline deadline) override
    {
        return countTasks(connection, deadline);
    }
    Result<std::vector<DeadLetter>> deadLetters(SqlConnection& connection, int limit,
                                                Deadline deadline) override;
    Result<int> reviveDead(SqlConnection& connection, std::span<const std::int64_t> ids,
                           Deadline deadline) override;
    Result<int> discardDead(SqlConnection& connection, std::span<const std::int64_t> ids,
                            Deadline deadline) override;

private:
    Task readTask(const SqlRows& rows, std::size_t row) const;

    const int m_node;
};

Task PostgresTaskQueue::readTask(const SqlRows& rows, std::size_t row) const
{
    Task task;
    task.ref = {m_node, rows.integer(row, 0)};
    task.kind = TaskKind(rows.integer(row, 1));
    task.shard = int(rows.integer(row, 2));
    task.payload = rows.text(row, 3);
    task.attempts = int(rows.integer(row, 4));
    task.createdAt = timeOfUnixMicroseconds(rows.integer(row, 5));
    task.expiresAt = timeOfUnixMicroseconds(rows.integer(row, 6));
    task.leaseToken = rows.integer(row, 7);
    task.expired = rows.boolean(row, 8);
    if (!rows.isNull(row, 10)) task.waited = std::chrono::microseconds(rows.integer(row, 10));
    return task;
}

Result<std::vector<Task>> PostgresTaskQueue::claim(SqlConnection& connection, const ClaimOrder& order,
                                                   Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        connection.execute(
            // A first claim sets the end of the task's day; now() is when this statement's transaction began.
            "SELECT id, kind, shard, payload, attempts, created_us, expires_us, token, expired, rank,"
            " CASE WHEN expires_us - 86400000000 >= extract(epoch FROM now()) * 1000000"
            " THEN expires_us - 86400000000 - created_us END"
            " FROM queue.claim($1::int, $2::bigint, $3::text, $4::boolean) ORDER BY rank, id",
            {sqlParameter(order.limit), sqlParameter(order.lease.count()), order.worker,
             sqlParameter(order.smallAlone)},
            deadline));
    std::vector<Task> tasks;
    tasks.reserve(rows.size());
    for (std::size_t r = 0; r < rows.size(); ++r)
        tasks.push_back(readTask(rows, r));
    return tasks;
}

Result<std::vector<std::int64_t>> PostgresTaskQueue::renew(SqlConnection& connection,
                                                           std::span<const Task> tasks, Milliseconds lease,
                                                           Deadline deadline)
{
    std::vector<std::int64_t> lost;
    if (tasks.empty()) return lost;
    auto parameters = leaseParameters(tasks);
    parameters.push_back(sqlParameter(lease.count()));
    ROOKERY_ASSIGN(const auto rows,
                   connection.execute("SELECT queue.renew($1::bigint[], $2::bigint[], $3::bigint)",
                                      parameters, deadline));
    std::set<std::int64_t> standing;
    for (std::size_t r = 0; r < rows.size(); ++r)
        standing.insert(rows.integer(r, 0));
    for (const auto& task : tasks)
        if (!standing.contains(task.ref.id)) lost.push_back(task.ref.id);
    return lost;
}

Result<void> PostgresTaskQueue::complete(SqlConnection& connection, std::span<const Task> tasks,
                                         std::span<const NewTask> children, Deadline deadline)
{
    std::vector<SqlStatement> statements{
        {"SELECT queue.complete($1::bigint[], $2::bigint[])", leaseParameters(tasks)}};
    if (!children.empty()) statements.push_back(enqueueStatement(children));
    ROOKERY_ASSIGN(const auto results, connection.executeAll(statements, deadline));
    const auto lost = std::int64_t(tasks.size()) - results[0].integer(0, 0);
    if (lost != 0) return fail(leaseLost(lost));
    return {};
}

Result<void> PostgresTaskQueue::completeAll(SqlConnection& connection, std::span<const Task> tasks,
                                            std::span<const NewTask> children,
                                            std::vector<SqlStatement> statements, Deadline deadline)
{
    // The tasks first: from then on nobody can take them over, and a lost lease costs nothing more.
    statements.insert(statements.begin(),
                      {"SELECT queue.complete_all($1::bigint[], $2::bigint[])", leaseParameters(tasks)});
    if (!children.empty()) statements.push_back(enqueueStatement(children));
    ROOKERY_TRY(connection.executeAll(statements, deadline));
    return {};
}

Result<void> PostgresTaskQueue::retryLater(SqlConnection& connection, std::span<const TaskRetry> retries,
                                           Deadline deadline)
{
    if (retries.empty()) return {};
    const auto statement = retryStatement(retries);
    ROOKERY_ASSIGN(const auto rows, connection.execute(statement.sql, statement.parameters, deadline));
    if (rows.size() != retries.size()) return fail(leaseLost(std::int64_t(retries.size() - rows.size())));
    return {};
}

Result<void> PostgresTaskQueue::release(SqlConnection& connection, std::span<const Task> tasks,
                                        Deadline deadline)
{
    if (tasks.empty()) return {};
    ROOKERY_TRY(connection.execute("SELECT queue.release($1::bigint[], $2::bigint[])", leaseParameters(tasks),
                                   deadline));
    return {};
}

Result<void> PostgresTaskQueue::bury(SqlConnection& connection, const Task& task, const Error& error,
                                     Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows,
                   connection.execute("SELECT queue.bury($1::bigint, $2::bigint, $3::text, $4::text)",
                                      {sqlParameter(task.ref.id), sqlParameter(task.leaseToken),
                                       storableError(error.message), errorSignature(error.message)},
                                      deadline));
    if (rows.integer(0, 0) == 0) return fail(leaseLost(1));
    return {};
}

Result<Promotion> PostgresTaskQueue::promote(SqlConnection& connection, std::span<const std::string> ended,
                                             Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        connection.execute(
            "SELECT promoted, owner, NULL FROM queue.promote($1::int, $2::text[])"
            " UNION ALL SELECT NULL, NULL, node FROM queue.awaited_nodes() AS a (node)",
            {sqlParameter(kPromotedAtOnce), sqlArray(std::vector<std::string>(ended.begin(), ended.end()))},
            deadline));
    Promotion done;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        if (!rows.isNull(r, 2))
            done.awaited.push_back(int(rows.integer(r, 2)));
        else if (!rows.isNull(r, 1))
            done.owners.emplace_back(rows.text(r, 1));
        else
            done.tasks = int(rows.integer(r, 0));
    }
    return done;
}

Result<int> PostgresTaskQueue::unpark(SqlConnection& connection, std::span<const int> nodes,
                                      Deadline deadline)
{
    if (nodes.empty()) return 0;
    ROOKERY_ASSIGN(const auto rows,
                   connection.execute("SELECT queue.unpark($1::int[], $2::int)",
                                      {nodeArray(nodes), sqlParameter(kUnparkedAtOnce)}, deadline));
    return int(rows.integer(0, 0));
}

Result<int> PostgresTaskQueue::admit(SqlConnection& connection, double unitsPerSecond, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows, connection.execute("SELECT queue.admit($1::float8)",
                                                       {sqlParameter(unitsPerSecond)}, deadline));
    return int(rows.integer(0, 0));
}

Result<std::vector<DeadLetter>> PostgresTaskQueue::deadLetters(SqlConnection& connection, int limit,
                                                               Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        connection.execute("SELECT id, kind, shard, left(payload, $2::int), error, signature, attempts,"
                           " (extract(epoch FROM created_at) * 1000000)::bigint,"
                           " (extract(epoch FROM died_at) * 1000000)::bigint, octet_length(payload)"
                           " FROM queue.dead_letters ORDER BY died_at DESC, id DESC LIMIT $1::int",
                           {sqlParameter(limit), sqlParameter(kPayloadRead)}, deadline));
    std::vector<DeadLetter> letters;
    for (std::size_t r = 0; r < rows.size(); ++r)
        letters.push_back({{m_node, rows.integer(r, 0)},
                           TaskKind(rows.integer(r, 1)),
                           int(rows.integer(r, 2)),
                           std::string(rows.text(r, 3)),
                           std::string(rows.text(r, 4)),
                           std::string(rows.text(r, 5)),
                           int(rows.integer(r, 6)),
                           timeOfUnixMicroseconds(rows.integer(r, 7)),
                           timeOfUnixMicroseconds(rows.integer(r, 8)),
                           rows.integer(r, 9)});
    return letters;
}

Result<int> PostgresTaskQueue::reviveDead(SqlConnection& connection, std::span<const std::int64_t> ids,
                                          Deadline deadline)
{
    // The id stays: effects that were applied under it are not applied again. The token makes the next claim
    // not its first: its day has begun anew here, and its wait says nothing of the queue.
    ROOKERY_ASSIGN(
        const auto rows,
        connection.execute(
            "WITH back AS (DELETE FROM queue.dead_letters WHERE id = ANY ($1::bigint[]) RETURNING *)"
            " INSERT INTO queue.tasks (id, kind, shard, payload, rank, created_at, expires_at, lease_token)"
            " OVERRIDING SYSTEM VALUE SELECT id, kind, shard, payload,"
            " CASE WHEN kind IN ($2::int, $3::int) THEN queue.bulk_turn()"
            " ELSE (extract(epoch FROM clock_timestamp()) * 1000000)::bigint END, created_at,"
            " clock_timestamp() + interval '24 hours', 0 FROM back",
            {sqlArray(std::vector<std::int64_t>(ids.begin(), ids.end())),
             sqlParameter(int(TaskKind::DeliverChunk)), sqlParameter(int(TaskKind::ReclaimChunk))},
            deadline));
    return int(rows.affectedRows());
}

Result<int> PostgresTaskQueue::discardDead(SqlConnection& connection, std::span<const std::int64_t> ids,
                                           Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows,
                   connection.execute("DELETE FROM queue.dead_letters WHERE id = ANY ($1::bigint[])",
                                      {sqlArray(std::vector<std::int64_t>(ids.begin(), ids.end()))},
                                      deadline));
    return int(rows.affectedRows());
}

} // namespace

SqlStatement enqueueStatement(std::span<const NewTask> tasks)
{
    std::vector<std::int64_t> kinds, shards, ranks, waits, units, flows;
    std::vector<std::string> payloads;
    for (const auto& task : tasks) {
        kinds.push_back(int(task.kind));
        shards.push_back(task.shard);
        payloads.push_back(task.payload);
        ranks.push_back(task.rankDelay.count());
        waits.push_back(task.runAfter.count());
        units.push_back(task.units);
        flows.push_back(task.flow);
    }
    const auto ifAny = [](const std::vector<std::int64_t>& list) -> SqlParameter {
        const bool any = std::any_of(list.begin(), list.end(), [](auto one) { return one != 0; });
        return any ? SqlParameter(sqlArray(list)) : SqlParameter();
    };
    return {"SELECT queue.enqueue($1::int[], $2::int[], $3::text[], $4::bigint[], $5::bigint[], $6::int[], "
            "$7::bigint[])",
            {sqlArray(kinds), sqlArray(shards), sqlArray(payloads), sqlArray(ranks), sqlArray(waits),
             ifAny(units), ifAny(flows)}};
}

std::unique_ptr<TaskQueue> makePostgresTaskQueue(int node)
{
    return std::make_unique<PostgresTaskQueue>(node);
}

} // namespace backend
