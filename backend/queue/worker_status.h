// What a worker shows of itself, now and over time. Written by the worker, read by anybody: thread-safe, never held while
// anything waits.
#pragma once

#include "backend/queue/worker_log.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace backend {

class WorkerStatus
{
public:
    WorkerStatus(int index, std::shared_ptr<WorkerLog> log);

    void set(WorkerState state);
    // A batch of one kind from one node, until ran(). `node` outlives the log.
    void running(TaskKind kind, std::size_t tasks, const std::string& node);
    void ran();
    void count(std::int64_t done, std::int64_t failed);
    // The error of the last run; a run without one clears it.
    void setError(std::string error);
    // A node that cannot be served; its error stays until the node answers.
    void nodeFailed(std::size_t node, std::string error);
    void nodeAnswered(std::size_t node);
    WorkerSnapshot snapshot() const;

private:
    const std::shared_ptr<WorkerLog> m_log;
    mutable std::mutex m_mutex;
    WorkerSnapshot m_snapshot;
    std::map<std::size_t, std::string> m_nodeErrors;
};

} // namespace backend
