// What scenarios may do to the servers of the demo and to nobody else's; given by app/. Every call returns
// within seconds. Thread-safe.
#pragma once

#include "backend/common/result.h"

#include <string>

namespace backend {

class ScenarioServers
{
public:
    virtual ~ScenarioServers() = default;

    [[nodiscard]] virtual Result<void> killNode(const std::string& name) = 0;    // SIGKILL
    [[nodiscard]] virtual Result<void> restartNode(const std::string& name) = 0; // Redis: with nothing in it
    [[nodiscard]] virtual Result<void> pauseNode(const std::string& name) = 0;   // SIGSTOP, every process
    [[nodiscard]] virtual Result<void> resumeNode(const std::string& name) = 0;

    // A second engine with workers, as a process of its own on the same cluster; one at a time. Returns its
    // process id, which is the end of its name among the engines.
    [[nodiscard]] virtual Result<int> startHelper(int workers) = 0;
    [[nodiscard]] virtual Result<void> pauseHelper() = 0; // SIGSTOP
    // Lets it go on and ends it: politely, or at once. Nothing when there is none.
    virtual void endHelper(bool atOnce) noexcept = 0;
    // The session ends: a restart that is waited for fails at once, now and later.
    virtual void cancelRestarts() noexcept = 0;
};

} // namespace backend
