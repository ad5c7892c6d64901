#include "backend/operations/orphan_keys.h"

#include "backend/cache/key_names.h"
#include "backend/common/clock.h"

#include <algorithm>
#include <map>
#include <set>
#include <thread>
#include <unordered_set>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kScanPiece = "500";
constexpr std::size_t kSuspectsAtOnce = 5'000; // keys that are looked at closer together
constexpr std::size_t kRemovedAtOnce = 500;
constexpr std::size_t kRemembered = 1'000'000; // orphans counted already: SCAN may tell of a key twice
constexpr std::size_t kWeighed = 200;          // of a group and piece; the others are taken for like these

struct Suspect
{
    std::string key;
    KeyName name;
    OrphanReason reason = OrphanReason::NoSuchOwner;
};

// Keys whose names a map and ids can be asked about. The map is the directory's own, read for this.
class Owners
{
public:
    Owners(const FeedServices& services, Deadline deadline)
        : m_services(services)
        , m_deadline(deadline)
    {
    }

    struct Found
    {
        std::set<std::int64_t> existing, dormant; // readers whose timeline was dropped
    };
    // Of these names, those whose user or post PostgreSQL has, or will have.
    Result<Found> find(const std::vector<Suspect>& keys, const ShardMap& map)
    {
        std::set<std::int64_t> users, posts;
        Found out;
        for (const auto& key : keys) {
            const int shard = shardOfRawId(key.name.owner);
            if (key.name.owner == 0 || shard >= map.shardCount) continue;
            (key.name.family == KeyFamily::Post ? posts : users).insert(key.name.owner);
        }
        // A user's handle is there before anything of it is in Redis, and stays: so what the handles do not
        // have now, has no rows that are still to come.
        ROOKERY_TRY(addUsers(users, out));
        std::erase_if(users, [&](std::int64_t id) { return out.existing.contains(id); });
        ROOKERY_TRY(addHandles(users, out.existing));
        ROOKERY_TRY(addUsers(users, out));
        ROOKERY_TRY(addRows(Role::Posts, "SELECT id, false", "posts", "true", posts, out));
        return out;
    }

private:
    // A deleted account's names go at the end, when nothing of it is written or dropped by its own tasks any
    // more.
    Result<void> addUsers(const std::set<std::int64_t>& users, Found& out)
    {
        return addRows(Role::Users, "SELECT id, NOT warm AND copied >= generation", "users",
                       "(deleted_at IS NULL OR handle <> '')", users, out);
    }

    Result<void> addRows(Role role, const std::string& select, const char* table, const std::string& where,
                         const std::set<std::int64_t>& ids, Found& out)
    {
        std::map<int, std::vector<std::int64_t>> byShard;
        for (const auto id : ids)
            byShard[shardOfRawId(id)].push_back(id);
        std::vector<ShardStatement> statements;
        for (const auto& [shard, some] : byShard)
            statements.push_back({shard,
                                  {select + " FROM " + shardTable(role, shard, table) +
                                       " WHERE id = ANY($1::bigint[]) AND " + where,
                                   {sqlArray(some)}}});
        SqlSession sql(m_services.pools, m_services.maps);
        ROOKERY_ASSIGN(const auto results, sql.run(role, statements, m_deadline));
        for (const auto& rows : results)
            for (std::size_t r = 0; r < rows.size(); ++r) {
                out.existing.insert(rows.integer(r, 0));
                if (rows.boolean(r, 1)) out.dormant.insert(rows.integer(r, 0));
            }
        return {};
    }

    Result<void> addHandles(const std::set<std::int64_t>& users, std::set<std::int64_t>& out)
    {
        if (users.empty()) return {};
        SqlSession sql(m_services.pools, m_services.maps);
        ROOKERY_ASSIGN(auto* directory, sql.connection(m_services.directoryNode, m_deadline));
        ROOKERY_ASSIGN(const auto rows,
                       directory->execute(
                           "SELECT user_id FROM directory.handles WHERE user_id = ANY($1::bigint[])",
                           {sqlArray(std::vector<std::int64_t>(users.begin(), users.end()))}, m_deadline));
        for (std::size_t r = 0; r < rows.size(); ++r)
            out.insert(rows.integer(r, 0));
        return {};
    }

