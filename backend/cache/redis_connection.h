// One connection to one Redis node, without ever blocking: it connects, sends and receives as far as the
// socket lets it, and redis_pipeline waits. Own socket calls (a write to a dead server must not raise
// SIGPIPE); hiredis parses. Owned by a RedisClient; one thread at a time.
#pragma once

#include "backend/cache/host_lookup.h"
#include "backend/cache/redis_address.h"
#include "backend/cache/redis_client.h"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

struct redisReader;

namespace backend {

class RedisConnection
{
public:
    RedisConnection(NodeEndpoint endpoint, const RedisClientOptions& options); // which outlive it
    ~RedisConnection();
    RedisConnection(const RedisConnection&) = delete;
    RedisConnection& operator=(const RedisConnection&) = delete;

    int nodeId() const { return m_endpoint.id; }
    const std::string& name() const { return m_endpoint.name; }
    std::string described() const; // "redis-3 at unix:///…"
    int socket() const { return m_socket; }

    // Greeted and, as far as can be seen without asking, alive. Closes a connection that its server has
    // closed, or on which something lies that nobody asked for.
    bool usable();
    void close();

    // Begins to connect; finishConnect() when the socket is writable: false when it goes on with the next
    // address.
    [[nodiscard]] Result<void> beginConnect(Deadline deadline);
    [[nodiscard]] Result<bool> finishConnect();
    // The commands that open a connection (password, database, identity), and what their replies say.
    std::string greeting() const;
    std::size_t greetingReplies() const;
    [[nodiscard]] Result<void> acceptGreeting(const std::vector<Result<RedisReply>>& replies,
                                              Deadline deadline);

    // Bytes that the socket took, 0 when it takes none now.
    [[nodiscard]] Result<std::size_t> send(std::string_view bytes);
    // So many commands begin to be sent: for whoever counts them.
    void sending(std::size_t commands)
    {
        if (m_traffic) m_traffic->commands.fetch_add(std::int64_t(commands), std::memory_order_relaxed);
    }
    // What is known of its node's silence; null: nothing.
    RedisSilence::Node* silence() const { return m_silence; }
    bool hasty() const { return m_silence && m_options.hasty; }
    // Why nothing is to be sent to its node; empty: it is not known to be away.
    std::optional<Error> away() const;
    void noticeAway(Error& error) const; // names the node in it, too
    // Reads once; false when nothing lies there.
    [[nodiscard]] Result<bool> receive();
    // The next complete reply; empty when it is not complete yet. An error of the connection is `failure`; an
    // error that the server sent as a reply is the reply's.
    struct Received
    {
        std::optional<Result<RedisReply>> reply;
        bool unknownScript = false;
        std::optional<Error> failure;
    };
    Received next();

    const std::string& runId() const { return m_runId; }
    std::int64_t clientId() const { return m_clientId; }

    // Scripts that this connection has loaded.
    bool knowsScript(const std::string& sha1) const { return m_scripts.contains(sha1); }
    void learnedScript(const std::string& sha1) { m_scripts.insert(sha1); }
    void forgetScripts() { m_scripts.clear(); }

private:
    struct ReaderDeleter
    {
        void operator()(redisReader* reader) const noexcept;
    };

    Result<void> findAddresses(Deadline deadline);
    Result<void> connectNext();
    Error lost(std::string_view what, int errorNumber = 0) const;

    NodeEndpoint m_endpoint;
    const RedisClientOptions& m_options;
    RedisTraffic::Node* const m_traffic; // null: nobody counts
    RedisSilence::Node* const m_silence; // null: nobody is told
    Result<RedisAddress> m_address;
    std::vector<HostAddress> m_candidates; // still to try, the next one last
    int m_socket = -1;
    bool m_greeted = false;
    std::unique_ptr<redisReader, ReaderDeleter> m_reader;
    std::string m_runId;
    std::int64_t m_clientId = 0;
    std::unordered_set<std::string> m_scripts;
};

} // namespace backend
