// A whole private backend for one test: servers, cluster, engine with workers, no traffic of its own. Throws
// when it cannot start, which Qt Test reports. Owned by the test; the test's thread.
#pragma once

#include "app/session/session_factory.h"
#include "backend/engine/open_engine.h"

#include <filesystem>
#include <memory>

namespace tests {

// As many as tell shards apart; each costs tables, statements and audits.
inline constexpr int kTestShards = 16;

// Makes a cluster on servers that hold none; its directory, for engines.
backend::NodeEndpoint makeCluster(const backend::EmbeddedServers& servers, int shards = kTestShards);

struct DemoOptions
{
    std::filesystem::path dataDirectory; // empty: temporary
    bool workload = false;
    int workers = 4, shards = kTestShards;
};

std::shared_ptr<app::OpenedSession> openDemo(const DemoOptions& options = {});

// An engine of its own on a cluster that is there.
std::shared_ptr<app::OpenedSession> connectTo(const std::filesystem::path& config, int workers);

// Options of an engine of the test's own; in the background it verifies nothing.
backend::EngineOptions engineOptions(const backend::NodeEndpoint& directory, int workers);

// Waits until no task is unfinished, in two counts running: nodes are counted one after the other, and a task
// on one may enqueue on another. False, with a message that tells what was last counted or failed, when it
// got no further for a minute, or when a count fails. While servers are away, or have just come back, a test
// says so: counts may then fail for that reason.
enum class Servers { AllThere, SomeAway };
bool drain(backend::Engine& engine, Servers servers = Servers::AllThere);

// The same where nobody who knew less is at work any more: what waits for such, or for its time, need not.
bool drainSooner(backend::Engine& engine, const backend::SqlPools& pools);

// Orders it and waits until no worker of this engine takes tasks any more: whoever is about to claim when the
// order comes still does. False when that does not come about. The first is for all engines, the second for
// this one alone; stopped ones are gone until there are to be some again.
bool pauseAll(backend::Engine& engine);
bool pauseOwn(backend::Engine& engine);
bool stopWorkers(backend::Engine& engine);

// Waits until that many snapshots more were taken: what engines count is told once a second. False when they
// do not come.
bool laterSnapshots(const backend::Monitor& monitor, std::uint64_t count = 3);

// A reader's home timeline to its end, page by page; `peek`: without being seen.
std::vector<backend::PostId> wholeHome(backend::Feed& feed, backend::UserId reader, bool peek = false);

// Runs the audit and returns what it found as text, one difference a line; empty when clean.
std::string auditFindings(app::OpenedSession& session);
std::string auditFindings(backend::OpenEngine& engine);

// How often a command was called, on all Redis nodes together.
std::int64_t redisCalls(const std::vector<backend::NodeEndpoint>& nodes, const std::string& command);

inline backend::Deadline soon()
{
    return backend::Deadline::after(std::chrono::seconds(20));
}

// The value, or throws with the error's message.
template <class T>
T take(backend::Result<T> result)
{
    if (!result) throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

} // namespace tests
