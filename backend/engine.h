// The one facade. Desktop, rookeryctl and workloads reach the backend only through Engine, which hands out
// three interfaces: Feed (an application), Operations (an operator), Monitor (what is going on). All calls
// are thread-safe. Every call takes a deadline and returns by it with a result or a typed error; nothing
// waits for ever.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/domain/account.h"
#include "backend/domain/audit.h"
#include "backend/domain/balance.h"
#include "backend/domain/cache_details.h"
#include "backend/domain/capacity.h"
#include "backend/domain/checkup.h"
#include "backend/domain/cluster.h"
#include "backend/domain/counter_audit.h"
#include "backend/domain/event.h"
#include "backend/domain/explanation.h"
#include "backend/domain/fanout_costs.h"
#include "backend/domain/fanout_policy.h"
#include "backend/domain/feed.h"
#include "backend/domain/history.h"
#include "backend/domain/import_record.h"
#include "backend/domain/ledger.h"
#include "backend/domain/node_details.h"
#include "backend/domain/orphans.h"
#include "backend/domain/queue_details.h"
#include "backend/domain/session.h"
#include "backend/domain/shard_details.h"
#include "backend/domain/shard_history.h"
#include "backend/domain/shard_report.h"
#include "backend/domain/snapshot.h"
#include "backend/domain/task.h"
#include "backend/domain/timeline_audit.h"
#include "backend/domain/timeline_comparison.h"

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

class Feed
{
public:
    virtual ~Feed() = default;

