// A backend for tests of the desktop: answers with scripted values, errors and delays, and records what was
// asked of it. No servers, no threads of its own. Thread-safe; script it before or while it is used.
#pragma once

#include "backend/engine.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tests {

// Nodes, shards, queue, workers and caches with plausible values that differ from each other: shard s holds
// 100 + s timelines, node health is Ok. 2 PostgreSQL and 8 Redis nodes as in the demo. Taken now unless said
// otherwise.
backend::ClusterSnapshot fakeSnapshot(std::uint64_t sequence, int shards = 64,
                                      std::optional<backend::TimePoint> takenAt = {});
// Details of a node of that snapshot, with something in every list.
backend::NodeDetails fakeNodeDetails(const backend::NodeSnapshot& node,
                                     std::optional<backend::TimePoint> takenAt = {}); // else now
// The same with that node down: its figures of the moment unknown, what it holds as last known.
backend::ClusterSnapshot withNodeDown(backend::ClusterSnapshot snapshot, int node);
// The same while the directory has been silent since `readAt`: what engines count is of then.
// Most reads fail since then, some writes, and some pages are incomplete.
backend::ClusterSnapshot withFailingCalls(backend::ClusterSnapshot snapshot, backend::TimePoint since);
backend::ClusterSnapshot withSilentDirectory(backend::ClusterSnapshot snapshot, backend::TimePoint readAt);
// The same of a cluster that was just made: no users, posts, timelines, tasks or traffic.
backend::ClusterSnapshot withNobody(backend::ClusterSnapshot snapshot);
// One point a second, the newest at `end`, with values that grow along the time.
std::vector<backend::HistoryPoint> fakeHistory(backend::TimePoint end, int seconds);

