#include "backend/audit/home_truth.h"

#include <algorithm>
#include <limits>
#include <map>

namespace backend {
namespace {

struct AuthorIds
{
    std::vector<std::int64_t> ids, upTo; // posts of each up to that id
    void add(UserId author, std::int64_t bound)
    {
        ids.push_back(author.value);
        upTo.push_back(bound);
    }
};
using ByShard = std::map<int, AuthorIds>;

constexpr auto kAll = std::numeric_limits<std::int64_t>::max();

struct Authors
{
    ByShard shown, merged, former; // user ids by logical shard
};

Result<Authors> authorsOf(SqlSession& sql, const PulledList& pulled, UserId reader, HomeTruth& truth,
                          Deadline deadline)
{
    const int shard = reader.shard();
    ROOKERY_ASSIGN(
        const auto rows,
        sql.run(Role::Users,
                {{shard,
                  {"SELECT warm FROM " + shardTable(Role::Users, shard, "users") + " WHERE id = $1::bigint",
                   {sqlParameter(reader.value)}}},
                 {shard,
                  {"SELECT followee, state, kept_to FROM " + shardTable(Role::Users, shard, "follows") +
                       " WHERE follower = $1::bigint",
                   {sqlParameter(reader.value)}}}},
                deadline));
    truth.exists = !rows[0].empty();
    truth.warm = truth.exists && rows[0].boolean(0, 0);
    Authors authors;
    authors.shown[shard].add(reader, kAll);
    for (std::size_t r = 0; r < rows[1].size(); ++r) {
        const UserId followee{rows[1].integer(r, 0)};
        const bool follows = rows[1].integer(r, 1) == 1;
        const auto keptTo = rows[1].integer(r, 2);
        auto& side = !follows ? authors.former : pulled.merged(followee) ? authors.merged : authors.shown;
        side[followee.shard()].add(followee, kAll);
        if (!follows && keptTo > 0) authors.shown[followee.shard()].add(followee, keptTo);
    }
    return authors;
}

Result<void> readPosts(SqlSession& sql, const ByShard& authors, bool merged, int most, HomeTruth& truth,
                       Deadline deadline)
{
    std::vector<ShardStatement> statements;
    for (const auto& [shard, wanted] : authors)
        statements.push_back({shard,
                              {"SELECT p.id, p.deleted FROM unnest($1::bigint[], $4::bigint[]) AS a (id, "
                               "up_to) CROSS JOIN LATERAL"
                               " (SELECT id, deleted_at IS NOT NULL AS deleted FROM " +
                                   shardTable(Role::Posts, shard, "posts") +
                                   " WHERE author_id = a.id AND id >= $2::bigint AND id <= a.up_to ORDER BY "
                                   "id DESC LIMIT $3::int) AS p"
                                   " ORDER BY p.id DESC LIMIT $3::int",
                               {sqlArray(wanted.ids), sqlParameter(truth.from.value), sqlParameter(most),
                                sqlArray(wanted.upTo)}}});
    ROOKERY_ASSIGN(const auto results, sql.run(Role::Posts, statements, deadline));
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            truth.posts.push_back({PostId{rows.integer(r, 0)}, merged || rows.boolean(r, 1)});
    return {};
}

void putInOrder(HomeTruth& truth, int most)
{
    auto& posts = truth.posts;
    std::sort(posts.begin(), posts.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    if (posts.size() >= std::size_t(most)) {
        posts.erase(posts.begin(), posts.end() - most);
        truth.from = posts.front().id;
    }
}

Result<void> countFormer(SqlSession& sql, const ByShard& authors, int cap, HomeTruth& truth,
                         Deadline deadline)
{
    std::vector<ShardStatement> statements;
    for (const auto& [shard, former] : authors)
        statements.push_back(
            {shard,
             {"SELECT count(*) FROM (SELECT FROM " + shardTable(Role::Posts, shard, "posts") +
                  " WHERE author_id = ANY($1::bigint[]) AND id >= $2::bigint LIMIT $3::int)"
                  " AS p",
              {sqlArray(former.ids), sqlParameter(truth.from.value), sqlParameter(cap)}}});
    ROOKERY_ASSIGN(const auto results, sql.run(Role::Posts, statements, deadline));
    for (const auto& rows : results)
        truth.formerPosts += rows.integer(0, 0);
    return {};
}

} // namespace

const AuditedPost* HomeTruth::find(PostId post) const
{
    const auto found = std::lower_bound(posts.begin(), posts.end(), post,
                                        [](const AuditedPost& p, PostId id) { return p.id < id; });
    return found != posts.end() && found->id == post ? &*found : nullptr;
}

Result<HomeTruth> homeTruth(SqlSession& sql, const PulledList& pulled, UserId reader, PostId from, int most,
                            int cap, Deadline deadline)
{
    HomeTruth truth;
    truth.from = from;
    ROOKERY_ASSIGN(const auto authors, authorsOf(sql, pulled, reader, truth, deadline));
    if (!truth.warm) return truth;
    ROOKERY_TRY(readPosts(sql, authors.shown, false, most, truth, deadline));
    if (!authors.merged.empty()) ROOKERY_TRY(readPosts(sql, authors.merged, true, most, truth, deadline));
    putInOrder(truth, most);
    if (from.value != 0 && truth.posts.size() < std::size_t(cap) && !authors.former.empty())
        ROOKERY_TRY(countFormer(sql, authors.former, cap, truth, deadline));
    return truth;
}

} // namespace backend
