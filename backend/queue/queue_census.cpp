#include "backend/queue/queue_census.h"

#include <algorithm>

namespace backend {
namespace {

constexpr std::int64_t kCountedExactly = 20'000; // per state
constexpr std::int64_t kDeadCounted = 100'000;
constexpr double kSampledPages = 4'000; // 32 MB

struct StateCount
{
    std::size_t state = 0;
    std::int64_t kind = 0;
    double tasks = 0, oldestSeconds = 0;
};

std::vector<StateCount> read(const SqlRows& rows)
{
    std::vector<StateCount> out;
    for (std::size_t r = 0; r < rows.size(); ++r)
        out.push_back(
            {std::size_t(rows.integer(r, 0)), rows.integer(r, 1), rows.real(r, 2), rows.real(r, 3)});
    return out;
}

// A sample of the table's pages, scaled up to the whole.
Result<std::vector<StateCount>> sample(SqlConnection& connection, double pages, Deadline deadline)
{
    const double percent = std::min(100.0, 100.0 * kSampledPages / std::max(1.0, pages));
    ROOKERY_ASSIGN(
        const auto rows,
        connection.execute(
            "SELECT state, kind, count(*), extract(epoch FROM clock_timestamp() -"
            " min(CASE WHEN state = 2 AND run_at IS NULL THEN clock_timestamp() ELSE created_at END))"
            " FROM queue.tasks TABLESAMPLE SYSTEM ($1::float8) GROUP BY state, kind",
            {sqlParameter(percent)}, deadline));
    auto counts = read(rows);
    for (auto& count : counts)
        count.tasks *= 100.0 / percent;
    return counts;
}

class Tally
{
public:
    Tally()
    {
        for (const auto kind : kTaskKinds)
            m_counts.push_back({kind, 0, 0, 0, 0, 0});
    }
    QueueKindCounts* of(std::int64_t kind) // null for a kind of a newer program
    {
        const auto found = std::find_if(m_counts.begin(), m_counts.end(),
                                        [&](const auto& c) { return int(c.kind) == kind; });
        return found == m_counts.end() ? nullptr : &*found;
    }
    void add(const StateCount& count)
    {
        auto* entry = of(count.kind);
        if (!entry) return;
        (count.state == 0   ? entry->ready
         : count.state == 1 ? entry->running
                            : entry->retry) += std::int64_t(count.tasks + 0.5);
    }
    void age(const StateCount& count)
    {
        if (auto* entry = of(count.kind))
            entry->oldestAgeSeconds = std::max(entry->oldestAgeSeconds, count.oldestSeconds);
    }
    std::vector<QueueKindCounts> take() { return std::move(m_counts); }

private:
    std::vector<QueueKindCounts> m_counts;
};

} // namespace

Result<QueueCounts> countTasks(SqlConnection& connection, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto results,
        connection.executeAll(
            {{"SELECT state, kind, tasks, oldest_seconds FROM queue.census($1::int)",
              {sqlParameter(kCountedExactly)}},
             {"SELECT kind, count(*) FROM (SELECT kind FROM queue.dead_letters LIMIT $1::bigint) AS d"
              " GROUP BY kind",
              {sqlParameter(kDeadCounted)}},
             {"SELECT pg_relation_size('queue.tasks') / current_setting('block_size')::int", {}},
             // A row may outlive its task, or the task's wait.
             {"SELECT n.node, found.all, found.waiting FROM queue.awaited_nodes() AS n (node), LATERAL"
              " (SELECT count(*) AS all, count(*) FILTER (WHERE (SELECT t.state FROM queue.tasks AS t"
              "   WHERE t.id = few.task) = 2) AS waiting"
              "  FROM (SELECT p.task FROM queue.parked AS p WHERE p.node = n.node"
              "        ORDER BY p.task LIMIT $1::bigint) AS few) AS found ORDER BY 1",
              {sqlParameter(kParkedCounted)}}},
            deadline));
    const auto head = read(results[0]);
    double ofState[3] = {0, 0, 0};
    for (const auto& count : head)
        if (count.state < 3) ofState[count.state] += count.tasks;
    const auto tooMany = [&](const StateCount& count) {
        return count.state < 3 && ofState[count.state] >= double(kCountedExactly);
    };

    Tally tally;
    for (const auto& count : head) {
        tally.age(count);
        if (!tooMany(count)) tally.add(count);
    }
    if (std::any_of(head.begin(), head.end(), tooMany)) {
        ROOKERY_ASSIGN(const auto sampled, sample(connection, results[2].real(0, 0), deadline));
        for (const auto& count : sampled) {
            tally.age(count);
            if (tooMany(count)) tally.add(count);
        }
    }
    for (std::size_t r = 0; r < results[1].size(); ++r)
        if (auto* entry = tally.of(results[1].integer(r, 0))) entry->dead = results[1].integer(r, 1);
    QueueCounts out{tally.take(), {}};
    for (std::size_t r = 0; r < results[3].size(); ++r)
        out.parked.push_back({int(results[3].integer(r, 0)), results[3].integer(r, 1) < kParkedCounted
                                                                 ? results[3].integer(r, 2)
                                                                 : kParkedCounted});
    return out;
}

} // namespace backend
