// Small helpers for handlers of task batches. Pure.
#pragma once

#include "backend/common/task_payloads.h"
#include "backend/queue/task_outcomes.h"

#include <optional>
#include <span>
#include <vector>

namespace backend {

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

// Tasks that are handled together, handle(payloads, outcomes): its error is that of all.
template <class Payload, class Handle>
std::vector<TaskOutcome> handleAll(std::span<const Task> tasks, const Handle& handle)
{
    std::vector<TaskOutcome> outcomes(tasks.size());
    const auto payloads = decodeAll<Payload>(tasks, outcomes);
    if (const Result<void> done = handle(payloads, outcomes); !done)
        return allFailed(tasks.size(), done.error());
    return outcomes;
}

// Tasks that are handled one after the other, handle(task, payload, outcome): an error is that of one.
template <class Payload, class Handle>
std::vector<TaskOutcome> handleEach(std::span<const Task> tasks, const Handle& handle)
{
    std::vector<TaskOutcome> outcomes(tasks.size());
    const auto payloads = decodeAll<Payload>(tasks, outcomes);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (!payloads[i]) continue;
        if (Result<void> done = handle(tasks[i], *payloads[i], outcomes[i]); !done) {
            if (const int node = done.error().redisNode; node != 0) outcomes[i].awaits = {node};
            outcomes[i].status = fail(std::move(done.error()));
        }
    }
    return outcomes;
}

} // namespace backend
