// How the programs open a backend: the demo on private servers, or a running cluster by its configuration
// file. Used by rookery and rookeryctl; composition only. The opener may run on any thread.
#pragma once

#include "backend/audit/audit.h"
#include "backend/embedded/embedded_servers.h"
#include "backend/engine.h"

#include <chrono>
#include <filesystem>
#include <string>

namespace backend {
class OpenEngine;
struct EngineSelf;
} // namespace backend

namespace app {

inline constexpr int kDemoShards = 64;

struct SessionOptions
{
    enum class Kind { Demo, Connect };
    Kind kind = Kind::Demo;
    std::filesystem::path dataDirectory; // demo: kept here; empty: temporary
    std::filesystem::path configFile;    // connect
    std::filesystem::path
        replayFile; // demo or connect: import this activity log; the demo then makes no graph of its own
    double replaySpeed = 60; // 60 = one hour a minute; 0 = as fast as it goes
    bool keepTimes = false;
    bool readOnly = false;
    bool workload = true;     // demo without a log: synthetic graph and traffic at once, not when asked
    int shards = kDemoShards; // demo: logical shards of a new one, a power of two
    int workers = -1;         // -1: four in the demo and for serve, none otherwise
    std::chrono::milliseconds openWithin{60'000}; // servers, schemas and engine together, on a slow machine
    // The folder for the history of clusters that were connected to; empty: it is not kept. A demo has
    // its history in its own folder, which goes with a temporary one.
    std::filesystem::path historyFolder;
    std::string role = "desktop"; // as listed among the engines: "desktop", "demo", "serve", "ctl"
};

backend::SessionOpener makeSessionOpener(SessionOptions options);

// A session with what only rookeryctl and tests reach for.
class OpenedSession : public backend::Session
{
public:
    virtual backend::EmbeddedServers* servers() = 0;      // null when connected
    virtual std::filesystem::path configFile() const = 0; // opens this cluster from another process
    virtual backend::AuditInputs auditInputs() = 0;       // valid as long as the session
    // See OpenEngine.
    virtual backend::EngineSelf self() const = 0;
    virtual bool stopWorkers(backend::Deadline deadline) = 0;
};

[[nodiscard]] backend::Result<std::shared_ptr<OpenedSession>>
openSession(const SessionOptions& options, const backend::SessionProgressSink& progress,
            std::stop_token stop);

// What the audit of a whole cluster needs of an engine; valid as long as it.
backend::AuditInputs auditInputsOf(backend::OpenEngine& engine);

} // namespace app
