#include "app/bench/measurements.h"

#include <map>
#include <thread>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr double kLongest = 60; // seconds

// What the ledger has by now, in ms; a post is left out until every row of its plan is there.
Result<std::vector<double>> ledgerTimes(BenchRun& run, std::span<const PostId> posts)
{
    std::map<int, std::vector<std::int64_t>> byShard;
    for (const auto post : posts)
        byShard[post.shard()].push_back(post.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : byShard)
        statements.push_back(
            {shard,
             {"SELECT extract(epoch FROM max(last_at) - min(committed_at))::float8 * 1000 FROM " +
                  shardTable(Role::Posts, shard, "deliveries") +
                  " WHERE post_id = ANY ($1::bigint[]) GROUP BY post_id HAVING count(*) = max(chunks)"
                  " AND max(last_at) IS NOT NULL",
              {sqlArray(ids)}}});
    auto sql = run.sql();
    ROOKERY_ASSIGN(const auto results, sql.run(Role::Posts, statements, callDeadline()));
    std::vector<double> times;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            times.push_back(rows.real(r, 0));
    return times;
}

} // namespace

Result<std::vector<double>> deliveryTimes(BenchRun& run, std::span<const PostId> posts)
{
    const Stopwatch waited;
    for (;; std::this_thread::sleep_for(20ms)) {
        ROOKERY_TRY(run.goOn());
        ROOKERY_ASSIGN(auto times, ledgerTimes(run, posts));
        if (times.size() == posts.size()) return times;
        if (waited.seconds() > kLongest)
            return fail(ErrorCode::DeadlineExceeded, std::to_string(posts.size() - times.size()) + " of " +
                                                         std::to_string(posts.size()) +
                                                         " posts were not delivered within a minute");
    }
}

} // namespace app
