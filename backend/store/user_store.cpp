#include "backend/store/user_store.h"

#include "backend/common/fault_points.h"
#include "backend/common/task_payloads.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace backend {
namespace {

template <class Key>
std::map<int, std::vector<std::int64_t>> idsByShard(std::span<const Key> ids)
{
    std::map<int, std::vector<std::int64_t>> shards;
    for (const auto id : ids)
        shards[id.shard()].push_back(id.value);
    for (auto& [shard, list] : shards) {
        std::sort(list.begin(), list.end());
        list.erase(std::unique(list.begin(), list.end()), list.end());
    }
    return shards;
}

StoredCounters countersOf(const SqlRows& rows, std::size_t r, int first)
{
    return {{rows.integer(r, first), rows.integer(r, first + 1), rows.integer(r, first + 2)},
            rows.integer(r, first + 3)};
}

SqlStatement countersStatement(int shard, const std::vector<std::int64_t>& ids)
{
    return {"SELECT user_id, followers, following, posts, version FROM " + usersTable(shard, "counters") +
                " WHERE user_id = ANY ($1::bigint[])",
            {sqlArray(ids)}};
}

} // namespace

Result<void> UserStore::claimHandle(SqlSession& session, int directoryNode, const User& user,
                                    Deadline deadline)
{
    ROOKERY_ASSIGN(auto* connection, session.connection(directoryNode, deadline));
    const std::string sql =
        "WITH fresh AS (INSERT INTO directory.handles (handle, user_id) VALUES ($1, $2::bigint)"
        " ON CONFLICT DO NOTHING RETURNING user_id), queued AS MATERIALIZED (SELECT queue.enqueue(ARRAY[" +
        std::to_string(int(TaskKind::UserCreated)) +
        "], ARRAY[$3::int], ARRAY[$4::text], ARRAY[0::bigint], ARRAY[0::bigint]) AS n FROM fresh)"
        " SELECT (SELECT count(*) FROM queued), (SELECT user_id FROM directory.handles WHERE handle = $1)";
    ROOKERY_ASSIGN(
        const auto rows,
        connection->execute(sql,
                            {user.handle, sqlParameter(user.id.value), sqlParameter(user.id.shard()),
                             encode(UserPayload{user.id, user.handle, user.displayName})},
                            deadline));
    if (rows.integer(0, 0) == 1 || rows.integer(0, 1) == user.id.value) return {};
    return fail(ErrorCode::Conflict, "the handle \"" + user.handle + "\" is taken; choose another");
}

Result<std::int64_t> UserStore::claimHandles(SqlSession& session, int directoryNode,
                                             std::span<const User> users, Deadline deadline)
{
    std::vector<std::string> handles;
    std::vector<std::int64_t> ids;
    for (const auto& user : users) {
        handles.push_back(user.handle);
        ids.push_back(user.id.value);
    }
    ROOKERY_ASSIGN(auto* connection, session.connection(directoryNode, deadline));
    const std::vector<SqlStatement> statements{
        {"WITH fresh AS (INSERT INTO directory.handles (handle, user_id) SELECT * FROM unnest($1::text[], "
         "$2::bigint[])"
         " ON CONFLICT DO NOTHING RETURNING 1) SELECT count(*) FROM fresh",
         {sqlArray(handles), sqlArray(ids)}},
        {"SELECT w.handle, h.user_id, w.user_id FROM unnest($1::text[], $2::bigint[]) AS w (handle, user_id)"
         " JOIN directory.handles AS h ON h.handle = w.handle WHERE h.user_id <> w.user_id LIMIT 1",
         {sqlArray(handles), sqlArray(ids)}}};
    ROOKERY_ASSIGN(const auto results, connection->executeAll(statements, deadline));
    if (!results[1].empty())
        return fail(ErrorCode::Conflict, "the handle \"" + std::string(results[1].text(0, 0)) +
                                             "\" belongs to user " + std::string(results[1].text(0, 1)) +
                                             " already");
    return results[0].integer(0, 0);
}

