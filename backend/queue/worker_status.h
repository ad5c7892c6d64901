// What a worker shows of itself. Written by the worker, read by anybody: thread-safe, never held while
// anything waits.
#pragma once

#include "backend/domain/snapshot.h"

#include <map>
#include <mutex>
#include <string>

namespace backend {

class WorkerStatus
{
public:
    explicit WorkerStatus(int index);

    void set(WorkerState state, std::string task = {});
    void count(std::int64_t done, std::int64_t failed);
    // The error of the last run; a run without one clears it.
    void setError(std::string error);
    // A node that cannot be served; its error stays until the node answers.
    void nodeFailed(std::size_t node, std::string error);
    void nodeAnswered(std::size_t node);
    WorkerSnapshot snapshot() const;

private:
    mutable std::mutex m_mutex;
    WorkerSnapshot m_snapshot;
    std::map<std::size_t, std::string> m_nodeErrors;
};

} // namespace backend