    const FeedServices& m_services;
    const Deadline m_deadline;
};

class NodeWalk
{
public:
    NodeWalk(const FeedServices& services, Directory& directory, const OrphanQuery& query,
             const BeforeRemoval& beforeRemoval, OrphanReport& report, int node, std::string name,
             Deadline deadline)
        : m_services(services)
        , m_directory(directory)
        , m_query(query)
        , m_beforeRemoval(beforeRemoval)
        , m_report(report)
        , m_node(node)
        , m_name(std::move(name))
        , m_deadline(deadline)
    {
    }

    Result<void> run()
    {
        ROOKERY_ASSIGN(m_redis, m_services.redis.lease(m_deadline));
        ROOKERY_ASSIGN(m_map, m_directory.loadShardMap(m_deadline));
        const auto begun = std::chrono::steady_clock::now();
        std::int64_t seen = 0;
        std::string cursor = "0";
        std::vector<Suspect> piece;
        do {
            if (m_deadline.expired())
                return fail(ErrorCode::DeadlineExceeded,
                            "after " + std::to_string(seen) + " keys of " + m_name +
                                " the time was up; give it more, or let it look at more keys a second");
            ROOKERY_ASSIGN(const auto found,
                           m_redis->command(m_node, {"SCAN", cursor, "COUNT", kScanPiece}, m_deadline));
            if (found.elements.size() != 2)
                return fail(ErrorCode::Internal, m_name + " answered SCAN with something else");
            cursor = found.elements[0].text;
            for (const auto& key : found.elements[1].elements) {
                ++seen;
                ++m_report.keys;
                if (const auto name = parseKeyName(key.text))
                    piece.push_back({key.text, *name});
                else
                    ++m_report.foreign;
            }
            if (piece.size() >= kSuspectsAtOnce || cursor == "0") {
                ROOKERY_TRY(examine(std::move(piece)));
                piece.clear();
            }
            std::this_thread::sleep_until(std::min(
                m_deadline.at(),
                begun + std::chrono::microseconds(seen * 1'000'000 / std::max(m_query.keysPerSecond, 1))));
        } while (cursor != "0");
        return {};
    }

private:
    Result<void> examine(std::vector<Suspect> keys)
    {
        std::erase_if(keys, [&](const Suspect& key) { return m_known.contains(hashed(key.key)); });
        std::sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
        keys.erase(std::unique(keys.begin(), keys.end(),
                               [](const auto& a, const auto& b) { return a.key == b.key; }),
                   keys.end());
        ROOKERY_ASSIGN(auto orphans, orphansAmong(std::move(keys), &m_report.expiring));
        for (const auto& orphan : orphans)
            if (m_known.size() < kRemembered) m_known.insert(hashed(orphan.key));
        m_report.orphans += std::int64_t(orphans.size());
        ROOKERY_TRY(record(orphans));
        if (!m_beforeRemoval || orphans.empty()) return {};
        ROOKERY_TRY(m_beforeRemoval());
        for (std::size_t first = 0; first < orphans.size(); first += kRemovedAtOnce) {
            const auto end = std::min(orphans.size(), first + kRemovedAtOnce);
            ROOKERY_TRY(
                remove({orphans.begin() + std::ptrdiff_t(first), orphans.begin() + std::ptrdiff_t(end)}));
        }
        return {};
    }

    static std::size_t hashed(const std::string& key) { return std::hash<std::string>()(key); }

    bool livesHere(const KeyName& name) const
    {
        const bool own = name.owner == 0 || shardOfRawId(name.owner) == name.shard;
        return own && name.shard < m_map.shardCount && m_map.timelinesNode[std::size_t(name.shard)] == m_node;
    }