Result<void> UserStore::insertRows(SqlSession& session, std::span<const User> users, Deadline deadline)
{
    struct Columns
    {
        std::vector<std::int64_t> ids;
        std::vector<std::string> handles, names;
    };
    std::map<int, Columns> shards;
    for (const auto& user : users) {
        auto& columns = shards[user.id.shard()];
        columns.ids.push_back(user.id.value);
        columns.handles.push_back(user.handle);
        columns.names.push_back(user.displayName);
    }
    std::vector<ShardStatement> statements;
    for (const auto& [shard, columns] : shards) {
        statements.push_back(
            {shard,
             {"INSERT INTO " + usersTable(shard, "users") +
                  " (id, handle, display_name) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])"
                  " ON CONFLICT (id) DO NOTHING",
              {sqlArray(columns.ids), sqlArray(columns.handles), sqlArray(columns.names)}}});
        statements.push_back(
            {shard,
             {"INSERT INTO " + usersTable(shard, "counters") +
                  " (user_id) SELECT * FROM unnest($1::bigint[]) ON CONFLICT (user_id) DO NOTHING",
              {sqlArray(columns.ids)}}});
    }
    ROOKERY_TRY(session.run(Role::Users, statements, deadline));
    return {};
}

namespace {

std::vector<ShardStatement> loadStatements(std::span<const UserId> ids)
{
    std::vector<ShardStatement> statements;
    for (const auto& [shard, wanted] : idsByShard(ids))
        statements.push_back({shard,
                              {"SELECT id, handle, display_name, warm, generation,"
                               " (extract(epoch FROM last_seen_at) * 1000000)::bigint,"
                               " deleted_at IS NOT NULL FROM " +
                                   usersTable(shard, "users") + " WHERE id = ANY ($1::bigint[])",
                               {sqlArray(wanted)}}});
    return statements;
}

StoredUser storedUser(const SqlRows& rows, std::size_t r)
{
    const UserId id{rows.integer(r, 0)};
    return {{id, std::string(rows.text(r, 1)), std::string(rows.text(r, 2)), id.time()},
            rows.boolean(r, 3),
            rows.integer(r, 4),
            TimePoint(std::chrono::microseconds(rows.integer(r, 5))),
            rows.boolean(r, 6)};
}

} // namespace

Result<std::vector<std::optional<StoredUser>>> UserStore::load(SqlSession& session,
                                                               std::span<const UserId> ids, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto results, session.run(Role::Users, loadStatements(ids), deadline));
    std::unordered_map<std::int64_t, StoredUser> found;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            if (auto user = storedUser(rows, r); !user.deleted)
                found.emplace(rows.integer(r, 0), std::move(user));
    std::vector<std::optional<StoredUser>> out(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (const auto it = found.find(ids[i].value); it != found.end()) out[i] = it->second;
    return out;
}

std::vector<StoredUser> UserStore::loadWhatAnswers(SqlSession& session, std::span<const UserId> ids,
                                                   Deadline deadline)
{
    std::vector<StoredUser> users;
    for (const auto& rows : session.runWhatAnswers(Role::Users, loadStatements(ids), deadline))
        for (std::size_t r = 0; rows && r < rows->size(); ++r)
            users.push_back(storedUser(*rows, r));
    return users;
}

Result<void> UserStore::touchLastSeen(SqlSession& session, UserId user, Deadline deadline)
{
    ROOKERY_TRY(session.runOne(
        Role::Users, user.shard(),
        {"UPDATE " + usersTable(user.shard(), "users") + " SET last_seen_at = now() WHERE id = $1::bigint",
         {sqlParameter(user.value)}},
        deadline));
    return {};
}

Result<std::optional<UserId>> UserStore::idOfHandle(SqlSession& session, int directoryNode,
                                                    std::string_view handle, Deadline deadline)
{
    ROOKERY_ASSIGN(auto* connection, session.connection(directoryNode, deadline));
    ROOKERY_ASSIGN(const auto rows,
                   connection->execute("SELECT user_id FROM directory.handles WHERE handle = $1",
                                       {sqlParameter(handle)}, deadline));
    if (rows.empty()) return std::optional<UserId>{};
    return std::optional(UserId{rows.integer(0, 0)});
}

