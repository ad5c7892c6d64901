// Redis as the rest of the engine sees it: one client holds one connection per node, opened on first use; a
// batch sends its commands as one pipeline per node and overlaps the nodes. A client belongs to one thread at
// a time.
#pragma once

#include "backend/cache/redis_per_node.h"
#include "backend/cache/redis_silence.h"
#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/domain/cluster.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

struct RedisReply
{
    enum class Type { Nil, Integer, Text, Array };
    Type type = Type::Nil;
    std::int64_t integer = 0;
    std::string text;
    std::vector<RedisReply> elements;

    bool isNil() const { return type == Type::Nil; }
};

class AwayNodes;

// What clients sent to and received from one node since it was made.
struct RedisNodeTraffic
{
    std::atomic<std::int64_t> commands{0}; // sent, greetings included, whether answered or not
    std::atomic<std::int64_t> sentBytes{0}, receivedBytes{0};
};
using RedisTraffic = RedisPerNode<RedisNodeTraffic>;

// Addresses: unix:///path or redis://[user:password@]host:port[/db]. A connection that failed or timed out is
// closed and opened again at its next use. Connecting takes at most three seconds of a call's deadline.
struct RedisClientOptions
{
    std::string name = "rookery"; // of its connections, on their servers (CLIENT SETNAME): a word
    // Asked of every new connection once its server knows its name and before anything else is sent on it, on
    // the client's thread: an error is that of all commands which need the connection. For those whose
    // connections may have been ended because they must not send any more.
    std::function<Result<void>(Deadline)> mayConnect = {};
    std::shared_ptr<RedisTraffic> traffic = {}; // counts there; may be empty
    std::shared_ptr<RedisSilence> silence = {}; // what it finds out is told there; may be empty
    // A node that is known to be silent is not waited for: its commands fail at once, unsent. For those who
    // have PostgreSQL to turn to.
    bool hasty = false;
    // Its nodes are asked nothing while they are away, as all who share it find out together: their commands
    // fail at once, unsent. It outlives the client; null: nobody shares anything.
    AwayNodes* away = nullptr;
};

class RedisClient
{
public:
    explicit RedisClient(std::vector<NodeEndpoint> redisNodes, RedisClientOptions options = {});
    ~RedisClient();
    RedisClient(const RedisClient&) = delete;
    RedisClient& operator=(const RedisClient&) = delete;

    [[nodiscard]] Result<RedisReply> command(int node, std::initializer_list<std::string_view> arguments,
                                             Deadline deadline);
    // run_id of the server behind the present connection (connects when there is none): one life of the node.
    [[nodiscard]] Result<std::string> runId(int node, Deadline deadline);
    // CLIENT ID of the present connections, by node.
    std::map<int, std::int64_t> connectionIds() const;
    const std::string& nodeName(int node) const;

private:
    friend class RedisBatch;
    friend class RedisClientPool;
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

// Arguments that several commands share, encoded once.
class RedisArguments
{
public:
    void add(std::string_view argument);
    std::size_t count() const { return m_count; }
    std::string_view encoded() const { return m_encoded; }

private:
    std::string m_encoded;
    std::size_t m_count = 0;
};

// Commands for many nodes, sent together. Reused after clear(). A dead node fails only its own commands.
class RedisBatch
{
public:
    explicit RedisBatch(RedisClient& client);
    ~RedisBatch();
    RedisBatch(const RedisBatch&) = delete;
    RedisBatch& operator=(const RedisBatch&) = delete;

    // Returns the index of its reply.
    std::size_t add(int node, std::initializer_list<std::string_view> arguments);
    std::size_t add(int node, const std::vector<std::string>& arguments);
    std::size_t add(int node, std::initializer_list<std::string_view> arguments, const RedisArguments& more);
    // A script by its text: sent as EVALSHA, loaded first on a connection that has not done so. When the node
    // forgot it meanwhile (SCRIPT FLUSH) it is loaded and these commands alone are sent again, then after the
    // others of the batch. The script must outlive run().
    std::size_t addScript(int node, const class RedisScript& script,
                          std::initializer_list<std::string_view> keys,
                          const std::vector<std::string>& arguments);
    // Sends what was added since the last run, reads everything. Errors are per reply; the result is the
    // first of them. A node that is silent past the deadline or breaks fails all its commands that have no
    // reply yet: whether it carried them out is then unknown.
    Result<void> run(Deadline deadline);
    // The same for a part of a long batch. A node that fails a part is asked nothing more until clear(): its
    // later commands fail with the same error, and the others need not wait for it again.
    Result<void> runPart(Deadline deadline);
    const Result<RedisReply>& reply(std::size_t index) const;
    // Of the last run: from sending the node's commands to its last reply, without connecting; absent when it
    // was asked nothing or did not answer all.
    std::optional<Deadline::Clock::duration> roundTrip(int node) const;
    std::size_t size() const;
    void clear();

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

class RedisScript
{
public:
    explicit RedisScript(std::string text); // computes the SHA-1
    const std::string& text() const { return m_text; }
    const std::string& sha1() const { return m_sha1; }

private:
    std::string m_text, m_sha1;
};

// A bounded pool of clients. Thread-safe; leases return by RAII; waiters are bounded and timed, beyond that
// Overloaded.
class RedisClientPool
{
public:
    RedisClientPool(std::vector<NodeEndpoint> redisNodes, int clients, int maxWaiters);
    ~RedisClientPool();

    struct Returner
    {
        RedisClientPool* pool = nullptr;
        void operator()(RedisClient* client) const noexcept;
    };
    using Lease = std::unique_ptr<RedisClient, Returner>;
    [[nodiscard]] Result<Lease> lease(Deadline deadline);
    // For this lease a hasty one (see RedisClientOptions).
    [[nodiscard]] Result<Lease> leaseHasty(Deadline deadline);

private:
    Result<Lease> lease(bool hasty, Deadline deadline);

    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace backend
