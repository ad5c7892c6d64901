// Makes an engine: connects, reads the shard map, leases an id slot, starts workers and the sampler. The
// engine owns everything it makes; destroying it stops intake, gives leases back and joins its threads in
// under two seconds.
#pragma once

#include "backend/common/metrics.h"
#include "backend/engine.h"
#include "backend/engine/engine_options.h"
#include "backend/store/pulled_authors.h"

#include <memory>
#include <string>

namespace backend {

// As what an engine is registered in the directory.
struct EngineSelf
{
    int slot = -1; // read-only: none; another one, or none, after its lease was lost
    std::string name;
};

// What the audit and tests need besides the facade.
class OpenEngine : public Engine
{
public:
    virtual EngineSelf self() const = 0;
    virtual const SqlPools& pools() = 0;
    virtual const ShardMapSource& shardMaps() = 0;
    virtual const TimelineLimits& timelineLimits() const = 0;
    virtual const EngineMetrics& metrics() const = 0; // what this engine counts, as of now
    virtual std::shared_ptr<const PulledList> pulledAuthors(Deadline deadline) = 0;
    virtual std::chrono::milliseconds ageShift() const = 0; // entries' age counts from now minus this
    // Claims nothing more, lets the groups at hand end and gives the rest back; true when that was done in
    // time. For a service that has longer to stop than the destructor, which interrupts what takes more than
    // a second.
    virtual bool stopWorkers(Deadline deadline) = 0;
};

[[nodiscard]] Result<std::unique_ptr<OpenEngine>> openEngine(const EngineOptions& options, Deadline deadline);

} // namespace backend
