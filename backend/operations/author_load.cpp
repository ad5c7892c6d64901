#include "backend/operations/author_load.h"

#include <algorithm>

namespace backend {
namespace {

constexpr std::chrono::days kAtLeast{1};
constexpr int kPostsCountedAtMost = 100'000;
constexpr double kSlack = 1.25;
constexpr int kPieces = 4; // of its followers' ids, in which an author's sample is taken

// Of the followers of a.id those nearest above the begin of each piece, at most `each` of a piece: anybody,
// or the warm ones among ten times as many.
std::string nearTheBegins(const std::string& table, const std::string& each, bool onlyWarm)
{
    const std::string pieces = std::to_string(kPieces);
    std::string near =
        "SELECT follower, warm FROM " + table +
        " WHERE followee = a.id AND state = 1 AND follower >= e.lowest + (e.highest - e.lowest) / " + pieces +
        " * piece ORDER BY follower LIMIT " + each;
    if (onlyWarm)
        near =
            "SELECT follower, warm FROM (" + near + " * 10) AS n WHERE warm ORDER BY follower LIMIT " + each;
    return "SELECT DISTINCT follower, warm FROM generate_series(0, " + pieces +
           " - 1) AS g (piece) CROSS JOIN LATERAL (" + near + ") AS p";
}

// A row for each author and reader to be asked, or one without a reader: author, share of warm ones, reader.
SqlStatement audienceStatement(int shard, const std::vector<std::int64_t>& authors, int sample)
{
    const auto table = shardTable(Role::Users, shard, "followers");
    const auto chosen = [](const std::string& some) {
        return "(SELECT follower, warm FROM (" + some +
               ") AS s ORDER BY hashint8extended(follower, 0), follower LIMIT $2::int)";
    };
    return {"SELECT a.id, w.share, r.follower FROM unnest($1::bigint[]) AS a (id)"
            " CROSS JOIN LATERAL (SELECT min(follower) AS lowest, max(follower) AS highest FROM " +
                table +
                " WHERE followee = a.id) AS e"
                " CROSS JOIN LATERAL (SELECT (count(*) FILTER (WHERE warm))::float8 / nullif(count(*), 0)"
                " AS share FROM " +
                chosen(nearTheBegins(table, "$3::int", false)) + " AS c) AS w LEFT JOIN LATERAL " +
                chosen(nearTheBegins(table, "$3::int", true)) + " AS r ON true WHERE w.share IS NOT NULL",
            {sqlArray(authors), sqlParameter(sample), sqlParameter((2 * sample + kPieces - 1) / kPieces)}};
}

// How long ago each of them came, in seconds.
Result<std::map<UserId, double>>
readAges(SqlSession& sql, const std::map<int, std::set<std::int64_t>>& readers, Deadline deadline)
{
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : readers)
        statements.push_back({shard,
                              {"SELECT id, extract(epoch FROM now() - last_seen_at)::float8 FROM " +
                                   shardTable(Role::Users, shard, "users") + " WHERE id = ANY ($1::bigint[])",
                               {sqlArray(std::vector<std::int64_t>(ids.begin(), ids.end()))}}});
    ROOKERY_ASSIGN(const auto answers, sql.run(Role::Users, statements, deadline));
    std::map<UserId, double> ages;
    for (const auto& rows : answers)
        for (std::size_t r = 0; r < rows.size(); ++r)
            ages[UserId{rows.integer(r, 0)}] = std::max(rows.real(r, 1), 0.0);
    return ages;
}

double visitsPerDay(const std::vector<UserId>& readers, const std::map<UserId, double>& ages)
{
    constexpr double kDay = 86'400;
    double known = 0, seconds = 0;
    for (const auto reader : readers)
        if (const auto age = ages.find(reader); age != ages.end()) {
            ++known;
            seconds += age->second;
        }
    return known > 0 ? known * kDay / std::max(seconds, 1.0) : 0;
}

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

Result<AudienceLoads> readAudiences(SqlSession& sql, const std::map<int, std::vector<std::int64_t>>& authors,
                                    int sample, Deadline deadline, const std::set<int>& silentShards)
{
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : authors)
        statements.push_back({shard, audienceStatement(shard, ids, sample)});
    ROOKERY_ASSIGN(const auto answers, sql.run(Role::Users, statements, deadline));
    AudienceLoads out;
    std::map<UserId, std::vector<UserId>> asked;
    std::map<int, std::set<std::int64_t>> readers;
    for (const auto& rows : answers)
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const UserId author{rows.integer(r, 0)};
            out.authors[author].warmShare = rows.real(r, 1);
            if (rows.isNull(r, 2)) continue;
            const UserId reader{rows.integer(r, 2)};
            if (silentShards.contains(reader.shard())) continue;
            asked[author].push_back(reader);
            readers[reader.shard()].insert(reader.value);
        }
    ROOKERY_ASSIGN(const auto ages, readAges(sql, readers, deadline));
    for (const auto& [author, some] : asked)
        out.authors[author].visitsPerDay = visitsPerDay(some, ages);
    out.readers = std::int64_t(ages.size());
    return out;
}

} // namespace backend
