#include "backend/store/reader_store.h"

#include "backend/domain/task.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace backend {
namespace {

SqlParameter seconds(Milliseconds span)
{
    return sqlParameter(double(span.count()) / 1'000);
}

ReaderState stateOf(const SqlRows& rows, std::size_t r)
{
    return {UserId{rows.integer(r, 0)}, rows.boolean(r, 1), rows.integer(r, 2), rows.integer(r, 3)};
}

struct Copies
{
    std::vector<std::int64_t> followees, followers, warm, generations;
};

// Whom each reader follows, by the followee's shard, in the order in which edges are locked everywhere.
Result<std::map<int, Copies>> copiesOf(SqlSession& session, std::span<const ReaderState> states,
                                       Deadline deadline)
{
    std::map<int, std::vector<std::int64_t>> shards;
    std::unordered_map<std::int64_t, const ReaderState*> byId;
    for (const auto& state : states) {
        shards[state.reader.shard()].push_back(state.reader.value);
        byId[state.reader.value] = &state;
    }
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : shards)
        statements.push_back({shard,
                              {"SELECT followee, follower FROM " + usersTable(shard, "follows") +
                                   " WHERE follower = ANY ($1::bigint[]) AND state = 1",
                               {sqlArray(ids)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Users, statements, deadline));
    std::vector<std::pair<UserId, UserId>> edges;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            edges.emplace_back(UserId{rows.integer(r, 0)}, UserId{rows.integer(r, 1)});
    std::sort(edges.begin(), edges.end());
    std::map<int, Copies> out;
    for (const auto& [followee, follower] : edges) {
        auto& copies = out[followee.shard()];
        const auto& state = *byId.at(follower.value);
        copies.followees.push_back(followee.value);
        copies.followers.push_back(follower.value);
        copies.warm.push_back(state.warm ? 1 : 0);
        copies.generations.push_back(state.generation);
    }
    return out;
}

} // namespace

Result<std::vector<ReaderState>> ReaderStore::load(SqlSession& session, std::span<const UserId> readers,
                                                   Deadline deadline)
{
    std::map<int, std::vector<std::int64_t>> shards;
    for (const auto reader : readers)
        shards[reader.shard()].push_back(reader.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : shards)
        statements.push_back({shard,
                              {"SELECT id, warm, generation, copied FROM " + usersTable(shard, "users") +
                                   " WHERE id = ANY ($1::bigint[])",
                               {sqlArray(ids)}}});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Users, statements, deadline));
    std::vector<ReaderState> out;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            out.push_back(stateOf(rows, r));
    return out;
}

Result<std::optional<ReaderState>> ReaderStore::wake(SqlSession& session, UserId reader, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        session.runOne(
            Role::Users, reader.shard(),
            {"UPDATE " + usersTable(reader.shard(), "users") +
                 " SET warm = true, generation = generation + (NOT warm)::int, last_seen_at = now(),"
                 " returned_at = CASE WHEN warm THEN returned_at ELSE now() END"
                 " WHERE id = $1::bigint AND deleted_at IS NULL RETURNING id, warm, generation, copied",
             {sqlParameter(reader.value)}},
            deadline));
    if (rows.empty()) return std::nullopt;
    return stateOf(rows, 0);
}

Result<std::vector<UserId>> ReaderStore::idle(SqlSession& session, int shard, Milliseconds unseen,
                                              UserId after, int limit, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows,
                   session.runOne(Role::Users, shard,
                                  {"SELECT id FROM " + usersTable(shard, "users") +
                                       " WHERE id > $1::bigint AND warm"
                                       " AND last_seen_at < now() - make_interval(secs => $2::float8)"
                                       " ORDER BY id LIMIT $3::int",
                                   {sqlParameter(after.value), seconds(unseen), sqlParameter(limit)}},
                                  deadline));
    std::vector<UserId> out;
    for (std::size_t r = 0; r < rows.size(); ++r)
        out.push_back(UserId{rows.integer(r, 0)});
    return out;
}

Result<std::int64_t> ReaderStore::makeDormant(SqlSession& session, std::span<const UserId> readers,
                                              Milliseconds unseen, Deadline deadline)
{
    if (readers.empty()) return 0;
    std::vector<std::int64_t> ids;
    for (const auto reader : readers)
        ids.push_back(reader.value);
    const int shard = readers.front().shard();
    const std::string kind = std::to_string(int(TaskKind::ReaderChanged));
    ROOKERY_ASSIGN(
        const auto rows,
        session.runOne(
            Role::Users, shard,
            {"WITH gone AS (UPDATE " + usersTable(shard, "users") +
                 " SET warm = false, generation = generation + 1, dormant_at = now() WHERE id = ANY "
                 "($1::bigint[]) AND warm"
                 " AND last_seen_at < now() - make_interval(secs => $2::float8) RETURNING id),"
                 " tasks AS (SELECT array_agg(" +
                 kind +
                 ") AS kinds, array_agg($3::int) AS shards, array_agg('{\"reader\":' || id || '}') AS "
                 "payloads,"
                 " array_agg(0::bigint) AS zeros FROM gone HAVING count(*) > 0),"
                 " queued AS MATERIALIZED (SELECT queue.enqueue(kinds, shards, payloads, zeros, zeros) AS n"
                 " FROM tasks) SELECT (SELECT count(*) FROM gone), (SELECT sum(n) FROM queued)",
             {sqlArray(ids), seconds(unseen), sqlParameter(shard)}},
            deadline));
    return rows.integer(0, 0);
}

Result<void> ReaderStore::copy(SqlSession& session, std::span<const ReaderState> states, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto copies, copiesOf(session, states, deadline));
    std::vector<ShardStatement> statements;
    for (const auto& [shard, c] : copies)
        statements.push_back(
            {shard,
             {"WITH new AS (SELECT w.* FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::bigint[])"
              " AS w (followee, follower, warm, generation) JOIN " +
                  usersTable(shard, "followers") +
                  " AS f USING (followee, follower) WHERE f.generation < w.generation"
                  " ORDER BY f.followee, f.follower FOR UPDATE OF f)"
                  " UPDATE " +
                  usersTable(shard, "followers") +
                  " AS f SET warm = new.warm = 1, generation = new.generation FROM new"
                  " WHERE f.followee = new.followee AND f.follower = new.follower"
                  " AND f.generation < new.generation",
              {sqlArray(c.followees), sqlArray(c.followers), sqlArray(c.warm), sqlArray(c.generations)}}});
    ROOKERY_TRY(session.run(Role::Users, statements, deadline));

    statements.clear();
    std::map<int, std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>>> done;
    for (const auto& state : states) {
        done[state.reader.shard()].first.push_back(state.reader.value);
        done[state.reader.shard()].second.push_back(state.generation);
    }
    for (const auto& [shard, columns] : done)
        statements.push_back({shard,
                              {"UPDATE " + usersTable(shard, "users") +
                                   " AS u SET copied = w.generation FROM unnest($1::bigint[], $2::bigint[])"
                                   " AS w (id, generation) WHERE u.id = w.id AND u.copied < w.generation",
                               {sqlArray(columns.first), sqlArray(columns.second)}}});
    ROOKERY_TRY(session.run(Role::Users, statements, deadline));
    return {};
}

} // namespace backend
