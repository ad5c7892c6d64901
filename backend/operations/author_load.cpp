#include "backend/operations/author_load.h"

#include <algorithm>

namespace backend {
namespace {

constexpr std::chrono::days kAtLeast{1};
constexpr int kPostsCountedAtMost = 100'000;
constexpr double kSlack = 1.25;

} // namespace

double daysCounted(UserId author, TimePoint now)
{
    using Days = std::chrono::duration<double, std::chrono::days::period>;
    return std::clamp(Days(now - author.time()), Days(kAtLeast), Days(kPostsCounted)).count();
}

bool wantsPull(const AuthorLoad& load, const PushThreshold& threshold, const FanoutPlannerSettings& settings,
               bool pulledNow)
{
    switch (threshold.kind) {
    case PushThreshold::Kind::Never:
        return false;
    case PushThreshold::Kind::Followers:
        return load.followers > threshold.followers;
    case PushThreshold::Kind::Auto:
        break;
    }
    if (load.followers < settings.autoFollowers) return false;
    const double balance = load.visitsPerDay * settings.mergeCost;
    return load.postsPerDay > (pulledNow ? balance / kSlack : balance * kSlack);
}

Result<std::map<UserId, double>> readPostsPerDay(SqlSession& sql,
                                                 const std::map<int, std::vector<std::int64_t>>& authors,
                                                 TimePoint now, Deadline deadline)
{
    const auto since = std::chrono::duration_cast<Milliseconds>((now - kPostsCounted).time_since_epoch());
    const auto from = makeRawId(std::max<std::int64_t>(since.count() - kIdEpochUnixMs, 0), 0, 0);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : authors)
        statements.push_back(
            {shard,
             {"SELECT a.id, (SELECT count(*) FROM (SELECT FROM " + shardTable(Role::Posts, shard, "posts") +
                  " WHERE author_id = a.id AND id >= $2::bigint LIMIT $3::int) AS p)"
                  " FROM unnest($1::bigint[]) AS a (id)",
              {sqlArray(ids), sqlParameter(from), sqlParameter(kPostsCountedAtMost)}}});
    ROOKERY_ASSIGN(const auto answers, sql.run(Role::Posts, statements, deadline));
    std::map<UserId, double> out;
    for (const auto& rows : answers)
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const UserId author{rows.integer(r, 0)};
            out[author] = double(rows.integer(r, 1)) / daysCounted(author, now);
        }
    return out;
}

double visitsPerDay(double readers, double secondsSinceVisits)
{
    constexpr double kDay = 86'400;
    return readers > 0 ? readers * kDay / std::max(secondsSinceVisits, 1.0) : 0;
}

} // namespace backend
