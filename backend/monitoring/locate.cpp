#include "backend/monitoring/locate.h"

#include "backend/cache/redis_address.h"
#include "backend/cache/timelines.h"
#include "backend/store/shard_sql.h"

#include <algorithm>
#include <set>

namespace backend {
namespace {

// Up to so many shards one statement names them all; beyond that it would be too long to paste.
constexpr int kShardsInOneStatement = 256;

std::string shellQuoted(std::string_view text) // for a shell
{
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
}

const std::string kLimit = std::to_string(kLocatePageLength);

std::string postedAt(const std::string& id)
{
    return "to_timestamp(((" + id + " >> " + std::to_string(kShardBits + kSlotBits) + ") + " +
           std::to_string(kIdEpochUnixMs) + ") / 1000.0)";
}

std::string onNode(const ShardMap& map, int node)
{
    const auto* endpoint = map.node(node);
    return endpoint ? endpoint->name + ": psql " + shellQuoted(endpoint->address)
                    : "node " + std::to_string(node);
}

// The reader follows itself.
std::string followeesSql(UserId user)
{
    const auto id = std::to_string(user.value);
    return "SELECT followee FROM " + shardTable(Role::Users, user.shard(), "follows") +
           " WHERE follower = " + id + " AND state = 1 UNION SELECT " + id + "::bigint";
}

std::string shardOf(const std::string& id)
{
    return "((" + id + " >> " + std::to_string(kSlotBits) + ") & " + std::to_string(kMaxShards - 1) + ")";
}

std::string newestOfAuthor(const std::string& table, const std::string& author)
{
    return "(SELECT id, author_id, body FROM " + table + " WHERE author_id = " + author +
           " AND deleted_at IS NULL ORDER BY id DESC LIMIT " + kLimit + ")";
}

// Everything on one node: the newest of each followee, then the newest of all.
std::string homeOnOneNode(const ShardMap& map, UserId user)
{
    std::string out = "-- on " + onNode(map, map.usersNode[std::size_t(user.shard())]) +
                      "\nWITH followees AS (" + followeesSql(user) + ")\nSELECT id, " + postedAt("id") +
                      " AS posted_at, author_id, body FROM (\n";
    for (int shard = 0; shard < map.shardCount; ++shard) {
        if (shard > 0) out += " UNION ALL\n";
        out += "  SELECT p.* FROM followees f CROSS JOIN LATERAL " +
               newestOfAuthor(shardTable(Role::Posts, shard, "posts"), "f.followee") + " p WHERE " +
               shardOf("f.followee") + " = " + std::to_string(shard);
    }
    return out + "\n) newest ORDER BY id DESC LIMIT " + kLimit + ";\n";
}

std::string nodeArray(const ShardMap& map)
{
    std::string out = "ARRAY[";
    for (std::size_t i = 0; i < map.postsNode.size(); ++i)
        out += (i > 0 ? "," : "") + std::to_string(map.postsNode[i]);
    return out + "]";
}

// Follows and posts lie on different nodes, and no statement crosses nodes: the first writes the second.
std::string homeOnSeveralNodes(const ShardMap& map, UserId user)
{
    const std::set<int> nodes(map.postsNode.begin(), map.postsNode.end());
    std::string out =
        "-- 1. on " + onNode(map, map.usersNode[std::size_t(user.shard())]) +
        "\n--    It prints one statement per node of the posts, with the people this reader follows.\n"
        "SELECT posts_node, format('SELECT id, " +
        postedAt("id") + " AS posted_at, author_id, body FROM (%s) newest ORDER BY id DESC LIMIT " + kLimit +
        ";', string_agg(format('(SELECT id, author_id, body FROM posts_%s.posts WHERE author_id = %s"
        " AND deleted_at IS NULL ORDER BY id DESC LIMIT " +
        kLimit +
        ")', lpad(shard::text, 4, '0'), followee), ' UNION ALL ')) AS statement\nFROM (SELECT followee, " +
        shardOf("followee") + " AS shard, (" + nodeArray(map) + ")[" + shardOf("followee") +
        " + 1] AS posts_node\n      FROM (" + followeesSql(user) +
        ") followees) placed\nGROUP BY posts_node;\n-- 2. Run each printed statement on its node" +
        (nodes.size() > 1 ? " and merge the answers by id:\n" : ":\n");
    for (const int node : nodes)
        out += "--    " + std::to_string(node) + " is " + onNode(map, node) + "\n";
    return out;
}

std::string homeSql(const ShardMap& map, UserId user)
{
    const int usersNode = map.usersNode[std::size_t(user.shard())];
    const bool together =
        std::all_of(map.postsNode.begin(), map.postsNode.end(), [&](int n) { return n == usersNode; });
    return together && map.shardCount <= kShardsInOneStatement ? homeOnOneNode(map, user)
                                                               : homeOnSeveralNodes(map, user);
}

std::string authorSql(const ShardMap& map, UserId user)
{
    return "-- on " + onNode(map, map.postsNode[std::size_t(user.shard())]) + "\nSELECT id, " +
           postedAt("id") + " AS posted_at, body FROM " + shardTable(Role::Posts, user.shard(), "posts") +
           " WHERE author_id = " + std::to_string(user.value) +
           " AND deleted_at IS NULL ORDER BY id DESC LIMIT " + kLimit + ";\n";
}

std::string nodeName(const ShardMap& map, int id)
{
    const auto* node = map.node(id);
    return node ? node->name : std::to_string(id);
}

// The newest lie in the open segment; when that was closed just now, in the one whose number is noted as the
// highest.
std::string newestOfHome(const std::string& redisCli, UserId user)
{
    const auto key = timelineKey(TimelineFamily::Home, user);
    return redisCli + " ZUNION 2 " + shellQuoted(key) + " " + shellQuoted(key) + ":$(" + redisCli + " GET " +
           shellQuoted(timelineSegmentsKey(TimelineFamily::Home, user)) +
           " | cut -d ' ' -f 2) AGGREGATE MIN | head -n " + std::to_string(kLocatePageLength);
}

} // namespace

std::string redisCliCommand(const NodeEndpoint& node)
{
    const auto address = parseRedisAddress(node.address);
    if (!address) return "redis-cli";
    if (address->local()) return "redis-cli -s " + shellQuoted(address->path);
    std::string out = "redis-cli -h " + shellQuoted(address->host) + " -p " + address->port;
    if (address->database != 0) out += " -n " + std::to_string(address->database);
    if (!address->user.empty()) out += " --user " + shellQuoted(address->user);
    return address->password.empty() ? out : out + " --askpass"; // never the password itself
}

Result<UserLocation> locateUser(const ShardMap& map, UserId user)
{
    if (user.value <= 0 || user.shard() >= map.shardCount)
        return fail(ErrorCode::NotFound,
                    "No user of this cluster can have the id " + std::to_string(user.value) + ".");
    const auto shard = std::size_t(user.shard());
    UserLocation out;
    out.shard = user.shard();
    out.usersNode = nodeName(map, map.usersNode[shard]);
    out.postsNode = nodeName(map, map.postsNode[shard]);
    out.timelinesNode = nodeName(map, map.timelinesNode[shard]);
    if (const auto* redis = map.node(map.timelinesNode[shard]))
        out.homeRedisCommand = newestOfHome(redisCliCommand(*redis), user);
    out.homeSql = homeSql(map, user);
    out.authorSql = authorSql(map, user);
    return out;
}

} // namespace backend
