// Small helpers for the outcomes of a batch of tasks. Pure.
#pragma once

#include "backend/queue/worker_pool.h"

#include <vector>

namespace backend {

inline std::vector<TaskOutcome> allFailed(std::size_t count, const Error& error)
{
    std::vector<TaskOutcome> outcomes(count);
    for (auto& outcome : outcomes)
        outcome.status = fail(error);
    return outcomes;
}

} // namespace backend
