// Redis nodes that are away, as the workers of one engine find out together: what one of them got no answer
// from, nobody else waits for. One thread looks after those nodes, and after those that are asked about, once
// a second; of all others it knows nothing and asks nothing. Thread-safe.
#pragma once

#include "backend/cache/redis_client.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <thread>
#include <vector>

namespace backend {

class AwayNodes
{
public:
    explicit AwayNodes(std::vector<NodeEndpoint> redisNodes);
    ~AwayNodes(); // stops and joins: at most kLook
    AwayNodes(const AwayNodes&) = delete;
    AwayNodes& operator=(const AwayNodes&) = delete;
    void requestStop() { m_thread.request_stop(); }

    // Why nothing is to be sent to a node; empty: it is not known to be away.
    std::optional<Error> why(int node) const;
    // It left commands without a reply: it is away until it answers a look, the first of which begins at
    // once.
    void notice(int node, const Error& error);
    // Those of these nodes that did what a look asks: a write, which one that is loading or full refuses. The
    // others are looked after from now on, for as long as they are asked about. Nodes that are not of this
    // cluster any more are among them: nobody is to wait for those. So are all for a minute after the shard
    // map's epoch changed: what waits for one may be another's by now.
    std::vector<int> answering(std::span<const int> nodes, std::int64_t epoch);

    static constexpr Milliseconds kLookEvery{1'000}, kLook{2'000};

private:
    using Clock = std::chrono::steady_clock;
    struct Node
    {
        std::optional<Error> away;
        Clock::time_point askedAbout{}; // last
        Clock::time_point lookedAt{};   // the last look's end
        bool able = false;              // what it told
        // One that answers looks and nothing else is not tried every second: 1 s, 2 s, 4 s … after each
        // relapse.
        int relapses = 0;
        Clock::time_point returnedAt{}, notBefore{};
    };
    bool wanted(const Node& node, Clock::time_point now) const;
    std::optional<Clock::time_point> nextLook(Clock::time_point now) const;
    void run(const std::stop_token& stop);
    void look(const std::set<int>& nodes);

    RedisClient m_redis; // of the thread alone
    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::map<int, Node> m_nodes;
    std::optional<std::int64_t> m_epoch;
    Clock::time_point m_epochChanged{};
    std::atomic<int> m_away{0}; // how many are
    std::jthread m_thread;      // last: it uses all of the above
};

} // namespace backend
