// A shard map that stays as it is, for what asks for the present one. Owned by a test; any thread.
#pragma once

#include "backend/domain/cluster.h"

#include <memory>
#include <utility>

namespace tests {

struct FixedMaps final : backend::ShardMapSource
{
    explicit FixedMaps(std::shared_ptr<const backend::ShardMap> fixed)
        : map(std::move(fixed))
    {
    }
    std::shared_ptr<const backend::ShardMap> current() const override { return map; }
    std::shared_ptr<const backend::ShardMap> map;
};

} // namespace tests
