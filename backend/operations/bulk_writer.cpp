#include "backend/operations/bulk_writer.h"

#include "backend/fanout/push_counters.h"
#include "backend/store/account_store.h"
#include "backend/store/edge_store.h"
#include "backend/store/post_store.h"
#include "backend/store/reader_store.h"
#include "backend/store/user_store.h"

#include <algorithm>
#include <map>
#include <set>

namespace backend {

Result<BulkWriter::RunIds> BulkWriter::runIdsFor(RedisClient& redis, std::span<const User> users,
                                                 Deadline deadline)
{
    RunIds runIds;
    for (const auto& user : users) {
        const int node = m_services.timelines.nodeOf(TimelineFamily::Home, user.id);
        if (runIds.contains(node)) continue;
        ROOKERY_ASSIGN(runIds[node], redis.runId(node, deadline));
    }
    return runIds;
}

Result<void> BulkWriter::publishEmptyTimelines(RedisClient& redis, const RunIds& runIds,
                                               std::span<const User> users, Deadline deadline)
{
    RedisBatch batch(redis);
    for (const auto& user : users) {
        const auto& runId = runIds.at(m_services.timelines.nodeOf(TimelineFamily::Home, user.id));
        m_services.timelines.publishEmpty(batch, TimelineFamily::Home, user.id, runId);
        m_services.timelines.publishEmpty(batch, TimelineFamily::Author, user.id, runId);
    }
    return batch.run(deadline);
}

Result<BulkResult> BulkWriter::createUsers(std::span<const BulkUser> wanted, Deadline deadline)
{
    std::vector<User> users;
    std::vector<UserId> ids;
    const int shards = m_services.maps.current()->shardCount;
    for (const auto& user : wanted) {
        if (user.id.value <= 0 || user.id.shard() >= shards)
            return fail(ErrorCode::InvalidArgument, "the id " + std::to_string(user.id.value) + " of " +
                                                        user.handle +
                                                        " belongs to none of this cluster's shards");
        users.push_back({user.id, user.handle, user.displayName, user.id.time()});
        ids.push_back(user.id);
    }
    SqlSession sql(m_services.pools, m_services.maps);
    // An import that is run again does not bring back whose account was deleted meanwhile.
    ROOKERY_ASSIGN(const auto deleted, AccountStore::deletedAmong(sql, ids, deadline));
    const std::set<UserId> gone(deleted.begin(), deleted.end());
    std::erase_if(users, [&](const User& user) { return gone.contains(user.id); });
    std::erase_if(ids, [&](UserId id) { return gone.contains(id); });
    ROOKERY_TRY(UserStore::claimHandles(sql, m_services.directoryNode, users, deadline));
    // Which life of a node an empty timeline is good for is asked while the user is known to have no rows
    // yet: should the node begin another life after somebody else wrote them, the timeline is void.
    ROOKERY_ASSIGN(auto redis, m_services.redis.lease(deadline));
    ROOKERY_ASSIGN(const auto runIds, runIdsFor(*redis, users, deadline));
    ROOKERY_ASSIGN(const auto existing, UserStore::load(sql, ids, deadline));
    std::vector<User> fresh;
    for (std::size_t i = 0; i < users.size(); ++i)
        if (!existing[i]) fresh.push_back(users[i]);
    // Before the rows: a user without rows cannot have been followed or have posted, so an empty timeline is
    // complete.
    ROOKERY_TRY(publishEmptyTimelines(*redis, runIds, fresh, deadline));
    ROOKERY_TRY(UserStore::insertRows(sql, fresh, deadline));
    return BulkResult{std::int64_t(fresh.size()), std::int64_t(wanted.size() - fresh.size())};
}

Result<BulkResult> BulkWriter::follow(std::span<const BulkFollow> follows, Deadline deadline)
{
    std::vector<Edge> edges;
    std::vector<UserId> followees;
    for (const auto& follow : follows) {
        edges.push_back({follow.follower, follow.followee});
        followees.push_back(follow.followee);
    }
    std::sort(followees.begin(), followees.end());
    followees.erase(std::unique(followees.begin(), followees.end()), followees.end());

    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_TRY(EdgeStore::insertFollowersSide(sql, edges, deadline));
    // After the followees' side is committed: posts that come from now on are delivered, those before are
    // seen here.
    ROOKERY_ASSIGN(auto posted, PostStore::authorsWithPosts(sql, followees, deadline));
    std::sort(posted.begin(), posted.end());
    std::vector<EdgeStore::NewEdge> truth;
    for (const auto& edge : edges)
        truth.push_back({edge, std::binary_search(posted.begin(), posted.end(), edge.followee)});
    ROOKERY_ASSIGN(const auto written, EdgeStore::insertFollowsSide(sql, truth, deadline));
    ROOKERY_TRY(copyReaders(sql, edges, deadline));
    if (!posted.empty()) m_services.enqueued();
    std::vector<UserId> counted(followees);
    for (const auto& edge : edges)
        counted.push_back(edge.follower);
    // There is no task that would: what is cached of them must not stay as it was.
    ROOKERY_ASSIGN(auto redis, m_services.redis.lease(deadline));
    ROOKERY_TRY(pushCounters(sql, *redis, m_services.objects, std::move(counted), deadline));
    return BulkResult{written, std::int64_t(edges.size()) - written};
}

// The followees' side was written as of readers that never were dormant.
Result<void> BulkWriter::copyReaders(SqlSession& sql, std::span<const Edge> edges, Deadline deadline)
{
    std::vector<UserId> readers;
    for (const auto& edge : edges)
        if (readers.empty() || readers.back() != edge.follower) readers.push_back(edge.follower);
    std::sort(readers.begin(), readers.end());
    readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
    ROOKERY_ASSIGN(auto states, ReaderStore::load(sql, readers, deadline));
    std::erase_if(states, [](const ReaderState& state) { return state.generation == 1; });
    if (states.empty()) return {};
    return ReaderStore::copy(sql, states, deadline);
}

Result<BulkResult> BulkWriter::post(std::span<const Post> posts, Deadline deadline)
{
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_ASSIGN(const auto written, PostStore::insertMany(sql, posts, deadline));
    m_services.metrics.posts.add(written);
    m_services.enqueued();
    return BulkResult{written, std::int64_t(posts.size()) - written};
}

} // namespace backend