    // Handle taken: Conflict. The user's row may follow a moment later through the queue; its id is final.
    [[nodiscard]] virtual Result<User> createUser(const NewUser& user, Deadline deadline) = 0;
    // Returns once the post and its task are committed; the time does not depend on the number of followers.
    [[nodiscard]] virtual Result<Post> post(UserId author, std::string_view body, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<void> deletePost(PostId post, Deadline deadline) = 0; // idempotent
    // For good. The account and all it posted are hidden everywhere when this returns; edges, posts and
    // handle follow through the queue, in small steps. Asked again it does nothing.
    [[nodiscard]] virtual Result<void> deleteUser(UserId user, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<void> follow(UserId follower, UserId followee,
                                              Deadline deadline) = 0; // idempotent
    [[nodiscard]] virtual Result<void> unfollow(UserId follower, UserId followee,
                                                Deadline deadline) = 0; // idempotent

    [[nodiscard]] virtual Result<TimelinePage> homePage(UserId reader, const PageQuery& query,
                                                        Deadline deadline) = 0;
    [[nodiscard]] virtual Result<TimelinePage> authorPage(UserId author, const PageQuery& query,
                                                          Deadline deadline) = 0;
    [[nodiscard]] virtual Result<TimelinePage> publicPage(const PageQuery& query, Deadline deadline) = 0;

    [[nodiscard]] virtual Result<Profile> profile(UserId user, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<Counters> counters(UserId user, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<UserId> userByHandle(std::string_view handle, Deadline deadline) = 0;
    // Up to `limit` users whose handle starts with the prefix, or the user with that id, by handle.
    [[nodiscard]] virtual Result<std::vector<User>> searchUsers(std::string_view prefix, int limit,
                                                                Deadline deadline) = 0;
    // Ascending by id, after `after` (exclusive).
    [[nodiscard]] virtual Result<EdgePage> followers(UserId user, UserId after, int limit,
                                                     Deadline deadline) = 0;
    [[nodiscard]] virtual Result<EdgePage> following(UserId user, UserId after, int limit,
                                                     Deadline deadline) = 0;
};

// Many rows in few round trips, for imports and the demo's graph. Ids are the caller's
// (Operations::reserveImport); everything is idempotent: run again after a lost answer.
struct BulkUser
{
    UserId id;
    std::string handle, displayName;
};
struct BulkFollow
{
    UserId follower, followee;
};
struct BulkResult
{
    std::int64_t written = 0, existing = 0;
};

class Operations
{
public:
    virtual ~Operations() = default;

    // Workers. engineSlot -1: all engines of the cluster. Written to the directory, obeyed within a second.
    [[nodiscard]] virtual Result<void> pauseWorkers(int engineSlot, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<void> resumeWorkers(int engineSlot, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<void> setWorkerCount(int engineSlot, int count,
                                                      Deadline deadline) = 0; // 0 … 64

    [[nodiscard]] virtual Result<std::vector<DeadLetter>> deadLetters(int limit,
                                                                      Deadline deadline) = 0; // newest first
    [[nodiscard]] virtual Result<int> retryDeadLetters(std::span<const TaskRef> tasks, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<int> discardDeadLetters(std::span<const TaskRef> tasks,
                                                         Deadline deadline) = 0;

    // Why the post is, or is not, in the reader's home timeline, as PostgreSQL and Redis have it now. Changes
    // nothing; a read-only engine answers it, too. NotFound when there is no such reader.
    [[nodiscard]] virtual Result<Explanation> explain(PostId post, UserId reader, Deadline deadline) = 0;

    // What hurts in this cluster and what to do about it: nodes, rights, settings, clocks, queue, engines.
    // Changes nothing; a read-only engine answers it, too. All nodes are looked at at the same time; one that
    // says nothing for some 3 s is a finding, not an error. soFar may be empty.
    [[nodiscard]] virtual Result<Checkup> doctor(Deadline deadline, const CheckupSink& soFar) = 0;

    // Who is pushed and who is pulled. A new threshold is obeyed within seconds, author by author, without a
    // reader noticing.
    [[nodiscard]] virtual Result<FanoutPolicy> fanoutPolicy(Deadline deadline) = 0;
    [[nodiscard]] virtual Result<void> setPushThreshold(const PushThreshold& threshold,
                                                        Deadline deadline) = 0;
    // What pushing and merging cost now, from a bounded sample of authors: the largest of each logical shard
    // and some others. A few statements a shard. Changes nothing; a read-only engine answers it, too. A node
    // that does not answer within some 3 s costs the authors of its shards: `missing` tells. An error when it
    // is the directory's, or nothing can be read without it.
    [[nodiscard]] virtual Result<FanoutCosts> fanoutCosts(Deadline deadline) = 0;

    // Feed::deleteUser as an operator's action: it stands in the audit log.
    [[nodiscard]] virtual Result<void> deleteAccount(UserId user, Deadline deadline) = 0;
    // Deleted accounts and how far each is taken apart: unfinished ones first, then newest first.
    [[nodiscard]] virtual Result<std::vector<AccountDeletion>> accountDeletions(int limit,
                                                                                Deadline deadline) = 0;

    // Drops one reader's timeline in Redis and builds it again from PostgreSQL.
    [[nodiscard]] virtual Result<void> rebuildTimeline(UserId reader, Deadline deadline) = 0;

    // Holds home timelines against PostgreSQL while the cluster works: what unfinished tasks are about is no
    // difference. Changes nothing; a read-only engine answers it, too. When the time is up it tells what it
    // had found by then, and says so.
    [[nodiscard]] virtual Result<TimelineAuditReport> auditTimelines(const TimelineAuditQuery& query,
                                                                     Deadline deadline) = 0;
    // The same, and builds what differs, or is not kept, again, each timeline under a deadline of its own;
    // then looks at it once more.
    [[nodiscard]] virtual Result<TimelineRepairReport> repairTimelines(const TimelineAuditQuery& query,
                                                                       Deadline deadline) = 0;
    // One reader's timeline, entry by entry, Redis beside PostgreSQL; what differs is looked at again before
    // it is told, as in an audit. Changes nothing; a read-only engine answers it, too. NotFound when there is
    // no such reader.
    [[nodiscard]] virtual Result<TimelineComparison> compareTimeline(UserId reader, Deadline deadline) = 0;

    // Recounts counters while the cluster works and holds PostgreSQL's and Redis' against that; posts of an
    // author whom unfinished tasks are about are not judged. Changes nothing; a read-only engine answers it,
    // too.
    [[nodiscard]] virtual Result<CounterAuditReport> auditCounters(const CounterAuditQuery& query,
                                                                   Deadline deadline) = 0;
    // The same, and sets right what has drifted.
    [[nodiscard]] virtual Result<CounterAuditReport> reconcileCounters(const CounterAuditQuery& query,
                                                                       Deadline deadline) = 0;

    // Keys on the Redis nodes that nobody will ever read or expire, found at a bounded rate. Removing looks
    // at each of them again right before. Not while a logical shard is being moved.
    [[nodiscard]] virtual Result<OrphanReport> findOrphanKeys(const OrphanQuery& query,
                                                              Deadline deadline) = 0;
    [[nodiscard]] virtual Result<OrphanReport> removeOrphanKeys(const OrphanQuery& query,
                                                                Deadline deadline) = 0;

    // Bulk writing, see above. Users: rows in their shard, handles, counters; new readers get an empty,
    // complete home timeline. Follows: both directions and counters, and backfill through the queue where the
    // followee may have posts already. Posts: rows and tasks, like Feed::post.
    [[nodiscard]] virtual Result<BulkResult> bulkCreateUsers(std::span<const BulkUser> users,
                                                             Deadline deadline) = 0;
    [[nodiscard]] virtual Result<BulkResult> bulkFollow(std::span<const BulkFollow> follows,
                                                        Deadline deadline) = 0;
    [[nodiscard]] virtual Result<BulkResult> bulkPost(std::span<const Post> posts, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<ImportRecord> openImport(const std::string& fileHash, int slots,
                                                          std::int64_t timeShiftMs, Deadline deadline) = 0;
    // For logs that keep their own times: timelines' ages count from now minus this. All engines follow in a
    // second.
    [[nodiscard]] virtual Result<void> setAgeShift(Milliseconds shift, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<void> saveImport(const ImportRecord& record, Deadline deadline) = 0;

    // Dead letters by what they failed of. Changes nothing, like the three calls below; a read-only engine
    // answers them, too. Nodes that do not answer are named; an error when none does.
    [[nodiscard]] virtual Result<DeadLetterGroups> deadLetterGroups(Deadline deadline) = 0;
    [[nodiscard]] virtual Result<DeadLetterPage> deadLetterPage(const DeadLetterQuery& query,
                                                                Deadline deadline) = 0;
    // Those of one signature that died no later than `until`, to retry or discard exactly them. An error when
    // any node does not answer.
    [[nodiscard]] virtual Result<DeadLetterSet> deadLetterSet(const std::string& signature, TimePoint until,
                                                              Deadline deadline) = 0;
    // NotFound when it is no dead letter any more.
    [[nodiscard]] virtual Result<DeadLetterPayload> deadLetterPayload(TaskRef task, Deadline deadline) = 0;
};

// Where a user's data lives, for the timeline browser.
struct UserLocation
{
    int shard = 0;
    std::string usersNode, postsNode, timelinesNode;
    std::string homeRedisCommand; // redis-cli with its arguments, for a shell
    std::string homeSql;          // the same page from PostgreSQL
    std::string authorSql;
};

class Monitor
{
public:
    virtual ~Monitor() = default;

    // The newest snapshot; never null, never waits. Taken about once a second by the engine's sampler.
    virtual SnapshotPtr snapshot() const = 0;
    // Seconds of history not older than `since`, ascending, up to an hour.
    virtual std::vector<HistoryPoint> history(TimePoint since) const = 0;
    // From the file that keeps history across restarts, at most some `most` points: by the second for the
    // last hour, by ten seconds for a day, by the minute for 30 days, or by several of these steps where that
    // would be more points. NotFound when no such file is kept.
    // Reads that file: not from a thread that must not wait.
    [[nodiscard]] virtual Result<HistoryRange> historyRange(TimePoint begin, TimePoint end,
                                                            int most) const = 0;
    [[nodiscard]] virtual Result<DeliveryLedger> ledger(PostId post, Deadline deadline) = 0;
    // When each post reached this reader, counted from its commit, by the same times as its ledger tells: the
    // last delivery of the reader's chunk. Empty where no chunk recorded it (yet).
    [[nodiscard]] virtual Result<std::vector<std::optional<DeliveryDelay>>>
    deliveryDelays(UserId reader, std::span<const PostId> posts, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<UserLocation> locate(UserId user) const = 0;
    // The shard report of a snapshot, and its rendering. PDF is drawn by the desktop from the same values.
    virtual ShardReport shardReport(const ClusterSnapshot& snapshot) const = 0;
    virtual std::string render(const ShardReport& report, ReportFormat format) const = 0;
    // Unfinished tasks on all nodes, counted now.
    [[nodiscard]] virtual Result<std::int64_t> unfinishedTasks(Deadline deadline) = 0;
    // What home timelines cost, weighed now on every Redis node; `caps` are the counts to price, none: a few
    // around the present one. Reads only. A node that says nothing for some 3 s, or cannot be weighed by the
    // deadline, says so and has no figures.
    [[nodiscard]] virtual Result<Capacity> capacity(std::span<const int> caps, Deadline deadline) = 0;
    // What the caches hold and spare: a bounded sample of keys on every Redis node, at a bounded rate, and
    // what came on top since an earlier look. Reads only. A node that does not answer says so.
    [[nodiscard]] virtual Result<CacheDetails> cacheDetails(Deadline deadline) = 0;

    // What the workers of all engines measured of each kind of task. Out of memory, like the two calls below.
    [[nodiscard]] virtual Result<QueueDetails> queueDetails(Deadline deadline) = 0;
    // The queue by kind within the last hour, at most some `most` points.
    [[nodiscard]] virtual Result<QueueHistory> queueHistory(TimePoint begin, TimePoint end, int most,
                                                            Deadline deadline) = 0;
    // What all engines' workers did when, within the last hour, at most some `most` spans or tallies a lane.
    [[nodiscard]] virtual Result<WorkerSpans> workerSpans(TimePoint begin, TimePoint end, int most,
                                                          Deadline deadline) = 0;

    // One metric of every logical shard between begin and end, at most `most` columns (2 or more): by the
    // second where the last five minutes are enough, else by ten seconds for an hour. It begins with this
    // process; what is not known is NaN. Never waits for a node.
    [[nodiscard]] virtual Result<ShardHistory> shardHistory(BalanceMetric metric, TimePoint begin,
                                                            TimePoint end, int most) const = 0;
    // Tasks, hottest authors and hottest readers of one logical shard, as PostgreSQL and this engine have
    // them now. A node that does not answer costs only its part, which then tells why. NotFound: no such
    // shard. soFar may be empty.
    [[nodiscard]] virtual Result<ShardDetails> shardDetails(int shard, Deadline deadline,
                                                            const ShardDetailsSink& soFar) = 0;

    // One node in detail, read now over the monitor's own connections. Rates and ratios are over the time
    // since earlier readings of this node, about a minute at most. A part that cannot be read says why; an
    // error only when the node does not answer at all. NotFound: no such node.
    [[nodiscard]] virtual Result<NodeDetails> nodeDetails(int node, Deadline deadline) = 0;
    // What the probes know of each node besides the snapshot; never waits.
    virtual std::vector<ProbedNode> probedNodes() const = 0;
    // What the monitor itself sent to the nodes, counted in its own clients: probes, the sweep of timelines
    // and nodeDetails(). Neither doctor() and capacity(), which bring connections of their own, nor the
    // engine's work. Never waits.
    virtual OwnCost ownCost() const = 0;
    // What happened, newest first: what this monitor saw of nodes, engines and restores, and all of the audit
    // log. What monitors saw is kept for 30 days, at most 10,000 events, where history is kept on disk; else
    // since this engine began. A directory that does not answer costs the audit log's part: `missing` tells.
    [[nodiscard]] virtual Result<EventPage> events(const EventQuery& query, Deadline deadline) = 0;
};

class Engine
{
public:
    virtual ~Engine() = default;
    virtual Feed& feed() = 0;
    virtual Operations& operations() = 0;
    virtual Monitor& monitor() = 0;
    virtual bool readOnly() const = 0;
    virtual int shardCount() const = 0;
};

// Opens a backend off the caller's thread: reports steps, gives up when stop is requested. Made by app/.
using SessionOpener =
    std::function<Result<std::shared_ptr<Session>>(const SessionProgressSink&, std::stop_token)>;

} // namespace backend
