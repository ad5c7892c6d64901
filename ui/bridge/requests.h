// What the pages ask of the engine, as functions that EngineBridge runs on its own threads. Each blocks until
// its deadline at most. Only ui/bridge calls the engine; pages pass these on. Any thread but the GUI's.
#pragma once

#include "backend/engine.h"

#include <optional>
#include <string>
#include <vector>

namespace ui::requests {

backend::Result<std::vector<backend::User>> searchUsers(backend::Engine& engine, const std::string& prefix,
                                                        int limit);

// Handles of those who posted last, each once, newest first; at most `most`.
backend::Result<std::vector<std::string>> lateAuthors(backend::Engine& engine, int most);

// Everything that the head of the Timeline browser shows.
struct UserOverview
{
    backend::Profile profile;
    backend::UserLocation location;
};
// handleOrId: with or without @; an id in decimal digits.
backend::Result<UserOverview> findUser(backend::Engine& engine, const std::string& handleOrId);
backend::Result<UserOverview> userOverview(backend::Engine& engine, backend::UserId user);

backend::Result<backend::TimelinePage> homePage(backend::Engine& engine, backend::UserId reader,
                                                const backend::PageQuery& query);
backend::Result<backend::TimelinePage> authorPage(backend::Engine& engine, backend::UserId author,
                                                  const backend::PageQuery& query);
using Delays = std::vector<std::optional<backend::DeliveryDelay>>;
backend::Result<Delays> deliveryDelays(backend::Engine& engine, backend::UserId reader,
                                       const std::vector<backend::PostId>& posts);
backend::Result<backend::DeliveryLedger> ledger(backend::Engine& engine, backend::PostId post);

backend::Result<backend::EdgePage> followers(backend::Engine& engine, backend::UserId user,
                                             backend::UserId after, int limit);
backend::Result<backend::EdgePage> following(backend::Engine& engine, backend::UserId user,
                                             backend::UserId after, int limit);

struct Explained
{
    backend::Explanation explanation;
    backend::User reader;
    std::string authorHandle; // empty: not known
};
// reader: as in findUser().
backend::Result<Explained> explain(backend::Engine& engine, backend::PostId post, const std::string& reader);
backend::Result<backend::TimelineComparison> compareTimeline(backend::Engine& engine, backend::UserId reader);
// Builds the reader's timeline again if it differs or is not kept.
backend::Result<backend::TimelineRepairReport> repairTimeline(backend::Engine& engine,
                                                              backend::UserId reader);

// engineSlot -1: all engines.
inline constexpr int kAllEngines = -1; // in place of a slot
backend::Result<void> pauseWorkers(backend::Engine& engine, int engineSlot);
backend::Result<void> resumeWorkers(backend::Engine& engine, int engineSlot);
backend::Result<void> setWorkerCount(backend::Engine& engine, int engineSlot, int count);

backend::Result<std::vector<backend::DeadLetter>> deadLetters(backend::Engine& engine, int limit);
backend::Result<int> retryDeadLetters(backend::Engine& engine, const std::vector<backend::TaskRef>& tasks);
backend::Result<int> discardDeadLetters(backend::Engine& engine, const std::vector<backend::TaskRef>& tasks);

// Weighed now, with a walk over all keys: takes a while on large nodes.
backend::Result<backend::Capacity> capacity(backend::Engine& engine, const std::vector<int>& caps);
backend::Result<backend::CacheDetails> cacheDetails(backend::Engine& engine);
backend::Result<backend::FanoutCosts> fanoutCosts(backend::Engine& engine);
backend::Result<void> setPushThreshold(backend::Engine& engine, const backend::PushThreshold& threshold);
// As far back as anything is known, evenly thinned out; ascending.
std::vector<backend::HistoryPoint> longestHistory(backend::Engine& engine);

backend::Result<backend::DeadLetterGroups> deadLetterGroups(backend::Engine& engine);
backend::Result<backend::DeadLetterPage> deadLetterPage(backend::Engine& engine,
                                                        const backend::DeadLetterQuery& query);
backend::Result<backend::DeadLetterSet> deadLetterSet(backend::Engine& engine, const std::string& signature,
                                                      backend::TimePoint until);
backend::Result<backend::DeadLetterPayload> deadLetterPayload(backend::Engine& engine, backend::TaskRef task);

// What the Queue & workers page shows over time; see Monitor.
struct QueueOverTime
{
    backend::QueueDetails details;
    backend::QueueHistory history;
    backend::WorkerSpans workers;
};
backend::Result<QueueOverTime> queueOverTime(backend::Engine& engine, backend::TimePoint begin,
                                             backend::TimePoint end, int points, int spans);

backend::Result<backend::ShardHistory> shardHistory(backend::Engine& engine, backend::BalanceMetric metric,
                                                    backend::TimePoint begin, backend::TimePoint end,
                                                    int most);
backend::Result<backend::ShardDetails> shardDetails(backend::Engine& engine, int shard,
                                                    const backend::ShardDetailsSink& soFar);

// One node in detail; and what the monitor knows and costs, which does not wait.
backend::Result<backend::NodeDetails> nodeDetails(backend::Engine& engine, int node);
struct MonitorFigures
{
    std::vector<backend::ProbedNode> probed;
    backend::OwnCost cost;
};
backend::Result<MonitorFigures> monitorFigures(backend::Engine& engine);
backend::Result<backend::Checkup> doctor(backend::Engine& engine, const backend::CheckupSink& soFar);

// Whether history outlives the hour: false where no file is kept.
backend::Result<bool> historyKept(backend::Engine& engine);
backend::Result<backend::HistoryRange> historyRange(backend::Engine& engine, backend::TimePoint begin,
                                                    backend::TimePoint end, int most);
backend::Result<backend::EventPage> events(backend::Engine& engine, const backend::EventQuery& query);

backend::ShardReport shardReport(backend::Engine& engine, const backend::ClusterSnapshot& snapshot);
std::string render(backend::Engine& engine, const backend::ShardReport& report, backend::ReportFormat format);

} // namespace ui::requests