class FakeEngine final : public backend::Engine,
                         private backend::Feed,
                         private backend::Operations,
                         private backend::Monitor
{
public:
    FakeEngine();

    // --- script
    // Each snapshot asked for then has the next sequence and the present time; off: the same one again and
    // again, as when the sampler hangs. On by default.
    void setSequenceAdvances(bool advances);
    void setSnapshot(backend::ClusterSnapshot snapshot);
    void setHistory(std::vector<backend::HistoryPoint> history);
    // A file on disk with this: historyRange() tells it. Without, history is not kept: the default.
    void setKept(std::optional<backend::HistoryRange> kept);
    void setReadOnly(bool readOnly);
    // Users with profile and location; ids as given. Posts: newest first in author and home pages.
    void addUser(const backend::User& user, const backend::Counters& counters, bool warm = true);
    void setHome(backend::UserId reader, std::vector<backend::TimelineEntry> newestFirst);
    void setAuthor(backend::UserId author, std::vector<backend::TimelineEntry> newestFirst);
    void setLedger(const backend::DeliveryLedger& ledger);
    void setDelay(backend::PostId post, backend::DeliveryDelay delay);
    void setDeadLetters(std::vector<backend::DeadLetter> letters);
    void setTimelineAudit(backend::TimelineAuditReport report); // repairs repair all of it
    void setOrphans(backend::OrphanReport report);
    void setComparison(backend::TimelineComparison comparison); // of its reader; a repair heals it
    void setExplanation(backend::Explanation explanation);      // of its post and reader
    void setFollowers(backend::UserId user, std::vector<backend::User> ascending);
    void setFollowing(backend::UserId user, std::vector<backend::User> ascending);
    // Prices of caps are 50 bytes an entry, "weighed" at multiples of 100, else "between".
    void setCapacity(backend::Capacity capacity);
    void setCacheDetails(backend::CacheDetails details);
    void setFanoutCosts(backend::FanoutCosts costs);
    // Besides those that setDeadLetters() gave, as if it died meanwhile. Its whole payload is what
    // payloadBytes says, filled with its text.
    void addDeadLetter(backend::DeadLetter letter);
    void setUnreadNodes(std::vector<std::string> nodes); // of dead letters: "pg-2: does not answer"
    void setQueueDetails(backend::QueueDetails details);
    void setQueueHistory(backend::QueueHistory history);
    void setWorkerSpans(backend::WorkerSpans spans);     // begin and end become what is asked for
    void setShardDetails(backend::ShardDetails details); // of every shard asked for, with its number
    // Told first; what follows can be held as "shardDetails: the rest".
    void setShardDetailsSoFar(std::optional<backend::ShardDetails> details);
    // Without one a node's details are plausible figures of its kind.
    void setNodeDetails(const backend::NodeDetails& details);
    void setProbedNodes(std::vector<backend::ProbedNode> nodes);
    void setOwnCost(backend::OwnCost cost);
    void setCheckup(backend::Checkup checkup);
    // Told first; what follows can be held as "doctor: the rest".
    void setCheckupSoFar(backend::Checkup checkup);
    void addEvent(backend::Event event); // its key decides its place
    void setEventsMissing(const std::string& why);
    // The named call fails until cleared: "homePage", "setWorkerCount", or with its argument: "nodeDetails 3"
    // ("*": every call that can fail). The same names can be held.
    void failWith(const std::string& call, backend::Error error);
    void clearFailure(const std::string& call);
    // The named call ("*": all) waits inside the engine until released.
    void hold(const std::string& call);
    void release(const std::string& call);
    void releaseAll();

    // --- record
    // Calls so far with their arguments, in order: "pauseWorkers -1", "setWorkerCount 3 8", "homePage 42".
    // snapshot and history are only counted.
    std::vector<std::string> calls() const;
    int count(const std::string& call) const; // by name
    int asked() const;                        // all of them, snapshot and history too
    // Of the retried and discarded dead letters.
    std::vector<backend::TaskRef> retried() const;
    std::vector<backend::TaskRef> discarded() const;
    backend::ClusterSnapshot lastSnapshot() const;

    // --- backend::Engine
    backend::Feed& feed() override { return *this; }
    backend::Operations& operations() override { return *this; }
    backend::Monitor& monitor() override { return *this; }
    bool readOnly() const override;
    int shardCount() const override;

private:
    template <class T>
    using Result = backend::Result<T>;
    using Deadline = backend::Deadline;

    Result<backend::User> createUser(const backend::NewUser& user, Deadline deadline) override;
    Result<backend::Post> post(backend::UserId author, std::string_view body, Deadline deadline) override;
    Result<void> deletePost(backend::PostId post, Deadline deadline) override;
    Result<void> deleteUser(backend::UserId user, Deadline deadline) override;
    Result<void> follow(backend::UserId follower, backend::UserId followee, Deadline deadline) override;
    Result<void> unfollow(backend::UserId follower, backend::UserId followee, Deadline deadline) override;
    Result<backend::TimelinePage> homePage(backend::UserId reader, const backend::PageQuery& query,
                                           Deadline deadline) override;
    Result<backend::TimelinePage> authorPage(backend::UserId author, const backend::PageQuery& query,
                                             Deadline deadline) override;
    Result<backend::TimelinePage> publicPage(const backend::PageQuery& query, Deadline deadline) override;
    Result<backend::Profile> profile(backend::UserId user, Deadline deadline) override;
    Result<backend::Counters> counters(backend::UserId user, Deadline deadline) override;
    Result<backend::UserId> userByHandle(std::string_view handle, Deadline deadline) override;
    Result<std::vector<backend::User>> searchUsers(std::string_view prefix, int limit,
                                                   Deadline deadline) override;
    Result<backend::EdgePage> followers(backend::UserId user, backend::UserId after, int limit,
                                        Deadline deadline) override;
    Result<backend::EdgePage> following(backend::UserId user, backend::UserId after, int limit,
                                        Deadline deadline) override;

    Result<void> pauseWorkers(int engineSlot, Deadline deadline) override;
    Result<void> resumeWorkers(int engineSlot, Deadline deadline) override;
    Result<void> setWorkerCount(int engineSlot, int count, Deadline deadline) override;
    Result<std::vector<backend::DeadLetter>> deadLetters(int limit, Deadline deadline) override;
    Result<int> retryDeadLetters(std::span<const backend::TaskRef> tasks, Deadline deadline) override;
    Result<int> discardDeadLetters(std::span<const backend::TaskRef> tasks, Deadline deadline) override;
    Result<backend::Explanation> explain(backend::PostId post, backend::UserId reader,
                                         Deadline deadline) override;
    Result<backend::Checkup> doctor(Deadline deadline, const backend::CheckupSink& soFar) override;
    Result<backend::FanoutPolicy> fanoutPolicy(Deadline deadline) override;
    Result<backend::FanoutCosts> fanoutCosts(Deadline deadline) override;
    Result<void> deleteAccount(backend::UserId user, Deadline deadline) override;
    Result<std::vector<backend::AccountDeletion>> accountDeletions(int limit, Deadline deadline) override;
    Result<void> setPushThreshold(const backend::PushThreshold& threshold, Deadline deadline) override;
    Result<void> rebuildTimeline(backend::UserId reader, Deadline deadline) override;
    Result<backend::TimelineAuditReport> auditTimelines(const backend::TimelineAuditQuery& query,
                                                        Deadline deadline) override;
    Result<backend::TimelineRepairReport> repairTimelines(const backend::TimelineAuditQuery& query,
                                                          Deadline deadline) override;
    Result<backend::TimelineComparison> compareTimeline(backend::UserId reader, Deadline deadline) override;
    Result<backend::OrphanReport> findOrphanKeys(const backend::OrphanQuery& query,
                                                 Deadline deadline) override;
    Result<backend::CounterAuditReport> auditCounters(const backend::CounterAuditQuery& query,
                                                      Deadline deadline) override;
    Result<backend::CounterAuditReport> reconcileCounters(const backend::CounterAuditQuery& query,
                                                          Deadline deadline) override;
    Result<backend::OrphanReport> removeOrphanKeys(const backend::OrphanQuery& query,
                                                   Deadline deadline) override;
    Result<backend::BulkResult> bulkCreateUsers(std::span<const backend::BulkUser> users,
                                                Deadline deadline) override;
    Result<backend::BulkResult> bulkFollow(std::span<const backend::BulkFollow> follows,
                                           Deadline deadline) override;
    Result<backend::BulkResult> bulkPost(std::span<const backend::Post> posts, Deadline deadline) override;
    Result<backend::ImportRecord> openImport(const std::string& fileHash, int slots, std::int64_t timeShiftMs,
                                             Deadline deadline) override;
    Result<void> setAgeShift(backend::Milliseconds shift, Deadline deadline) override;
    Result<void> saveImport(const backend::ImportRecord& record, Deadline deadline) override;
    Result<backend::DeadLetterGroups> deadLetterGroups(Deadline deadline) override;
    Result<backend::DeadLetterPage> deadLetterPage(const backend::DeadLetterQuery& query,
                                                   Deadline deadline) override;
    Result<backend::DeadLetterSet> deadLetterSet(const std::string& signature, backend::TimePoint until,
                                                 Deadline deadline) override;
    Result<backend::DeadLetterPayload> deadLetterPayload(backend::TaskRef task, Deadline deadline) override;

    backend::SnapshotPtr snapshot() const override;
    std::vector<backend::HistoryPoint> history(backend::TimePoint since) const override;
    Result<backend::HistoryRange> historyRange(backend::TimePoint begin, backend::TimePoint end,
                                               int most) const override;
    Result<backend::DeliveryLedger> ledger(backend::PostId post, Deadline deadline) override;
    Result<std::vector<std::optional<backend::DeliveryDelay>>>
    deliveryDelays(backend::UserId reader, std::span<const backend::PostId> posts,
                   Deadline deadline) override;
    Result<backend::UserLocation> locate(backend::UserId user) const override;
    backend::ShardReport shardReport(const backend::ClusterSnapshot& snapshot) const override;
    std::string render(const backend::ShardReport& report, backend::ReportFormat format) const override;
    Result<std::int64_t> unfinishedTasks(Deadline deadline) override;
    Result<backend::Capacity> capacity(std::span<const int> caps, Deadline deadline) override;
    Result<backend::CacheDetails> cacheDetails(Deadline deadline) override;
    Result<backend::QueueDetails> queueDetails(Deadline deadline) override;
    Result<backend::QueueHistory> queueHistory(backend::TimePoint begin, backend::TimePoint end, int most,
                                               Deadline deadline) override;
    Result<backend::WorkerSpans> workerSpans(backend::TimePoint begin, backend::TimePoint end, int most,
                                             Deadline deadline) override;
    Result<backend::ShardHistory> shardHistory(backend::BalanceMetric metric, backend::TimePoint begin,
                                               backend::TimePoint end, int most) const override;
    Result<backend::ShardDetails> shardDetails(int shard, Deadline deadline,
                                               const backend::ShardDetailsSink& soFar) override;
    Result<backend::NodeDetails> nodeDetails(int node, Deadline deadline) override;
    std::vector<backend::ProbedNode> probedNodes() const override;
    backend::OwnCost ownCost() const override;
    Result<backend::EventPage> events(const backend::EventQuery& query, Deadline deadline) override;

    // Records the call, waits while it is held, and returns its scripted failure.
    std::optional<backend::Error> enter(const std::string& name, const std::string& arguments = {}) const;
    Result<void> change(const std::string& name, const std::string& arguments);
    std::vector<backend::DeadLetter> lettersOf(const std::string& signature, // newest first
                                               std::optional<backend::TimePoint> until) const;
    int takeLetters(std::span<const backend::TaskRef> tasks, std::vector<backend::TaskRef>& into);
    static backend::EdgePage edges(const std::vector<backend::User>& all, backend::UserId after, int limit);
    Result<backend::TimelinePage> page(const std::vector<backend::TimelineEntry>& entries,
                                       const backend::PageQuery& query) const;

    mutable std::mutex m_mutex;
    mutable std::condition_variable m_released;
    mutable std::vector<std::string> m_calls;
    mutable std::map<std::string, int> m_counts;
    mutable backend::ClusterSnapshot m_snapshot;
    std::vector<backend::HistoryPoint> m_history;
    bool m_sequenceAdvances = true;
    bool m_readOnly = false;
    std::map<std::string, backend::Error> m_failures;
    std::set<std::string> m_held;
    struct Member
    {
        backend::User user;
        backend::Counters counters;
        bool warm = true;
        std::vector<backend::TimelineEntry> home, author;
        std::vector<backend::User> followers{}, following{};
    };
    std::map<backend::UserId, Member> m_users;
    std::map<backend::PostId, backend::DeliveryLedger> m_ledgers;
    std::map<backend::PostId, backend::DeliveryDelay> m_delays;
    std::vector<backend::DeadLetter> m_deadLetters;
    std::vector<backend::TaskRef> m_retried, m_discarded;
    backend::TimelineAuditReport m_timelineAudit;
    backend::OrphanReport m_orphans;
    std::map<backend::UserId, backend::TimelineComparison> m_comparisons;
    std::map<std::pair<backend::PostId, backend::UserId>, backend::Explanation> m_explanations;
    std::optional<backend::Capacity> m_capacity;
    backend::CacheDetails m_cacheDetails;
    backend::FanoutCosts m_fanoutCosts;
    std::vector<std::string> m_unreadNodes;
    backend::QueueDetails m_queueDetails;
    backend::QueueHistory m_queueHistory;
    backend::WorkerSpans m_workerSpans;
    backend::ShardDetails m_shardDetails;
    std::optional<backend::ShardDetails> m_shardDetailsSoFar;
    std::map<int, backend::NodeDetails> m_nodeDetails;
    std::vector<backend::ProbedNode> m_probedNodes;
    backend::OwnCost m_ownCost;
    std::optional<backend::Checkup> m_checkup, m_checkupSoFar;
    std::optional<backend::HistoryRange> m_kept;
    std::vector<backend::Event> m_events; // ascending
    std::string m_eventsMissing;
};

