// Tasks that have done what can be done until a Redis node answers again: all other nodes have what they
// bring. Tried again they would send it once more, every few seconds and ever more of them, to nodes that
// have enough to do. Kept in memory, for this engine's own tries: whatever it forgets costs work and nothing
// else. Shared by all workers of an engine; thread-safe.
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/domain/task.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

namespace backend {

class AwaitedNodes
{
public:
    // anywayAfter: so long after its last try a task is tried whoever answers, in case it was forgotten what
    // another node lost meanwhile.
    explicit AwaitedNodes(Milliseconds anywayAfter = Milliseconds(300'000))
        : m_anywayAfter(anywayAfter)
    {
    }

    // nodes: those that did not answer; epoch: of the shard map it was tried under; error: the task's.
    void await(const TaskRef& task, std::vector<int> nodes, std::int64_t epoch, Error error);
    // Why the task need not be tried: none of its nodes answers yet. Empty: it is to be tried, and is
    // forgotten; so it is under another shard map. Asks a node at most every kLookEvery, for kLook at most.
    [[nodiscard]] std::optional<Error> reason(const TaskRef& task, std::int64_t epoch, RedisClient& redis);

    static constexpr Milliseconds kLookEvery{500}, kLook{200};

private:
    using Clock = std::chrono::steady_clock;
    struct Awaited
    {
        std::vector<int> nodes;
        std::int64_t epoch = 0;
        Error error;
        Clock::time_point since{};
    };
    struct Look
    {
        Clock::time_point at{};
        bool answered = false;
    };
    bool answers(int node, RedisClient& redis);

    const Milliseconds m_anywayAfter;
    std::mutex m_mutex;
    std::map<TaskRef, Awaited> m_tasks;
    std::map<int, Look> m_looks; // by node
};

} // namespace backend
