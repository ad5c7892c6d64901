// Makes an engine: connects, reads the shard map, leases an id slot, starts workers and the sampler. The engine owns
// everything it makes; destroying it stops intake, gives leases back and joins its threads in under two seconds.
#pragma once

#include "backend/engine.h"
#include "backend/engine/engine_options.h"

#include <memory>

namespace backend {

// What the audit and tests need besides the facade.
class OpenEngine : public Engine
{
public:
    virtual const SqlPools& pools() = 0;
    virtual const ShardMapSource& shardMaps() = 0;
    virtual const TimelineLimits& timelineLimits() const = 0;
    virtual std::chrono::milliseconds ageShift() const = 0; // entries' age counts from now minus this
};

[[nodiscard]] Result<std::unique_ptr<OpenEngine>> openEngine(const EngineOptions& options, Deadline deadline);

} // namespace backend