class FakeWorkload final : public backend::WorkloadControl
{
public:
    backend::WorkloadStatus status() const override;
    void setRates(const backend::WorkloadRates& rates) override;
    void setRunning(bool running) override;
    void setStatus(const backend::WorkloadStatus& status);

private:
    mutable std::mutex m_mutex;
    backend::WorkloadStatus m_status;
};

class FakeReplay final : public backend::ReplayControl
{
public:
    backend::ReplayStatus status() const override;
    void cancel() override;
    void setStatus(const backend::ReplayStatus& status);
    bool cancelled() const;

private:
    mutable std::mutex m_mutex;
    backend::ReplayStatus m_status;
    bool m_cancelled = false;
};

// Scenarios whose progress the test scripts; what was asked of it is recorded: "start 5 0", "stop 5".
class FakeScenarios final : public backend::ScenarioControl
{
public:
    FakeScenarios();
    backend::ScenarioReport report() const override;
    std::optional<backend::Error> start(backend::Scenario scenario, std::int64_t size) override;
    void stop(backend::Scenario scenario) override;

    void setStatus(const backend::ScenarioStatus& status);
    void addEvent(const backend::ScenarioEvent& event);
    void refuseWith(std::optional<backend::Error> error);
    std::vector<std::string> calls() const;

private:
    mutable std::mutex m_mutex;
    backend::ScenarioReport m_report;
    std::optional<backend::Error> m_refusal;
    std::vector<std::string> m_calls;
};

// Shared by test and bridge: the test keeps its script, the bridge what it is given as a session.
struct FakeBackend
{
    std::shared_ptr<FakeEngine> engine = std::make_shared<FakeEngine>();
    std::shared_ptr<FakeWorkload> workload; // null: the session has none
    std::shared_ptr<FakeReplay> replay;
    std::shared_ptr<FakeScenarios> scenarios;
    std::optional<backend::Error> openingFails;
    // Steps told while opening; with holdOpening it then waits until released or cancelled.
    std::vector<backend::SessionProgress> steps{{"starting 10 servers", 0.2}, {"creating 64 shards", 0.8}};
    std::atomic<bool> holdOpening = false;
    std::atomic<int> opened = 0, closed = 0; // sessions
};

// A session on it; REQUIRES: the backend lives until the session is closed (kept by the shared pointer).
backend::SessionOpener fakeOpener(const std::shared_ptr<FakeBackend>& fake);

} // namespace tests