Result<std::vector<UserId>> UserStore::idsByHandlePrefix(SqlSession& session, int directoryNode,
                                                         std::string_view prefix, int limit,
                                                         Deadline deadline)
{
    ROOKERY_ASSIGN(auto* connection, session.connection(directoryNode, deadline));
    // Handles are ASCII, so every handle with the prefix sorts below prefix + 0x7f.
    ROOKERY_ASSIGN(const auto rows,
                   connection->execute(
                       "SELECT user_id FROM directory.handles WHERE handle >= $1 AND handle < $2"
                       " ORDER BY handle LIMIT $3::int",
                       {sqlParameter(prefix), std::string(prefix) + '\x7f', sqlParameter(limit)}, deadline));
    std::vector<UserId> ids;
    for (std::size_t r = 0; r < rows.size(); ++r)
        ids.push_back(UserId{rows.integer(r, 0)});
    return ids;
}

Result<std::vector<StoredCounters>> UserStore::counters(SqlSession& session, std::span<const UserId> users,
                                                        Deadline deadline)
{
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : idsByShard(users))
        statements.push_back({shard, countersStatement(shard, ids)});
    ROOKERY_ASSIGN(const auto results, session.run(Role::Users, statements, deadline));
    std::unordered_map<std::int64_t, StoredCounters> found;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            found.emplace(rows.integer(r, 0), countersOf(rows, r, 1));
    std::vector<StoredCounters> out(users.size());
    for (std::size_t i = 0; i < users.size(); ++i)
        if (const auto it = found.find(users[i].value); it != found.end()) out[i] = it->second;
    return out;
}

Result<std::vector<std::pair<UserId, StoredCounters>>>
UserStore::applyPostsCounts(SqlSession& session, std::span<const PostsCountEffect> effects, Deadline deadline)
{
    struct Columns
    {
        std::vector<std::int64_t> nodes, tasks, expiries, authors, deltas;
    };
    std::map<int, Columns>
        shards; // ascending, and authors ascending within: concurrent batches lock in one order
    for (const auto& effect : effects) {
        auto& columns = shards[effect.author.shard()];
        columns.nodes.push_back(effect.task.node);
        columns.tasks.push_back(effect.task.id);
        columns.expiries.push_back(effect.taskExpiresAt.time_since_epoch().count());
        columns.authors.push_back(effect.author.value);
        columns.deltas.push_back(effect.delta);
    }
    std::vector<ShardStatement> statements;
    for (const auto& [shard, c] : shards) {
        statements.push_back({shard,
                              {"WITH wanted AS (SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[], "
                               "$4::bigint[], $5::int[])"
                               " AS w (node, task_id, expires_us, author, delta)),"
                               " fresh AS (INSERT INTO " +
                                   usersTable(shard, "applied") +
                                   " (node, task_id, step, expires_at) SELECT node, task_id, 1, "
                                   "to_timestamp(expires_us / 1e6) FROM wanted"
                                   " WHERE to_timestamp(expires_us / 1e6) > now() ON CONFLICT DO NOTHING "
                                   "RETURNING node, task_id)"
                                   " INSERT INTO " +
                                   usersTable(shard, "counters") +
                                   " AS c (user_id, posts) SELECT author, sum(delta) FROM wanted JOIN fresh "
                                   "USING (node, task_id)"
                                   " GROUP BY author ORDER BY author"
                                   " ON CONFLICT (user_id) DO UPDATE SET posts = c.posts + excluded.posts, "
                                   "version = c.version + 1",
                               {sqlArray(c.nodes), sqlArray(c.tasks), sqlArray(c.expiries),
                                sqlArray(c.authors), sqlArray(c.deltas)}}});
        std::vector<std::int64_t> authors = c.authors;
        std::sort(authors.begin(), authors.end());
        authors.erase(std::unique(authors.begin(), authors.end()), authors.end());
        statements.push_back({shard, countersStatement(shard, authors)});
    }
    ROOKERY_FAULT_POINT("counter.before");
    ROOKERY_ASSIGN(const auto results, session.run(Role::Users, statements, deadline));
    ROOKERY_FAULT_POINT("counter.after");
    std::vector<std::pair<UserId, StoredCounters>> out;
    for (std::size_t i = 1; i < results.size(); i += 2)
        for (std::size_t r = 0; r < results[i].size(); ++r)
            out.emplace_back(UserId{results[i].integer(r, 0)}, countersOf(results[i], r, 1));
    return out;
}

} // namespace backend
