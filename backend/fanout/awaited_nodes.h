// Tasks of which nothing can be done until a Redis node answers again: all other nodes have what was for
// them. Tried again they would send it once more, every few seconds and ever more of them, to nodes that have
// enough to do. Kept in memory, for this engine's own tries: whatever it forgets costs work and nothing else.
// Shared by all workers of an engine; thread-safe.
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/domain/task.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace backend {

class AwaitedNodes
{
public:
    // anywayAfter: so long after its last try a task is tried whoever answers, in case another node lost
    // meanwhile what it had.
    explicit AwaitedNodes(Milliseconds anywayAfter = Milliseconds(300'000))
        : m_anywayAfter(anywayAfter)
    {
    }

    // nodes: those that left it without a reply, none: it is not noted; epoch: of the shard map it was tried
    // under; error: the task's.
    void await(const TaskRef& task, std::set<int> nodes, std::int64_t epoch, Error error);
    // Why each task need not be tried: none of its nodes answers yet. Empty: it is to be tried; so it is
    // under another shard map. Asks all nodes that are in question at once, each at most every kLookEvery,
    // and waits for kLook at most; what others look after meanwhile is taken for silent.
    [[nodiscard]] std::vector<std::optional<Error>> reasons(std::span<const Task> tasks, std::int64_t epoch,
                                                            RedisClient& redis, Deadline deadline);

    static constexpr Milliseconds kLookEvery{1'000}, kLook{500};

private:
    using Clock = std::chrono::steady_clock;
    struct Awaited
    {
        std::set<int> nodes;
        std::int64_t epoch = 0;
        Error error;
        Clock::time_point since{};
    };
    struct Look
    {
        Clock::time_point at{}; // its end, or its begin while it goes on
        bool answered = false;
    };
    void look(const std::set<int>& nodes, RedisClient& redis, Deadline deadline);
    void makeRoom(Clock::time_point now);

    const Milliseconds m_anywayAfter;
    std::mutex m_mutex;
    std::map<TaskRef, Awaited> m_tasks;
    std::map<int, Look> m_looks; // by node
};

} // namespace backend
