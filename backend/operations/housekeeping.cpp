#include "backend/operations/housekeeping.h"

#include "backend/common/fault_points.h"
#include "backend/common/log.h"

#include <map>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds kHousekeepingEvery{5 * 60'000};
constexpr auto kRound = 60s;
constexpr Milliseconds kSilence{10 * 60'000};
constexpr int kMarksAtOnce = 2'000; // marks of one shard in one step

} // namespace

Housekeeping::Housekeeping(const SqlPools& pools, const ShardMapSource& maps, Directory& directory)
    : m_pools(pools)
    , m_maps(maps)
    , m_directory(directory)
    , m_thread("housekeeping", kHousekeepingEvery, [this](const std::stop_token& stop) { round(stop); })
{
}

void Housekeeping::round(const std::stop_token& stop)
{
    const auto done = forgetApplied(Deadline::after(kRound), stop);
    if (!done) log::warning("housekeeping goes on later: " + done.error().message);
    std::ignore = m_directory.removeSilentEngines(kSilence, Deadline::after(2s));
}

Result<int> Housekeeping::forgetApplied(Deadline deadline, const std::stop_token& stop)
{
    SqlSession sql(m_pools, m_maps);
    int forgotten = 0;
    for (int shard = 0; shard < m_maps.current()->shardCount && !deadline.expired() && !stop.stop_requested();
         ++shard) {
        ROOKERY_ASSIGN(const int some, forgetAppliedOf(sql, shard, deadline));
        forgotten += some;
    }
    return forgotten;
}

// A mark goes when its expiry is past by its own server's clock and neither the queue nor the dead letters of
// the task's node know the task any more: then nothing can apply the effect again.
Result<int> Housekeeping::forgetAppliedOf(SqlSession& sql, int shard, Deadline deadline)
{
    const std::string table = shardTable(Role::Users, shard, "applied");
    ROOKERY_ASSIGN(const auto expired, sql.runOne(Role::Users, shard,
                                                  {"SELECT node, task_id FROM " + table +
                                                       " WHERE expires_at < now() LIMIT $1::int",
                                                   {sqlParameter(kMarksAtOnce)}},
                                                  deadline));
    std::map<int, std::vector<std::int64_t>> byNode;
    for (std::size_t r = 0; r < expired.size(); ++r)
        byNode[int(expired.integer(r, 0))].push_back(expired.integer(r, 1));
    int forgotten = 0;
    for (const auto& [node, tasks] : byNode) {
        ROOKERY_ASSIGN(auto* connection, sql.connection(node, deadline));
        ROOKERY_ASSIGN(const auto gone,
                       connection->execute(
                           "SELECT w.id FROM unnest($1::bigint[]) AS w (id) WHERE NOT EXISTS (SELECT FROM"
                           " queue.tasks AS t WHERE t.id = w.id) AND NOT EXISTS (SELECT FROM"
                           " queue.dead_letters AS d WHERE d.id = w.id)",
                           {sqlArray(tasks)}, deadline));
        std::vector<std::int64_t> ids;
        for (std::size_t r = 0; r < gone.size(); ++r)
            ids.push_back(gone.integer(r, 0));
        ROOKERY_FAULT_POINT("housekeeping.before_forget");
        ROOKERY_ASSIGN(const auto deleted,
                       sql.runOne(Role::Users, shard,
                                  {"DELETE FROM " + table +
                                       " WHERE node = $1::int AND task_id = ANY ($2::bigint[])"
                                       " AND expires_at < now()",
                                   {sqlParameter(node), sqlArray(ids)}},
                                  deadline));
        ROOKERY_FAULT_POINT("housekeeping.after_forget");
        forgotten += int(deleted.affectedRows());
    }
    return forgotten;
}

} // namespace backend
