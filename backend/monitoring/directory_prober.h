// Once a second: publishes this engine's status through the heartbeat and reads what all engines published.
// Owned by the sampler; a thread of its own. view() from any thread.
#pragma once

#include "backend/cluster/directory.h"
#include "backend/common/periodic_thread.h"
#include "backend/common/sql.h"
#include "backend/monitoring/engine_totals.h"
#include "backend/monitoring/node_health.h"
#include "backend/monitoring/postgres_prober.h"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace backend {

class DirectoryProber
{
public:
    // Writes the status with the heartbeat (Directory::heartbeat, within a probe's deadline); the orders that
    // come back are the engine's own affair. Empty in a read-only engine.
    using Publish = std::function<Result<void>(const std::string& statusJson)>;

    struct View
    {
        NodeVerdict verdict;
        std::optional<Error> publishError;
        std::vector<EngineRow> engines;
        NodeHealth::Time readAt{}; // zero: never
    };

    DirectoryProber(NodeEndpoint node, SqlPool& pool, Publish publish,
                    std::function<EngineStatus()> ownStatus, ProbeTimes times);

    View view() const;
    void requestStop() { m_thread.requestStop(); }

private:
    void step();
    std::optional<Error> publish();
    Result<std::vector<EngineRow>> readEngines();

    const NodeEndpoint m_node;
    Directory m_directory; // of the thread alone
    const Publish m_publish;
    const std::function<EngineStatus()> m_ownStatus;
    const ProbeTimes m_times;

    mutable std::mutex m_mutex; // guards the four below
    NodeHealth m_health;
    std::optional<Error> m_publishError;
    std::vector<EngineRow> m_engines;
    NodeHealth::Time m_readAt{};

    PeriodicThread m_thread; // last: it uses all of the above
};

} // namespace backend