    // Those that have no expiry.
    Result<std::vector<Suspect>> lastingAmong(std::vector<Suspect> keys, std::int64_t* expiring)
    {
        RedisBatch batch(*m_redis);
        for (const auto& key : keys)
            batch.add(m_node, {"PTTL", key.key});
        ROOKERY_TRY(batch.run(m_deadline));
        std::vector<Suspect> out;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const auto left = batch.reply(i)->integer; // -1: no expiry, -2: gone
            if (left == -1) out.push_back(std::move(keys[i]));
            if (left >= 0 && expiring) ++*expiring;
        }
        return out;
    }

    // Those that are orphans now, with their reason.
    Result<std::vector<Suspect>> orphansAmong(std::vector<Suspect> keys, std::int64_t* expiring)
    {
        ROOKERY_ASSIGN(auto lasting, lastingAmong(std::move(keys), expiring));
        ROOKERY_ASSIGN(const auto owners, Owners(m_services, m_deadline).find(lasting, m_map));
        ROOKERY_ASSIGN(const auto withFloor, havingFloor(lasting, owners.dormant));
        std::vector<Suspect> out;
        for (auto& key : lasting) {
            const auto owner = key.name.owner;
            const bool owned = owner == 0 || owners.existing.contains(owner);
            if (!livesHere(key.name))
                key.reason = OrphanReason::ShardElsewhere;
            else if (!owned)
                key.reason = OrphanReason::NoSuchOwner;
            else if (key.name.isObject())
                key.reason = OrphanReason::NoExpiry;
            else if (key.name.family == KeyFamily::Home && owners.dormant.contains(owner) &&
                     !withFloor.contains(owner))
                key.reason = OrphanReason::DormantReader;
            else
                continue;
            out.push_back(std::move(key));
        }
        return out;
    }

    // Of those dormant readers who have keys of a home timeline here, the ones with a floor, of whatever
    // life.
    Result<std::set<std::int64_t>> havingFloor(const std::vector<Suspect>& keys,
                                               const std::set<std::int64_t>& dormant)
    {
        std::set<std::int64_t> owners, out;
        for (const auto& key : keys)
            if (key.name.family == KeyFamily::Home && dormant.contains(key.name.owner))
                owners.insert(key.name.owner);
        RedisBatch batch(*m_redis);
        for (const auto owner : owners)
            batch.add(m_node, {"GET", timelineFloorKey(TimelineFamily::Home, UserId{owner})});
        ROOKERY_TRY(batch.run(m_deadline));
        std::size_t i = 0;
        for (const auto owner : owners)
            if (const auto& floor = *batch.reply(i++); !floor.isNil() && floor.text != "void")
                out.insert(owner);
        return out;
    }

    OrphanGroup& groupOf(const Suspect& orphan)
    {
        for (auto& group : m_report.groups)
            if (group.node == m_name && group.family == toString(orphan.name.family) &&
                group.reason == orphan.reason)
                return group;
        auto& group = m_report.groups.emplace_back();
        group.node = m_name;
        group.family = toString(orphan.name.family);
        group.reason = orphan.reason;
        return group;
    }

    Result<void> record(const std::vector<Suspect>& orphans)
    {
        std::map<std::pair<KeyFamily, OrphanReason>, std::vector<const Suspect*>> byGroup;
        for (const auto& orphan : orphans)
            byGroup[{orphan.name.family, orphan.reason}].push_back(&orphan);
        for (const auto& [which, some] : byGroup) {
            auto& group = groupOf(*some.front());
            group.keys += std::int64_t(some.size());
            RedisBatch batch(*m_redis);
            const auto weighed = std::min(some.size(), kWeighed);
            for (std::size_t i = 0; i < weighed; ++i) {
                batch.add(m_node, {"MEMORY", "USAGE", some[i]->key});
                if (group.examples.size() < std::size_t(std::max(m_query.examples, 0)))
                    group.examples.push_back(some[i]->key);
            }
            ROOKERY_TRY(batch.run(m_deadline));
            std::int64_t bytes = 0;
            for (std::size_t i = 0; i < weighed; ++i)
                bytes += batch.reply(i)->integer; // nil for one that is gone: 0
            group.bytes += bytes * std::int64_t(some.size()) / std::int64_t(weighed);
        }
        return {};
    }

    // Under the map as the directory has it now, and what PostgreSQL has now.
    //
    // What is gone by then stays gone: ids are not used twice, and nobody builds for an account that is done
    // with. A delivery that was still under way may write once more; the next walk finds that.
    // A dormant reader may return at any moment, also after this look at PostgreSQL. So one script drops the
    // whole timeline, and only while there is neither floor nor build token: before a build has its token it
    // begins by dropping the same, from then on nothing is touched until there is a floor. A build that lost
    // its token cannot publish what is dropped here. What is delivered before a build began is dropped by
    // that as well and read from PostgreSQL, what is delivered later is protected by the token. All segments
    // go with the note that lists them: one left alone would be filled again by a build as if it were empty.
    Result<void> remove(std::vector<Suspect> orphans)
    {
        ROOKERY_ASSIGN(m_map, m_directory.loadShardMap(m_deadline));
        ROOKERY_ASSIGN(const auto still, orphansAmong(std::move(orphans), nullptr));
        std::map<std::int64_t, std::vector<std::string>> dormant;
        RedisBatch batch(*m_redis);
        std::vector<const Suspect*> asked; // one a reply
        for (const auto& orphan : still) {
            if (orphan.reason == OrphanReason::DormantReader) {
                dormant[orphan.name.owner].push_back(orphan.key);
                continue;
            }
            batch.add(m_node, {"UNLINK", orphan.key});
            asked.push_back(&orphan);
        }
        for (const auto& orphan : still) {
            if (orphan.reason != OrphanReason::DormantReader) continue;
            const auto keys = dormant.extract(orphan.name.owner);
            if (keys.empty()) continue; // asked with another of them
            m_services.timelines.addDropAbsent(batch, TimelineFamily::Home, UserId{orphan.name.owner},
                                               keys.mapped());
            asked.push_back(&orphan);
        }
        const auto run = batch.run(m_deadline);
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const auto& reply = batch.reply(i);
            if (!reply || reply->integer <= 0) continue;
            groupOf(*asked[i]).removed += reply->integer;
            m_report.removed += reply->integer;
        }
        return run;
    }

    const FeedServices& m_services;
    Directory& m_directory;
    const OrphanQuery& m_query;
    const BeforeRemoval& m_beforeRemoval;
    OrphanReport& m_report;
    const int m_node;
    const std::string m_name;
    const Deadline m_deadline;
    ShardMap m_map;
    RedisClientPool::Lease m_redis;
    std::unordered_set<std::size_t> m_known; // hashes of orphans' names
};

} // namespace

Result<void> walkOrphanKeys(const FeedServices& services, Directory& directory, const OrphanQuery& query,
                            const BeforeRemoval& beforeRemoval, Deadline deadline, OrphanReport& report)
{
    if (query.keysPerSecond < 1 || query.examples < 0)
        return fail(ErrorCode::InvalidArgument, "one key a second at least has to be looked at");
    report = {};
    report.startedAt = SystemWallClock().now();
    ROOKERY_ASSIGN(const auto map, directory.loadShardMap(deadline));
    for (const auto& node : map.nodes)
        if (node.kind == NodeKind::Redis)
            ROOKERY_TRY(
                NodeWalk(services, directory, query, beforeRemoval, report, node.id, node.name, deadline)
                    .run());
    report.finishedAt = SystemWallClock().now();
    return {};
}

} // namespace backend
