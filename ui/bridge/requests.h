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
using Delays = std::vector<std::optional<backend::Milliseconds>>;
backend::Result<Delays> deliveryDelays(backend::Engine& engine, backend::UserId reader,
                                       const std::vector<backend::PostId>& posts);
backend::Result<backend::DeliveryLedger> ledger(backend::Engine& engine, backend::PostId post);

// engineSlot -1: all engines.
backend::Result<void> pauseWorkers(backend::Engine& engine, int engineSlot);
backend::Result<void> resumeWorkers(backend::Engine& engine, int engineSlot);
backend::Result<void> setWorkerCount(backend::Engine& engine, int engineSlot, int count);

backend::Result<std::vector<backend::DeadLetter>> deadLetters(backend::Engine& engine, int limit);
backend::Result<int> retryDeadLetters(backend::Engine& engine, const std::vector<backend::TaskRef>& tasks);
backend::Result<int> discardDeadLetters(backend::Engine& engine, const std::vector<backend::TaskRef>& tasks);

// Whether history outlives the hour: false where no file is kept.
backend::Result<bool> historyKept(backend::Engine& engine);
backend::Result<backend::HistoryRange> historyRange(backend::Engine& engine, backend::TimePoint begin,
                                                    backend::TimePoint end, int most);
backend::Result<backend::EventPage> events(backend::Engine& engine, const backend::EventQuery& query);

backend::ShardReport shardReport(backend::Engine& engine, const backend::ClusterSnapshot& snapshot);
std::string render(backend::Engine& engine, const backend::ShardReport& report, backend::ReportFormat format);

} // namespace ui::requests
