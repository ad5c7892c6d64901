// Private PostgreSQL and Redis servers as child processes of this program: unix sockets only, no TCP port, no
// password, because only their owner can enter the socket directory. They die with the program, also after
// kill -9; what such a death leaves behind is cleaned at the next start. app/ (or a test) owns the object.
// Thread-safe: calls are serialised, and stop() interrupts a start or restart that another thread is waiting
// for.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/domain/cluster.h"
#include "backend/domain/session.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

struct EmbeddedOptions
{
    // Kept between runs: PostgreSQL comes back with its data, Redis with its own after a stop() that could
    // save it, else empty. A directory that was started with more nodes before starts with as many again.
    // Empty: a private temporary directory, removed at the end.
    std::filesystem::path dataDirectory;
    int postgresNodes = 2;
    int redisNodes = 8;
    std::filesystem::path
        postgresBin; // directory of postgres and initdb; empty: the newest that is installed
    std::filesystem::path redisServer;       // the program; empty: found
    std::vector<std::string> redisArguments; // appended: {"--zset-max-listpack-entries", "128"}
    SessionProgressSink progress;            // called from the starting thread
};

// `address` is for the engine's role, which owns nothing; `ownerAddress` is for migrations (PostgreSQL only).
struct EmbeddedNode : NodeEndpoint
{
    std::string ownerAddress;
    int pid = 0; // 0 while it does not run
    std::filesystem::path dataDirectory;
    // Redis: the run_id of the life whose data it was started with; empty when it was started empty.
    std::string formerRunId;
};

class EmbeddedServers
{
public:
    // Returns when every node answers. The servers are as nice as the calling thread, or nicer: one that
    // gives way to a window has them give way, too. On an error or a requested stop nothing is left running.
    [[nodiscard]] static Result<std::unique_ptr<EmbeddedServers>>
    start(const EmbeddedOptions& options, Deadline deadline, std::stop_token stop = {});
    ~EmbeddedServers(); // stop()

    EmbeddedServers(const EmbeddedServers&) = delete;
    EmbeddedServers& operator=(const EmbeddedServers&) = delete;

    std::vector<EmbeddedNode> nodes() const; // pg-1 … then redis-1 …, ids from 1
    std::filesystem::path directory() const;
    bool temporary() const;

    // NotFound for an unknown name. A node keeps its address. Killing and pausing take a node's every
    // process.
    [[nodiscard]] Result<void> restartNode(std::string_view name);
    [[nodiscard]] Result<void> killNode(std::string_view name); // SIGKILL
    [[nodiscard]] Result<void>
    pauseNode(std::string_view name); // SIGSTOP: it holds its connections and is silent
    [[nodiscard]] Result<void> resumeNode(std::string_view name);
    void cancelRestarts() noexcept; // before stop(): restartNode() waits for no server any more

    // Ends every server, in well under two seconds, and removes a temporary directory (a huge one goes on
    // disappearing after the return). Of a kept directory the Redis nodes are saved, which takes longer when
    // they hold much, kSavePatience at most. Nobody uses the servers any more: what is written to Redis by
    // then is saved, and nothing must change in PostgreSQL afterwards that no task tells Redis about.
    // Idempotent.
    static constexpr std::chrono::seconds kSavePatience{20};
    void stop() noexcept;

private:
    struct State;
    explicit EmbeddedServers(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace backend
