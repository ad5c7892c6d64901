// Tasks that have done what can be done until a Redis node answers again: all other nodes have what they
// bring. Tried again they would send it once more, every few seconds and ever more of them, to nodes that
// have enough to do. Kept in memory, for this engine's own tries: whatever it forgets costs work and nothing
// else. Shared by all workers of an engine; thread-safe.
#pragma once

#include "backend/cache/redis_client.h"
#include "backend/domain/task.h"

#include <map>
#include <mutex>
#include <optional>
#include <vector>

namespace backend {

class AwaitedNodes
{
public:
    // nodes: those that did not answer; error: the task's.
    void await(const TaskRef& task, std::vector<int> nodes, Error error);
    // Why the task need not be tried: none of its nodes answers yet. Empty: it is to be tried, and is
    // forgotten. Asks a node at most every kLookEvery, for kLook at most.
    [[nodiscard]] std::optional<Error> reason(const TaskRef& task, RedisClient& redis);

    static constexpr Milliseconds kLookEvery{500}, kLook{200};

private:
    struct Awaited
    {
        std::vector<int> nodes;
        Error error;
    };
    struct Look
    {
        std::chrono::steady_clock::time_point at{};
        bool answered = false;
    };
    bool answers(int node, RedisClient& redis);

    std::mutex m_mutex;
    std::map<TaskRef, Awaited> m_tasks;
    std::map<int, Look> m_looks; // by node
};

} // namespace backend
