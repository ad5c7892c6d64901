#include "backend/operations/takeover.h"

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr auto kRedisSpan = 700ms;    // all of them together,
constexpr auto kPostgresSpan = 400ms; // each of them: one that hangs must not use up the time of the others

// Ids of CLIENT LIST's lines whose name it is.
std::vector<std::string> idsOf(std::string_view list, std::string_view name)
{
    const auto wanted = " name=" + std::string(name) + " ";
    std::vector<std::string> ids;
    for (std::size_t begin = 0; begin < list.size();) {
        const auto end = std::min(list.find('\n', begin), list.size());
        const auto line = list.substr(begin, end - begin);
        begin = end + 1;
        if (!line.starts_with("id=") || line.find(wanted) == std::string_view::npos) continue;
        ids.emplace_back(line.substr(3, line.find(' ') - 3));
    }
    return ids;
}

void endPostgres(const std::string& name, const SqlPools& pools, EndedConnections& out, Deadline deadline)
{
    for (const auto& [node, pool] : pools.all()) {
        const auto soon = deadline.earlier(kPostgresSpan);
        auto connection = pool->lease(soon);
        if (!connection) {
            out.unreachable.push_back(connection.error().message);
            continue;
        }
        if (const auto rows = (*connection)->execute("SELECT queue.end_connections($1::text)", {name}, soon))
            out.postgres += rows->integer(0, 0);
        else
            out.unreachable.push_back(rows.error().message);
    }
}

void endRedis(const std::string& name, RedisClientPool& pool, const ShardMap& map, EndedConnections& out,
              Deadline deadline)
{
    auto client = pool.lease(deadline);
    if (!client) {
        out.unreachable.push_back(client.error().message);
        return;
    }
    std::vector<int> nodes;
    RedisBatch lists(**client), kills(**client);
    for (const auto& node : map.nodes)
        if (node.kind == NodeKind::Redis) {
            nodes.push_back(node.id);
            lists.add(node.id, {"CLIENT", "LIST"});
        }
    std::ignore = lists.run(deadline);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (const auto& list = lists.reply(i); !list)
            out.unreachable.push_back(list.error().message);
        else
            for (const auto& id : idsOf(list->text, name))
                kills.add(nodes[i], {"CLIENT", "KILL", "ID", id});
    }
    if (kills.size() == 0) return;
    std::ignore = kills.run(deadline);
    for (std::size_t i = 0; i < kills.size(); ++i) {
        if (const auto& killed = kills.reply(i); !killed)
            out.unreachable.push_back(killed.error().message);
        else
            out.redis += killed->integer;
    }
}

} // namespace

EndedConnections endConnectionsNamed(const std::string& name, const SqlPools& pools, RedisClientPool& redis,
                                     const ShardMap& map, Deadline deadline)
{
    EndedConnections out;
    endRedis(name, redis, map, out, deadline.earlier(kRedisSpan));
    endPostgres(name, pools, out, deadline);
    return out;
}

} // namespace backend
