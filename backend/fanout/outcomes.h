// Small helpers for handlers of task batches. Pure.
#pragma once

#include "backend/common/task_payloads.h"
#include "backend/queue/worker_pool.h"

#include <optional>
#include <span>
#include <vector>

namespace backend {

inline std::vector<TaskOutcome> allFailed(std::size_t count, const Error& error)
{
    std::vector<TaskOutcome> outcomes(count);
    for (auto& outcome : outcomes)
        outcome.status = fail(error);
    return outcomes;
}

// The payloads of the tasks; where one cannot be read, its outcome says so and the payload is empty.
template <class Payload>
std::vector<std::optional<Payload>> decodeAll(std::span<const Task> tasks, std::vector<TaskOutcome>& outcomes)
{
    std::vector<std::optional<Payload>> payloads(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        auto decoded = decodePayload<Payload>(tasks[i].payload);
        if (decoded)
            payloads[i] = std::move(*decoded);
        else
            outcomes[i].status = fail(std::move(decoded.error()));
    }
    return payloads;
}

} // namespace backend
